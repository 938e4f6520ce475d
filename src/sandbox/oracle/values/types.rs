//! The types of columns, variables and expressions.

use std::fmt;
use std::sync::{Arc, LazyLock};

/// A type as the binder knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// The type of a bare NULL: fits everything.
    Null,
    /// NUMBER with precision and scale; none for a plain NUMBER.
    Number(Option<u8>, Option<i8>),
    /// `PLS_INTEGER`, `BINARY_INTEGER` and their subtypes: whole numbers of 32 bits.
    Integer,
    /// VARCHAR2 with its length limit; `chars` counts characters, otherwise bytes.
    Varchar {
        /// The limit; none where the length is not constrained (expressions, parameters).
        length: Option<u32>,
        /// True for CHAR length semantics.
        chars: bool,
    },
    /// CHAR, blank padded to its length.
    Char {
        /// The length.
        length: u32,
        /// True for CHAR length semantics.
        chars: bool,
    },
    /// CLOB (and NCLOB, LONG).
    Clob,
    /// DATE, to the second.
    Date,
    /// TIMESTAMP with its fractional digits.
    Timestamp(u8),
    /// TIMESTAMP WITH TIME ZONE.
    TimestampTz(u8),
    /// INTERVAL DAY TO SECOND.
    IntervalDay,
    /// INTERVAL YEAR TO MONTH.
    IntervalYear,
    /// RAW with its length limit.
    Raw(Option<u32>),
    /// BLOB.
    Blob,
    /// ROWID and UROWID.
    Rowid,
    /// BOOLEAN, PL/SQL only.
    Boolean,
    /// A record.
    Record(Arc<RecordType>),
    /// A collection.
    Collection(Arc<CollectionType>),
    /// A cursor variable.
    Cursor,
    /// An object type, by its full name; attributes as in a record.
    Object(Arc<RecordType>),
}

/// A record or object type.
#[derive(Debug, PartialEq)]
pub struct RecordType {
    /// Its name, for messages and for telling two types apart.
    pub name: String,
    /// Field names and types, in order.
    pub fields: Vec<(String, Type)>,
}

/// How a collection is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionKind {
    /// A nested table.
    Table,
    /// A varray with its limit.
    Varray(u32),
    /// INDEX BY `PLS_INTEGER`.
    ByInteger,
    /// INDEX BY VARCHAR2.
    ByText,
}

/// A collection type.
#[derive(Debug, PartialEq)]
pub struct CollectionType {
    /// Its name.
    pub name: String,
    /// How it is indexed.
    pub kind: CollectionKind,
    /// The type of an element.
    pub element: Type,
}

impl Type {
    /// BFILE: the name of a directory, that of a file, and whether it is open.
    pub fn bfile() -> Self {
        static BFILE: LazyLock<Arc<RecordType>> = LazyLock::new(|| {
            let field = |name: &str, of: Type| (name.to_owned(), of);
            let fields =
                vec![field("DIRECTORY", Type::TEXT), field("NAME", Type::TEXT), field("OPEN", Type::Boolean)];
            Arc::new(RecordType { name: "BFILE".to_owned(), fields })
        });
        Self::Record(Arc::clone(&BFILE))
    }

    /// A VARCHAR2 without a limit.
    pub const TEXT: Self = Self::Varchar { length: None, chars: false };
    /// A NUMBER without precision.
    pub const NUMBER: Self = Self::Number(None, None);

    /// A client's array of elements of a type: indexed by numbers.
    pub fn array(element: Type) -> Self {
        Self::Collection(Arc::new(CollectionType {
            name: String::new(),
            kind: CollectionKind::ByInteger,
            element,
        }))
    }

    /// Character strings, CLOB included.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Varchar { .. } | Self::Char { .. } | Self::Clob | Self::Rowid)
    }

    /// Numbers of any kind.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Number(..) | Self::Integer)
    }

    /// DATE and the timestamps.
    pub fn is_moment(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp(_) | Self::TimestampTz(_))
    }

    /// The intervals.
    pub fn is_interval(&self) -> bool {
        matches!(self, Self::IntervalDay | Self::IntervalYear)
    }

    /// Types a column or a client bind can have.
    pub fn is_sql(&self) -> bool {
        !matches!(
            self,
            Self::Boolean | Self::Record(_) | Self::Cursor | Self::Collection(_) | Self::Object(_)
        )
    }

    /// Whether a value of type `from` is converted to this one implicitly.
    pub fn accepts(&self, from: &Self) -> bool {
        match (self, from) {
            (_, Self::Null) | (Self::Null, _) => true,
            (Self::Boolean, Self::Boolean) | (Self::Cursor, Self::Cursor) => true,
            (Self::Record(a), Self::Record(b)) => {
                Arc::ptr_eq(a, b)
                    || (a.fields.len() == b.fields.len()
                        && a.fields.iter().zip(&b.fields).all(|(x, y)| x.1.accepts(&y.1)))
            }
            (Self::Object(a), Self::Object(b)) => a.name == b.name,
            (Self::Collection(a), Self::Collection(b)) => {
                // A client's array has no name.
                let nameless = a.name.is_empty() || b.name.is_empty();
                Arc::ptr_eq(a, b)
                    || a.name == b.name
                    || (nameless && a.kind == b.kind && a.element.accepts(&b.element))
            }
            (Self::Boolean | Self::Cursor | Self::Record(_) | Self::Object(_) | Self::Collection(_), _)
            | (_, Self::Boolean | Self::Cursor | Self::Record(_) | Self::Object(_) | Self::Collection(_)) => {
                false
            }
            (to, from) if to.is_text() => {
                from.is_text()
                    || from.is_number()
                    || from.is_moment()
                    || from.is_interval()
                    || matches!(from, Self::Raw(_))
            }
            (to, from) if to.is_number() => from.is_number() || (from.is_text()),
            (to, from) if to.is_moment() => from.is_moment() || from.is_text(),
            (to, from) if to.is_interval() => to == from || from.is_text(),
            (Self::Raw(_) | Self::Blob, from) => matches!(from, Self::Raw(_) | Self::Blob) || from.is_text(),
            _ => false,
        }
    }

    /// How well an argument of type `from` suits a parameter of this type: 0 is the same family.
    pub fn distance(&self, from: &Self) -> Option<u32> {
        if !self.accepts(from) {
            return None;
        }
        if matches!(from, Self::Null) {
            return Some(1);
        }
        let same =
            (matches!(self, Self::Clob) == matches!(from, Self::Clob) && self.is_text() && from.is_text())
                || (self.is_number() && from.is_number())
                || std::mem::discriminant(self) == std::mem::discriminant(from);
        let near = (self.is_text() && from.is_text()) || (self.is_moment() && from.is_moment());
        Some(if same {
            0
        } else if near {
            1
        } else {
            3
        })
    }

    /// The name in `DATA_TYPE` columns of the catalogue.
    pub fn catalogue_name(&self) -> String {
        match self {
            Self::Null | Self::Varchar { .. } => "VARCHAR2".into(),
            Self::Number(..) => "NUMBER".into(),
            Self::Integer => "PLS_INTEGER".into(),
            Self::Char { .. } => "CHAR".into(),
            Self::Clob => "CLOB".into(),
            Self::Date => "DATE".into(),
            Self::Timestamp(p) => format!("TIMESTAMP({p})"),
            Self::TimestampTz(p) => format!("TIMESTAMP({p}) WITH TIME ZONE"),
            Self::IntervalDay => "INTERVAL DAY(2) TO SECOND(6)".into(),
            Self::IntervalYear => "INTERVAL YEAR(2) TO MONTH".into(),
            Self::Raw(_) => "RAW".into(),
            Self::Blob => "BLOB".into(),
            Self::Rowid => "ROWID".into(),
            Self::Boolean => "BOOLEAN".into(),
            Self::Record(_) => "PL/SQL RECORD".into(),
            Self::Collection(c) => match c.kind {
                CollectionKind::Table => "TABLE".into(),
                CollectionKind::Varray(_) => "VARRAY".into(),
                _ => "PL/SQL TABLE".into(),
            },
            Self::Cursor => "REF CURSOR".into(),
            Self::Object(_) => "OBJECT".into(),
        }
    }

    /// The word ORA-00932 uses for the type.
    pub fn error_name(&self) -> &'static str {
        match self {
            Self::Number(..) | Self::Integer => "NUMBER",
            Self::Clob => "CLOB",
            Self::Blob => "BLOB",
            Self::Date => "DATE",
            Self::Timestamp(_) => "TIMESTAMP",
            Self::TimestampTz(_) => "TIMESTAMP WITH TIME ZONE",
            Self::IntervalDay => "INTERVAL DAY TO SECOND",
            Self::IntervalYear => "INTERVAL YEAR TO MONTH",
            Self::Raw(_) => "BINARY",
            Self::Boolean => "BOOLEAN",
            Self::Record(_) | Self::Collection(_) | Self::Cursor | Self::Object(_) => "UDT",
            _ => "CHAR",
        }
    }
}

impl fmt::Display for Type {
    /// The type as DDL writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(Some(p), Some(0) | None) => write!(f, "NUMBER({p})"),
            Self::Number(Some(p), Some(s)) => write!(f, "NUMBER({p},{s})"),
            Self::Varchar { length: Some(n), chars } => {
                write!(f, "VARCHAR2({n}{})", if *chars { " CHAR" } else { "" })
            }
            Self::Char { length, .. } => write!(f, "CHAR({length})"),
            Self::Raw(Some(n)) => write!(f, "RAW({n})"),
            Self::Collection(c) => f.write_str(&c.name),
            Self::Record(r) | Self::Object(r) => f.write_str(&r.name),
            other => f.write_str(&other.catalogue_name()),
        }
    }
}
