//! Data types.

use super::core::{Mode, Parsed, Parser};
use super::message::{MISSING_KEYWORD, MISSING_RIGHT_PARENTHESIS, Message};
use crate::sandbox::oracle::language::ast::{
    CharacterKind, DataType, DataTypeKind, IntegerKind, LengthUnit, Name, Precision, TimeZoneKind,
};

const INVALID_DATATYPE: Message = (902, "invalid datatype");
const LENGTH_RANGE: Message = (910, "specified length too long for its datatype");
const ZERO_LENGTH: Message = (1723, "zero-length columns are not allowed");
const PRECISION_RANGE: Message = (1727, "numeric precision specifier is out of range (1 to 38)");
const SCALE_RANGE: Message = (1728, "numeric scale specifier is out of range (-84 to 127)");

impl Parser<'_> {
    /// A data type of SQL or, in PL/SQL, of that.
    pub(super) fn data_type(&mut self) -> Parsed<DataType> {
        let start = self.span();
        let word = self.word().unwrap_or_default().to_owned();
        let built_in = if self.is_symbol_at(1, ".") || self.is_symbol_at(1, "%") {
            None
        } else {
            self.built_in_type(&word)?
        };
        let kind = match built_in {
            Some(kind) => kind,
            None => self.named_type()?,
        };
        Ok(DataType { kind, span: self.since(start) })
    }

    fn named_type(&mut self) -> Parsed<DataTypeKind> {
        if self.take_word("REF") {
            return Err(self.unsupported("handle REF types"));
        }
        let name = self.name(INVALID_DATATYPE)?;
        if !self.is_symbol("%") {
            return Ok(DataTypeKind::Named(name));
        }
        self.percent(name)
    }

    fn percent(&mut self, name: Name) -> Parsed<DataTypeKind> {
        self.advance();
        if self.take_word("TYPE") {
            Ok(DataTypeKind::TypeOf(name))
        } else if self.take_word("ROWTYPE") {
            Ok(DataTypeKind::RowTypeOf(name))
        } else {
            Err(self.fail(INVALID_DATATYPE, "type rowtype"))
        }
    }

    fn built_in_type(&mut self, word: &str) -> Parsed<Option<DataTypeKind>> {
        if let Some(kind) = self.character_type(word)? {
            return Ok(Some(kind));
        }
        let plsql = self.mode == Mode::Plsql;
        let kind = match word {
            "NUMBER" | "NUMERIC" | "DECIMAL" | "DEC" => return self.number_type().map(Some),
            "TIMESTAMP" => return self.timestamp_type().map(Some),
            "INTERVAL" => return self.interval_type().map(Some),
            "FLOAT" => {
                self.advance();
                return Ok(Some(DataTypeKind::Float { precision: self.bracketed_figure()? }));
            }
            "DOUBLE" if self.is_word_at(1, "PRECISION") => {
                self.advance();
                DataTypeKind::Float { precision: Some(126) }
            }
            "REAL" => DataTypeKind::Float { precision: Some(63) },
            "RAW" => {
                self.advance();
                let length = self.bracketed_figure()?;
                self.check_length_of(length, !plsql)?;
                return Ok(Some(DataTypeKind::Raw { length }));
            }
            "UROWID" => {
                self.advance();
                self.bracketed_figure()?;
                return Ok(Some(DataTypeKind::Urowid));
            }
            "LONG" if self.is_word_at(1, "RAW") => {
                self.advance();
                DataTypeKind::LongRaw
            }
            "LONG" => DataTypeKind::Long,
            "BINARY_FLOAT" => DataTypeKind::BinaryFloat,
            "BINARY_DOUBLE" => DataTypeKind::BinaryDouble,
            "DATE" => DataTypeKind::Date,
            "CLOB" => DataTypeKind::Clob,
            "NCLOB" => DataTypeKind::Nclob,
            "BLOB" => DataTypeKind::Blob,
            "BFILE" => DataTypeKind::Bfile,
            "ROWID" => DataTypeKind::Rowid,
            "JSON" => DataTypeKind::Json,
            "BOOLEAN" => DataTypeKind::Boolean,
            _ => match integer_kind(word).filter(|kind| plsql || sql_integer(*kind)) {
                Some(kind) => DataTypeKind::Integer(kind),
                None => return Ok(None),
            },
        };
        self.advance();
        Ok(Some(kind))
    }

    fn character_type(&mut self, word: &str) -> Parsed<Option<DataTypeKind>> {
        let (kind, words, needs_length) = match word {
            "VARCHAR2" => (CharacterKind::Varchar2, 1, true),
            "NVARCHAR2" => (CharacterKind::Nvarchar2, 1, true),
            "VARCHAR" => (CharacterKind::Varchar, 1, true),
            "STRING" if self.mode == Mode::Plsql => (CharacterKind::Varchar, 1, true),
            "NCHAR" if self.is_word_at(1, "VARYING") => (CharacterKind::Nvarchar2, 2, true),
            "CHAR" | "CHARACTER" if self.is_word_at(1, "VARYING") => (CharacterKind::Varchar, 2, true),
            "CHAR" | "CHARACTER" => (CharacterKind::Char, 1, false),
            "NCHAR" => (CharacterKind::Nchar, 1, false),
            _ => return Ok(None),
        };
        self.at += words;
        let mut length = None;
        let mut unit = None;
        if self.take_symbol("(") {
            let figure: u32 = self.integer(NOT_A_LENGTH)?;
            self.check_length_of(Some(figure), false)?;
            length = Some(figure);
            if self.take_word("CHAR") {
                unit = Some(LengthUnit::Char);
            } else if self.take_word("BYTE") {
                unit = Some(LengthUnit::Byte);
            }
            self.close_bracket()?;
        } else if needs_length && self.length_required() {
            return Err(self.fail(super::message::MISSING_LEFT_PARENTHESIS, "("));
        }
        Ok(Some(DataTypeKind::Character { kind, length, unit }))
    }

    /// Parameters, results and RETURNING have types without a length; columns and variables do not.
    fn length_required(&self) -> bool {
        self.mode == Mode::Sql
            && !self.is_symbol(")")
            && !self.is_one_of(&["PATH", "ERROR", "NULL", "ABSENT"])
    }

    fn check_length_of(&self, length: Option<u32>, required: bool) -> Parsed<()> {
        match length {
            Some(0) => Err(self.sql_error(ZERO_LENGTH, self.previous())),
            Some(length) if length > 32_767 => Err(self.sql_error(LENGTH_RANGE, self.previous())),
            None if required => Err(self.fail(super::message::MISSING_LEFT_PARENTHESIS, "(")),
            _ => Ok(()),
        }
    }

    fn bracketed_figure(&mut self) -> Parsed<Option<u32>> {
        if !self.take_symbol("(") {
            return Ok(None);
        }
        let figure = self.integer(NOT_A_LENGTH)?;
        self.close_bracket()?;
        Ok(Some(figure))
    }

    fn number_type(&mut self) -> Parsed<DataTypeKind> {
        self.advance();
        if !self.take_symbol("(") {
            return Ok(DataTypeKind::Number { precision: None, scale: None });
        }
        let precision = if self.take_symbol("*") {
            Precision::Any
        } else {
            let digits: u32 = self.integer(NOT_A_LENGTH)?;
            if !(1..=38).contains(&digits) {
                return Err(self.sql_error(PRECISION_RANGE, self.previous()));
            }
            Precision::Digits(digits)
        };
        let mut scale = None;
        if self.take_symbol(",") {
            let figure = self.signed_integer(NOT_A_LENGTH)?;
            let figure = i32::try_from(figure).ok().filter(|figure| (-84..=127).contains(figure));
            scale = Some(figure.ok_or_else(|| self.sql_error(SCALE_RANGE, self.previous()))?);
        }
        self.close_bracket()?;
        Ok(DataTypeKind::Number { precision: Some(precision), scale })
    }

    fn timestamp_type(&mut self) -> Parsed<DataTypeKind> {
        self.advance();
        let precision = self.bracketed_figure()?;
        let zone = if self.take_words(&["WITH", "LOCAL", "TIME", "ZONE"]) {
            TimeZoneKind::WithLocal
        } else if self.take_words(&["WITH", "TIME", "ZONE"]) {
            TimeZoneKind::With
        } else {
            TimeZoneKind::Without
        };
        Ok(DataTypeKind::Timestamp { precision, zone })
    }

    fn interval_type(&mut self) -> Parsed<DataTypeKind> {
        self.advance();
        if self.take_word("YEAR") {
            let precision = self.bracketed_figure()?;
            self.expect_words(&["TO", "MONTH"], MISSING_KEYWORD)?;
            return Ok(DataTypeKind::IntervalYearToMonth { precision });
        }
        self.expect_word("DAY", MISSING_KEYWORD)?;
        let day_precision = self.bracketed_figure()?;
        self.expect_words(&["TO", "SECOND"], MISSING_KEYWORD)?;
        let second_precision = self.bracketed_figure()?;
        Ok(DataTypeKind::IntervalDayToSecond { day_precision, second_precision })
    }
}

/// What is no figure where a length is due, is taken for the end of the brackets.
const NOT_A_LENGTH: Message = MISSING_RIGHT_PARENTHESIS;

fn sql_integer(kind: IntegerKind) -> bool {
    matches!(kind, IntegerKind::Integer | IntegerKind::Int | IntegerKind::Smallint)
}

fn integer_kind(word: &str) -> Option<IntegerKind> {
    Some(match word {
        "INTEGER" => IntegerKind::Integer,
        "INT" => IntegerKind::Int,
        "SMALLINT" => IntegerKind::Smallint,
        "PLS_INTEGER" => IntegerKind::PlsInteger,
        "BINARY_INTEGER" => IntegerKind::BinaryInteger,
        "SIMPLE_INTEGER" => IntegerKind::SimpleInteger,
        "NATURAL" => IntegerKind::Natural,
        "NATURALN" => IntegerKind::Naturaln,
        "POSITIVE" => IntegerKind::Positive,
        "POSITIVEN" => IntegerKind::Positiven,
        "SIGNTYPE" => IntegerKind::Signtype,
        _ => return None,
    })
}
