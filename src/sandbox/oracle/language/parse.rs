//! From text to tree, for the four things a text can be asked to be.

use super::ast::{Block, Expression, Query, Statement};
use super::parser::Parser;
use super::{Dialect, LanguageError};

/// One statement, as a driver sends it: SQL without a semicolon, PL/SQL with its own.
pub fn parse_statement(text: &str, dialect: Dialect) -> Result<Statement, LanguageError> {
    Parser::new(text, dialect).whole_statement()
}

/// An anonymous PL/SQL block with its last semicolon.
pub fn parse_block(text: &str, dialect: Dialect) -> Result<Block, LanguageError> {
    Parser::new(text, dialect).whole_block()
}

/// A query without a semicolon.
pub fn parse_query(text: &str, dialect: Dialect) -> Result<Query, LanguageError> {
    let parser = Parser::new(text, dialect);
    parser.require_query()?;
    parser.whole_query()
}

/// A SQL expression or condition, such as a column default or a CHECK condition from the dictionary.
pub fn parse_expression(text: &str, dialect: Dialect) -> Result<Expression, LanguageError> {
    Parser::new(text, dialect).whole_expression()
}
