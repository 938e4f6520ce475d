//! Data types as written, made types.

use super::{Binder, names::Resolved};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{
    CharacterKind, DataType, DataTypeKind, IntegerKind, LengthUnit, Name, Precision, TimeZoneKind,
};
use crate::sandbox::oracle::plsql::code::Declared;
use crate::sandbox::oracle::values::{RecordType, Type};

impl Binder<'_> {
    /// The type a data type names.
    pub(crate) fn data_type(&mut self, written: &DataType) -> Outcome<Type> {
        let small = |value: Option<u32>| value.and_then(|n| u8::try_from(n).ok());
        Ok(match &written.kind {
            DataTypeKind::Character { kind, length, unit } => {
                let chars = matches!(unit, Some(LengthUnit::Char))
                    || matches!(kind, CharacterKind::Nchar | CharacterKind::Nvarchar2);
                match kind {
                    CharacterKind::Char | CharacterKind::Nchar => {
                        Type::Char { length: length.unwrap_or(1), chars }
                    }
                    _ => Type::Varchar { length: *length, chars },
                }
            }
            DataTypeKind::Number { precision, scale } => {
                let scale = scale.and_then(|scale| i8::try_from(scale).ok());
                match precision {
                    None => Type::Number(None, None),
                    Some(Precision::Any) => Type::Number(scale.map(|_| 38), scale),
                    Some(Precision::Digits(digits)) => {
                        Type::Number(small(Some(*digits)), Some(scale.unwrap_or(0)))
                    }
                }
            }
            DataTypeKind::Float { .. } => Type::Number(None, None),
            DataTypeKind::Integer(IntegerKind::Integer | IntegerKind::Int | IntegerKind::Smallint) => {
                Type::Number(Some(38), Some(0))
            }
            DataTypeKind::Integer(_) => Type::Integer,
            DataTypeKind::Boolean => Type::Boolean,
            DataTypeKind::Date => Type::Date,
            DataTypeKind::Timestamp { precision, zone } => {
                let places = small(*precision).unwrap_or(6);
                match zone {
                    TimeZoneKind::Without => Type::Timestamp(places),
                    _ => Type::TimestampTz(places),
                }
            }
            DataTypeKind::IntervalYearToMonth { .. } => Type::IntervalYear,
            DataTypeKind::IntervalDayToSecond { .. } => Type::IntervalDay,
            DataTypeKind::Raw { length } => Type::Raw(*length),
            DataTypeKind::Clob | DataTypeKind::Nclob | DataTypeKind::Long => Type::Clob,
            DataTypeKind::Blob | DataTypeKind::LongRaw => Type::Blob,
            DataTypeKind::Rowid | DataTypeKind::Urowid => Type::Rowid,
            DataTypeKind::Bfile if !self.in_sql => Type::bfile(),
            DataTypeKind::BinaryFloat
            | DataTypeKind::BinaryDouble
            | DataTypeKind::Bfile
            | DataTypeKind::Json => {
                return Err(OracleError::unsupported(
                    "keep values of binary floating point, BFILE or JSON type",
                )
                .at(written.span.line, written.span.column));
            }
            DataTypeKind::Named(name) => return self.named_type(name),
            DataTypeKind::TypeOf(name) => return self.type_of(name),
            DataTypeKind::RowTypeOf(name) => return self.row_type_of(name),
        })
    }

    fn undeclared(&self, name: &Name) -> OracleError {
        let text = written_name(name);
        self.wrong(
            name.span,
            201,
            &format!("identifier '{text}' must be declared"),
            OracleError::new(902, &[]),
        )
    }

    fn named_type(&mut self, name: &Name) -> Outcome<Type> {
        match self.resolve(name)? {
            Some(Resolved::Declared(Declared::Type(of), _)) => Ok(of),
            Some(Resolved::Declared(Declared::Cursor { .. }, _)) => Err(self.undeclared(name)),
            _ if name.single().is_some_and(|only| only.text == "SYS_REFCURSOR") => Ok(Type::Cursor),
            _ => Err(self.undeclared(name)),
        }
    }

    fn type_of(&mut self, name: &Name) -> Outcome<Type> {
        if let Some(Resolved::Declared(declared, _)) = self.resolve(name)? {
            return match declared {
                Declared::Variable { of, .. } | Declared::Field { of, .. } => Ok(of),
                _ => Err(self.undeclared(name)),
            };
        }
        let mut table = name.clone();
        let column = table.parts.pop().ok_or_else(|| self.undeclared(name))?;
        if table.parts.is_empty() {
            return Err(self.undeclared(name));
        }
        let columns = self.columns_of(&table)?;
        columns.iter().find(|found| found.0 == column.text).map(|found| found.1.clone()).ok_or_else(|| {
            Self::pls(name.span, 302, &format!("component '{}' must be declared", column.text))
        })
    }

    fn row_type_of(&mut self, name: &Name) -> Outcome<Type> {
        if let Some(Resolved::Declared(Declared::Cursor { row, .. }, _)) = self.resolve(name)? {
            return Ok(Type::Record(row));
        }
        let fields = self.columns_of(name)?;
        Ok(Type::Record(std::sync::Arc::new(RecordType {
            name: format!("{}%ROWTYPE", written_name(name)),
            fields,
        })))
    }

    /// The visible columns of a table or view.
    fn columns_of(&mut self, name: &Name) -> Outcome<Vec<(String, Type)>> {
        let Ok(object) = self.find_relation(name) else { return Err(self.undeclared(name)) };
        self.relation_columns(&object)
    }
}

/// A name as messages write it.
pub(crate) fn written_name(name: &Name) -> String {
    name.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".")
}
