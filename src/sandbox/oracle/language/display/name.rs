//! Names and types.

use std::fmt::{self, Display, Formatter};

use super::super::ast::{
    Bind, CharacterKind, DataType, DataTypeKind, Ident, IntegerKind, LengthUnit, Name, Precision,
    TimeZoneKind,
};
use super::super::keywords::reserved_in_sql;
use super::super::lexer::continues_word;

impl Display for Ident {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "\"{}\"", self.text) } else { f.write_str(&self.text) }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            part.fmt(f)?;
        }
        match &self.link {
            Some(link) => write!(f, "@{link}"),
            None => Ok(()),
        }
    }
}

impl Display for Bind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let digits = self.name.chars().all(|letter| letter.is_ascii_digit());
        let word = self.name.starts_with(char::is_alphabetic)
            && self.name.chars().all(continues_word)
            && self.name == self.name.to_uppercase()
            && !reserved_in_sql(&self.name);
        if digits || word { write!(f, ":{}", self.name) } else { write!(f, ":\"{}\"", self.name) }
    }
}

impl Display for DataType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// `WORD` or `WORD(figure)`.
fn figured(f: &mut Formatter<'_>, word: &str, figure: Option<u32>) -> fmt::Result {
    f.write_str(word)?;
    figure.map_or(Ok(()), |figure| write!(f, "({figure})"))
}

impl Display for DataTypeKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { kind, length, unit } => {
                f.write_str(character(*kind))?;
                let Some(length) = length else { return Ok(()) };
                let unit = match unit {
                    Some(LengthUnit::Byte) => " BYTE",
                    Some(LengthUnit::Char) => " CHAR",
                    None => "",
                };
                write!(f, "({length}{unit})")
            }
            Self::Number { precision, scale } => {
                f.write_str("NUMBER")?;
                match precision {
                    None => return Ok(()),
                    Some(Precision::Any) => f.write_str("(*")?,
                    Some(Precision::Digits(digits)) => write!(f, "({digits}")?,
                }
                scale.map_or(Ok(()), |scale| write!(f, ", {scale}"))?;
                f.write_str(")")
            }
            Self::Float { precision } => figured(f, "FLOAT", *precision),
            Self::Integer(kind) => f.write_str(integer(*kind)),
            Self::Timestamp { precision, zone } => {
                figured(f, "TIMESTAMP", *precision)?;
                f.write_str(match zone {
                    TimeZoneKind::Without => "",
                    TimeZoneKind::With => " WITH TIME ZONE",
                    TimeZoneKind::WithLocal => " WITH LOCAL TIME ZONE",
                })
            }
            Self::IntervalYearToMonth { precision } => {
                figured(f, "INTERVAL YEAR", *precision)?;
                f.write_str(" TO MONTH")
            }
            Self::IntervalDayToSecond { day_precision, second_precision } => {
                figured(f, "INTERVAL DAY", *day_precision)?;
                figured(f, " TO SECOND", *second_precision)
            }
            Self::Raw { length } => figured(f, "RAW", *length),
            Self::Named(name) => name.fmt(f),
            Self::TypeOf(name) => write!(f, "{name}%TYPE"),
            Self::RowTypeOf(name) => write!(f, "{name}%ROWTYPE"),
            Self::BinaryFloat => f.write_str("BINARY_FLOAT"),
            Self::BinaryDouble => f.write_str("BINARY_DOUBLE"),
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::Date => f.write_str("DATE"),
            Self::Long => f.write_str("LONG"),
            Self::LongRaw => f.write_str("LONG RAW"),
            Self::Clob => f.write_str("CLOB"),
            Self::Nclob => f.write_str("NCLOB"),
            Self::Blob => f.write_str("BLOB"),
            Self::Bfile => f.write_str("BFILE"),
            Self::Rowid => f.write_str("ROWID"),
            Self::Urowid => f.write_str("UROWID"),
            Self::Json => f.write_str("JSON"),
        }
    }
}

fn character(kind: CharacterKind) -> &'static str {
    match kind {
        CharacterKind::Char => "CHAR",
        CharacterKind::Varchar2 => "VARCHAR2",
        CharacterKind::Varchar => "VARCHAR",
        CharacterKind::Nchar => "NCHAR",
        CharacterKind::Nvarchar2 => "NVARCHAR2",
    }
}

fn integer(kind: IntegerKind) -> &'static str {
    match kind {
        IntegerKind::Integer => "INTEGER",
        IntegerKind::Int => "INT",
        IntegerKind::Smallint => "SMALLINT",
        IntegerKind::PlsInteger => "PLS_INTEGER",
        IntegerKind::BinaryInteger => "BINARY_INTEGER",
        IntegerKind::SimpleInteger => "SIMPLE_INTEGER",
        IntegerKind::Natural => "NATURAL",
        IntegerKind::Naturaln => "NATURALN",
        IntegerKind::Positive => "POSITIVE",
        IntegerKind::Positiven => "POSITIVEN",
        IntegerKind::Signtype => "SIGNTYPE",
    }
}
