//! Exports and imports that meet something bad: every case fails by name, or is got over as the message says.

use serde_json::{Value, json as value};

use crate::capture::alter;
use crate::contract::rows;
use crate::orders::{configured, flat, run_with};
use crate::support::{Ended, Rehearsal, json};

const SALES: &str = "temp/prod/schema/sales/snapshots/one/";

fn prepared(speed: &str) -> Rehearsal {
    let rehearsal = Rehearsal::at_speed(speed);
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    rehearsal
}

fn export(rehearsal: &Rehearsal, more: &[&str]) {
    let words = ["export", "prod", "--schema", "sales", "--label", "one", "--yes"];
    rehearsal.on_sandbox(&[&words[..], more].concat()).expect(0);
}

fn import(rehearsal: &Rehearsal, prefix: &str, more: &[&str]) -> Ended {
    let words = ["import", "dev", "--dump", prefix, "--yes", "--report", "json=report.json"];
    rehearsal.on_sandbox(&[&words[..], more].concat())
}

fn said(ended: &Ended) -> String {
    flat(&format!("{} {}", ended.stdout, ended.stderr))
}

#[track_caller]
fn says(ended: &Ended, wanted: &[&str]) {
    let text = said(ended);
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted:?} is not in {text}");
    }
}

fn number(rehearsal: &Rehearsal, database: &str, query: &str) -> Value {
    rows(rehearsal, database, query)[0].as_object().unwrap().values().next().unwrap().clone()
}

/// Checks of the last report with this status.
fn checks(rehearsal: &Rehearsal, status: &str) -> Vec<String> {
    let report = json(&rehearsal.home().join("report.json"));
    let checks = report["checks"].as_array().unwrap().iter().filter(|c| c["status"] == status);
    checks.map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

fn object(rehearsal: &Rehearsal, words: &[&str]) -> Ended {
    rehearsal.on_sandbox(&[&["object"], words].concat()).expect(0)
}

/// Puts another manifest in the place of a dump's.
fn change_manifest(rehearsal: &Rehearsal, prefix: &str, change: impl Fn(&mut Value)) {
    let (name, file) = (format!("{prefix}manifest.json"), rehearsal.home().join("manifest.json"));
    object(rehearsal, &["get", &name, file.to_str().unwrap(), "--force"]);
    let mut manifest = json(&file);
    change(&mut manifest);
    std::fs::write(&file, manifest.to_string()).unwrap();
    object(rehearsal, &["put", file.to_str().unwrap(), &name, "--force"]);
}

#[test]
fn a_wrong_place_or_token_is_told_from_inside_the_database() {
    let rehearsal = prepared("0");
    export(&rehearsal, &[]);
    let with = |from: &'static str, to: &'static str| configured(&rehearsal, |text| text.replace(from, to));
    let both = |options: &[String], wanted: &[&str]| {
        for words in [
            &["export", "prod", "--schema", "sales", "--yes"][..],
            &["import", "dev", "--dump", SALES, "--schema", "SALES:X", "--yes"],
        ] {
            says(&run_with(&rehearsal, options, words).expect(5), wanted);
        }
    };
    let compare = "compare region, namespace and bucket in the address";
    both(&with("bucket = \"adbctl\"", "bucket = \"nowhere\""), &["ORA-20404", "BucketNotFound", compare]);
    both(
        &with("namespace = \"sandboxspace\"", "namespace = \"others\""),
        &["ORA-20404", "NamespaceNotFound", compare],
    );
    both(
        &with("region = \"uk-london-1\"", "region = \"uk-cardiff-1\""),
        &["ORA-20404", "objectstorage.uk-cardiff-1.oraclecloud.com", compare],
    );
    both(
        &with("region = \"uk-london-1\"", "region = \"uk-nowhere-1\""),
        &["ORA-29273", "ORA-12545", "objectstorage.uk-nowhere-1.oraclecloud.com"],
    );
    // A token that is not the user's, in both databases.
    let token = rehearsal.home().join("token");
    std::fs::write(&token, "not-the-token").unwrap();
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let good = rehearsal.sandbox().join("passwords/object-storage");
    let wrong = configured(&rehearsal, |text| text.replace(good.to_str().unwrap(), token.to_str().unwrap()));
    for database in ["prod", "dev"] {
        let words = ["setup", database, "--rotate-credential", "--yes"];
        says(&run_with(&rehearsal, &wrong, &words).expect(5), &["ORA-20401"]);
        let spoil = "begin dbms_cloud.update_credential('ADBCTL_STORE', 'PASSWORD', 'not-the-token'); end;";
        alter(&rehearsal, database, spoil);
    }
    both(&configured(&rehearsal, |text| text), &["ORA-20401", "auth token"]);
    // No credential at all.
    for database in ["prod", "dev"] {
        alter(&rehearsal, database, "begin dbms_cloud.drop_credential('ADBCTL_STORE'); end;");
    }
    both(&configured(&rehearsal, |text| text), &["ORA-20004", "adbctl setup"]);
    assert_eq!(number(&rehearsal, "dev", "select count(*) from dba_users where username = 'X'"), 0);
}

#[test]
fn a_dump_that_does_not_fit_is_refused_before_anything_is_written() {
    let rehearsal = prepared("0");
    export(&rehearsal, &[]);
    let refused = |more: &[&str], wanted: &[&str]| {
        says(&import(&rehearsal, SALES, more).expect(5), wanted);
    };
    let set = |pointer: &'static str, to: Value| {
        change_manifest(&rehearsal, SALES, |manifest| *manifest.pointer_mut(pointer).unwrap() = to.clone());
    };
    set("/versions/database_version", value!("26.1.0.0.0"));
    refused(&["--schema", "SALES:X"], &["made by release 26.1.0.0.0", "(ORA-39142)", "--for dev"]);
    set("/versions/database_version", value!("19.0.0.0.0"));
    set("/versions/time_zone_file", value!(99));
    refused(&["--schema", "SALES:X"], &["time-zone file 99", "(ORA-39405)"]);
    set("/versions/time_zone_file", value!(1));
    set("/format", value!(2));
    refused(&["--schema", "SALES:X"], &["has format 2, and this adbctl reads format 1"]);
    let file = rehearsal.home().join("torn");
    std::fs::write(&file, "{\"format\": 1,").unwrap();
    object(&rehearsal, &["put", file.to_str().unwrap(), &format!("{SALES}manifest.json"), "--force"]);
    refused(&["--schema", "SALES:X"], &["manifest.json cannot be read", "take it away"]);
    assert_eq!(number(&rehearsal, "dev", "select count(*) from dba_users where username = 'X'"), 0);

    // The schema that a dump of the same database comes from.
    rehearsal.on_sandbox(&["export", "dev", "--schema", "sales", "--label", "one", "--yes"]).expect(0);
    let own = SALES.replace("prod", "dev");
    let items = "select count(*) from sales.order_items";
    let before = number(&rehearsal, "dev", items);
    says(
        &import(&rehearsal, &own, &["--schema", "SALES:SALES"]).expect(5),
        &["the dump is of dev itself, and SALES is still there", "--existing replace"],
    );
    alter(&rehearsal, "dev", "begin delete from sales.order_items where rownum < 10; commit; end;");
    // What ADMIN cannot pass on is left open.
    change_manifest(&rehearsal, &own, |manifest| {
        let grant =
            value!({ "grantee": "SALES", "privilege": "ADMINISTER KEY MANAGEMENT", "admin_option": "NO" });
        manifest["grants"]["system"].as_array_mut().unwrap().push(grant);
    });
    import(&rehearsal, &own, &["--schema", "SALES:SALES", "--existing", "replace"]).expect(0);
    assert_eq!(number(&rehearsal, "dev", items), before);
    assert!(checks(&rehearsal, "manual").contains(&"privileges_given".to_owned()));
}

#[test]
fn a_dump_made_by_hand_is_taken_with_a_warning() {
    let rehearsal = prepared("0");
    let host = "https://objectstorage.uk-london-1.oraclecloud.com/n/sandboxspace/b/adbctl/o";
    alter(
        &rehearsal,
        "prod",
        &format!(
            "declare h number; s varchar2(30); begin h := dbms_datapump.open('EXPORT', 'SCHEMA', job_name => 'BY_HAND'); \
             dbms_datapump.add_file(h, '{host}/mine/dump%L.dmp', 'ADBCTL_STORE', filetype => dbms_datapump.ku$_file_type_uridump_file); \
             dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''SALES'''); dbms_datapump.start_job(h); \
             dbms_datapump.wait_for_job(h, s); end;"
        ),
    );
    // It holds no such path as some that are left out of our own dumps; which ones nobody says but the refusal.
    let refused = import(&rehearsal, "mine", &["--schema", "SALES:SALES_HAND"]).expect(6);
    says(&refused, &["ORA-39168", "leave_out"]);
    let less = ["--schema", "SALES:SALES_HAND", "--set", "leave_out=[\"USER\", \"PROCOBJ\"]"];
    let ended = import(&rehearsal, "mine", &less).expect(0);
    says(&ended, &["warning: the dump has no manifest", "It is known which scheduler jobs the schemas had"]);
    assert_eq!(checks(&rehearsal, "manual"), ["rows_known", "valid", "jobs_known", "code_names_new"]);
    let count = |schema: &str| format!("select count(*), sum(quantity) from {schema}.order_items");
    assert_eq!(rows(&rehearsal, "dev", &count("sales_hand")), rows(&rehearsal, "prod", &count("sales")));
    let logs = rehearsal.on_sandbox(&["object", "list", "mine/import-"]).expect(0);
    assert!(logs.stdout.contains(".log"), "{}", logs.stdout);
}

/// The bucket's rules are carried out as if so many days had passed.
pub(crate) fn days_pass(rehearsal: &Rehearsal, days: u32) {
    let origin = rehearsal.description()["oci_endpoint"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = format!("{origin}/sandbox/lifecycle?days={days}");
    let passed = runtime.block_on(crate::support::http().post(address).send());
    assert!(passed.unwrap().status().is_success());
}

#[test]
fn archived_pieces_are_brought_back_and_waited_for() {
    let rehearsal = prepared("0");
    let words =
        ["export", "prod", "--schema", "sales", "--label", "one", "--retention", "permanent", "--yes"];
    rehearsal.on_sandbox(&words).expect(0);
    let prefix = SALES.replace("temp", "permanent");
    days_pass(&rehearsal, 91);
    let ended = import(&rehearsal, &prefix, &["--schema", "SALES:SALES_OLD"]).expect(0);
    says(&ended, &["archived pieces, which takes up to an hour"]);
    let count = |schema: &str| format!("select count(*), sum(order_id) from {schema}.orders");
    assert_eq!(rows(&rehearsal, "dev", &count("sales_old")), rows(&rehearsal, "prod", &count("sales")));
}

#[test]
fn an_import_without_room_waits_and_goes_on() {
    let rehearsal = prepared("0");
    export(&rehearsal, &[]);
    alter(&rehearsal, "dev", "create user small identified by \"Market#Stall2026\" quota 100000 on data");
    let ended = import(&rehearsal, SALES, &["--schema", "SALES:SMALL"]).expect(6);
    says(
        &ended,
        &["waits for room (ORA-39171)", "ORA-01536", "tablespace 'DATA'", "quota unlimited", "resume"],
    );
    // Without more room it says the same again, and the job is not started twice.
    says(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(6), &["waits for room (ORA-39171)"]);
    alter(&rehearsal, "dev", "alter user small quota unlimited on data");
    rehearsal.on_sandbox(&["resume", "--yes"]).expect(0);
    for table in ["orders", "order_items", "customers"] {
        let count = |schema: &str| format!("select count(*) from {schema}.{table}");
        assert_eq!(
            number(&rehearsal, "dev", &count("small")),
            number(&rehearsal, "prod", &count("sales")),
            "{table}"
        );
    }
}

#[test]
fn a_piece_that_is_replaced_during_the_import_is_noticed() {
    let rehearsal = prepared("3");
    export(&rehearsal, &[]);
    let listed = rehearsal.on_sandbox(&["--output", "json", "object", "list", SALES]).expect(0);
    let piece = listed.stdout.split('"').find(|word| word.contains(".dmp_")).unwrap().to_owned();
    let other = rehearsal.home().join("other");
    std::fs::write(&other, "something else").unwrap();
    let words = ["import", "dev", "--dump", SALES, "--schema", "SALES:X", "--yes"];
    let child = rehearsal
        .sandbox_command(&words)
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let begun = std::time::Instant::now();
    while !rehearsal.audit().iter().any(|line| line["step"] == "import") {
        assert!(begun.elapsed().as_secs() < 60, "the import does not begin");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // The look at the dump's pieces after the import waits till the other piece is there.
    rehearsal
        .fault(&value!({ "method": "GET", "path": "/n/*/b/*/o", "action": { "status": { "status": 503 } } }));
    object(&rehearsal, &["put", other.to_str().unwrap(), &piece, "--force"]);
    let dir = rehearsal.sandbox();
    rehearsal.run(&["sandbox", "fault", "--clear", "--dir", dir.to_str().unwrap()]).expect(0);
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert!(ended.code == 10 || ended.code == 6, "{}", said(&ended));
    says(&ended, &[if ended.code == 10 { "✗ The dump is still the one that was found" } else { "ORA-" }]);
}

/// Names as no sensible person gives them, and as databases hold them all the same.
const ODD: &str = "Käse & Co's";

/// Runs a statement in which `§` stands for an ampersand, which a client would take for a variable.
fn odd(rehearsal: &Rehearsal, database: &str, statement: &str) {
    let text = statement.replace('&', "§").replace('\'', "''");
    alter(
        rehearsal,
        database,
        &format!("begin execute immediate replace('{text}', '§', chr(38)); commit; end;"),
    );
}

#[test]
fn names_that_need_quoting_arrive_with_their_rows() {
    let rehearsal = prepared("0");
    let table = format!("\"{ODD}\".\"Bestell'ung Nr & 1\"");
    for statement in [
        format!("create user \"{ODD}\" identified by \"Market#Stall2026\" quota unlimited on data"),
        format!(
            "create table {table} (\"Größe (cm)\" number primary key, \"na'me & so\" varchar2(40 char), \"select\" date)"
        ),
        format!("insert into {table} values (1, '{} – ünïcode', date '2026-01-02')", ODD.replace('\'', "''")),
        format!("insert into {table} select level + 1, null, sysdate from dual connect by level <= 50"),
        format!(
            "create view \"{ODD}\".\"Ansicht's\" as select \"Größe (cm)\" as \"cm\" from {table} where \"na'me & so\" is not null"
        ),
    ] {
        odd(&rehearsal, "prod", &statement);
    }
    let quoted = format!("\"{ODD}\"");
    let words = ["export", "prod", "--schema", &quoted, "--yes", "--output", "json"];
    let ended = rehearsal.on_sandbox(&words).expect(0);
    let last: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    let prefix = last["results"]["dump"].as_str().unwrap_or_else(|| panic!("{last}")).to_owned();
    let renamed = format!("{quoted}:\"Größer & 'so'\"");
    let same = format!("{quoted}:{quoted}");
    for (n, schema, map) in [(1, ODD, &same), (2, "Größer & 'so'", &renamed)] {
        import(&rehearsal, &prefix, &["--schema", map]).expect(0);
        assert_eq!(checks(&rehearsal, "failed"), [""; 0]);
        let table = format!("\"{schema}\".\"Bestell'ung Nr & 1\"");
        let look = format!(
            "create table looked{n} as select \"Größe (cm)\" as cm, \"na'me & so\" as name, \"select\" as day from {table}"
        );
        odd(&rehearsal, "dev", &look);
        odd(&rehearsal, "prod", &look.replace(schema, ODD));
        let all = format!("select cm, name, day from looked{n} order by cm");
        let before = rows(&rehearsal, "prod", &all);
        assert_eq!(before.len(), 51);
        assert_eq!(rows(&rehearsal, "dev", &all), before);
        assert_eq!(
            number(&rehearsal, "dev", "select count(*) from dba_views where view_name like 'Ansicht%'"),
            n
        );
    }
}
