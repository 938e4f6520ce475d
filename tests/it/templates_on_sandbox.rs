//! Every shipped template is understood by the databases of the sandbox.

use adbctl::db::{Drivers, SessionOptions};
use adbctl::model::Effect;
use adbctl::model::act::SqlCall;
use adbctl::sql::{Guard, Library, Rendered, Side};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::contract::admin_of;
use crate::support::Rehearsal;

/// What a database says of a statement: its out binds, or its error.
pub(crate) fn run(rehearsal: &Rehearsal, name: &str, rendered: &Rendered) -> Result<Value, String> {
    let (connection, password) = admin_of(rehearsal, name);
    let call = SqlCall {
        connection,
        text: rendered.text.clone(),
        returns: rendered.returns,
        binds: rendered.binds.clone(),
        limit_seconds: rendered.limit_seconds,
        consented: false,
    };
    let drivers = Drivers::new(crate::support::http(), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connector = drivers.connector("ords").unwrap();
        let mut session = connector
            .open(&call.connection, adbctl::db::Credentials::of(password), &SessionOptions::default())
            .await
            .map_err(|e| e.to_string())?;
        let reply = session.execute(&call, &CancellationToken::new()).await;
        reply.map(|reply| reply.value["binds"].clone()).map_err(|error| format!("{error} {:?}", error.causes))
    })
}

#[test]
fn reads_run_and_writes_bind() {
    let rehearsal = Rehearsal::new();
    let library = Library::shipped();
    // No database has this OCID, so every guard refuses: after everything behind it was bound, before any of it runs.
    let guard = Guard::new(
        json!("ocid1.autonomousdatabase.oc1.uk-london-1.elsewhere.example"),
        Vec::new(),
        "20260519t211000-k3fa".parse().unwrap(),
        "step".parse().unwrap(),
    );
    let mut failures = Vec::new();
    for name in library.names().filter(|name| *name != "guard/identity") {
        let template = library.get(name).unwrap();
        let mut arguments = template.samples();
        if name == "checks/apex_parameter" {
            // APEX refuses a name that it does not know.
            arguments.insert("parameter".into(), json!("SMTP_HOST_ADDRESS"));
        }
        if name == "jobs/runs_since" {
            // It is read as a moment as soon as there is a run to compare with.
            arguments.insert("since".into(), json!("2026-01-01T00:00:00"));
        }
        // There is no such credential, which is found out when everything has been bound and the address been read.
        let lacks_credential = name == "store/prove_credential";
        if lacks_credential {
            let bucket = "https://objectstorage.uk-london-1.oraclecloud.com/n/sandboxspace/b/adbctl/o/";
            arguments.insert("uri".into(), json!(bucket));
        }
        let rendered = template.render(&arguments, Some(&guard)).unwrap();
        let databases: &[&str] = match rendered.side {
            Side::Source => &["prod"],
            Side::Target => &["dev"],
            Side::Any => &["prod", "dev"],
        };
        for database in databases {
            let found = run(&rehearsal, database, &rendered);
            let fine = match &found {
                Ok(_) => rendered.effect == Effect::Read,
                Err(why) if lacks_credential => why.contains("ORA-20004"),
                Err(why) => rendered.effect != Effect::Read && why.contains("ORA-20903"),
            };
            if !fine {
                failures.push(format!("{name} on {database}: {found:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
