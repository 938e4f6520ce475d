//! Masked exports: what arrives, what stays equal, what stops a run, and that nothing is left behind.

use std::path::PathBuf;

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::orders::flat;
use crate::support::{Ended, Rehearsal, json};

const KEY: &str = "the-first-key-of-this-rehearsal";
const OTHER: &str = "quite-another-key-of-this-rehearsal";

const MASKS: &[&str] = &[
    "--mask",
    "sales.customers.email=email",
    "--mask",
    "sales.customers.phone=phone",
    "--mask",
    "sales.customers.name=name",
    "--mask",
    "sales.customers.created_at=timestamp",
    "--mask",
    "sales.payments.amount=number",
    "--mask",
    "sales.orders.ordered_on=date",
];

fn key(rehearsal: &Rehearsal, text: &str) -> String {
    let file: PathBuf = rehearsal.home().join(format!("key-{}", text.len()));
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    format!("masking_key={{ file = \"{}\" }}", file.display())
}

fn prepared() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    rehearsal
}

/// An export of the sample schemas under a label.
fn export(rehearsal: &Rehearsal, label: &str, secret: &str, more: &[&str]) -> Ended {
    let given = key(rehearsal, secret);
    let words =
        ["export", "prod", "--schema", "sales,sales_report", "--label", label, "--yes", "--set", &given];
    rehearsal.on_sandbox(&[&words[..], more].concat())
}

fn prefix(label: &str) -> String {
    format!("temp/prod/schema/sales-sales_report/snapshots/{label}/")
}

fn import(rehearsal: &Rehearsal, label: &str, schemas: &str) {
    let words = ["import", "dev", "--dump", &prefix(label), "--schema", schemas, "--yes"];
    rehearsal.on_sandbox(&words).expect(0);
}

fn said(ended: &Ended) -> String {
    flat(&format!("{} {}", ended.stdout, ended.stderr))
}

fn nothing_left(rehearsal: &Rehearsal) {
    let left = "select object_name from dba_objects where object_name like 'ADBCTL%'";
    assert!(rows(rehearsal, "prod", left).is_empty());
    let words = ["select text from dba_source where text like '%MASK%' and owner = 'ADMIN'"];
    assert!(rows(rehearsal, "prod", words[0]).is_empty());
}

/// No file of the newest run holds this text.
fn unwritten(rehearsal: &Rehearsal, text: &str) {
    let mut seen = 0;
    for file in std::fs::read_dir(rehearsal.newest_run()).unwrap().map(|file| file.unwrap().path()) {
        if file.is_file() {
            seen += 1;
            let kept = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            assert!(!kept.contains(text), "{} holds it", file.display());
        }
    }
    assert!(seen >= 3);
    let audit = std::fs::read_to_string(rehearsal.sandbox().join("audit.jsonl")).unwrap();
    assert!(!audit.contains(text));
}

fn customers(rehearsal: &Rehearsal, database: &str, schema: &str) -> Vec<Value> {
    let query = format!(
        "select customer_id, name, email, phone, created_at - timestamp '2000-01-01 00:00:00' as since from {schema}.customers order by customer_id"
    );
    rows(rehearsal, database, &query)
}

/// Digits as `9`, letters as `x` and `X`: what a mask must keep.
fn shape(text: &Value) -> String {
    let sign = |c: char| match c {
        '0'..='9' => '9',
        'a'..='z' => 'x',
        'A'..='Z' => 'X',
        other => other,
    };
    text.as_str().unwrap().chars().map(sign).collect()
}

#[test]
fn masked_columns_arrive_masked_and_alike_under_one_key() {
    let rehearsal = prepared();
    let ended = export(&rehearsal, "one", KEY, MASKS).expect(0);
    assert!(!said(&ended).contains(KEY));
    nothing_left(&rehearsal);
    unwritten(&rehearsal, KEY);
    export(&rehearsal, "two", KEY, MASKS).expect(0);
    export(&rehearsal, "three", OTHER, MASKS).expect(0);
    nothing_left(&rehearsal);
    import(&rehearsal, "one", "SALES:SALES_A,SALES_REPORT:REPORT_A");
    import(&rehearsal, "two", "SALES:SALES_B,SALES_REPORT:REPORT_B");
    import(&rehearsal, "three", "SALES:SALES_C,SALES_REPORT:REPORT_C");

    let before = customers(&rehearsal, "prod", "sales");
    let after = customers(&rehearsal, "dev", "sales_a");
    assert_eq!(before.len(), after.len());
    let known: std::collections::BTreeSet<&str> =
        before.iter().filter_map(|row| row["email"].as_str()).collect();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before["customer_id"], after["customer_id"]);
        for column in ["name", "phone"] {
            assert_eq!(shape(&before[column]), shape(&after[column]), "{before}");
        }
        assert_ne!(before["phone"], after["phone"]);
        let (clear, masked) = (before["email"].as_str().unwrap(), after["email"].as_str().unwrap());
        assert!(!known.contains(masked), "{masked}");
        assert_eq!(clear.len(), masked.len());
        assert!(masked.ends_with("@example.com") && !masked.starts_with("customer"), "{masked}");
    }
    assert_eq!(after, customers(&rehearsal, "dev", "sales_b"), "the same key gives the same values");
    let other = customers(&rehearsal, "dev", "sales_c");
    assert!(after.iter().zip(&other).filter(|(a, b)| a["email"] == b["email"]).count() < 3);

    // Dates moved all by the same, and amounts kept their digits.
    let one = |database: &str, query: &str| rows(&rehearsal, database, query)[0].clone();
    let span = |s: &str| format!("select max(ordered_on) - min(ordered_on) as days from {s}.orders");
    assert_eq!(one("prod", &span("sales")), one("dev", &span("sales_a")));
    let last = |s: &str| format!("select to_char(max(ordered_on), 'YYYY-MM-DD') as last from {s}.orders");
    assert!(one("prod", &last("sales"))["last"].as_str() > one("dev", &last("sales_a"))["last"].as_str());
    let digits = |s: &str| {
        format!("select payment_id, length(to_char(amount)) as n from {s}.payments order by payment_id")
    };
    assert_eq!(rows(&rehearsal, "prod", &digits("sales")), rows(&rehearsal, "dev", &digits("sales_a")));

    let file = rehearsal.home().join("manifest.json");
    let name = format!("{}manifest.json", prefix("one"));
    rehearsal.on_sandbox(&["object", "get", &name, file.to_str().unwrap()]).expect(0);
    let masking = &json(&file)["masking"];
    assert_eq!([&masking["required"], &masking["columns"]], [&value!(false), &value!(6)]);
    let rule = value!({ "name": "SALES.CUSTOMERS.EMAIL", "rule": "email" });
    assert!(masking["rules"].as_array().unwrap().contains(&rule), "{masking}");
}

#[test]
fn a_function_that_fails_fails_the_export_and_leaves_nothing() {
    let rehearsal = prepared();
    // An address is no simple name, so this function raises ORA-44003.
    let rules = [
        "--mask",
        "sales.customers.phone=phone",
        "--mask",
        "sales.customers.email=sys.dbms_assert.simple_sql_name",
    ];
    let ended = export(&rehearsal, "one", KEY, &rules).expect(6);
    assert!(said(&ended).contains("ORA-31693"), "{}", said(&ended));
    nothing_left(&rehearsal);
    unwritten(&rehearsal, KEY);
}

#[test]
fn rules_that_cannot_be_applied_stop_the_run() {
    let rehearsal = prepared();
    let check = |code: i32, more: &[&str], wanted: &[&str]| {
        let ended = export(&rehearsal, "one", KEY, more).expect(code);
        for wanted in wanted {
            assert!(said(&ended).contains(wanted), "{wanted}: {}", said(&ended));
        }
    };
    check(
        6,
        &[
            "--mask",
            "sales.customers.emial=email",
            "--mask",
            "sales.notes.body=free_text",
            "--mask",
            "sales.orders.total=email",
        ],
        &[
            "SALES.CUSTOMERS.EMIAL: there is no such column",
            "SALES.NOTES.BODY: rule free_text is not for type CLOB",
            "SALES.ORDERS.TOTAL: rule email is not for type NUMBER",
        ],
    );
    check(3, &["--mask", "sales.customers.email=emial"], &["emial is no rule of masking"]);
    check(
        5,
        &["--mask", "sales.customers.email=nobody.tools.hide"],
        &["there is no package for NOBODY.TOOLS.HIDE"],
    );
    check(
        6,
        &["--masking", "required", "--mask", "sales.products.sku=free_text"],
        &["SALES.PRODUCTS.SKU: it is part of a key (PRODUCTS_SKU_UK)"],
    );
    // The sample schemas hold e-mails and phones of customers, and an e-mail among settings of other kinds.
    check(
        6,
        &["--masking", "required", "--mask", "sales.customers.email=email"],
        &[
            "without a rule of masking: SALES.CUSTOMERS.NAME (name by its name)",
            "SALES.CUSTOMERS.PHONE (phone by its name)",
            "SALES.SETTINGS.VALUE (email in ",
        ],
    );
    let jobs = "select count(*) as n from dbms_cloud.list_files('DATA_PUMP_DIR')";
    assert_eq!(rows(&rehearsal, "prod", jobs)[0]["n"], 0, "no job was begun");
    nothing_left(&rehearsal);
}

#[test]
fn a_required_masking_that_covers_all_goes_through() {
    let rehearsal = prepared();
    let exceptions = "masking_exceptions=[\"sales.customers.phone\", \"sales.settings.value\"]";
    let rules = [
        "--masking",
        "required",
        "--mask",
        "sales.customers.email=email",
        "--mask",
        "sales.customers.name=name",
    ];
    let ended = export(&rehearsal, "one", KEY, &[&rules[..], &["--set", exceptions]].concat()).expect(0);
    assert!(!said(&ended).contains(KEY));
    nothing_left(&rehearsal);
    let file = rehearsal.home().join("manifest.json");
    let name = format!("{}manifest.json", prefix("one"));
    rehearsal.on_sandbox(&["object", "get", &name, file.to_str().unwrap()]).expect(0);
    let masking = &json(&file)["masking"];
    assert_eq!(masking["required"], true);
    assert_eq!(masking["exceptions"], value!(["SALES.CUSTOMERS.PHONE", "SALES.SETTINGS.VALUE"]));
}
