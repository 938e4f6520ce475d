use wiremock::matchers::{any, body_partial_json, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::db::ready;
use crate::model::Secret;

fn connection(address: &str, user: &str) -> Connection {
    Connection {
        database: "dev".into(),
        ocid: json!("ocid1.autonomousdatabase.oc1.uk-london-1.example"),
        driver: "ords".into(),
        address: json!(address),
        user: json!(user),
        password: Value::Null,
        wallet: Value::Null,
        results: Value::Null,
    }
}

fn call(text: &str, returns: Returns, binds: Vec<Bind>) -> SqlCall {
    SqlCall {
        connection: connection("", ""),
        text: text.into(),
        returns,
        binds,
        limit_seconds: 5,
        consented: false,
    }
}

fn bind(name: &str, kind: BindKind, direction: Direction, value: Value) -> Bind {
    Bind { name: name.into(), kind, direction, value }
}

async fn session(server: &MockServer, user: &str) -> Box<dyn Session> {
    let options = SessionOptions {
        run: Some("20260519t211000-k3fa".parse().unwrap()),
        step: Some("grants".parse().unwrap()),
        held: false,
    };
    let ords = Ords::new(reqwest::Client::new());
    let connection = connection(&format!("{}/ords/", server.uri()), user);
    ords.open(&connection, Credentials::of(Secret::new("Pass:wörd1".into())), &options).await.unwrap()
}

async fn execute(answer: ResponseTemplate, call: &SqlCall) -> Result<Reply, DbError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    session(&server, "admin").await.execute(call, &CancellationToken::new()).await
}

#[expect(clippy::needless_pass_by_value, reason = "every caller makes the item on the spot")]
fn ok(item: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"env": {"defaultTimeZone": "GMT"}, "items": [item]}))
}

#[test]
fn addresses() {
    fn check(address: &str, user: &str, wanted: Result<&str, &str>) {
        let found = super::address(&connection(address, user));
        match (found, wanted) {
            (Ok((url, _)), Ok(wanted)) => assert_eq!(url.as_str(), wanted),
            (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
            (found, wanted) => panic!("{found:?} instead of {wanted:?}"),
        }
    }
    check("https://h.example.com/ords/", "ADMIN", Ok("https://h.example.com/ords/admin/_/sql"));
    check("https://h.example.com/ords", "App_1", Ok("https://h.example.com/ords/app_1/_/sql"));
    check("https://h.example.com/ords/", "\"My App/1\"", Ok("https://h.example.com/ords/my%20app%2F1/_/sql"));
    check("http://127.0.0.1:8080/ords/", "admin", Ok("http://127.0.0.1:8080/ords/admin/_/sql"));
    check("http://h.example.com/ords/", "admin", Err("unencrypted"));
    check("h.example.com", "admin", Err("is no address"));
    check("", "admin", Err("no ORDS address"));
    check("https://h.example.com/ords/", " ", Err("no user"));
    check("https://h.example.com/ords/", "a:b", Err("colon"));
}

#[tokio::test]
async fn what_is_sent() {
    let server = MockServer::start().await;
    let wanted = json!({
        "statementText": "begin :a := :b; end;",
        "binds": [
            {"name": "a", "data_type": "VARCHAR2", "mode": "out"},
            {"name": "b", "data_type": "NUMBER", "mode": "in", "value": 7},
            {"name": "c", "data_type": "CLOB", "mode": "inout", "value": "{\"x\":[1]}"},
        ],
    });
    let credentials = format!("Basic {}", STANDARD.encode("admin:Pass:wörd1"));
    Mock::given(path("/ords/admin/_/sql"))
        .and(header("authorization", credentials.as_str()))
        .and(header("content-type", "application/json"))
        .and(header(
            "user-agent",
            format!("adbctl/{} (run 20260519t211000-k3fa; step grants)", env!("CARGO_PKG_VERSION")).as_str(),
        ))
        .and(body_partial_json(wanted))
        .respond_with(ok(json!({"statementType": "plsql", "result": 0})))
        .expect(1)
        .mount(&server)
        .await;
    let binds = vec![
        bind("a", BindKind::Varchar2, Direction::Out, Value::Null),
        bind("b", BindKind::Number, Direction::In, json!(7)),
        bind("c", BindKind::Clob, Direction::InOut, json!({"x": [1]})),
    ];
    let call = call("begin :a := :b; end;", Returns::Nothing, binds);
    let mut session = session(&server, "admin").await;
    assert!(!session.keeps_state());
    session.execute(&call, &CancellationToken::new()).await.unwrap();
    session.close().await;
    let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert!(sent.get("limit").is_none(), "{sent}");
}

#[tokio::test]
async fn rows_and_columns() {
    // Member names in another case than documented still count.
    let item = json!({
        "statementtype": "query",
        "resultset": {
            "metadata": [{"columnName": "N", "jsonColumnName": "n", "columnTypeName": "NUMBER"},
                         {"columnName": "Word", "columnTypeName": "VARCHAR2"}],
            "items": [{"n": 1, "WORD": "a"}, {"n": null, "word": ""}],
            "hasMore": false, "count": 2,
        },
        "response": [], "result": 0, "errorCode": 0,
    });
    let reply = execute(ok(item), &call("select", Returns::Rows, Vec::new())).await.unwrap();
    assert_eq!(reply.value["rows"], json!([{"n": 1, "word": "a"}, {"n": null, "word": null}]));
    assert_eq!(
        reply.value["columns"],
        json!([{"name": "n", "type": "NUMBER"}, {"name": "word", "type": "VARCHAR2"}])
    );
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn pages_are_asked_for_until_the_end() {
    let server = MockServer::start().await;
    let page = |from: u64, more: bool| {
        ok(json!({"resultSet": {"metadata": [], "items": [{"n": from}, {"n": from + 1}], "hasMore": more}}))
    };
    for (offset, more) in [(0, true), (2, true), (4, false)] {
        Mock::given(body_partial_json(json!({"offset": offset, "limit": 10_000})))
            .respond_with(page(offset, more))
            .expect(1)
            .mount(&server)
            .await;
    }
    let call = call("select n from t order by n", Returns::Rows, Vec::new());
    let reply = session(&server, "admin").await.execute(&call, &CancellationToken::new()).await.unwrap();
    let numbers: Vec<u64> =
        reply.value["rows"].as_array().unwrap().iter().map(|r| r["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_empty_page_that_promises_more_ends_the_list() {
    let item = json!({"resultSet": {"items": [], "hasMore": true}});
    let reply = execute(ok(item), &call("select", Returns::Rows, Vec::new())).await.unwrap();
    assert_eq!(reply.value["rows"], json!([]));
}

#[tokio::test]
async fn binds_output_and_counts() {
    let item = json!({
        "statementType": "plsql", "result": 3, "dbmsOutput": "one\n\ntwo\n",
        "binds": [
            {"name": "TEXT_OUT", "data_type": "VARCHAR2", "mode": "out", "result": 17},
            {"name": "n", "data_type": "NUMBER", "mode": "out", "result": "42.5"},
            {"name": ":both", "data_type": "VARCHAR2", "mode": "inout", "value": "sent", "result": "came"},
            {"name": "emptied", "data_type": "VARCHAR2", "mode": "inout", "value": "sent", "result": null},
            {"name": "old", "data_type": "VARCHAR2", "mode": "out", "value": "fallback"},
            {"name": "gone", "data_type": "VARCHAR2", "mode": "out", "result": ""},
            {"name": "given", "data_type": "VARCHAR2", "mode": "in", "value": "x"},
            {"name": "stranger", "result": "y"},
        ],
    });
    let kinds = [
        ("text_out", BindKind::Varchar2, Direction::Out),
        ("n", BindKind::Number, Direction::Out),
        ("both", BindKind::Varchar2, Direction::InOut),
        ("emptied", BindKind::Varchar2, Direction::InOut),
        ("old", BindKind::Varchar2, Direction::Out),
        ("gone", BindKind::Varchar2, Direction::Out),
        ("given", BindKind::Varchar2, Direction::In),
    ];
    let binds = kinds.map(|(name, kind, direction)| bind(name, kind, direction, Value::Null)).to_vec();
    let reply = execute(ok(item), &call("begin", Returns::Nothing, binds)).await.unwrap();
    let wanted = json!({"text_out": "17", "n": 42.5, "both": "came", "emptied": null, "old": "fallback", "gone": null});
    assert_eq!(reply.value["binds"], wanted);
    assert_eq!(reply.value["output"], json!(["one", "", "two"]));
    assert_eq!(reply.value["affected"], json!(3));
}

#[tokio::test]
async fn errors_inside_a_good_answer() {
    async fn check(items: Value, code: &str, message: &str) {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"items": items}));
        let error =
            execute(answer, &call("begin\n  x;\nend;", Returns::Nothing, Vec::new())).await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{error}");
        let all = format!("{error} {:?}", error.causes);
        assert!(all.contains(message), "{all}");
        assert!(!error.not_sent);
    }
    let first = json!({"statementId": 1, "result": 1});
    check(
        json!([first, {"errorCode": 942, "errorLine": 2, "errorColumn": 3, "errorDetails": "ORA-00942: table or view does not exist"}]),
        "ORA-00942",
        "at line 2 (x;)",
    )
    .await;
    check(json!([{"errorCode": "1476", "errorDetails": "division"}]), "ORA-01476", "division").await;
    check(json!([{"ErrorCode": 1, "ERRORDETAILS": "ORA-00001: unique constraint"}]), "ORA-00001", "unique")
        .await;
    check(
        json!([{"response": ["\nError starting at line : 1\n", "ORA-00900: invalid SQL statement"]}]),
        "ORA-00900",
        "invalid SQL",
    )
    .await;
    check(
        json!([{"errorCode": 54, "errorDetails": "ORA-00054: busy"}, {"errorCode": 942, "errorDetails": "ORA-00942: x"}]),
        "ORA-00054",
        "also: the statement on dev as admin failed: ORA-00942",
    )
    .await;
}

#[tokio::test]
async fn what_a_block_prints_is_no_failure() {
    let item = json!({
        "result": 0, "dbmsOutput": "ORA-00942 was expected here\ndone\n",
        "response": ["ORA-00942 was expected here", "done", "PL/SQL procedure successfully completed."],
    });
    let reply = execute(ok(item), &call("begin", Returns::Nothing, Vec::new())).await.unwrap();
    assert_eq!(reply.value["output"], json!(["ORA-00942 was expected here", "done"]));
}

#[tokio::test]
async fn http_statuses() {
    async fn check(status: u16, category: Category, advice: &str) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_raw("<html><h1>Odd</h1>page</html>", "text/html");
        Mock::given(any()).respond_with(answer).expect(1).mount(&server).await;
        let call = call("select 1", Returns::Rows, Vec::new());
        let error =
            session(&server, "admin").await.execute(&call, &CancellationToken::new()).await.unwrap_err();
        assert_eq!((error.category, error.status), (category, Some(status)), "{error}");
        assert!(error.advice.clone().unwrap().contains(advice), "{:?}", error.advice);
        assert!(error.causes.iter().any(|c| c == "Odd page"), "{:?}", error.causes);
    }
    check(401, Category::Denied, "lock the account").await;
    check(403, Category::Denied, "ORDS.ENABLE_SCHEMA").await;
    check(404, Category::NotFound, "not REST-enabled").await;
    check(400, Category::Invalid, "fault of adbctl").await;
    check(302, Category::Invalid, "connection URLs").await;
    check(429, Category::Throttled, "later").await;
    check(500, Category::Transient, "log").await;
    check(503, Category::Transient, "database runs").await;
    check(555, Category::Invalid, "database's own log").await;
    check(571, Category::Denied, "pool").await;
}

#[tokio::test]
async fn answers_that_are_no_answers() {
    async fn check(body: &'static str, wanted: &str) {
        let answer = ResponseTemplate::new(200).set_body_raw(body, "text/html");
        let error = execute(answer, &call("select 1", Returns::Rows, Vec::new())).await.unwrap_err();
        assert_eq!(error.category, Category::Unknown);
        assert!(error.to_string().contains(wanted), "{error}");
    }
    check("<html>login</html>", "is no JSON").await;
    check("{}", "has no items").await;
    check("[]", "has no items").await;
}

#[tokio::test]
async fn limits_cancels_and_lost_connections() {
    let slow = || ok(json!({})).set_delay(Duration::from_mins(1));
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(slow()).mount(&server).await;
    let mut session = session(&server, "admin").await;
    let statement = call("select 1", Returns::Rows, Vec::new());
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = session.execute(&statement, &cancel).await.unwrap_err();
    assert_eq!(error.category, Category::Cancelled);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/ords/", listener.local_addr().unwrap());
    drop(listener);
    let ords = Ords::new(reqwest::Client::new());
    let password = Secret::new("Passw0rd-x".into());
    let mut session = ords
        .open(&connection(&address, "admin"), Credentials::of(password), &SessionOptions::default())
        .await
        .unwrap();
    let error = session.execute(&statement, &CancellationToken::new()).await.unwrap_err();
    assert_eq!((error.category, error.not_sent), (Category::Transient, true), "{error}");
    assert!(!error.to_string().contains("Passw0rd"));
}

#[test]
fn binds_that_cannot_be_sent() {
    fn check(kind: BindKind, value: Value, wanted: &str) {
        let error = sent_bind(&bind("b", kind, Direction::In, value)).unwrap_err();
        assert!(error.to_string().contains(wanted) && error.to_string().contains(":b"), "{error}");
        assert_eq!(error.category, Category::Invalid);
    }
    check(BindKind::Varchar2, json!("x".repeat(32_768)), "32768 bytes");
    check(BindKind::Number, json!("seven"), "not");
    check(BindKind::Number, json!([1]), "list or object");
    let long = bind("b", BindKind::Clob, Direction::In, json!("x".repeat(40_000)));
    assert_eq!(sent_bind(&long).unwrap()["value"].as_str().unwrap().len(), 40_000);
    let number = bind("b", BindKind::Number, Direction::In, json!("12345678901234567890123"));
    assert_eq!(sent_bind(&number).unwrap()["value"], json!("12345678901234567890123"));
}

/// Answers the statuses in turn, the last one for ever; 200 is the row that is asked for.
async fn waits(statuses: &'static [u16]) -> (Result<u32, DbError>, usize) {
    let server = MockServer::start().await;
    let count = std::sync::atomic::AtomicUsize::new(0);
    let answer = move |_: &wiremock::Request| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match statuses[n.min(statuses.len() - 1)] {
            200 => ok(json!({"resultSet": {"items": [{"one": 1}], "hasMore": false}})),
            299 => ok(json!({"resultSet": {"items": [], "hasMore": false}})),
            status => ResponseTemplate::new(status),
        }
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let mut session = session(&server, "admin").await;
    let limit = Duration::from_millis(2500);
    let result = ready::wait(&mut *session, &connection("", "admin"), limit, &CancellationToken::new()).await;
    (result, server.received_requests().await.unwrap().len())
}

#[tokio::test]
async fn a_new_database_is_waited_for() {
    assert!(matches!(waits(&[503, 404, 200]).await, (Ok(3), 3)));
    let (refused, asked) = waits(&[503, 401, 200]).await;
    assert_eq!((refused.unwrap_err().status, asked), (Some(401), 2));
    let (late, _) = waits(&[503]).await;
    assert_eq!(late.unwrap_err().category, Category::TimedOut);
    let (odd, asked) = waits(&[299]).await;
    assert_eq!((odd.unwrap_err().category, asked), (Category::Unknown, 1));
}

/// Gives the reference's own name back.
struct Echo;

impl crate::model::SecretSource for Echo {
    fn resolve<'a>(
        &'a self,
        reference: &'a crate::model::SecretRef,
    ) -> BoxFuture<'a, Result<Secret, crate::model::ActionError>> {
        Box::pin(async move { Ok(Secret::new(format!("value of the {reference}"))) })
    }
}

#[tokio::test]
async fn a_whole_act() {
    let server = MockServer::start().await;
    let user = STANDARD.encode("app:value of the environment variable APP");
    Mock::given(path("/ords/app/_/sql"))
        .and(header("authorization", format!("Basic {user}").as_str()))
        .and(body_partial_json(json!({"binds": [{"name": "p", "value": "value of the file /p"}]})))
        .respond_with(ok(json!({"result": 1})))
        .expect(2)
        .mount(&server)
        .await;
    let secret = json!({"$secret": {"file": "/p"}});
    let mut act = call(
        "begin x(:p); end;",
        Returns::Nothing,
        vec![bind("p", BindKind::Varchar2, Direction::In, secret)],
    );
    let drivers = super::super::Drivers::new(reqwest::Client::new(), None);
    let (options, cancel) = (SessionOptions::default(), CancellationToken::new());
    for password in [json!({"$secret": {"env": "APP"}}), json!({"env": "APP"})] {
        act.connection = Connection { password, ..connection(&format!("{}/ords/", server.uri()), "app") };
        let reply = drivers.run(&act, &Echo, &options, &cancel).await.unwrap();
        assert_eq!(reply.value["affected"], json!(1));
    }
    act.connection.password = json!("Plain_text1");
    let error = drivers.run(&act, &Echo, &options, &cancel).await.unwrap_err();
    assert!(
        error.to_string().contains("not by reference") && !error.to_string().contains("Plain"),
        "{error}"
    );
    act.connection.address = json!({"$late": "steps.clone.ords_url"});
    let error = drivers.run(&act, &Echo, &options, &cancel).await.unwrap_err();
    assert_eq!(error.category, Category::Bug);
}
