//! Masked exports: what arrives, what stays equal, what stops a run, and that nothing is left behind.

use std::path::PathBuf;

use adbctl::sql::{Guard, Library};
use serde_json::{Value, json as value};

use crate::capture::alter;
use crate::contract::rows;
use crate::orders::flat;
use crate::support::{Ended, Rehearsal, json};
use crate::templates_on_sandbox;

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

fn import(rehearsal: &Rehearsal, label: &str, schemas: &str, more: &[&str]) {
    let words = ["import", "dev", "--dump", &prefix(label), "--schema", schemas, "--yes"];
    rehearsal.on_sandbox(&[&words[..], more].concat()).expect(0);
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
    let customers_alone = [&MASKS[..8], &["--set", "only_tables=[\"customers\"]"]].concat();
    export(&rehearsal, "two", KEY, &customers_alone).expect(0);
    export(&rehearsal, "three", OTHER, &customers_alone).expect(0);
    nothing_left(&rehearsal);
    import(&rehearsal, "one", "SALES:SALES_A,SALES_REPORT:REPORT_A", &[]);
    // What the one table's foreign key refers to is not in the dump.
    let alone = ["--set", "exclude=[\"REF_CONSTRAINT\"]"];
    import(&rehearsal, "two", "SALES:SALES_B,SALES_REPORT:REPORT_B", &alone);
    import(&rehearsal, "three", "SALES:SALES_C,SALES_REPORT:REPORT_C", &alone);

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
    assert!(
        after.iter().zip(&other).all(|(a, b)| a["email"] != b["email"]),
        "another key gives other values"
    );

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
        &["there is no function NOBODY.TOOLS.HIDE in a package"],
    );
    // The package is there.
    check(
        5,
        &["--mask", "sales.customers.email=sales.shop.hide"],
        &["there is no function SALES.SHOP.HIDE in a package"],
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

#[test]
fn a_masked_export_that_halts_goes_on_with_its_masks_and_keeps_joins_and_nulls() {
    let rehearsal = prepared();
    for text in [
        "create table sales.letters (letter_id number primary key, sent_to varchar2(200), body clob)",
        "begin insert into sales.letters (letter_id, sent_to) select customer_id, email from sales.customers; \
         update sales.customers set phone = null where mod(customer_id, 3) = 0; \
         update sales.letters set sent_to = null where mod(letter_id, 5) = 0; commit; end;",
        "create package sales.veil as function shade(p in varchar2) return varchar2; end;",
        "create package body sales.veil as function shade(p in varchar2) return varchar2 is begin return 'veiled ' || length(p); end; end;",
    ] {
        alter(&rehearsal, "prod", text);
    }
    let rules = [
        "--mask",
        "sales.customers.email=email",
        "--mask",
        "sales.letters.sent_to=email",
        "--mask",
        "sales.customers.phone=phone",
        "--mask",
        "sales.customers.name=sales.veil.shade",
    ];
    // A job that is refused: the masks are gone, and made again where the run goes on.
    let made = || {
        let audit = rehearsal.audit();
        audit.iter().filter(|line| line["step"] == "masks" && line["effect"] == "write").count()
    };
    let refused =
        export(&rehearsal, "none", KEY, &[&rules[..], &["--set", "consistent_at=no moment"]].concat());
    assert!(said(&refused).contains("Data Pump refused job"), "{}", said(&refused));
    let before = made();
    rehearsal.on_sandbox(&["resume", "--yes"]).expect(refused.code);
    assert_eq!(made(), 2 * before);
    rehearsal.fault(&value!({
        "path": "*sql*", "count": 1, "action": { "engine": { "name": "pump-fatal", "detail": {} } },
    }));
    let halted = export(&rehearsal, "one", KEY, &rules).expect(6);
    assert!(said(&halted).contains("resume this run to let the job go on"), "{}", said(&halted));
    let masks = "select object_name from dba_objects where object_name like '%MASKS%'";
    assert!(rows(&rehearsal, "prod", masks).is_empty(), "nothing of the masks waits for the resume");
    let resumed = rehearsal.on_sandbox(&["resume", "--yes"]).expect(0);
    assert!(said(&resumed).contains("go on"), "{}", said(&resumed));
    nothing_left(&rehearsal);
    unwritten(&rehearsal, KEY);
    import(&rehearsal, "one", "SALES:SALES_A,SALES_REPORT:REPORT_A", &[]);
    let one = |database: &str, query: &str, schema: &str| {
        rows(&rehearsal, database, &query.replace("{s}", schema))[0].clone()
    };
    for query in [
        "select count(*) as joined from {s}.customers c join {s}.letters l on l.sent_to = c.email",
        "select count(*) - count(phone) as without_phone, count(*) as n from {s}.customers",
        "select count(*) - count(sent_to) as to_nobody, count(distinct sent_to) as people from {s}.letters",
    ] {
        let before = one("prod", query, "sales");
        assert!(before.as_object().unwrap().values().all(|n| n.as_i64() > Some(100)), "{before}");
        assert_eq!(one("dev", query, "sales_a"), before, "{query}");
    }
    let clear = "select count(*) as n from {s}.customers where email like 'customer%'";
    assert!(one("prod", clear, "sales")["n"].as_i64() > Some(100));
    assert_eq!(one("dev", clear, "sales_a")["n"], 0);
    let lengths =
        "select customer_id, 'veiled ' || length(name) as name from sales.customers order by customer_id";
    let veiled = "select customer_id, name from sales_a.customers order by customer_id";
    assert_eq!(rows(&rehearsal, "dev", veiled), rows(&rehearsal, "prod", lengths), "a function of one's own");
}

/// The shipped masks as the databases have them: made by the template under two keys.
#[test]
fn shipped_masks_keep_what_they_promise() {
    let rehearsal = Rehearsal::new();
    let library = Library::shipped();
    let make = library.get("masking/make_package").unwrap();
    let guard = Guard::new(
        rehearsal.description()["databases"]["dev"]["ocid"].clone(),
        Vec::new(),
        "20260519t211000-k3fa".parse().unwrap(),
        "step".parse().unwrap(),
    );
    for (package, secret) in [("MASKS_ONE", KEY), ("MASKS_TWO", OTHER)] {
        let arguments = value!({ "package_name": package, "masking_key": secret });
        let package_made = make.render(arguments.as_object().unwrap(), Some(&guard)).unwrap();
        templates_on_sandbox::run(&rehearsal, "dev", &package_made).unwrap();
    }
    let masked = |package: &str, call: &str| -> Value {
        rows(&rehearsal, "dev", &format!("select {package}.{call} as v from dual"))[0]["v"].clone()
    };
    // What a mask of text must keep, and that the key alone decides.
    let check = |function: &str, values: &[&str]| {
        for clear in values {
            let call = format!("{function}('{clear}')");
            let (one, two) = (masked("masks_one", &call), masked("masks_two", &call));
            let kept = one.as_str().unwrap_or_else(|| panic!("{call} gives {one}"));
            assert_eq!(kept.chars().count(), clear.chars().count(), "{call} gives {kept}");
            assert_eq!(one, masked("masks_one", &call), "{call}");
            if clear.chars().filter(char::is_ascii_alphanumeric).count() > 3 {
                assert!(one != value!(clear) && one != two, "{call} gives {one} and {two}");
            }
            if function != "mask_email" {
                let plain: String = clear
                    .chars()
                    .map(|c| {
                        if c.is_ascii() {
                            c
                        } else if c.is_uppercase() {
                            'A'
                        } else {
                            'a'
                        }
                    })
                    .collect();
                assert_eq!(shape(&one), shape(&value!(plain)), "{call}");
            }
        }
        for nothing in ["null", "\'\'"] {
            assert_eq!(masked("masks_one", &format!("{function}({nothing})")), Value::Null);
        }
    };
    check(
        "mask_email",
        &["ann.lee@example.org", "a@b.co", "short@x.io", "no address", "x", "jürgen.müller@büro.example"],
    );
    check("mask_phone", &["+44 20 7946 0958", "(020) 7946-0958 ext. 12", "5"]);
    check("mask_name", &["Ann Lee", "Ólafur Ærøy", "O-Brien Mc-Donald", "李小龙"]);
    check("mask_national_id", &["QQ 12 34 56 C", "123-45-6789"]);
    check("mask_free_text", &["Call Ann at 5, Jürgen; or later.", " "]);
    // The longest that a column holds is neither cut nor longer afterwards.
    for function in ["mask_email", "mask_free_text"] {
        let call = format!("{function}(rpad('abc def ', 4000, 'xyz ') || '')");
        assert_eq!(masked("length(masks_one", &format!("{call})")), 4000, "{function}");
    }
    // E-mail addresses stay addresses, of nobody; case and what stands around do not matter.
    let mail = masked("masks_one", "mask_email('Ann.Lee@Example.org')");
    assert_eq!(
        mail.as_str().unwrap().to_lowercase(),
        masked("masks_one", "mask_email('ann.lee@example.org')").as_str().unwrap().to_lowercase()
    );
    assert!(mail.as_str().unwrap().ends_with("@example.com"), "{mail}");
    assert_eq!(shape(&masked("masks_one", "mask_phone('(020) 7946-0958')")), "(999) 9999-9999");
    let digits = |text: &str| -> String {
        masked("masks_one", &format!("mask_phone('{text}')"))
            .as_str()
            .unwrap()
            .chars()
            .filter(char::is_ascii_digit)
            .collect()
    };
    assert_eq!(digits("020 7946 0958"), digits("(020) 7946-0958"), "joins hold across ways of writing");
    // Numbers keep sign, digits and point; zero and NULL stay.
    for (clear, form) in
        [("1234.56", "9999.99"), ("-7", "-9"), ("0.05", ".99"), ("900000000000", "999999999999")]
    {
        let shown = |package: &str| masked(&format!("to_char({package}"), &format!("mask_number({clear}))"));
        let one = shown("masks_one");
        assert_eq!(shape(&one), form, "{clear} gives {one}");
        assert_eq!(one, shown("masks_one"));
    }
    assert_eq!(masked("masks_one", "mask_number(0)"), 0);
    for call in ["mask_number(null)", "mask_date(null)", "mask_timestamp(null)"] {
        assert_eq!(masked("masks_one", call), Value::Null, "{call}");
    }
    // Dates move all by the same, by other days under another key, and times of day stay.
    let days = |package: &str, day: &str| {
        masked(&format!("date '{day}' - {package}"), &format!("mask_date(date '{day}')"))
    };
    assert_eq!(days("masks_one", "2026-05-19"), days("masks_one", "1971-01-01"));
    assert_ne!(days("masks_one", "2026-05-19"), days("masks_two", "2026-05-19"));
    let clock =
        masked("to_char(masks_one", "mask_timestamp(timestamp '2026-05-19 21:10:00.125'), 'HH24:MI:SS.FF3')");
    assert_eq!(clock, "21:10:00.125");
}

#[test]
fn types_that_no_mask_is_for_are_named_before_anything_leaves() {
    let rehearsal = prepared();
    for text in [
        "create table sales.people (person_id number primary key, full_name nvarchar2(60), cell nchar(12), story clob, essay nclob, born timestamp with time zone)",
        "begin insert into sales.people values (1, n'Ann Lee', n'5', 'ask ann.lee@example.org now', null, systimestamp); commit; end;",
    ] {
        alter(&rehearsal, "prod", text);
    }
    let rules = [
        "--mask",
        "sales.people.full_name=name",
        "--mask",
        "sales.people.cell=phone",
        "--mask",
        "sales.people.story=free_text",
        "--mask",
        "sales.people.essay=free_text",
        "--mask",
        "sales.people.born=timestamp",
    ];
    let ended = said(&export(&rehearsal, "one", KEY, &rules).expect(6));
    for wanted in [
        "SALES.PEOPLE.FULL_NAME: rule name is not for type NVARCHAR2",
        "SALES.PEOPLE.CELL: rule phone is not for type NCHAR",
        "SALES.PEOPLE.STORY: rule free_text is not for type CLOB",
        "SALES.PEOPLE.ESSAY: rule free_text is not for type NCLOB",
        "SALES.PEOPLE.BORN: rule timestamp is not for type TIMESTAMP(6) WITH TIME ZONE",
        "a packaged function of your own",
    ] {
        assert!(ended.contains(wanted), "{wanted}: {ended}");
    }
    // The beginning of a large table tells nothing of it: a share of all its rows is looked at.
    for text in [
        "create table sales.archive (entry_id number primary key, remark varchar2(100))",
        "begin insert into sales.archive select level, case when level > 300 then level || '@example.org' else 'nothing' end \
         from dual connect by level <= 2000; commit; dbms_stats.set_table_stats('SALES', 'ARCHIVE', numrows => 200000); end;",
    ] {
        alter(&rehearsal, "prod", text);
    }
    let exceptions = "masking_exceptions=[\"sales.customers.name\", \"sales.customers.email\", \"sales.customers.phone\", \"sales.settings.value\"]";
    let required =
        said(&export(&rehearsal, "one", KEY, &["--masking", "required", "--set", exceptions]).expect(5));
    assert!(required.contains("SALES.PEOPLE.STORY (email in 100 % of a sample)"), "{required}");
    assert!(required.contains("SALES.PEOPLE.FULL_NAME (name by its name)"), "{required}");
    assert!(required.contains("SALES.ARCHIVE.REMARK (email in 86 % of a sample)"), "{required}");
}
