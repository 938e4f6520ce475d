//! `adbctl sql`: statements typed, piped and in files, what they give, and what is refused.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Ended, Rehearsal};

/// What a command is given, and how it has to end.
struct Case<'a> {
    words: &'a [&'a str],
    /// What stands on standard input.
    input: &'a str,
    code: i32,
    /// Standard output as a whole, where it is compared as a whole.
    stdout: Option<&'a str>,
    /// What stands on standard error.
    said: &'a [&'a str],
}

#[track_caller]
fn check(rehearsal: &Rehearsal, case: &Case<'_>) -> Ended {
    let words = [&["sql"], case.words].concat();
    let mut child = rehearsal
        .sandbox_command(&words)
        .env("APP_PASSWORD", "Chosen-Passw0rd")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who is refused before the text is read does not read it.
    let _ = child.stdin.take().unwrap().write_all(case.input.as_bytes());
    let ended = Ended::of(&child.wait_with_output().unwrap());
    let text = format!("{:?}\nstdout:\n{}\nstderr:\n{}", case.words, ended.stdout, ended.stderr);
    assert_eq!(ended.code, case.code, "{text}");
    if let Some(wanted) = case.stdout {
        assert_eq!(ended.stdout, wanted, "{text}");
    }
    for part in case.said {
        assert!(ended.stderr.contains(part), "{part:?} is not said\n{text}");
    }
    ended
}

fn case<'a>(words: &'a [&'a str], code: i32, stdout: Option<&'a str>, said: &'a [&'a str]) -> Case<'a> {
    Case { words, input: "", code, stdout, said }
}

/// The objects that --format json writes.
fn objects(ended: &Ended) -> Vec<Value> {
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn forms_of_rows(rehearsal: &Rehearsal) {
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    let two =
        "select 1 as id, 'it''s, \"so\"' as note from dual union all select 20, null from dual order by 1";
    run(&["dev", two], 0, Some("id  note\n--  ----------\n 1  it's, \"so\"\n20\n"), &["2 rows"]);
    run(
        &["dev", two, "--format", "csv"],
        0,
        Some("id,note\r\n1,\"it's, \"\"so\"\"\"\r\n20,\r\n"),
        &["2 rows"],
    );
    let found = objects(&run(&["prod", two, "--format", "json"], 0, None, &[]));
    assert_eq!(found[0]["rows"], json!([{"id": 1, "note": "it's, \"so\""}, {"id": 20, "note": null}]));
    assert_eq!((&found[0]["kind"], &found[0]["more"]), (&json!("query"), &json!(false)));
    // More rows than asked for are not fetched, and are not kept silent.
    let many = "select level as n from dual connect by level <= 5 order by 1 desc;";
    run(&["dev", many, "--rows", "2"], 0, Some("n\n-\n5\n4\n"), &["2 rows shown, and there are more"]);
    let asked = rehearsal.audit().pop().unwrap();
    assert!(asked["sql"].as_str().unwrap().ends_with("where rownum <= 3"), "{asked}");
    run(
        &["dev", many, "--rows", "0", "--format", "csv"],
        0,
        Some("n\r\n5\r\n4\r\n3\r\n2\r\n1\r\n"),
        &["5 rows"],
    );
    // Two columns of one name stand in no inner query, so it is sent without the limit; REST-Enabled SQL wraps it too.
    let alike = "select 7 as a, 8 as a from dual";
    run(&["dev", alike, "--driver", "thin"], 0, Some("a  a\n-  -\n7  8\n"), &["1 row"]);
    run(&["dev", alike, "--driver", "ords"], 5, None, &["ORA-00918"]);
    let asked = rehearsal.audit().pop().unwrap();
    assert!(asked["sql"].as_str().unwrap().ends_with("from dual"), "{asked}");
    // A wide value is cut in a table only, and a table of many columns is turned.
    let wide = "select rpad('x', 200, 'x') as long_text, 1 as n from dual";
    let table = run(&["dev", wide], 0, None, &["values that end in … were cut"]);
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 80), "{}", table.stdout);
    let whole = run(&["dev", wide, "--output", "json"], 0, None, &[]);
    assert_eq!(objects(&whole)[0]["rows"][0]["long_text"].as_str().unwrap().len(), 200);
    let columns = run(&["dev", "select * from all_objects where rownum <= 2"], 0, None, &["2 rows"]);
    assert!(columns.stdout.starts_with("owner"), "{}", columns.stdout);
    assert_eq!(columns.stdout.matches("\n\n").count(), 1, "{}", columns.stdout);
    run(&["dev", "select 1 from dual where 1 = 2"], 0, Some(""), &["0 rows"]);
}

/// Rows are written while more of them come.
fn rows_as_they_come(rehearsal: &Rehearsal) {
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    // A query that fails behind its first rows: they stand, and every object is one.
    let fails = "select level as n, 1 / (3000 - level) as part from dual connect by level <= 4000 order by 1";
    for driver in ["thin", "ords"] {
        let found = objects(&run(
            &["dev", fails, "--driver", driver, "--format", "json"],
            5,
            None,
            &["the statement failed", "ORA-01476"],
        ));
        assert_eq!((found.len(), &found[0]["error"]["code"]), (1, &json!("ORA-01476")), "{driver}");
        for (at, row) in found[0]["rows"].as_array().into_iter().flatten().enumerate() {
            assert_eq!(row["n"], json!(at + 1), "{driver}");
        }
    }
    run(&["dev", fails, "--driver", "thin", "--format", "csv"], 5, None, &["ORA-01476"]);
    let goes_on = "select level as n from dual connect by level <= 9000 order by 1";
    for form in ["json", "csv"] {
        let kill = json!({"engine": {"name": "kill-session", "detail": {"late": false}}});
        rehearsal.fault(
            &json!({"method": "CALL", "path": "/sqlnet/*/fetch", "after": 2, "count": 1, "action": kill}),
        );
        let ended = run(&["dev", goes_on, "--driver", "thin", "--format", form], 8, None, &["ORA-00028"]);
        if form == "json" {
            let found = objects(&ended);
            let numbers: Vec<Value> =
                found[0]["rows"].as_array().unwrap().iter().map(|row| row["n"].clone()).collect();
            assert!(numbers.len() >= 2000 && numbers.len() < 9000, "{}", numbers.len());
            assert_eq!(numbers, (1..=numbers.len()).map(|n| json!(n)).collect::<Vec<_>>());
            assert_eq!((found.len(), &found[0]["error"]["code"]), (1, &json!("ORA-00028")));
        } else {
            assert!(ended.stdout.starts_with("n\r\n1\r\n2\r\n"), "{}", ended.stdout);
            assert!(ended.stdout.ends_with("\r\n"), "{}", ended.stdout);
        }
    }
    // A reader that has seen enough ends its query, and the statements behind it are executed.
    let script = "select level as n, rpad('x', 200, 'x') as wide from dual connect by level <= 100000 order by 1;\n\
                  create table behind_the_rows (id number);";
    let mut child = rehearsal
        .sandbox_command(&["sql", "dev", script, "--yes", "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "n,wide\r\n");
    drop(reader);
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // A disk that is full.
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let wide = "select level as n from dual connect by level <= 3000";
        let mut command = rehearsal.sandbox_command(&["sql", "dev", wide, "--format", "csv"]);
        let ended = Ended::of(&command.stdout(full).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(ended.code, 5, "{}", ended.stderr);
        assert!(ended.stderr.contains("standard output cannot be written"), "{}", ended.stderr);
    }
    run(&["dev", "select count(*) as n from behind_the_rows"], 0, Some("n\n-\n0\n"), &[]);
    run(&["dev", "drop table behind_the_rows", "--yes"], 0, None, &[]);
}

fn binds_and_secrets(rehearsal: &Rehearsal) {
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    let text = "select :ID + 1 as n, :word || ':no' as w from dual where 5 = :id";
    let given = ["--bind", "id:number=5", "--bind", "word=it's"];
    run(&[&["dev", text][..], &given].concat(), 0, Some("n  w\n-  -------\n6  it's:no\n"), &[]);
    let block = "begin :back := upper(:word); dbms_output.put_line('printed'); end;";
    let given = ["--bind", "word=hey", "--bind", "back", "--yes"];
    run(&[&["dev", block][..], &given].concat(), 0, Some("printed\nback = HEY\n"), &["done"]);
    // A secret goes in by reference, and comes out of nothing.
    let secret = ["--secret", "pw={ env = \"APP_PASSWORD\" }"];
    run(
        &[&["dev", "select :pw as pw, length(:pw) as n from dual"][..], &secret].concat(),
        0,
        Some("pw                n\n---------------  --\n[secret]  15\n"),
        &[],
    );
    let shown = run(&[&["dev", "select :pw from dual", "--dry-run"][..], &secret].concat(), 0, None, &[]);
    assert!(shown.stdout.contains("APP_PASSWORD") && !shown.stdout.contains("Chosen"), "{}", shown.stdout);
    for (words, said) in [
        (&["dev", "select :id from dual"][..], ":id in the statement has no value"),
        (&["dev", "select ':id' from dual", "--bind", "id=1"], "no statement has a placeholder :id"),
        (&["dev", "select :1 from dual"], "has the placeholder :1"),
        (&["dev", "select :id from dual", "--bind", "id"], "only a PL/SQL block can give one"),
        (&["dev", "select :id from dual", "--bind", "id=1", "--bind", "ID=2"], ":id is given twice"),
        (&["dev", "select :id from dual", "--secret", "id=hunter22"], "this is no reference to a secret"),
        (&["dev", "--file", "nowhere.sql"], "there is no file nowhere.sql"),
        (&["dev", "/* nothing */"], "there is no statement in the text"),
    ] {
        let ended = run(words, 2, Some(""), &[said]);
        assert!(!ended.stderr.contains("hunter22"), "{}", ended.stderr);
    }
    run(&["dev", "select 1 frm dual where (", "--format", "csv"], 5, Some(""), &["the statement failed"]);
    run(&["dev", "select ‘x’ from dual"], 3, Some(""), &["is not a character of SQL"]);
    run(&["dev", "select '&name' from dual"], 3, Some(""), &["&name has no value"]);
    run(&["dev", "select '&name' as a from dual", "--define", "name=x"], 0, Some("a\n-\nx\n"), &[]);
    run(&["nodb", "select 1 from dual"], 3, Some(""), &["nodb"]);
}

/// Statements that change something are asked about, refused in production, and counted.
fn writes(rehearsal: &Rehearsal) {
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    let changes = || rehearsal.audit().iter().filter(|line| line["effect"] != "read").count();
    let before = changes();
    for statement in [
        "delete from sales.orders",
        "begin null; end;",
        "create table x (a number)",
        "select * from sales.orders for update",
        "alter session enable parallel dml",
        "select 1 from dual; update sales.orders set id = 1;",
    ] {
        run(
            &["prod", statement, "--yes"],
            4,
            Some(""),
            &["prod is a production database", "nothing was sent"],
        );
    }
    run(&["dev", "drop table nothing"], 4, Some(""), &["nobody is there to confirm changes in dev"]);
    assert_eq!(changes(), before, "something was sent");
    run(
        &["dev", "create table notes (id number primary key, word varchar2(20))", "--yes"],
        0,
        Some(""),
        &["done"],
    );
    let insert = "insert into notes values (:id, :word || :word)";
    run(&["dev", insert, "--bind", "id=1", "--bind", "word=a", "--yes"], 0, Some(""), &["1 row changed"]);
    run(&["dev", "select word from notes"], 0, Some("word\n----\naa\n"), &[]);
    let sent = run(&["dev", "update notes set id = 2", "--dry-run=sql"], 0, None, &[]);
    assert!(sent.stdout.contains("adbctl_here <> upper(:adbctl_database)"), "{}", sent.stdout);
    run(&["dev", "select id from notes"], 0, Some("id\n--\n 1\n"), &[]);
    run(
        &["dev", "update notes set word = null where id = 5", "--yes", "--format", "csv"],
        0,
        Some(""),
        &["0 rows changed"],
    );
}

const SCRIPT: &str = "\
prompt It begins.
insert into notes values (10, 'a');
insert into notes values (11, 'b');
commit;
begin
  dbms_output.put_line('in between');
end;
/
select count(*) as found from notes;
create or replace procedure broken is
begin
  nope;
end;
/
insert into notes values (12, 'c');
";

fn scripts(rehearsal: &Rehearsal) {
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    std::fs::write(rehearsal.home().join("fix.sql"), SCRIPT).unwrap();
    // What came before the failure stays, and the exit code says so; the compiler's own words stand under it.
    run(
        &["dev", "--file", "fix.sql", "--yes"],
        6,
        Some("It begins.\nin between\n\nfound\n-----\n    3\n"),
        &[
            "statement 1 (fix.sql:2): 1 row changed",
            "statement 6 (fix.sql:10) failed: ORA-24344",
            "line 3, column 3: PLS-00201: identifier 'NOPE' must be declared",
            "what statements 1, 2 and 4 changed stays",
        ],
    );
    // A transaction is whole or not at all.
    let torn = "insert into notes values (20, 'x');\ninsert into notes values (1, 'twice');\ncommit;\n";
    let typed = Case {
        words: &["dev", "-", "--yes"],
        input: torn,
        code: 5,
        stdout: Some(""),
        said: &["statement 2 (standard input:2) failed: ORA-00001", "usual cause"],
    };
    check(rehearsal, &typed);
    run(&["dev", "select count(*) as n from notes where id >= 20"], 0, Some("n\n-\n0\n"), &[]);
    let on = Case {
        words: &["dev", "-", "--yes", "--continue"],
        code: 6,
        said: &["statement 2 (standard"],
        ..typed
    };
    check(rehearsal, &on);
    run(&["dev", "select count(*) as n from notes where id >= 20"], 0, Some("n\n-\n1\n"), &[]);
    // What a script itself goes on after is no failure.
    let tolerant = Case {
        words: &["dev", "-", "--yes", "--format", "json"],
        input: "whenever sqlerror continue\ndrop table not_there;\nselect 1 as n from dual;",
        code: 0,
        stdout: None,
        said: &["ORA-00942"],
    };
    let found = objects(&check(rehearsal, &tolerant));
    assert_eq!(found[0]["error"]["code"], "ORA-00942");
    assert_eq!(found[1]["rows"], json!([{"n": 1}]));
    // A block's error names the line of the file, not that of the text around it.
    let block = Case {
        words: &["dev", "-", "--yes"],
        input: "select 1 as n from dual;\nbegin\n  null;\n  raise_application_error(-20042, 'as asked');\nend;\n",
        code: 5,
        stdout: Some("n\n-\n1\n"),
        said: &["statement 2 (standard input:4) failed (raise_application_error", "ORA-20042: as asked"],
    };
    check(rehearsal, &block);
    // A query inside a transaction divides it, and that is said.
    let divided = Case {
        words: &["dev", "-", "--yes"],
        input: "insert into notes values (30, 'x');\nselect 1 as n from dual;\ninsert into notes values (31, 'y');\n",
        code: 0,
        stdout: Some("n\n-\n1\n"),
        said: &["warning: statement 2 (standard input:2) stands inside a transaction"],
    };
    check(rehearsal, &divided);
    // State that a request cannot keep is a mistake before anything is sent.
    let changes = || rehearsal.audit().iter().filter(|line| line["effect"] != "read").count();
    let before = changes();
    let state = Case {
        words: &["dev", "-", "--yes"],
        input: "set role none;\ndelete from notes;\nselect 1 from dual;\nrollback;\n",
        code: 3,
        stdout: Some(""),
        said: &[
            "this session state ends with each request",
            "stands inside a transaction that is rolled",
            "--driver thin, whose session keeps",
        ],
    };
    check(rehearsal, &state);
    assert_eq!(changes(), before, "something was sent");
}

/// Over a driver whose sessions last the same is whole or not at all, and more of a session is there.
fn one_session(rehearsal: &Rehearsal) {
    let run = |input: &str, code: i32, stdout: &str, said: &[&str]| {
        let words = ["dev", "-", "--yes", "--driver", "thin"];
        check(rehearsal, &Case { words: &words, input, code, stdout: Some(stdout), said })
    };
    let count = "select count(*) as n from notes where id >= 40;\n";
    run(
        "insert into notes values (40, 'x');\nrollback;\n",
        0,
        "",
        &["statement 1 (standard input:1): 1 row changed"],
    );
    let torn = "insert into notes values (41, 'x');\ninsert into notes values (1, 'twice');\n";
    run(torn, 5, "", &["statement 2 (standard input:2) failed: ORA-00001"]);
    run(count, 0, "n\n-\n0\n", &[]);
    let altered =
        "alter session set nls_date_format = 'YYYY';\nselect length(to_char(sysdate)) as n from dual;\n";
    run(altered, 0, "n\n-\n4\n", &["each statement of this script is committed by itself"]);
    let block = "begin\n  null;\n  raise_application_error(-20042, 'as asked');\nend;\n";
    run(
        block,
        5,
        "",
        &["statement 1 (standard input:3) failed", "ORA-20042: as asked", "its text says what is wrong"],
    );
    let digits =
        ["dev", "select 12345678901234567890123 as n from dual", "--driver", "thin", "--format", "json"];
    let exact = check(rehearsal, &case(&digits, 0, None, &[]));
    assert!(exact.stdout.contains("\"n\":12345678901234567890123}"), "{}", exact.stdout);
}

/// One value, as it is, over drivers that have it in pieces and such that have not.
fn values_to_files(rehearsal: &Rehearsal) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = rehearsal.home().join("value.txt");
    let to = path.to_str().unwrap();
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    let long = "select to_clob(rpad('ü🎈', 4000, 'ü🎈')) || to_clob(rpad('x', 4000, 'x')) as c from dual";
    for driver in ["ords", "thin"] {
        let given = ["--driver", driver, "--value-to", to, "--force"];
        let said = ["wrote ", " to "];
        run(&[&["prod", long][..], &given].concat(), 0, Some(""), &said);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("ü🎈ü") && text.ends_with("xx") && text.chars().count() >= 6000, "{driver}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{driver}");
        let none = ["prod", "select to_clob(null) as c from dual", "--output", "json"];
        let told = run(&[&none[..], &given].concat(), 0, None, &["the value is NULL"]);
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!((&told["null"], &told["bytes"]), (&json!(true), &json!(0)), "{driver}");
        assert_eq!(std::fs::read(&path).unwrap(), b"", "{driver}");
        // To standard output, and with a bind; what is a secret elsewhere is data here.
        let bound = ["dev", "select :w || :pw as w from dual", "--bind", "w=a-", "--driver", driver];
        let secret = ["--secret", "pw={ env = \"APP_PASSWORD\" }", "--value-to", "-"];
        run(
            &[&bound[..], &secret].concat(),
            0,
            Some("a-Chosen-Passw0rd"),
            &["wrote 17 B to standard output"],
        );
        for (query, code, said) in [
            ("select 1 as n from dual where 1 = 2", 5, "the query gives no row"),
            ("select level as n from dual connect by level <= 3", 5, "the query gives more than one row"),
            ("select 1 as a, 2 as b from dual", 5, "the query gives 2 columns"),
            ("select * from not_there", 5, "ORA-00942"),
            ("select 1 as n from dual; select 2 as n from dual", 2, "one plain query"),
            ("begin null; end;", 2, "one plain query"),
        ] {
            run(&[&["dev", query][..], &given].concat(), code, Some(""), &[said]);
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"", "what failed left the file as it was");
    assert!(!path.with_extension("txt.part").exists());
    run(&["dev", "select 1 as n from dual", "--value-to", to], 4, Some(""), &["is there already", "--force"]);
    let shown = run(&["dev", long, "--value-to", to, "--force", "--dry-run"], 0, None, &[]);
    assert!(shown.stdout.contains("where rownum <= 2"), "{}", shown.stdout);
}

/// Failures on the other side, as HTTPS brings them; those of SQL*Net are with the driver thin.
fn far_side(rehearsal: &Rehearsal) {
    rehearsal.use_driver("ords");
    let run =
        |words: &[&str], code, stdout, said: &[&str]| check(rehearsal, &case(words, code, stdout, said));
    run(&["dev", "select * from not_there"], 5, Some(""), &["the statement failed", "ORA-00942", "help:"]);
    run(&["dev", "drop table not_there", "--yes"], 5, Some(""), &["ORA-00942"]);
    // An answer that is lost says nothing of what happened, and a request that did not arrive changed nothing.
    let drop = |after: bool| json!({"count": 1, "path": "*/_/sql", "action": {"drop": {"after": after}}});
    rehearsal.fault(&drop(true));
    run(&["dev", "delete from notes", "--yes"], 6, Some(""), &["may have been executed"]);
    rehearsal.fault(&drop(true));
    run(&["dev", "select 1 from dual"], 8, Some(""), &["was lost"]);
    rehearsal.fault(&json!({"count": 1, "path": "*/_/sql", "action": {"status": {"status": 401}}}));
    run(&["dev", "select 1 from dual"], 8, Some(""), &["user name or password refused"]);
}

#[test]
fn statements_run_and_their_ends_are_told() {
    let rehearsal = Rehearsal::new();
    forms_of_rows(&rehearsal);
    rows_as_they_come(&rehearsal);
    binds_and_secrets(&rehearsal);
    writes(&rehearsal);
    scripts(&rehearsal);
    one_session(&rehearsal);
    values_to_files(&rehearsal);
    far_side(&rehearsal);
}
