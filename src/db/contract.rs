//! What every driver has to do against every server, as functions that a test runs. They need a user who may create a
//! session and nothing else; nothing is left behind.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::driver::{Connector, Credentials, Session, SessionOptions};
use super::error::DbError;
use crate::model::act::{Bind, BindKind, Connection, Direction, Reply, Returns, SqlCall};
use crate::model::{Category, Secret};

/// A rule of the contract: its name and what is wrong, if anything.
pub type Finding = (&'static str, Result<(), String>);

/// Runs every rule. Each opens a session of its own.
pub async fn all(connector: &dyn Connector, connection: &Connection, password: &Secret) -> Vec<Finding> {
    let subject = Subject { connector, connection, password };
    vec![
        ("numbers and texts come as rows", subject.rows().await),
        ("a query gives more rows than a page holds", subject.many_rows().await),
        ("values go in and come out", subject.binds().await),
        ("nulls go in and come out", subject.nulls().await),
        ("characters beyond ASCII survive", subject.characters().await),
        ("a long text goes in and comes out", subject.long_text().await),
        ("output lines come back", subject.output().await),
        ("an error names its code and line", subject.error().await),
        ("an error inside nested blocks keeps its stack", subject.stack().await),
        ("a mistake of compilation names the inner code", subject.compilation().await),
        ("state between statements is as the driver says", subject.state().await),
        ("a wrong password is refused", subject.wrong_password().await),
    ]
}

struct Subject<'a> {
    connector: &'a dyn Connector,
    connection: &'a Connection,
    password: &'a Secret,
}

impl Subject<'_> {
    async fn open(&self) -> Result<Box<dyn Session>, String> {
        let options = SessionOptions::default();
        self.connector
            .open(self.connection, Credentials::of(self.password.clone()), &options)
            .await
            .map_err(|e| told(&e))
    }

    fn call(&self, text: &str, returns: Returns, binds: Vec<Bind>) -> SqlCall {
        SqlCall {
            connection: self.connection.clone(),
            text: text.to_owned(),
            returns,
            binds,
            limit_seconds: 60,
            consented: false,
        }
    }

    async fn run(&self, text: &str, returns: Returns, binds: Vec<Bind>) -> Result<Reply, String> {
        let call = self.call(text, returns, binds);
        let reply = self.open().await?.execute(&call, &CancellationToken::new()).await;
        reply.map_err(|e| told(&e))
    }

    async fn failure(&self, text: &str) -> Result<DbError, String> {
        let call = self.call(text, Returns::Nothing, Vec::new());
        match self.open().await?.execute(&call, &CancellationToken::new()).await {
            Ok(reply) => Err(format!("it succeeded with {}", reply.value)),
            Err(error) => Ok(error),
        }
    }

    async fn rows(&self) -> Result<(), String> {
        let text =
            "select 1 as whole, 1.5 as part, 'a' as word, cast(null as varchar2(10)) as nothing from dual";
        let reply = self.run(text, Returns::Rows, Vec::new()).await?;
        same(&reply.value["rows"], &json!([{"whole": 1, "part": 1.5, "word": "a", "nothing": null}]))?;
        let names: Vec<&Value> =
            reply.value["columns"].as_array().into_iter().flatten().map(|c| &c["name"]).collect();
        same(&json!(names), &json!(["whole", "part", "word", "nothing"]))
    }

    async fn many_rows(&self) -> Result<(), String> {
        let text = "select level as n from dual connect by level <= 12000 order by 1";
        let reply = self.run(text, Returns::Rows, Vec::new()).await?;
        let rows = reply.value["rows"].as_array().map(Vec::len);
        same(&json!(rows), &json!(12_000))?;
        same(&reply.value["rows"][11_999]["n"], &json!(12_000))
    }

    async fn binds(&self) -> Result<(), String> {
        let text =
            "begin :word_out := upper(:word_in); :sum_out := :number_in + 1; :both := :both || '!'; end;";
        let binds = vec![
            out("word_out", BindKind::Varchar2),
            bind("word_in", BindKind::Varchar2, json!("it's \"quoted\" & more")),
            out("sum_out", BindKind::Number),
            bind("number_in", BindKind::Number, json!(41.5)),
            Bind { direction: Direction::InOut, ..bind("both", BindKind::Varchar2, json!("hey")) },
        ];
        let reply = self.run(text, Returns::Nothing, binds).await?;
        let wanted = json!({"word_out": "IT'S \"QUOTED\" & MORE", "sum_out": 42.5, "both": "hey!"});
        same(&reply.value["binds"], &wanted)
    }

    async fn nulls(&self) -> Result<(), String> {
        let text = "begin :a := nvl(:b, 'none'); :c := :d; :e := :f; end;";
        let binds = vec![
            out("a", BindKind::Varchar2),
            bind("b", BindKind::Varchar2, Value::Null),
            out("c", BindKind::Number),
            bind("d", BindKind::Number, Value::Null),
            out("e", BindKind::Varchar2),
            bind("f", BindKind::Varchar2, json!("")),
        ];
        let reply = self.run(text, Returns::Nothing, binds).await?;
        same(&reply.value["binds"], &json!({"a": "none", "c": null, "e": null}))
    }

    async fn characters(&self) -> Result<(), String> {
        const WORD: &str = "Größe – 数据 🎈 \\ \t";
        let binds = vec![out("a", BindKind::Varchar2), bind("b", BindKind::Varchar2, json!(WORD))];
        let reply = self.run("begin :a := :b; end;", Returns::Nothing, binds).await?;
        same(&reply.value["binds"]["a"], &json!(WORD))?;
        let text = "select :b as word from dual";
        let reply = self.run(text, Returns::Rows, vec![bind("b", BindKind::Varchar2, json!(WORD))]).await?;
        same(&reply.value["rows"][0]["word"], &json!(WORD))
    }

    async fn long_text(&self) -> Result<(), String> {
        let long: String = "0123456789äöüß".chars().cycle().take(40_000).collect();
        let binds = vec![
            out("back", BindKind::Clob),
            bind("there", BindKind::Clob, json!(long)),
            out("size_out", BindKind::Number),
        ];
        let text = "begin :back := :there; :size_out := dbms_lob.getlength(:there); end;";
        let reply = self.run(text, Returns::Nothing, binds).await?;
        same(&reply.value["binds"]["size_out"], &json!(40_000))?;
        if reply.value["binds"]["back"].as_str() == Some(long.as_str()) {
            Ok(())
        } else {
            Err("the long text came back changed".into())
        }
    }

    async fn output(&self) -> Result<(), String> {
        let text =
            "begin dbms_output.enable(null); dbms_output.put_line('one'); dbms_output.put_line('two'); end;";
        let reply = self.run(text, Returns::Nothing, Vec::new()).await?;
        same(&reply.value["output"], &json!(["one", "two"]))
    }

    async fn error(&self) -> Result<(), String> {
        let error =
            self.failure("begin\n  null;\n  raise_application_error(-20042, 'as asked');\nend;").await?;
        same(&json!(error.code()), &json!("ORA-20042"))?;
        same(&json!(error.line), &json!(3))?;
        same(&json!(error.to_string().contains("as asked")), &json!(true))
    }

    async fn stack(&self) -> Result<(), String> {
        let text =
            "declare\n  n number;\nbegin\n  begin\n    select 1 into n from dual where 1 = 0;\n  end;\nend;";
        let error = self.failure(text).await?;
        same(&json!(error.code()), &json!("ORA-01403"))?;
        same(&json!(error.category == Category::NotFound), &json!(true))
    }

    async fn compilation(&self) -> Result<(), String> {
        let error = self.failure("begin\n  no_such_package.no_such_procedure;\nend;").await?;
        same(&json!(error.code()), &json!("PLS-00201"))?;
        same(&json!(error.line), &json!(2))
    }

    async fn state(&self) -> Result<(), String> {
        let mut session = self.open().await?;
        let cancel = CancellationToken::new();
        let set = self.call(
            "begin dbms_application_info.set_client_info('adbctl contract'); end;",
            Returns::Nothing,
            Vec::new(),
        );
        session.execute(&set, &cancel).await.map_err(|e| told(&e))?;
        let get = self.call(
            "begin dbms_application_info.read_client_info(:info); end;",
            Returns::Nothing,
            vec![out("info", BindKind::Varchar2)],
        );
        let reply = session.execute(&get, &cancel).await.map_err(|e| told(&e))?;
        let wanted = if session.keeps_state() { json!("adbctl contract") } else { Value::Null };
        same(&reply.value["binds"]["info"], &wanted)
    }

    async fn wrong_password(&self) -> Result<(), String> {
        let wrong = Secret::new("not-the-Passw0rd".into());
        let options = SessionOptions::default();
        let opened = self.connector.open(self.connection, Credentials::of(wrong), &options).await;
        let refused = match opened {
            Err(error) => error,
            Ok(mut session) => {
                let call = super::ready::question(self.connection.clone());
                match session.execute(&call, &CancellationToken::new()).await {
                    // The far side has the password; what is at hand here does not matter.
                    Ok(_) if !self.connector.needs_password() => return Ok(()),
                    Ok(_) => return Err("a wrong password was taken".into()),
                    Err(error) => error,
                }
            }
        };
        same(&json!(refused.category == Category::Denied), &json!(true))
    }
}

fn bind(name: &str, kind: BindKind, value: Value) -> Bind {
    Bind { name: name.to_owned(), kind, direction: Direction::In, value }
}

fn out(name: &str, kind: BindKind) -> Bind {
    Bind { direction: Direction::Out, ..bind(name, kind, Value::Null) }
}

fn same(found: &Value, wanted: &Value) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("found {found}, wanted {wanted}")) }
}

fn told(error: &DbError) -> String {
    format!("{error} {:?}", error.causes)
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::db::driver::ords::Ords;

    /// No rule is fulfilled by a server that takes everything and says nothing.
    #[tokio::test]
    async fn every_rule_can_be_broken() {
        let server = MockServer::start().await;
        let nothing = ResponseTemplate::new(200).set_body_json(json!({"items": [{"result": 0}]}));
        Mock::given(any()).respond_with(nothing).mount(&server).await;
        let connection = Connection {
            database: "dev".into(),
            ocid: Value::Null,
            driver: "ords".into(),
            address: json!(format!("{}/ords/", server.uri())),
            user: json!("admin"),
            password: Value::Null,
            wallet: Value::Null,
        };
        let ords = Ords::new(reqwest::Client::new());
        let findings = all(&ords, &connection, &Secret::new("some-Passw0rd".into())).await;
        assert_eq!(findings.len(), 12);
        let kept: Vec<_> =
            findings.iter().filter(|(_, finding)| finding.is_ok()).map(|(name, _)| name).collect();
        // A server without any state is what the driver promises.
        assert_eq!(kept, [&"state between statements is as the driver says"]);
    }
}
