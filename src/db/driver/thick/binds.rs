//! Statements and binds as Oracle's library takes them: every value travels as a text beside the type it is to have.

use oracle::sql_type::OracleType;

use crate::db::driver::sqlnet::text::{Kind, bare, kind_of};
use crate::db::driver::sqlnet::{bound, number};
use crate::db::error::DbError;
use crate::model::act::{Bind, BindKind, Direction, SqlCall};

/// A bind that is sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// Its name.
    pub(super) name: String,
    /// What goes in.
    pub(super) value: Option<String>,
    /// Its type, with the room for what comes out.
    pub(super) of: OracleType,
}

/// A statement ready to be sent.
#[derive(Debug)]
pub(super) struct Ready {
    /// Its kind.
    pub(super) kind: Kind,
    /// The text.
    pub(super) text: String,
    /// How many bytes were put before the statement's own text.
    pub(super) before: usize,
    /// The binds.
    pub(super) binds: Vec<Sent>,
}

/// Makes a call ready.
///
/// # Errors
/// A value that its bind cannot hold.
pub(super) fn ready(call: &SqlCall) -> Result<Ready, DbError> {
    const OPENING: &str = "begin /* adbctl: the statement */ ";
    let statement = bare(&call.text);
    let (kind, labelled) = kind_of(statement);
    let binds = call.binds.iter().map(sent).collect::<Result<_, _>>()?;
    // The library goes by the first word, and a label is none.
    Ok(if labelled {
        Ready { kind, text: format!("{OPENING}{statement}\nend;"), before: OPENING.len(), binds }
    } else {
        Ready { kind, text: statement.to_owned(), before: 0, binds }
    })
}

fn sent(bind: &Bind) -> Result<Sent, DbError> {
    let value = bound::text(bind)?;
    let longest = u32::try_from(bound::LONGEST_VARCHAR2).unwrap_or(u32::MAX);
    let (value, of) = match bind.kind {
        BindKind::Number => {
            let value = value.map(|text| number::to_driver(&bind.name, &text)).transpose()?;
            (value, OracleType::Number(0, 0))
        }
        BindKind::Clob => (value, OracleType::CLOB),
        // What comes out needs its room from the beginning; what only goes in, none beside its own.
        BindKind::Varchar2 if bind.direction == Direction::In => {
            let characters = value.as_ref().map_or(1, |text| text.chars().count().max(1));
            (value, OracleType::Varchar2(u32::try_from(characters).unwrap_or(longest)))
        }
        BindKind::Varchar2 => (value, OracleType::Varchar2(longest)),
    };
    Ok(Sent { name: bind.name.clone(), value, of })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::act::{Connection, Returns};

    fn call(text: &str, binds: Vec<Bind>) -> SqlCall {
        let connection = Connection {
            database: "dev".into(),
            ocid: Value::Null,
            driver: "thick".into(),
            address: json!("127.0.0.1/free"),
            user: json!("app"),
            password: Value::Null,
            wallet: Value::Null,
            results: Value::Null,
        };
        SqlCall {
            connection,
            text: text.into(),
            returns: Returns::Nothing,
            binds,
            limit_seconds: 1,
            consented: false,
        }
    }

    #[test]
    fn texts() {
        fn check(text: &str, wanted: (Kind, &str, usize)) {
            let ready = ready(&call(text, Vec::new())).unwrap();
            assert_eq!((ready.kind, ready.text.as_str(), ready.before), wanted, "{text}");
        }
        check("select 1 from dual;\n", (Kind::Query, "select 1 from dual", 0));
        check("begin null; end;\n/\n", (Kind::Block, "begin null; end;", 0));
        check("update t set a = 1;", (Kind::Change, "update t set a = 1", 0));
        check("alter session set a = b", (Kind::Other, "alter session set a = b", 0));
        check(
            "<<x>> begin null; end;",
            (Kind::Block, "begin /* adbctl: the statement */ <<x>> begin null; end;\nend;", 34),
        );
    }

    #[test]
    fn every_kind_in_every_direction() {
        fn check(
            kind: BindKind,
            direction: Direction,
            value: &Value,
            wanted: Result<(Option<&str>, &str), &str>,
        ) {
            let bind = Bind { name: "b".into(), kind, direction, value: value.clone() };
            match (ready(&call("begin p(:b); end;", vec![bind])), wanted) {
                (Ok(ready), Ok((text, of))) => {
                    let sent = &ready.binds[0];
                    assert_eq!((sent.value.as_deref(), sent.of.to_string().as_str()), (text, of), "{value}");
                }
                (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
                (found, wanted) => panic!("{value}: {found:?} instead of {wanted:?}"),
            }
        }
        use BindKind::{Clob, Number, Varchar2};
        use Direction::{In, InOut, Out};
        check(Number, In, &json!(41.5), Ok((Some("41.5"), "NUMBER")));
        check(Number, In, &json!("1e3"), Ok((Some("1000"), "NUMBER")));
        check(Number, InOut, &json!(true), Ok((Some("1"), "NUMBER")));
        check(Number, Out, &json!(5), Ok((None, "NUMBER")));
        check(Number, In, &json!("x"), Err("is to be a number"));
        check(Number, In, &json!("1e300"), Err("out of the range"));
        check(Varchar2, In, &json!("größe"), Ok((Some("größe"), "VARCHAR2(5)")));
        check(Varchar2, In, &json!(""), Ok((None, "VARCHAR2(1)")));
        check(Varchar2, InOut, &json!("x"), Ok((Some("x"), "VARCHAR2(32767)")));
        check(Varchar2, Out, &Value::Null, Ok((None, "VARCHAR2(32767)")));
        check(Varchar2, In, &json!("x".repeat(32_768)), Err("32768 bytes"));
        check(Clob, In, &json!({"a": 1}), Ok((Some("{\"a\":1}"), "CLOB")));
        check(Clob, InOut, &json!("x"), Ok((Some("x"), "CLOB")));
        check(Clob, Out, &json!("x"), Ok((None, "CLOB")));
    }
}
