//! Start of the program, check of a runbook, and the plan of a runbook with 10,000 steps.

mod measure;
#[path = "measure/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use adbctl::actions::Facts;
use adbctl::engine::PlannedDatabase;
use adbctl::model::SourceText;
use adbctl::runbook::{Selection, compile, load};
use measure::{report, times};
use process::{adbctl, finish};
use serde_json::{Map, json};

const STEPS: usize = 10_000;

/// A chain in which every step refers to an output of the one before and every tenth is skipped.
fn runbook() -> anyhow::Result<String> {
    let mut text = String::from(
        "format = 1\ntitle = \"Many steps\"\n\n[database.target]\ndoc = \"any\"\naccess = \"read\"\n",
    );
    for n in 0..STEPS {
        let before = n.checked_sub(1).map_or_else(
            || "{{ target.ocid }}".to_owned(),
            |before| format!("{{{{ steps.s{before}.ocid }}}}"),
        );
        write!(
            text,
            "\n[[step]]\nid = \"s{n}\"\ntitle = \"Step {n}\"\nrun.describe-database = {{ database = \"{before}\" }}\n"
        )?;
        if n % 10 == 9 {
            text.push_str("when = \"target.name == 'dev'\"\n");
        }
    }
    Ok(text)
}

fn facts() -> anyhow::Result<Facts> {
    let ocid = "ocid1.autonomousdatabase.oc1.uk-london-1.dev.example";
    let dev = PlannedDatabase { name: "dev".into(), ocid: ocid.into(), production: false };
    let mut seen = Map::new();
    let password = json!({ "env": "DEV_PASSWORD" });
    let address = "https://dev.example.com/ords/";
    seen.insert(
        "target".into(),
        json!({ "name": "dev", "ocid": ocid, "driver": "ords", "ords_url": address, "user": "ADMIN", "password": password }),
    );
    Ok(Facts {
        run: "20260519t211000-k3fa".parse()?,
        folder: "runs/20260519t211000-k3fa".into(),
        databases: BTreeMap::from([("target".into(), dev)]),
        seen,
        storage: serde_json::Map::new(),
        production: Vec::new(),
        consents: Vec::new(),
        given: Map::new(),
        settings_sha256: String::new(),
    })
}

fn main() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let path = home.path();
    report("adbctl --version", times(30, || finish(&mut adbctl(path, &["--version"])))?, "target 10 ms")?;
    let check = times(30, || finish(&mut adbctl(path, &["runbook", "check", "refresh"])))?;
    report("adbctl runbook check refresh", check, "target 10 ms")?;
    let text = runbook()?;
    fs_err::write(path.join("many.toml"), &text)?;
    let source = SourceText::new("many.toml", text);
    let facts = facts()?;
    let whole = times(7, || {
        let runbook = load("many", &source).map_err(|mistakes| anyhow::anyhow!("{:?}", mistakes.first()))?;
        let plan = compile(&runbook, &facts, &Selection::default(), "")
            .map_err(|errors| anyhow::anyhow!("{:?}", errors.first()))?;
        anyhow::ensure!(plan.steps.len() == STEPS);
        Ok(())
    })?;
    report("load and plan 10,000 steps", whole, "target 250 ms")?;
    let check = times(7, || finish(&mut adbctl(path, &["runbook", "check", "./many.toml"])))?;
    report("adbctl runbook check, 10,000 steps", check, "")
}
