//! Oracle's messages for syntax errors, by number.

/// Number and text of an `ORA-` message.
pub(super) type Message = (u32, &'static str);

pub(super) const INVALID_STATEMENT: Message = (900, "invalid SQL statement");
pub(super) const INVALID_CREATE: Message = (901, "invalid CREATE command");
pub(super) const INVALID_TABLE_NAME: Message = (903, "invalid table name");
pub(super) const INVALID_IDENTIFIER: Message = (904, ": invalid identifier");
pub(super) const MISSING_KEYWORD: Message = (905, "missing keyword");
pub(super) const MISSING_LEFT_PARENTHESIS: Message = (906, "missing left parenthesis");
pub(super) const MISSING_RIGHT_PARENTHESIS: Message = (907, "missing right parenthesis");
pub(super) const MISSING_NULL: Message = (908, "missing NULL keyword");
pub(super) const INVALID_CHARACTER: Message = (911, "invalid character");
pub(super) const MISSING_COMMA: Message = (917, "missing comma");
pub(super) const INVALID_RELATIONAL_OPERATOR: Message = (920, "invalid relational operator");
pub(super) const MISSING_OPTION: Message = (922, "missing or invalid option");
pub(super) const MISSING_FROM: Message = (923, "FROM keyword not found where expected");
pub(super) const MISSING_BY: Message = (924, "missing BY keyword");
pub(super) const MISSING_INTO: Message = (925, "missing INTO keyword");
pub(super) const MISSING_VALUES: Message = (926, "missing VALUES keyword");
pub(super) const MISSING_EQUAL: Message = (927, "missing equal sign");
pub(super) const MISSING_SELECT: Message = (928, "missing SELECT keyword");
pub(super) const NOT_ENDED: Message = (933, "SQL command not properly ended");
pub(super) const MISSING_EXPRESSION: Message = (936, "missing expression");
pub(super) const INVALID_ALTER: Message = (940, "invalid ALTER command");
pub(super) const MISSING_VIEW_NAME: Message = (999, "invalid view name");
pub(super) const INVALID_DROP: Message = (950, "invalid DROP option");
pub(super) const INVALID_INDEX_NAME: Message = (953, "missing or invalid index name");
pub(super) const MISSING_ON: Message = (969, "missing ON keyword");
pub(super) const MISSING_SET: Message = (971, "missing SET keyword");
pub(super) const LONG_IDENTIFIER: Message = (972, "identifier is too long");
pub(super) const MISSING_PASSWORD: Message = (988, "missing or invalid password(s)");
pub(super) const MISSING_PRIVILEGE: Message = (990, "missing or invalid privilege");
pub(super) const SINGLE_PIPE: Message = (996, "the concatenate operator is ||, not |");
pub(super) const LONG_STRING: Message = (1704, "string literal too long");
pub(super) const INVALID_ALTER_TABLE: Message = (1735, "invalid ALTER TABLE option");
pub(super) const UNTERMINATED_IDENTIFIER: Message = (1740, "missing double quote in identifier");
pub(super) const EMPTY_IDENTIFIER: Message = (1741, "illegal zero-length identifier");
pub(super) const UNTERMINATED_COMMENT: Message = (1742, "comment not terminated properly");
pub(super) const INVALID_BIND_NAME: Message = (1745, "invalid host/bind variable name");
pub(super) const INVALID_COLUMN: Message =
    (1747, "invalid user.table.column, table.column, or column specification");
pub(super) const UNTERMINATED_STRING: Message = (1756, "quoted string not properly terminated");
pub(super) const MISSING_USER: Message = (1935, "missing user or role name");
pub(super) const ILLEGAL_SYSTEM_OPTION: Message = (2065, "illegal option for ALTER SYSTEM");
pub(super) const INVALID_INDEX_OPTION: Message = (2158, "invalid CREATE INDEX option");
pub(super) const INVALID_ROLLBACK: Message = (2181, "invalid option to ROLLBACK WORK");
pub(super) const INVALID_COMMIT: Message = (2185, "a token other than WORK follows COMMIT");
pub(super) const INVALID_SESSION_OPTION: Message = (2248, "invalid option for ALTER SESSION");
pub(super) const INVALID_SEQUENCE_NAME: Message = (2277, "invalid sequence name");
pub(super) const MISSING_DATATYPE: Message = (2263, "need to specify the datatype for this column");
pub(super) const NOT_AN_INTEGER: Message = (2017, "integer value required");
pub(super) const INVALID_TRUNCATE: Message =
    (3290, "Invalid truncate command - missing CLUSTER or TABLE keyword");
pub(super) const MISSING_WINDOW: Message = (30484, "missing window specification for this function");
