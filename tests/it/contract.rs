//! The drivers' contract, and raw requests of a stranger, against the sandbox's REST-Enabled SQL.

use adbctl::db::{Credentials, Drivers, SessionOptions, contract};
use adbctl::model::Secret;
use adbctl::model::act::{Connection, Returns, SqlCall};
use adbctl::sql::{Guard, Side, guarded_nothing};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::Rehearsal;

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// ADMIN's way into a database of the sandbox, and the password.
pub(crate) fn admin_of(rehearsal: &Rehearsal, name: &str) -> (Connection, Secret) {
    let database = &rehearsal.description()["databases"][name];
    let connection = Connection {
        database: name.to_owned(),
        ocid: database["ocid"].clone(),
        driver: "ords".to_owned(),
        address: database["ords_url"].clone(),
        user: json!("ADMIN"),
        password: Value::Null,
        wallet: Value::Null,
        results: Value::Null,
    };
    (connection, Secret::new(database["admin_password"].as_str().unwrap().to_owned()))
}

/// What a query of ADMIN finds.
pub(crate) fn rows(rehearsal: &Rehearsal, name: &str, query: &str) -> Vec<Value> {
    let (connection, password) = admin_of(rehearsal, name);
    let call = SqlCall {
        connection,
        text: query.to_owned(),
        returns: Returns::Rows,
        binds: Vec::new(),
        limit_seconds: 60,
        consented: false,
    };
    let drivers = Drivers::new(crate::support::http(), None);
    on_runtime(async {
        let connector = drivers.connector("ords").unwrap();
        let options = SessionOptions::default();
        let mut session =
            connector.open(&call.connection, Credentials::of(password), &options).await.unwrap();
        let reply = session.execute(&call, &CancellationToken::new()).await.unwrap();
        reply.value["rows"].as_array().unwrap().clone()
    })
}

#[test]
fn the_driver_keeps_its_contract() {
    let rehearsal = Rehearsal::new();
    let (connection, password) = admin_of(&rehearsal, "dev");
    let drivers = Drivers::new(crate::support::http(), None);
    let connector = drivers.connector("ords").unwrap();
    let findings = on_runtime(contract::all(connector, &connection, &password));
    assert!(!findings.is_empty());
    let wrong: Vec<_> =
        findings.iter().filter_map(|(rule, found)| found.as_ref().err().map(|why| (rule, why))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// On a source the steps of a run go on side by side; a step does not go on beside a block of its own that is still at work, and on a
/// target nothing does.
#[test]
fn what_a_run_has_at_work_is_waited_for() {
    const RUN: &str = "20260519t211000-k3fa";
    let rehearsal = Rehearsal::new();
    let detail =
        json!({ "module": format!("adbctl {RUN}"), "action": "app_export", "tables": [], "active": true });
    let action = json!({ "engine": { "name": "hold-locks", "detail": detail } });
    rehearsal.fault(&json!({ "count": 1, "path": "*sql*", "action": action }));
    let at_work = "select action from v$session where module like 'adbctl%' and status = 'ACTIVE'";
    assert_eq!(rows(&rehearsal, "prod", at_work), [json!({ "action": "app_export" })]);
    let (connection, password) = admin_of(&rehearsal, "prod");
    let drivers = Drivers::new(crate::support::http(), None);
    let check = |step: &str, side: Side, wanted: Option<&str>| {
        let guard = Guard::new(connection.ocid.clone(), vec![], RUN.parse().unwrap(), step.parse().unwrap());
        let block = guarded_nothing(&guard, side).unwrap();
        let call = SqlCall {
            connection: connection.clone(),
            text: block.text,
            returns: block.returns,
            binds: block.binds,
            limit_seconds: 60,
            consented: true,
        };
        let outcome = on_runtime(async {
            let options = SessionOptions::default();
            let connector = drivers.connector("ords").unwrap();
            let credentials = Credentials::of(password.clone());
            let mut session = connector.open(&call.connection, credentials, &options).await.unwrap();
            session.execute(&call, &CancellationToken::new()).await
        });
        let code = outcome.err().and_then(|error| error.code().map(str::to_owned));
        assert_eq!(code.as_deref(), wanted, "{step} {side:?}");
    };
    check("export", Side::Source, None);
    check("app_export", Side::Source, Some("ORA-20905"));
    check("export", Side::Target, Some("ORA-20905"));
    check("app_export", Side::Target, Some("ORA-20905"));
}

struct Stranger {
    http: reqwest::Client,
    url: String,
    password: String,
}

impl Stranger {
    fn of(rehearsal: &Rehearsal) -> Self {
        let database = &rehearsal.description()["databases"]["dev"];
        Self {
            http: crate::support::http(),
            url: format!("{}admin/_/sql", database["ords_url"].as_str().unwrap()),
            password: database["admin_password"].as_str().unwrap().to_owned(),
        }
    }

    async fn send(&self, media: &str, body: String) -> Value {
        let request = self.http.post(&self.url).basic_auth("admin", Some(&self.password));
        let answer = request.header("content-type", media).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }
}

/// The members of an answer's items that are named in `wanted` are as there.
fn check(failures: &mut Vec<String>, sent: &str, answer: &Value, wanted: &Value) {
    let items = answer["items"].as_array().unwrap();
    let wanted = wanted.as_array().unwrap();
    if !holds(&answer["items"], &Value::Array(wanted.clone())) {
        failures.push(format!("{sent}\nwanted {wanted:#?}\nfound {items:#?}"));
    }
}

fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| holds(found.get(name).unwrap_or(&Value::Null), value))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| holds(found, wanted))
        }
        // The stack of an error: its beginning.
        (Value::String(found), Value::String(wanted)) if wanted.ends_with('…') => {
            found.starts_with(wanted.trim_end_matches('…'))
        }
        _ => found == wanted,
    }
}

#[test]
fn what_a_stranger_sends_in_json() {
    let rehearsal = Rehearsal::new();
    let stranger = Stranger::of(&rehearsal);
    let mut failures = Vec::new();
    for (body, wanted) in [
        (
            json!({"statementText": "select 1 as a, 'x' as b, cast(null as varchar2(3)) as c from dual"}),
            json!([{"statementId": 1, "statementType": "query", "statementPos": {"startLine": 1, "endLine": 1},
                "resultSet": {"items": [{"a": 1, "b": "x", "c": null}], "hasMore": false, "count": 1}}]),
        ),
        (
            json!({"statementText": "select date '2026-05-19' as d, timestamp '2026-05-19 21:10:00.5' as t from dual"}),
            json!([{"resultSet": {"items": [{"d": "2026-05-19T00:00:00Z", "t": "2026-05-19T21:10:00.500000Z"}]}}]),
        ),
        (
            json!({"statementText": "select level as n from dual connect by level <= 5", "offset": 2, "limit": 2}),
            json!([{"resultSet": {"items": [{"n": 3}, {"n": 4}], "hasMore": true, "offset": 2, "limit": 2}}]),
        ),
        (json!({"statementText": "select 1 as a, 2 as a from dual"}), json!([{"errorCode": 918}])),
        (
            json!({"statementText": "select *\nfrom no_such_table"}),
            json!([{"errorCode": 942, "errorLine": 2, "errorDetails": "ORA-00942: …"}]),
        ),
        (
            json!({"statementText": "begin :a := :b * 2; :c := upper(:c); end;", "binds": [
                {"name": "a", "data_type": "NUMBER", "mode": "out"},
                {"name": "b", "data_type": "NUMBER", "value": 21},
                {"name": "c", "data_type": "VARCHAR2", "mode": "inout", "value": "x"}]}),
            json!([{"statementType": "plsql", "binds": [{"name": "a", "result": 42}, {"name": "b", "value": 21},
                {"name": "c", "value": "x", "result": "X"}]}]),
        ),
        (
            json!({"statementText": "begin :1 := :2; end;", "binds": [
                {"index": 1, "data_type": "VARCHAR2", "mode": "out"},
                {"index": 2, "data_type": "VARCHAR2", "value": "y"}]}),
            json!([{"binds": [{"index": 1, "result": "y"}, {"index": 2, "value": "y"}]}]),
        ),
        (
            json!({"statementText": "begin :d := :d + 1; end;", "binds": [
                {"name": "d", "data_type": "DATE", "mode": "inout", "value": "2026-05-19T21:10:00Z"}]}),
            json!([{"binds": [{"result": "2026-05-20T21:10:00Z"}]}]),
        ),
        (json!({"statementText": "select :a from dual"}), json!([{"errorCode": 1008}])),
        (
            json!({"statementText": "begin\n  raise_application_error(-20042, 'as asked');\nend;"}),
            json!([{"errorCode": 20042, "errorLine": 2, "errorDetails": "ORA-20042: as asked…"}]),
        ),
        (
            json!({"statementText": "begin\n  nobody.knows;\nend;"}),
            json!([{"errorCode": 6550, "errorLine": 2, "errorDetails": "ORA-06550: line 2, column 3:\nPLS-00201…"}]),
        ),
    ] {
        let answer = on_runtime(stranger.send("application/json", body.to_string()));
        check(&mut failures, &body["statementText"].to_string(), &answer, &wanted);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_a_stranger_sends_as_scripts() {
    let rehearsal = Rehearsal::new();
    let stranger = Stranger::of(&rehearsal);
    let mut failures = Vec::new();
    for (script, wanted) in [
        (
            "create table probe (a number, b clob);\ninsert into probe values (1, 'text');\nselect a, b from probe;",
            json!([{"statementType": "ddl", "response": ["\nTable created.\n\n"]},
                {"statementType": "dml", "result": 1, "response": ["\n1 row inserted.\n\n"]},
                {"resultSet": {"items": [{"a": 1, "b": "text"}]}}]),
        ),
        // The row above was never committed.
        ("select count(*) as n from probe;", json!([{"resultSet": {"items": [{"n": 0}]}}])),
        (
            "insert into probe (a) values (2);\ncommit;",
            json!([{"result": 1}, {"statementType": "transaction-control"}]),
        ),
        ("select count(*) as n from probe;", json!([{"resultSet": {"items": [{"n": 1}]}}])),
        (
            "set serveroutput on\nbegin\n  dbms_output.put_line('hey');\nend;\n/\nprompt done",
            json!([{"statementType": "sqlplus"}, {"statementType": "plsql", "dbmsOutput": "hey\n"}, {"response": ["done\n"]}]),
        ),
        (
            "select 1 as a from nowhere;\nselect 2 as a from dual;",
            json!([{"errorCode": 942, "errorLine": 1}, {"resultSet": {"items": [{"a": 2}]}}]),
        ),
        (
            "whenever sqlerror exit failure rollback\nselect 1 as a from nowhere;\nselect 2 as a from dual;",
            json!([{"statementType": "sqlplus"}, {"errorCode": 942, "errorLine": 2}]),
        ),
        ("define t = dual\nselect 3 as a from &t;", json!([{}, {"resultSet": {"items": [{"a": 3}]}}])),
        (
            "alter session set nls_date_format = 'YYYY';\nselect to_char(date '2026-05-19') as a from dual;",
            json!([{"statementType": "session-control"}, {"resultSet": {"items": [{"a": "2026"}]}}]),
        ),
        // The session before was another one.
        (
            "select to_char(date '2026-05-19') as a from dual;",
            json!([{"resultSet": {"items": [{"a": "19-MAY-26"}]}}]),
        ),
        ("drop table probe purge;", json!([{"statementType": "ddl"}])),
    ] {
        let answer = on_runtime(stranger.send("application/sql", script.to_owned()));
        check(&mut failures, script, &answer, &wanted);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn ten_wrong_passwords_lock_the_account() {
    let rehearsal = Rehearsal::new();
    let stranger = Stranger::of(&rehearsal);
    let ask = |password: &str| {
        let request = stranger.http.post(&stranger.url).basic_auth("admin", Some(password));
        on_runtime(request.json(&json!({"statementText": "select 1 from dual"})).send()).unwrap().status()
    };
    assert_eq!(ask(&stranger.password), 200);
    for _ in 0..10 {
        assert_eq!(ask("Wrong-Password-1"), 401);
    }
    assert_eq!(ask(&stranger.password), 401);
}

#[test]
fn a_refreshed_database_has_the_rows_of_its_source_and_an_identity_of_its_own() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(0);
    let stranger = Stranger::of(&rehearsal);
    let script = "select count(*) as n from sales.customers;\n\
                  select json_value(cloud_identity, '$.DATABASE_OCID') as ocid from v$pdbs;";
    let answer = on_runtime(stranger.send("application/sql", script.to_owned()));
    let ocid = rehearsal.description()["databases"]["dev"]["ocid"].as_str().unwrap().to_uppercase();
    let wanted = json!([{"resultSet": {"items": [{"n": 3000}]}}, {"resultSet": {"items": [{"ocid": ocid}]}}]);
    let mut failures = Vec::new();
    check(&mut failures, script, &answer, &wanted);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
