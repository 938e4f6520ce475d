//! Requests over HTTP against a database that knows a few words.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camino::Utf8Path;
use serde_json::{Value, json};

use super::*;
use crate::sandbox::engine::EngineError;
use crate::sandbox::{Options, RunningSandbox, Sandbox};

const PASSWORD: &str = "Right-Password-1";

/// A database whose statements are words: it shows what reaches a session and in which order.
#[derive(Debug, Default)]
struct Words {
    told: Arc<Mutex<Vec<String>>>,
}

impl Words {
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct WordsSession {
    told: Arc<Mutex<Vec<String>>>,
    watch: Watch,
    output: Vec<String>,
    on: bool,
}

impl Drop for WordsSession {
    fn drop(&mut self) {
        self.tell("end");
    }
}

impl WordsSession {
    fn tell(&self, word: &str) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(word.to_owned());
    }
}

impl Backend for Words {
    fn user_of_alias(&self, _database: &str, alias: &str) -> Result<Option<String>, EngineError> {
        Ok((alias == "admin").then(|| "ADMIN".to_owned()))
    }

    fn application(
        &self,
        _database: &str,
        _prefix: Option<&str>,
        _name: &str,
        _page: Option<&str>,
    ) -> Result<Option<Application>, EngineError> {
        Ok(None)
    }

    fn logon(&self, logon: Logon) -> Result<Box<dyn SqlSession>, LogonError> {
        if logon.password.reveal() != PASSWORD {
            return Err(SqlError::new(1017, "invalid username/password; logon denied").into());
        }
        Ok(Box::new(WordsSession {
            told: Arc::clone(&self.told),
            watch: logon.watch,
            output: Vec::new(),
            on: false,
        }))
    }
}

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: "NUMBER".to_owned(),
        precision: 0,
        scale: -127,
        nullable: true,
    }
}

impl SqlSession for WordsSession {
    fn execute(&mut self, text: &str, binds: &mut [Bind]) -> Result<Done, SqlError> {
        let writes = !text.starts_with("select");
        (self.watch)(&Seen {
            user: "ADMIN",
            sql: text,
            writes,
            inside: false,
            module: Some("adbctl run"),
            action: Some("of-session"),
        });
        self.tell(text);
        if self.on {
            self.output.push(format!("ran {text}"));
        }
        let rows = |names: &[&str], count: i32| {
            let columns = names.iter().map(|name| column(name)).collect();
            let rows = (1..=count).map(|n| vec![Cell::Number(n.to_string()); names.len()]).collect();
            Ok(Done { rows: Some(Rows { columns, rows }), ..Done::default() })
        };
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["select", "many"] => rows(&["N"], 7),
            ["select", "twice"] => rows(&["N", "n"], 1),
            ["select", "nowhere"] => {
                Err(SqlError { line: 1, column: 8, ..SqlError::new(942, "table or view does not exist") })
            }
            ["begin", "raise;", "end;"] => Err(SqlError {
                text: "ORA-20042: as asked\nORA-06512: at line 2".into(),
                ..SqlError::new(20042, "")
            }),
            ["begin", "swap;", "end;"] => {
                for bind in binds.iter_mut().filter(|bind| bind.mode != BindMode::In) {
                    bind.value = Cell::Text(format!("{:?} out", bind.of));
                }
                Ok(Done { feedback: "PL/SQL procedure successfully completed.".into(), ..Done::default() })
            }
            ["update", ..] => Ok(Done { affected: 3, feedback: "3 rows updated.".into(), ..Done::default() }),
            _ => Ok(Done { feedback: "Done.".into(), ..Done::default() }),
        }
    }

    fn set_output(&mut self, on: bool) {
        self.on = on;
    }

    fn take_output(&mut self) -> Vec<String> {
        std::mem::take(&mut self.output)
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        self.tell("commit");
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.tell("rollback");
        Ok(())
    }
}

struct Peer {
    _dir: tempfile::TempDir,
    sandbox: RunningSandbox,
    words: Arc<Words>,
    http: reqwest::Client,
}

impl Peer {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let words = Arc::new(Words::default());
        let mut options = Options::new(Utf8Path::from_path(dir.path()).unwrap());
        options.speed = 0.0;
        let backend: Arc<dyn Backend> = words.clone();
        options.ords = Some(Arc::new(SqlSurface::with_limits(backend, Limits { usual: 5, largest: 6 })));
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { _dir: dir, sandbox, words, http: reqwest::Client::new() }
    }

    fn url(&self, alias: &str) -> String {
        format!(
            "{}{alias}/_/sql",
            self.sandbox.description()["databases"]["dev"]["ords_url"].as_str().unwrap()
        )
    }

    async fn send(&self, alias: &str, who: (&str, &str), media: &str, body: String) -> (u16, Value) {
        let request =
            self.http.post(self.url(alias)).basic_auth(who.0, Some(who.1)).timeout(Duration::from_secs(30));
        let answer = request
            .header("content-type", media)
            .header("user-agent", "adbctl/0 (run r; step s)")
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn json(&self, body: &Value) -> Value {
        let (status, answer) =
            self.send("admin", ("admin", PASSWORD), "application/json", body.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn script(&self, text: &str) -> Vec<Value> {
        let (status, answer) =
            self.send("admin", ("ADMIN", PASSWORD), "application/sql", text.to_owned()).await;
        assert_eq!(status, 200, "{answer}");
        answer["items"].as_array().unwrap().clone()
    }

    fn sql_lines(&self) -> Vec<Value> {
        let path = self.sandbox.description()["audit_log"].as_str().unwrap().to_owned();
        let text = fs_err::read_to_string(path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["kind"] == "sql").collect()
    }
}

#[tokio::test]
async fn who_gets_in() {
    let peer = Peer::new().await;
    let body = json!({"statementText": "select many"}).to_string();
    for (alias, user, password, wanted) in [
        ("admin", "ADMIN", PASSWORD, 200),
        ("admin", "admin", PASSWORD, 200),
        ("admin", "\"ADMIN\"", PASSWORD, 200),
        ("admin", "admin", "wrong", 401),
        ("admin", "scott", PASSWORD, 401),
        ("scott", "scott", PASSWORD, 404),
    ] {
        let (status, answer) = peer.send(alias, (user, password), "application/json", body.clone()).await;
        assert_eq!(status, wanted, "{alias} {user} {password}: {answer}");
    }
    let bare = peer.http.post(peer.url("admin")).json(&json!({})).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert!(bare.headers().contains_key("www-authenticate"));
    for (media, body, wanted) in
        [("application/json", "{", 400), ("application/json", "{}", 400), ("text/plain", "select many", 415)]
    {
        let (status, _) = peer.send("admin", ("admin", PASSWORD), media, body.to_owned()).await;
        assert_eq!(status, wanted, "{body}");
    }
}

#[tokio::test]
async fn pages_of_rows() {
    let peer = Peer::new().await;
    for (ask, numbers, more, limit) in [
        (json!({}), vec![1, 2, 3, 4, 5], true, 5),
        (json!({"offset": 5}), vec![6, 7], false, 5),
        (json!({"limit": 100}), vec![1, 2, 3, 4, 5, 6], true, 6),
        (json!({"limit": 2, "offset": 5}), vec![6, 7], false, 2),
        (json!({"limit": 2, "offset": 4}), vec![5, 6], true, 2),
        (json!({"offset": 50}), vec![], false, 5),
    ] {
        let mut body = json!({"statementText": "select many"});
        for (name, value) in ask.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = peer.json(&body).await;
        assert_eq!(answer["env"]["defaultTimeZone"], "GMT");
        let set = &answer["items"][0]["resultSet"];
        let items: Vec<Value> = numbers.iter().map(|n| json!({"n": n})).collect();
        assert_eq!(set["items"], json!(items), "{ask}");
        assert_eq!((&set["hasMore"], &set["limit"]), (&json!(more), &json!(limit)), "{ask}");
        assert_eq!(set["count"], json!(items.len()), "{ask}");
        let metadata = json!([{"columnName": "N", "jsonColumnName": "n", "columnTypeName": "NUMBER", "precision": 0,
            "scale": -127, "isNullable": 1}]);
        assert_eq!(set["metadata"], metadata);
    }
    let answer = peer.json(&json!({"statementText": "select twice"})).await;
    assert_eq!(answer["items"][0]["errorCode"], 918);
}

#[tokio::test]
async fn binds_come_back() {
    let peer = Peer::new().await;
    let answer = peer
        .json(&json!({"statementText": "begin swap; end;", "binds": [
            {"name": "a", "data_type": "VARCHAR2", "value": "in"},
            {"name": "b", "data_type": "NUMBER", "mode": "out"},
            {"name": "c", "data_type": "CLOB", "mode": "inout", "value": "both"},
        ]}))
        .await;
    assert_eq!(
        answer["items"][0]["binds"],
        json!([
            {"name": "a", "data_type": "VARCHAR2", "value": "in"},
            {"name": "b", "data_type": "NUMBER", "mode": "out", "result": "Number out"},
            {"name": "c", "data_type": "CLOB", "mode": "inout", "value": "both", "result": "Clob out"},
        ])
    );
}

#[tokio::test]
async fn scripts() {
    let peer = Peer::new().await;
    let mut failures = Vec::new();
    for (text, wanted_items, wanted_told) in [
        ("update t set a = 1;\nselect many;", "dml 3|query", "update t set a = 1|select many|rollback|end"),
        (
            "begin raise; end;\n/\nupdate x;",
            "plsql ORA-20042@2|dml 3",
            "begin raise; end;|update x|rollback|end",
        ),
        (
            "whenever sqlerror exit\nselect nowhere;\nupdate x;",
            "sqlplus|query ORA-942@2",
            "select nowhere|rollback|end",
        ),
        (
            "whenever sqlerror exit sql.sqlcode commit\nselect nowhere;",
            "sqlplus|query ORA-942@2",
            "select nowhere|commit|rollback|end",
        ),
        ("select many;\n/\n/", "query|query|query", "select many|select many|select many|rollback|end"),
        ("define t = many\nselect &t;\nselect '&u';", "sqlplus|query|query SP2", "select many|rollback|end"),
        ("set define off\nupdate '&u';", "sqlplus|dml 3", "update '&u'|rollback|end"),
        ("prompt hey you\nhost ls\nexit\nupdate x;", "sqlplus: hey you|sqlplus SP2|sqlplus", "rollback|end"),
        ("update x;\nexit commit", "dml 3|sqlplus", "update x|commit|rollback|end"),
        ("exec swap", "plsql", "BEGIN swap; END;|rollback|end"),
        ("/", "sqlplus SP2", "rollback|end"),
        ("", "", "rollback|end"),
    ] {
        let items = peer.script(text).await;
        let found: Vec<String> = items.iter().map(told_item).collect();
        let told = peer.words.told().join("|");
        if found.join("|") != wanted_items || told != wanted_told {
            failures.push(format!("{text:?}: {} / {told}", found.join("|")));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Kind, rows, what was said or what went wrong.
fn told_item(item: &Value) -> String {
    let kind = item["statementType"].as_str().unwrap();
    let response = item["response"][0].as_str().unwrap_or_default();
    let rows = item["result"].as_u64().unwrap_or(0);
    match item["errorCode"].as_u64() {
        Some(code) => format!("{kind} ORA-{code}@{}", item["errorLine"]),
        None if response.contains("SP2-") => format!("{kind} SP2"),
        None if rows > 0 => format!("{kind} {rows}"),
        None if kind == "sqlplus" && !response.is_empty() => format!("{kind}: {}", response.trim_end()),
        None => kind.to_owned(),
    }
}

#[tokio::test]
async fn output_is_that_of_each_statement() {
    let peer = Peer::new().await;
    let items = peer.script("select many;\nset serveroutput on\nselect many;\nselect many;").await;
    let output: Vec<&Value> = items.iter().map(|item| &item["dbmsOutput"]).collect();
    let line = json!("ran select many\n");
    assert_eq!(output, [&Value::Null, &Value::Null, &line, &line]);
}

#[tokio::test]
async fn every_statement_is_noted_with_its_step() {
    let peer = Peer::new().await;
    peer.script("update x;\nselect many;").await;
    let request = peer.http.post(peer.url("admin")).basic_auth("admin", Some(PASSWORD));
    request.header("content-type", "application/sql").body("update y").send().await.unwrap();
    let lines = peer.sql_lines();
    let found: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["sql"], line["effect"], line["step"], line["user"], line["status"]]))
        .collect();
    assert_eq!(
        json!(found),
        json!([
            ["update x", "write", "s", "ADMIN", 200],
            ["select many", "read", "s", "ADMIN", 200],
            ["update y", "write", "of-session", "ADMIN", 200],
        ])
    );
    assert_eq!(lines[0]["database"], peer.sandbox.description()["databases"]["dev"]["ocid"]);
}

#[tokio::test]
async fn a_killed_session_runs_nothing_more() {
    let peer = Peer::new().await;
    for (detail, wanted, told) in [
        (json!({}), "dml ORA-28@1", "rollback|end"),
        (json!({"after": 1}), "dml 3|query ORA-28@2", "update x|rollback|end"),
        (json!({"after": 1, "late": true}), "dml 3|query ORA-3113@2", "update x|select many|rollback|end"),
    ] {
        let rule = json!({"count": 1, "path": "*/_/sql", "action": {"engine": {"name": "kill-session", "detail": detail}}});
        let url = format!("{}/sandbox/faults", peer.sandbox.endpoint());
        assert!(peer.http.post(url).json(&rule).send().await.unwrap().status().is_success());
        let items = peer.script("update x;\nselect many;\nupdate y;").await;
        let found: Vec<String> = items.iter().map(told_item).collect();
        assert_eq!(
            (found.join("|").as_str(), peer.words.told().join("|").as_str()),
            (wanted, told),
            "{detail}"
        );
    }
}
