use super::*;
use crate::model::Secret;
use crate::model::act::{Bind, BindKind, Direction};

fn connection(address: Value) -> Connection {
    Connection {
        database: "dev".into(),
        ocid: json!("ocid1.autonomousdatabase.oc1.uk-london-1.example"),
        driver: "dbtools".into(),
        address,
        user: Value::Null,
        password: Value::Null,
        wallet: Value::Null,
        results: Value::Null,
    }
}

fn call(text: &str, returns: Returns, binds: Vec<Bind>) -> SqlCall {
    let connection = connection(json!("ocid1.databasetoolsconnection.oc1.uk-london-1.example"));
    SqlCall { connection, text: text.into(), returns, binds, limit_seconds: 5, consented: false }
}

fn bind(name: &str, kind: BindKind, direction: Direction, value: Value) -> Bind {
    Bind { name: name.into(), kind, direction, value }
}

fn read(call: &SqlCall, items: &[Value]) -> Result<Value, DbError> {
    let items: Vec<Value> = items.iter().map(usual_item).collect();
    read_items("dev through Database Tools", call, &items).map(Answer::into_value)
}

#[tokio::test]
async fn what_can_be_opened() {
    async fn check(address: Value, wanted: &str) {
        let driver = DatabaseTools::new(None);
        let connection = connection(address);
        let credentials = Credentials { password: Secret::new(String::new()), wallet_password: None };
        let options = SessionOptions::default();
        let Err(error) = driver.open(&connection, credentials, &options).await else {
            panic!("it was opened")
        };
        assert!(error.to_string().contains(wanted) && error.not_sent, "{error}");
    }
    check(Value::Null, "names none").await;
    check(json!("https://h.example.com/ords/"), "h.example.com").await;
    check(json!("ocid1.databasetoolsconnection.oc1.uk-london-1.example"), "no client of the cloud").await;
    assert!(!DatabaseTools::new(None).needs_password());
}

#[test]
fn what_is_sent() {
    let binds = vec![
        bind("a", BindKind::Varchar2, Direction::Out, Value::Null),
        bind("b", BindKind::Number, Direction::In, json!("7.50")),
        bind("c", BindKind::Clob, Direction::InOut, Value::Null),
    ];
    let call = call("begin :a := :b; end;", Returns::Nothing, binds);
    let binds: Vec<Value> = sent_binds(&call.binds).unwrap().iter().map(own_bind).collect();
    assert_eq!(
        input(&call, &binds, 0),
        json!({
            "type": "STANDARD", "statementText": "begin :a := :b; end;", "responseFormat": { "statementText": false },
            "binds": [
                { "name": "a", "dataType": "VARCHAR2", "mode": "OUT" },
                { "name": "b", "dataType": "NUMBER", "mode": "IN", "values": ["7.50"] },
                { "name": "c", "dataType": "CLOB", "mode": "INOUT", "values": [null] },
            ],
        })
    );
    let rows = input(&self::call("select", Returns::Rows, Vec::new()), &[], 20_000);
    assert_eq!((&rows["offset"], &rows["limit"]), (&json!(20_000), &json!(PAGE)));
}

#[test]
fn what_comes_back() {
    let binds = vec![
        bind("a", BindKind::Varchar2, Direction::InOut, json!("before")),
        bind("n", BindKind::Number, Direction::Out, Value::Null),
        bind("i", BindKind::Number, Direction::In, json!(1)),
    ];
    let call = call("x", Returns::Rows, binds);
    let found = read(
        &call,
        &[json!({
            "resultSet": {
                "metadata": [{ "databaseColumnName": "N", "uniqueColumnName": "N", "columnTypeName": "NUMBER" }],
                "items": [{ "N": 1 }, { "N": null }], "hasMore": false,
            },
            "binds": [
                { "name": "A", "mode": "INOUT", "values": ["before"], "results": [null] },
                { "name": "n", "mode": "OUT", "results": ["4.5"] }, { "name": "i", "mode": "IN", "values": [1] },
            ],
            "responses": ["done"], "results": [2, 3], "dbmsOutput": "one\ntwo\n", "error": null,
        })],
    )
    .unwrap();
    assert_eq!(found["rows"], json!([{ "n": 1 }, { "n": null }]));
    assert_eq!(found["columns"], json!([{ "name": "n", "type": "NUMBER" }]));
    assert_eq!(found["binds"], json!({ "a": null, "n": 4.5 }));
    assert_eq!((&found["output"], &found["affected"]), (&json!(["one", "two"]), &json!(5)));
}

#[test]
fn errors() {
    fn check(error: &Value, code: Option<&str>, words: &str) {
        let call = call("begin\n  x;\nend;", Returns::Nothing, Vec::new());
        let found = read(&call, &[json!({ "responses": [] }), json!({ "error": error })]).unwrap_err();
        assert_eq!(found.code(), code, "{found}");
        assert!(format!("{found} {:?}", found.causes).contains(words), "{found}");
    }
    check(
        &json!({ "errorCode": 942, "errorLine": 2, "errorMessage": "ORA-00942: table or view does not exist",
                "errorDetails": "ORA-00942: table or view does not exist\n" }),
        Some("ORA-00942"),
        "at line 2 (x;)",
    );
    check(
        &json!({ "errorMessage": "ORA-01403: no data found", "errorDetails": "ORA-06512: at line 2" }),
        Some("ORA-01403"),
        "line 2",
    );
    check(&json!({ "errorCode": 28 }), Some("ORA-00028"), "no reason");
    check(&json!({ "errorMessage": "SP2-0546: User requested Interrupt" }), Some("SP2-0546"), "Interrupt");
}
