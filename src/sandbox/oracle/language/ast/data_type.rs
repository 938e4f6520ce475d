//! Data types as written.
#![expect(missing_docs, reason = "variants and fields carry the names Oracle gives its types")]

use super::{Name, Span};

/// A data type where one is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataType {
    pub kind: DataTypeKind,
    pub span: Span,
}

/// The type itself. A user's type of the same name as a built-in one is read as the built-in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataTypeKind {
    Character {
        kind: CharacterKind,
        length: Option<u32>,
        unit: Option<LengthUnit>,
    },
    /// NUMBER, NUMERIC, DECIMAL and DEC.
    Number {
        precision: Option<Precision>,
        scale: Option<i32>,
    },
    /// FLOAT, REAL and DOUBLE PRECISION; binary precision.
    Float {
        precision: Option<u32>,
    },
    BinaryFloat,
    BinaryDouble,
    /// INTEGER, INT, SMALLINT and PL/SQL's own integer types.
    Integer(IntegerKind),
    Boolean,
    Date,
    Timestamp {
        precision: Option<u32>,
        zone: TimeZoneKind,
    },
    IntervalYearToMonth {
        precision: Option<u32>,
    },
    IntervalDayToSecond {
        day_precision: Option<u32>,
        second_precision: Option<u32>,
    },
    Raw {
        length: Option<u32>,
    },
    Long,
    LongRaw,
    Clob,
    Nclob,
    Blob,
    Bfile,
    Rowid,
    Urowid,
    Json,
    /// A user-defined or package type.
    Named(Name),
    /// `name%TYPE`.
    TypeOf(Name),
    /// `name%ROWTYPE`.
    RowTypeOf(Name),
}

/// Which character type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharacterKind {
    Char,
    Varchar2,
    /// VARCHAR, a synonym of VARCHAR2 today; STRING in PL/SQL is read so too.
    Varchar,
    Nchar,
    Nvarchar2,
}

/// What a character length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LengthUnit {
    Byte,
    Char,
}

/// NUMBER's first figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// `*`
    Any,
    Digits(u32),
}

/// Integer types; only the first three exist in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntegerKind {
    Integer,
    Int,
    Smallint,
    PlsInteger,
    BinaryInteger,
    SimpleInteger,
    Natural,
    Naturaln,
    Positive,
    Positiven,
    Signtype,
}

/// A timestamp's relation to time zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeZoneKind {
    Without,
    With,
    WithLocal,
}
