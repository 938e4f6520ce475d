//! What every driver has to do against every server, as functions that a test runs. They need a user who may create a
//! session and nothing else; nothing is left behind.

use std::io;
use std::ops::ControlFlow;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::driver::long::{LongFailure, Pieces};
use super::driver::rows::{Column, Row, Rows};
use super::driver::{Connector, Credentials, Session, SessionOptions, keeps_state};
use super::error::DbError;
use crate::model::act::{Bind, BindKind, Connection, Direction, Reply, Returns, SqlCall};
use crate::model::{Category, Secret};

/// A rule of the contract: its name and what is wrong, if anything.
pub type Finding = (&'static str, Result<(), String>);

/// Runs every rule. Each opens a session of its own.
pub async fn all(connector: &dyn Connector, connection: &Connection, password: &Secret) -> Vec<Finding> {
    all_with(connector, connection, &Credentials::of(password.clone())).await
}

/// Runs every rule with all the secrets that the connection needs.
pub async fn all_with(
    connector: &dyn Connector,
    connection: &Connection,
    credentials: &Credentials,
) -> Vec<Finding> {
    let subject = Subject { connector, connection, credentials };
    vec![
        ("numbers and texts come as rows", subject.rows().await),
        ("a query gives more rows than a page holds", subject.many_rows().await),
        ("rows come in portions, until that is enough", subject.rows_in_portions().await),
        ("values go in and come out", subject.binds().await),
        ("nulls go in and come out", subject.nulls().await),
        ("characters beyond ASCII survive", subject.characters().await),
        ("a long text goes in and comes out", subject.long_text().await),
        ("texts of every length around an edge come back as they were", subject.edges().await),
        ("a long text goes in and comes out by one bind", subject.long_text_both_ways().await),
        ("a text of the greatest length comes out", subject.greatest_text().await),
        ("a long text is a CLOB and no VARCHAR2", subject.kind_of_text().await),
        ("a query takes a long text and gives one", subject.long_text_in_query().await),
        ("one value comes in pieces", subject.value_in_pieces().await),
        ("moments come as texts in ISO 8601", subject.moments().await),
        ("numbers keep their digits", subject.digits().await),
        ("null stands in columns of every type", subject.null_columns().await),
        ("wide rows come whole", subject.wide_rows().await),
        ("output lines come back", subject.output().await),
        ("much output comes back line by line", subject.much_output().await),
        ("a block may leave by RETURN", subject.leaving().await),
        ("an error names its code and line", subject.error().await),
        ("an error inside nested blocks keeps its stack", subject.stack().await),
        ("a mistake of compilation names the inner code", subject.compilation().await),
        ("state between statements is as the driver says", subject.state().await),
        ("a wrong password is refused", subject.wrong_password().await),
    ]
}

/// A value that came in pieces.
struct Collected {
    size: usize,
    bytes: Vec<u8>,
}

impl Pieces for Collected {
    fn size(&self) -> usize {
        self.size
    }

    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    fn again(&mut self) -> std::io::Result<()> {
        self.bytes.clear();
        Ok(())
    }
}

/// Rows that came in portions.
struct Kept {
    /// It wants no more behind so many.
    enough: usize,
    names: Vec<String>,
    rows: Vec<Row>,
}

impl Rows for Kept {
    fn columns(&mut self, columns: Vec<Column>) -> io::Result<()> {
        self.names = columns.into_iter().map(|column| column.name).collect();
        Ok(())
    }

    fn take(&mut self, rows: Vec<Row>) -> io::Result<ControlFlow<()>> {
        if self.enough == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.rows.extend(rows);
        Ok(if self.rows.len() < self.enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }
}

struct Subject<'a> {
    connector: &'a dyn Connector,
    connection: &'a Connection,
    credentials: &'a Credentials,
}

impl Subject<'_> {
    async fn open(&self) -> Result<Box<dyn Session>, String> {
        let options = SessionOptions::default();
        self.connector.open(self.connection, self.credentials.clone(), &options).await.map_err(|e| told(&e))
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

    /// Drivers cut texts into packets, pieces and chunks; the places where that goes wrong are around these lengths.
    async fn edges(&self) -> Result<(), String> {
        let mut session = self.open().await?;
        for letters in ["abcdefghij", "aöü", "数据", "x🎈"] {
            for middle in [1_usize, 4_000, 8_060, 16_383, 32_000, 32_700, 32_767, 65_535] {
                for units in middle.saturating_sub(1).max(1)..=middle + 1 {
                    let text = text_of(letters, units);
                    let binds = vec![bind("there", BindKind::Clob, json!(text)), out("back", BindKind::Clob)];
                    let call = self.call("begin :back := :there; end;", Returns::Nothing, binds);
                    let reply =
                        session.execute(&call, &CancellationToken::new()).await.map_err(|e| told(&e))?;
                    let back = reply.value["binds"]["back"].as_str().unwrap_or_default();
                    if back != text {
                        let count = back.chars().count();
                        return Err(format!(
                            "{units} units of {letters} came back as {count} other characters"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    async fn long_text_both_ways(&self) -> Result<(), String> {
        let long = text_of("aö🎈", 70_000);
        let both = Bind { direction: Direction::InOut, ..bind("both", BindKind::Clob, json!(long)) };
        let reply = self.run("begin :both := :both || '!'; end;", Returns::Nothing, vec![both]).await?;
        if reply.value["binds"]["both"].as_str() == Some(&format!("{long}!")) {
            Ok(())
        } else {
            Err("the long text came back changed".into())
        }
    }

    async fn greatest_text(&self) -> Result<(), String> {
        let text = "begin :greatest := rpad('x', 32767, 'y'); :none := :none || :none; end;";
        let both = Bind { direction: Direction::InOut, ..bind("none", BindKind::Varchar2, Value::Null) };
        let reply = self.run(text, Returns::Nothing, vec![out("greatest", BindKind::Varchar2), both]).await?;
        same(&json!(reply.value["binds"]["greatest"].as_str().map(str::len)), &json!(32_767))?;
        same(&reply.value["binds"]["none"], &Value::Null)
    }

    /// A short text in a bind for long ones may grow beyond what a VARCHAR2 holds.
    async fn kind_of_text(&self) -> Result<(), String> {
        let text = "begin for i in 1 .. 5 loop :both := :both || rpad('x', 10000, 'x'); end loop; \
                    :length_out := dbms_lob.getlength(:both); end;";
        let both = Bind { direction: Direction::InOut, ..bind("both", BindKind::Clob, json!("short")) };
        let reply = self.run(text, Returns::Nothing, vec![both, out("length_out", BindKind::Number)]).await?;
        same(&reply.value["binds"]["length_out"], &json!(50_005))
    }

    async fn long_text_in_query(&self) -> Result<(), String> {
        for units in [100, 40_000] {
            let long = text_of("abcö", units);
            let text =
                "select dbms_lob.getlength(:there) as size_of, to_clob('x') || :there as back from dual";
            let reply =
                self.run(text, Returns::Rows, vec![bind("there", BindKind::Clob, json!(long))]).await?;
            same(&reply.value["rows"][0]["size_of"], &json!(units))?;
            if reply.value["rows"][0]["back"].as_str() != Some(&format!("x{long}")) {
                return Err(format!("a text of {units} came back changed"));
            }
        }
        Ok(())
    }

    async fn rows_in_portions(&self) -> Result<(), String> {
        let mut session = self.open().await?;
        let mut ask = async |text: &str, enough: usize| {
            let call = self.call(text, Returns::Rows, Vec::new());
            let mut kept = Kept { enough, names: Vec::new(), rows: Vec::new() };
            match session.rows(&call, &mut kept, &CancellationToken::new()).await {
                Ok(_) => Ok((kept.names, kept.rows)),
                Err(LongFailure::Database(error)) => Err(told(&error)),
                Err(LongFailure::Taker(error)) => Err(format!("{:?}", error.kind())),
            }
        };
        let text = "select level as n, 'w' || level as w, nullif(mod(level, 2), 1) as even from dual \
                    connect by level <= 2500 order by 1";
        let wanted =
            |n: usize| json!([n, format!("w{n}"), if n.is_multiple_of(2) { json!(0) } else { Value::Null }]);
        for enough in [1, 700, 2500, 3000] {
            let (names, rows) = ask(text, enough).await?;
            same(&json!(names), &json!(["n", "w", "even"]))?;
            if rows.len() < enough.min(2500) {
                return Err(format!("{} rows came where {enough} were wanted", rows.len()));
            }
            for (at, row) in rows.into_iter().enumerate() {
                same(&Value::Array(row), &wanted(at + 1))?;
            }
        }
        same(&json!(ask("select 1 as a from dual where 1 = 2", 1).await?), &json!([["a"], []]))?;
        for (text, enough, wanted) in [
            ("select 1 / (2000 - level) as n from dual connect by level <= 2500", 3000, "ORA-01476"),
            ("select 1 as a from nothing_of_this_name", 1, "ORA-00942"),
            (text, 0, "StorageFull"),
        ] {
            match ask(text, enough).await {
                Err(why) if why.contains(wanted) => {}
                other => return Err(format!("{text}: {other:?} instead of {wanted}")),
            }
        }
        same(&json!(ask("select 'on' as w from dual", 1).await?), &json!([["w"], [["on"]]]))
    }

    async fn value_in_pieces(&self) -> Result<(), String> {
        let mut session = self.open().await?;
        let mut ask = async |text: &str, there: &str, size: usize| {
            let binds = vec![bind("there", BindKind::Clob, json!(there))];
            let binds = if text.contains(":there") { binds } else { Vec::new() };
            let call = self.call(text, Returns::Rows, binds);
            let mut collected = Collected { size, bytes: Vec::new() };
            match session.long_value(&call, &mut collected, &CancellationToken::new()).await {
                Ok(value) => Ok((value.null, String::from_utf8_lossy(&collected.bytes).into_owned())),
                Err(LongFailure::Database(error)) => Err(told(&error)),
                Err(LongFailure::Taker(error)) => Err(error.to_string()),
            }
        };
        let back = "select to_clob('x') || :there as back from dual";
        for (units, size) in [(5, 2), (70, 2), (70, 3), (70, 7), (70, 70), (70, 71), (40_000, 9_001)] {
            let there = text_of("a🎈ö🎈", units);
            let (null, found) = ask(back, &there, size).await?;
            if null || found != format!("x{there}") {
                return Err(format!("a text of {units} came changed in pieces of {size}: {found:.100}"));
            }
        }
        same(&json!(ask("select 1.5 as n from dual", "", 2).await?), &json!([false, "1.5"]))?;
        same(&json!(ask("select to_clob(null) as n from dual", "", 2).await?), &json!([true, ""]))?;
        for (text, wanted) in [
            ("select 'a' as w from dual where 1 = 2", "no row"),
            ("select to_clob(level) as w from dual connect by level <= 3", "more than one row"),
            ("select 1 as a, to_clob('x') as b from dual", "2 columns"),
        ] {
            match ask(text, "", 2).await {
                Err(why) if why.contains(wanted) => {}
                other => return Err(format!("{text}: {other:?} instead of {wanted}")),
            }
        }
        same(&json!(ask("select 'on' as w from dual", "", 2).await?), &json!([false, "on"]))
    }

    async fn moments(&self) -> Result<(), String> {
        let text = "select to_date('2024-02-29 13:05:06', 'YYYY-MM-DD HH24:MI:SS') as at_second, \
                    timestamp '2024-02-29 13:05:06.123456' as at_micro, \
                    cast(null as date) as never from dual";
        let reply = self.run(text, Returns::Rows, Vec::new()).await?;
        let wanted = json!([{"at_second": "2024-02-29T13:05:06Z", "at_micro": "2024-02-29T13:05:06.123456Z", "never": null}]);
        same(&reply.value["rows"], &wanted)
    }

    async fn digits(&self) -> Result<(), String> {
        let text = "select 9007199254740993 as odd, -7.25 as part, 0.1 as tenth, 0.0000001 as little, 1e20 as much, \
                    0 as nothing, -100 as hundred from dual";
        let reply = self.run(text, Returns::Rows, Vec::new()).await?;
        let row = &reply.value["rows"][0];
        same(&row["odd"], &json!(9_007_199_254_740_993_i64))?;
        for (name, wanted) in [("part", -7.25), ("tenth", 0.1), ("little", 1e-7)] {
            same(&row[name], &json!(wanted))?;
        }
        same(&json!([row["nothing"], row["hundred"]]), &json!([0, -100]))?;
        // More than JSON's whole numbers hold may come as a number or as a text.
        let much = row["much"].as_f64().or_else(|| row["much"].as_str()?.parse().ok());
        same(&json!(much), &json!(1e20))?;
        let binds = vec![bind("n", BindKind::Number, json!("-123456789.125")), out("m", BindKind::Number)];
        let reply = self.run("begin :m := :n * 2; end;", Returns::Nothing, binds).await?;
        same(&reply.value["binds"]["m"], &json!(-246_913_578.25))
    }

    async fn null_columns(&self) -> Result<(), String> {
        let text = "select cast(null as number) as a, cast(null as varchar2(10)) as b, to_clob(null) as c, \
                    cast(null as date) as d, cast(null as timestamp) as e, cast(null as raw(10)) as f, '' as g, \
                    2 as z from dual";
        let reply = self.run(text, Returns::Rows, Vec::new()).await?;
        let wanted =
            json!([{"a": null, "b": null, "c": null, "d": null, "e": null, "f": null, "g": null, "z": 2}]);
        same(&reply.value["rows"], &wanted)
    }

    async fn wide_rows(&self) -> Result<(), String> {
        let text = "select level as n, rpad('x', 3000, 'ö') as wide, \
                    case when mod(level, 2) = 0 then to_clob(rpad('y', 3000, 'z')) end as long_one \
                    from dual connect by level <= 300 order by 1";
        let reply = self.run(text, Returns::Rows, Vec::new()).await?;
        let rows = reply.value["rows"].as_array().cloned().unwrap_or_default();
        same(&json!(rows.len()), &json!(300))?;
        for (at, row) in rows.iter().enumerate() {
            let long = row["long_one"].as_str().map(str::len);
            let wide = row["wide"].as_str().map(|text| text.chars().count());
            let wanted = (json!(at + 1), Some(3000), (at % 2 == 1).then_some(3000));
            if (row["n"].clone(), wide, long) != wanted {
                return Err(format!("row {at} has {wide:?} and {long:?} characters"));
            }
        }
        Ok(())
    }

    async fn much_output(&self) -> Result<(), String> {
        let text = "begin dbms_output.enable(null); for i in 1 .. 2000 loop dbms_output.put_line('line ' || i); end loop; \
                    dbms_output.put_line(''); dbms_output.put_line(rpad('ö', 10000, 'ü')); dbms_output.put_line('1:last'); end;";
        let reply = self.run(text, Returns::Nothing, Vec::new()).await?;
        let lines: Vec<&str> =
            reply.value["output"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        same(&json!(lines.len()), &json!(2003))?;
        same(
            &json!([lines[0], lines[1999], lines[2000], lines[2002]]),
            &json!(["line 1", "line 2000", "", "1:last"]),
        )?;
        same(&json!(lines[2001].chars().count()), &json!(10_000))
    }

    async fn leaving(&self) -> Result<(), String> {
        let binds = vec![
            Bind { direction: Direction::InOut, ..bind("c", BindKind::Clob, json!("in")) },
            out("v", BindKind::Varchar2),
        ];
        let text = "begin\n  :c := :c || ' and out';\n  :v := 'set';\n  return;\nend;";
        let reply = self.run(text, Returns::Nothing, binds).await?;
        same(&reply.value["binds"], &json!({"c": "in and out", "v": "set"}))
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
        same(&json!(session.keeps_state()), &json!(keeps_state(&self.connection.driver)))?;
        let wanted = if session.keeps_state() { json!("adbctl contract") } else { Value::Null };
        same(&reply.value["binds"]["info"], &wanted)
    }

    async fn wrong_password(&self) -> Result<(), String> {
        let wrong = Secret::new("not-the-Passw0rd".into());
        let options = SessionOptions::default();
        let wrong = Credentials { password: wrong, ..self.credentials.clone() };
        let opened = self.connector.open(self.connection, wrong, &options).await;
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

/// A text of this many UTF-16 units from these letters; where the last does not fit any more, it is filled up.
fn text_of(letters: &str, units: usize) -> String {
    let (mut text, mut left) = (String::new(), units);
    for letter in letters.chars().cycle() {
        if left == 0 {
            return text;
        }
        let letter = if letter.len_utf16() > left { '.' } else { letter };
        left -= letter.len_utf16();
        text.push(letter);
    }
    text
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
            results: Value::Null,
        };
        let ords = Ords::new(reqwest::Client::new());
        let findings = all(&ords, &connection, &Secret::new("some-Passw0rd".into())).await;
        assert_eq!(findings.len(), 25);
        let kept: Vec<_> =
            findings.iter().filter(|(_, finding)| finding.is_ok()).map(|(name, _)| name).collect();
        // A server without any state is what the driver promises.
        assert_eq!(kept, [&"state between statements is as the driver says"]);
    }
}
