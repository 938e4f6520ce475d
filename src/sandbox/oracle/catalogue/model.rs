//! What the dictionary holds: objects, users, grants. Stored as documents in the database's own file.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sandbox::oracle::language::ast::{CharacterKind, DataType, DataTypeKind};
use crate::sandbox::oracle::values::Type;

/// A column's type as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredType {
    /// The family, such as `VARCHAR2` or `TIMESTAMP WITH TIME ZONE`.
    pub(crate) family: String,
    /// Length of text and RAW, precision of numbers and timestamps.
    pub(crate) size: Option<u32>,
    /// The scale of a number.
    pub(crate) scale: Option<i32>,
    /// CHAR length semantics.
    #[serde(default)]
    pub(crate) chars: bool,
}

impl StoredType {
    /// The type to store for a column of type `of`.
    pub(crate) fn of(of: &Type) -> Option<Self> {
        let plain = |family: &str| Self { family: family.into(), size: None, scale: None, chars: false };
        Some(match of {
            Type::Number(precision, scale) => {
                Self { size: precision.map(u32::from), scale: scale.map(i32::from), ..plain("NUMBER") }
            }
            Type::Integer => Self { scale: Some(0), ..plain("NUMBER") },
            Type::Varchar { length, chars } => {
                Self { size: Some(length.unwrap_or(4000)), chars: *chars, ..plain("VARCHAR2") }
            }
            Type::Null => Self { size: Some(1), ..plain("VARCHAR2") },
            Type::Char { length, chars } => Self { size: Some(*length), chars: *chars, ..plain("CHAR") },
            Type::Clob => plain("CLOB"),
            Type::Date => plain("DATE"),
            Type::Timestamp(places) => Self { size: Some(u32::from(*places)), ..plain("TIMESTAMP") },
            Type::TimestampTz(places) => {
                Self { size: Some(u32::from(*places)), ..plain("TIMESTAMP WITH TIME ZONE") }
            }
            Type::IntervalDay => plain("INTERVAL DAY TO SECOND"),
            Type::IntervalYear => plain("INTERVAL YEAR TO MONTH"),
            Type::Raw(length) => Self { size: Some(length.unwrap_or(2000)), ..plain("RAW") },
            Type::Blob => plain("BLOB"),
            Type::Rowid => plain("ROWID"),
            _ => return None,
        })
    }

    /// The same in the national character set, if that is how the type was written.
    pub(crate) fn national(mut self, written: &DataType) -> Self {
        let national = match &written.kind {
            DataTypeKind::Character { kind, .. } => {
                matches!(kind, CharacterKind::Nchar | CharacterKind::Nvarchar2)
            }
            kind => matches!(kind, DataTypeKind::Nclob),
        };
        if national {
            self.family.insert(0, 'N');
        }
        self
    }

    /// The name in `DATA_TYPE` columns of the dictionary.
    pub(crate) fn dictionary_name(&self) -> String {
        if self.family.starts_with('N') && self.family != "NUMBER" {
            return self.family.clone();
        }
        self.to_type().catalogue_name()
    }

    /// The type of the column.
    pub(crate) fn to_type(&self) -> Type {
        let places = u8::try_from(self.size.unwrap_or(6)).unwrap_or(6);
        match self.family.as_str() {
            "NUMBER" => Type::Number(
                self.size.and_then(|size| u8::try_from(size).ok()),
                self.scale.and_then(|scale| i8::try_from(scale).ok()),
            ),
            "CHAR" | "NCHAR" => Type::Char { length: self.size.unwrap_or(1), chars: self.chars },
            "CLOB" | "NCLOB" => Type::Clob,
            "DATE" => Type::Date,
            "TIMESTAMP" => Type::Timestamp(places),
            "TIMESTAMP WITH TIME ZONE" => Type::TimestampTz(places),
            "INTERVAL DAY TO SECOND" => Type::IntervalDay,
            "INTERVAL YEAR TO MONTH" => Type::IntervalYear,
            "RAW" => Type::Raw(self.size),
            "BLOB" => Type::Blob,
            "ROWID" => Type::Rowid,
            _ => Type::Varchar { length: self.size, chars: self.chars },
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) of: StoredType,
    /// NOT NULL, by constraint or primary key.
    pub(crate) not_null: bool,
    /// The default as written.
    pub(crate) default: Option<String>,
    /// DEFAULT ON NULL.
    #[serde(default)]
    pub(crate) default_on_null: bool,
    pub(crate) identity: Option<IdentityColumn>,
    /// The expression of a virtual column.
    pub(crate) computed: Option<String>,
    /// The number of the stored column.
    pub(crate) storage: u32,
    #[serde(default)]
    pub(crate) hidden: bool,
    #[serde(default)]
    pub(crate) comment: Option<String>,
}

/// An identity column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdentityColumn {
    /// `ALWAYS` or `BY DEFAULT`.
    pub(crate) generation: String,
    /// ON NULL too.
    pub(crate) on_null: bool,
    pub(crate) sequence: i64,
}

/// A constraint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Constraint {
    pub(crate) name: String,
    pub(crate) kind: ConstraintKind,
    pub(crate) columns: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) validated: bool,
    /// The name was made by the system.
    pub(crate) generated: bool,
    pub(crate) deferrable: bool,
    pub(crate) deferred: bool,
    #[serde(default)]
    pub(crate) rely: bool,
    /// Microseconds since 1970.
    pub(crate) changed: i64,
    /// The index that enforces a key.
    pub(crate) index: Option<i64>,
}

/// What is constrained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ConstraintKind {
    /// NOT NULL as a constraint of its own.
    NotNull,
    Check(String),
    Primary,
    Unique,
    /// A foreign key.
    Foreign {
        table: i64,
        /// The key's constraint name in that table.
        key: String,
        /// `NO ACTION`, `CASCADE` or `SET NULL`.
        rule: String,
    },
}

/// A table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TableDefinition {
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) constraints: Vec<Constraint>,
    /// Global temporary; true inside for ON COMMIT PRESERVE ROWS.
    pub(crate) temporary: Option<bool>,
    pub(crate) read_only: bool,
    pub(crate) comment: Option<String>,
    /// The next number of a stored column.
    pub(crate) next_storage: u32,
    pub(crate) analyzed: Option<(i64, i64)>,
}

impl TableDefinition {
    /// The position of a column.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Owner and name with a dot.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.owner, self.name)
    }

    /// The constraint of this name.
    pub(crate) fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    /// The primary key.
    pub(crate) fn primary_key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::Primary)
    }
}

/// Kinds of object, by the word of `OBJECT_TYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    Table,
    View,
    Sequence,
    Synonym,
    Index,
    Procedure,
    Function,
    Package,
    PackageBody,
    Trigger,
    Type,
    Directory,
    DatabaseLink,
}

impl Kind {
    /// The word of `OBJECT_TYPE`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Table => "TABLE",
            Self::View => "VIEW",
            Self::Sequence => "SEQUENCE",
            Self::Synonym => "SYNONYM",
            Self::Index => "INDEX",
            Self::Procedure => "PROCEDURE",
            Self::Function => "FUNCTION",
            Self::Package => "PACKAGE",
            Self::PackageBody => "PACKAGE BODY",
            Self::Trigger => "TRIGGER",
            Self::Type => "TYPE",
            Self::Directory => "DIRECTORY",
            Self::DatabaseLink => "DATABASE LINK",
        }
    }

    /// Objects of one name space cannot share a name in a schema.
    pub(crate) fn space(self) -> u8 {
        match self {
            Self::PackageBody => 2,
            Self::Trigger => 3,
            Self::Index => 4,
            Self::Directory => 9,
            Self::DatabaseLink => 10,
            _ => 1,
        }
    }

    /// PL/SQL units.
    pub(crate) fn is_source(self) -> bool {
        matches!(
            self,
            Self::Procedure | Self::Function | Self::Package | Self::PackageBody | Self::Trigger | Self::Type
        )
    }
}

/// An object of a schema.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Microseconds since 1970.
    pub(crate) created: i64,
    pub(crate) changed: i64,
    pub(crate) valid: bool,
    /// The name was made by the system.
    #[serde(default)]
    pub(crate) generated: bool,
    pub(crate) body: Body,
    /// The objects this one was bound to.
    #[serde(default)]
    pub(crate) depends: Vec<i64>,
}

/// A shared definition is stored as what it shares.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TableDefinition;

    pub(super) fn serialize<S: Serializer>(
        table: &Arc<TableDefinition>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (**table).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<TableDefinition>, D::Error> {
        TableDefinition::deserialize(deserializer).map(Arc::new)
    }
}

/// What an object is made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "objects are kept behind an Arc, one by one")]
pub(crate) enum Body {
    #[serde(with = "shared")]
    Table(Arc<TableDefinition>),
    View {
        columns: Vec<(String, StoredType)>,
        text: String,
        read_only: bool,
        comment: Option<String>,
    },
    Sequence(SequenceDefinition),
    Synonym {
        owner: String,
        name: String,
        link: Option<String>,
    },
    Index {
        table: i64,
        /// Column names, or expressions as written.
        columns: Vec<String>,
        unique: bool,
        functional: bool,
    },
    /// The source from its first keyword on.
    Source {
        text: String,
        errors: Vec<SourceError>,
        trigger: Option<TriggerDefinition>,
    },
    Directory {
        path: String,
    },
    DatabaseLink {
        user: Option<String>,
        host: Option<String>,
    },
}

/// A sequence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SequenceDefinition {
    pub(crate) minimum: i128,
    pub(crate) maximum: i128,
    pub(crate) step: i128,
    pub(crate) start: i128,
    pub(crate) cycle: bool,
    pub(crate) order: bool,
    pub(crate) cache: i64,
    /// Belongs to an identity column.
    pub(crate) identity: bool,
}

/// A compilation error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SourceError {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) text: String,
}

/// The heading of a trigger.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TriggerDefinition {
    /// The table or view; none for a system trigger.
    pub(crate) table: Option<i64>,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub(crate) timing: String,
    /// `INSERT`, `UPDATE`, `DELETE` or the system events.
    pub(crate) events: Vec<String>,
    /// The columns of UPDATE OF.
    pub(crate) columns: Vec<String>,
    pub(crate) each_row: bool,
    pub(crate) enabled: bool,
    pub(crate) when: Option<String>,
    pub(crate) description: String,
    pub(crate) body: String,
    pub(crate) old: String,
    pub(crate) new: String,
    /// `DATABASE`, `PLUGGABLE DATABASE` or `SCHEMA` for a system trigger.
    pub(crate) scope: Option<String>,
}

/// A user or role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) role: bool,
    /// Salted hash of the password; none when there is no password.
    pub(crate) verifier: Option<String>,
    /// For those who prove the password without sending it: salt and digest in hexadecimal digits.
    #[serde(default)]
    pub(crate) exchange: Option<String>,
    pub(crate) locked: Option<i64>,
    pub(crate) expired: bool,
    pub(crate) expires: Option<i64>,
    pub(crate) created: i64,
    pub(crate) profile: String,
    pub(crate) tablespace: String,
    /// Quotas by tablespace; -1 is unlimited.
    pub(crate) quotas: BTreeMap<String, i64>,
    /// Belongs to the database itself.
    pub(crate) maintained: bool,
}

/// A privilege on an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ObjectGrant {
    pub(crate) grantee: String,
    pub(crate) object: i64,
    pub(crate) privilege: String,
    pub(crate) grantor: String,
    pub(crate) grantable: bool,
    #[serde(default)]
    pub(crate) hierarchy: bool,
}

/// A system privilege or role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SystemGrant {
    pub(crate) grantee: String,
    pub(crate) privilege: String,
    pub(crate) admin: bool,
    /// A role rather than a privilege.
    pub(crate) role: bool,
}
