use serde_json::{Value, json};

use super::*;
use crate::model::act::{Bind, BindKind, Connection, Direction, Method, Returns};
use crate::model::plan_view::{CheckView, DatabaseView, StepView};
use crate::model::{
    Act, Call, Effect, Expression, LocalCall, Repeat, RestCall, SecretRef, Service, SqlCall, StepId, Times,
    late,
};
use crate::report::Style;

fn id(text: &str) -> StepId {
    text.parse().unwrap()
}

fn expression(source: &str) -> Value {
    late::late(&Expression::parse(source).unwrap())
}

fn act(key: &str, title: &str, effect: Effect, call: Call) -> Act {
    Act {
        key: key.parse().unwrap(),
        title: title.into(),
        effect,
        times: Times::Once,
        repeat: Repeat::Safe,
        call,
    }
}

fn bind(name: &str, kind: BindKind, direction: Direction, value: Value) -> Bind {
    Bind { name: name.into(), kind, direction, value }
}

fn sql(database: &str, text: &str, returns: Returns, binds: Vec<Bind>) -> Call {
    Call::Sql(Box::new(SqlCall {
        connection: Connection {
            database: database.into(),
            ocid: expression("steps.clone.ocid"),
            driver: "ords".into(),
            address: json!("https://dev.example.com/ords/"),
            user: json!("ADMIN"),
            password: late::secret(&SecretRef::Env("DEV_PASSWORD".into())),
            wallet: Value::Null,
            results: Value::Null,
        },
        text: text.into(),
        returns,
        binds,
        limit_seconds: 60,
        consented: false,
    }))
}

fn step(name: &str, acts: Vec<Act>) -> StepView {
    StepView {
        id: id(name),
        title: format!("Title of {name}"),
        kind: "toy".into(),
        when: None,
        skip: None,
        needs: Vec::new(),
        always: false,
        last: false,
        manual: None,
        acts,
    }
}

fn view() -> PlanView {
    let secret = late::secret(&SecretRef::File("/run/mail".into()));
    let clone = RestCall::new(Service::Database, Method::Post, vec![json!("autonomousDatabases")])
        .query("limit", json!(null))
        .header("opc-retry-token", "T")
        .json(json!({ "source": "DATABASE", "adminPassword": secret, "subnetId": expression("steps.capture.subnet") }));
    let gone = RestCall::new(
        Service::Database,
        Method::Delete,
        vec![json!("autonomousDatabases"), expression("steps.swap.old")],
    );
    let mut manual = step("schemes", Vec::new());
    manual.manual = Some("Open the builder -\nand make the scheme 'A&B' current.".into());
    let mut skipped = step("mail", Vec::new());
    skipped.skip = Some("mail = false".into());
    let mut destroy =
        step("drop_old", vec![act("terminate", "terminate the old dev", Effect::Destroy, Call::Rest(gone))]);
    destroy.when = Some("params.terminate".into());
    destroy.needs = vec![id("clone")];
    PlanView {
        title: "Refresh dev from prod".into(),
        runbook: "refresh".into(),
        run: "20260519t211000-k3fa".parse().unwrap(),
        parameters: json!({ "order": "swap", "ecpu": 4 }).as_object().unwrap().clone(),
        databases: vec![DatabaseView {
            part: "source".into(),
            name: "prod".into(),
            ocid: "ocid1.autonomousdatabase.oc1.uk-london-1.example".into(),
            production: true,
        }],
        steps: vec![
            step("clone", vec![act("create", "create the clone", Effect::Write, Call::Rest(clone))]),
            step(
                "jobs",
                vec![
                    act(
                        "list",
                        "list the jobs",
                        Effect::Read,
                        sql("source", "select job_name from dba_scheduler_jobs;", Returns::Rows, vec![]),
                    ),
                    act(
                        "off",
                        "switch them off",
                        Effect::Write,
                        sql(
                            "target",
                            "begin\n  null; -- guard & more\nend;",
                            Returns::Nothing,
                            vec![
                                bind(
                                    "adbctl_database",
                                    BindKind::Varchar2,
                                    Direction::In,
                                    expression("steps.clone.ocid"),
                                ),
                                bind("names", BindKind::Clob, Direction::In, json!("it's\none & two")),
                                bind("password", BindKind::Varchar2, Direction::In, secret),
                                bind("many", BindKind::Number, Direction::In, json!(5)),
                                bind("nothing", BindKind::Varchar2, Direction::In, Value::Null),
                                bind("done", BindKind::Number, Direction::Out, Value::Null),
                            ],
                        ),
                    ),
                    act(
                        "wallet",
                        "write the wallet",
                        Effect::Write,
                        Call::Local(LocalCall::Files { work: "unpack".into(), paths: vec![json!("/w")] }),
                    ),
                ],
            ),
            manual,
            skipped,
            destroy,
        ],
        checks: vec![CheckView {
            id: id("off.check-1"),
            title: "jobs are off".into(),
            expected: json!(0),
            acts: vec![act(
                "look",
                "look",
                Effect::Read,
                sql("target", "select 1 from dual", Returns::Rows, vec![]),
            )],
        }],
    }
}

#[test]
fn text_shows_everything() {
    let text = plan_text(&view(), Style::default());
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn sql_scripts_keep_the_order() {
    let scripts = plan_sql(&view());
    let files: Vec<&str> = scripts.iter().map(|s| s.file.as_str()).collect();
    assert_eq!(files, ["01-source-admin.sql", "02-target-admin.sql"]);
    insta::assert_snapshot!(scripts.iter().fold(String::new(), |all, s| all
        + "== "
        + &s.file
        + "\n"
        + &s.text));
}

/// The commands of `docs/dry-run-sql.md`; everything else has to be a statement that a `/` ends.
#[test]
fn scripts_use_the_documented_commands_only() {
    const COMMANDS: &[&str] = &[
        "SET DEFINE",
        "SET VERIFY",
        "SET ECHO",
        "SET SQLBLANKLINES",
        "SET SERVEROUTPUT",
        "WHENEVER SQLERROR EXIT",
        "PROMPT",
        "VARIABLE",
        "EXEC",
        "ACCEPT",
        "PRINT",
        "UNDEFINE",
    ];
    let page = fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/dry-run-sql.md")).unwrap();
    for command in COMMANDS {
        assert!(page.contains(&format!("`{command}")), "{command} is not documented");
    }
    for script in plan_sql(&view()) {
        let mut inside = false;
        for line in script.text.lines() {
            if line == "/" {
                assert!(inside, "a slash without a statement");
                inside = false;
            } else if !inside && !line.starts_with("--") && !COMMANDS.iter().any(|c| line.starts_with(c)) {
                inside = true;
            }
            let substituted = line.contains('&') && !line.starts_with("PROMPT");
            let comment = line.contains("-- guard &") || line.contains("'one & two'");
            assert!(!substituted || comment || line.starts_with("EXEC :"), "{line}");
        }
        assert!(!inside, "{} ends inside a statement", script.file);
    }
}

#[test]
fn a_plan_without_sql_still_tells_its_story() {
    let mut view = view();
    view.steps.truncate(1);
    view.checks.clear();
    let scripts = plan_sql(&view);
    assert_eq!(scripts.len(), 1);
    assert_eq!(scripts[0].file, "01-cloud.sql");
    assert!(scripts[0].text.contains("PROMPT REST POST /20160918/autonomousDatabases"));
}

#[test]
fn json_reads_back() {
    let json: Value = serde_json::from_str(&plan_json(&view())).unwrap();
    assert_eq!(
        json["steps"][0]["acts"][0]["call"]["rest"]["body"]["json"]["subnetId"]["$late"],
        "steps.capture.subnet"
    );
}
