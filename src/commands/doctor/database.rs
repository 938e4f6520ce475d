//! One database of the configuration: found, in which state, reached how, and whether SQL works there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::exit::{Exit, Failure};
use super::super::locate::{self, Located, NAME_TAG, gone_namesakes, locate};
use super::super::probe::Probe;
use super::super::surroundings::Surroundings;
use super::cloud::Reached;
use super::findings::Findings;
use crate::db::DbError;
use crate::db::driver::AVAILABLE;
use crate::db::driver::client::{Found, VARIABLE, look};
use crate::model::{Category, SecretRef};
use crate::oci::Oci;
use crate::oci::database::{Lifecycle, LifecycleKind};
use crate::settings::{DatabaseSettings, Driver, Role, SettingsError};
use crate::sql::{Library, Side, simple_name};

/// The checks that need a password and an answering address.
const SQL_CHECKS: &[&str] = &["identity", "privileges", "database version", "APEX version"];

/// Time for the database's web server to answer a plain request.
const PAGE_LIMIT: std::time::Duration = std::time::Duration::from_secs(15);

/// A database that was found, with a way to ask it where it is open and lets the user in.
pub(super) struct Patient<'a> {
    pub(super) settings: &'a DatabaseSettings,
    pub(super) located: Located,
    pub(super) oci: &'a Oci,
    pub(super) probe: Option<Probe<'a>>,
}

/// Looks at one database.
pub(super) async fn database<'a>(
    findings: &mut Findings,
    around: &'a Surroundings,
    reached: Option<&'a Reached>,
    name: &str,
) -> Option<Patient<'a>> {
    findings.begin(format!("Database {name}"));
    let settings = match around.settings.database(name) {
        Ok(settings) => settings,
        Err(SettingsError::UnknownDatabase { file, advice, .. }) => {
            findings.failed("found", format!("{file} has no database called {name:?}"), advice);
            return None;
        }
        Err(error) => {
            findings.error("found", error);
            return None;
        }
    };
    findings.passed("role", format!("{} ({})", settings.role.value, settings.role.origin));
    let after = ["state", "network", "driver", "ORDS", "password", "log on"];
    let Some(reached) = reached else {
        findings.unchecked(&["found"], "the cloud cannot be used");
        findings.unchecked(&after, "the cloud cannot be used");
        findings.unchecked(SQL_CHECKS, "the cloud cannot be used");
        return None;
    };
    let gone = gone_namesakes(&reached.oci, settings, name).await;
    let located = match locate(&reached.oci, &around.settings, name).await {
        Ok(located) => located,
        Err(mut failure) => {
            if !gone.is_empty() {
                failure.causes.push(format!("terminated ones do not count: {}", gone.join(", ")));
            }
            findings.error("found", failure);
            findings.unchecked(&after, "the database was not found");
            findings.unchecked(SQL_CHECKS, "the database was not found");
            return None;
        }
    };
    findings.passed("found", format!("{} by {}", located.ocid(), found_by(&located, settings)));
    if !gone.is_empty() {
        findings.note("namesakes", format!("terminated, and do not count: {}", gone.join(", ")), None);
    }
    let probe = look_inside(findings, reached, settings, &located).await;
    Some(Patient { settings, located, oci: &reached.oci, probe })
}

/// Whether it is open, how it is reached, and what it says of itself. Gives the way in, where there is one.
async fn look_inside<'a>(
    findings: &mut Findings,
    reached: &'a Reached,
    settings: &DatabaseSettings,
    located: &Located,
) -> Option<Probe<'a>> {
    let open = state(findings, &located.record);
    network(findings, &located.record);
    driver(findings, &located.record, settings, &located.name);
    let facts = located.facts(settings);
    if !open {
        findings.unchecked(&["ORDS", "password", "log on"], "the database is not open");
        findings.unchecked(SQL_CHECKS, "the database is not open");
        return None;
    }
    let answers = ords(findings, reached, &facts).await;
    let password = password(findings, reached, settings, &located.name).await;
    if !answers || !password {
        let why = if answers { "there is no password" } else { "its address does not answer" };
        findings.unchecked(&["log on"], why);
        findings.unchecked(SQL_CHECKS, why);
        return None;
    }
    let probe = Probe::of(&reached.oci, reached.secrets.as_ref(), &facts);
    if let Err(error) = probe.log_on().await {
        findings.error("log on", refused(error, settings));
        findings.unchecked(SQL_CHECKS, "nobody is logged on");
        return None;
    }
    findings.passed("log on", format!("as {}", settings.connect.user.value));
    probe.identity(findings, located).await;
    probe.privileges(findings, settings).await;
    probe.versions(findings).await;
    Some(probe)
}

/// By which of the three ways the database was found; they are tried in this order.
fn found_by(located: &Located, settings: &DatabaseSettings) -> String {
    let display = settings.display_name.as_ref().map(|d| d.value.as_str());
    if located.record["freeformTags"][NAME_TAG] == located.name.as_str() {
        format!("its tag {NAME_TAG}")
    } else if let Some(display) = display.filter(|display| located.record["displayName"] == **display) {
        format!("its display name {display}")
    } else {
        format!("its OCID; a refresh gives it another one and the tag {NAME_TAG} with it")
    }
}

/// Whether the database is open for statements.
fn state(findings: &mut Findings, record: &Value) -> bool {
    let word = record["lifecycleState"].as_str().unwrap_or("unknown").to_owned();
    let details = record["lifecycleDetails"].as_str().map(|d| format!(" ({d})")).unwrap_or_default();
    let text = format!("{word}{details}");
    match Lifecycle(word).kind() {
        LifecycleKind::Usable => {
            findings.passed("state", text);
            return true;
        }
        LifecycleKind::Off => {
            findings.failed(
                "state",
                text,
                "start it, or let a run start it where the configuration consents",
            );
        }
        LifecycleKind::Moving => {
            findings.failed("state", text, "wait until its work has ended, then look again");
        }
        LifecycleKind::Gone | LifecycleKind::Failed | LifecycleKind::Unknown => {
            findings.failed("state", text, "look at the database in the console");
        }
    }
    false
}

fn network(findings: &mut Findings, record: &Value) {
    match (record["privateEndpointIp"].as_str(), record["privateEndpoint"].as_str()) {
        (None, None) => {
            let allowed = record["whitelistedIps"].as_array().filter(|list| !list.is_empty());
            let list = allowed.map_or_else(
                || "without an access list".to_owned(),
                |list| {
                    format!("for {}", list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
                },
            );
            findings.passed("network", format!("public endpoint, {list}"));
        }
        (address, host) => {
            let parts: Vec<&str> = host.into_iter().chain(address).collect();
            findings.passed("network", format!("private endpoint {}", parts.join(" at ")));
        }
    }
}

/// What `auto` comes to, and what else could be.
fn driver(findings: &mut Findings, record: &Value, settings: &DatabaseSettings, name: &str) {
    let workload = record["dbWorkload"].as_str().unwrap_or("unknown");
    let driver = locate::driver(record, &settings.connect);
    let why = match (settings.connect.driver.value, workload, driver) {
        (Driver::Auto, "APEX", _) => "the only way into a database of APEX Service".to_owned(),
        (Driver::Auto, _, Driver::Ords) => "REST-Enabled SQL at the configured address".to_owned(),
        (Driver::Auto, workload, _) => format!("SQL*Net, for workload {workload}"),
        _ => "as configured".to_owned(),
    };
    // Database Tools reaches it from inside its network.
    let private = record["privateEndpointIp"].as_str().filter(|_| driver != Driver::Dbtools);
    let remedy = private.map(|address| {
        format!(
            "its host name must lead to {address} from here: through the network, a proxy, or a tunnel pinned under \
             [oci.resolve]; driver = \"dbtools\" under [database.{name}.connect] would reach it without that"
        )
    });
    findings.note("driver", format!("{driver}: {why}"), remedy);
    if workload != "APEX" {
        client(findings, name, driver, &look(name));
    }
}

/// Whether Oracle's client library lies on this machine; the driver that needs it is suggested only where it does.
fn client(findings: &mut Findings, name: &str, driver: Driver, found: &Found) {
    let wanted = driver == Driver::Thick;
    let there = AVAILABLE.contains(&Driver::Thick.word());
    match &found.library {
        Some(library) if wanted && there => findings.passed("client library", library.to_string()),
        Some(library) if there => findings.note(
            "client library",
            library.to_string(),
            Some(format!("driver = \"thick\" under [database.{name}.connect] would use it")),
        ),
        _ if !there && wanted => findings.failed(
            "client library",
            "the driver thick is not part of this version",
            "take driver = \"thin\", or a version that was built with the feature thick",
        ),
        _ if wanted => findings.failed(
            "client library",
            format!("not found; looked in {}", found.places.join("; ")),
            format!(
                "install Oracle Instant Client and name its directory in LD_LIBRARY_PATH, in {VARIABLE} or as \
                 client_library under [database.{name}.connect]; or take driver = \"thin\""
            ),
        ),
        _ => {}
    }
}

/// Whether the database's web server answers at all, whoever asks.
async fn ords(findings: &mut Findings, reached: &Reached, facts: &Value) -> bool {
    let Some(url) = facts["ords_url"].as_str() else {
        findings.failed(
            "ORDS",
            "the service names no ORDS address",
            "set address under [database.NAME.connect], ending in /ords/",
        );
        return false;
    };
    match reached.oci.http().get(url).timeout(PAGE_LIMIT).send().await {
        Ok(answer) if answer.status().is_server_error() => {
            findings.failed(
                "ORDS",
                format!("{url} answers {}", answer.status()),
                "wait a few minutes if the database was just opened; else look at its tools configuration",
            );
            false
        }
        Ok(_) => {
            findings.passed("ORDS", format!("{url} answers"));
            true
        }
        Err(error) => {
            let mut found = format!("{url} does not answer");
            let error = error.without_url();
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(next) = cause {
                found = format!("{found}; {next}");
                cause = next.source();
            }
            let advice = "check the way there: name service, access list, private network, proxy, tunnel";
            findings.failed("ORDS", found, advice);
            false
        }
    }
}

/// Whether the reference to the password gives one.
async fn password(
    findings: &mut Findings,
    reached: &Reached,
    settings: &DatabaseSettings,
    name: &str,
) -> bool {
    let Some(reference) = settings.connect.password.as_ref().map(|p| &p.value) else {
        if settings.connect.driver.value == Driver::Dbtools {
            findings.note("password", "none is needed: Database Tools logs on with its own", None);
            return true;
        }
        let missing = format!("database {name} has no password");
        let help = format!(
            "name its source under [database.{name}.connect]: {{ file = … }}, {{ vault = … }} or another"
        );
        findings.error("password", Failure::new(Exit::Wrong, missing).help(help));
        return false;
    };
    if matches!(reference, SecretRef::Prompt(_)) {
        findings.note("password", "asked at the terminal", None);
        return true;
    }
    match reached.secrets.resolve(reference).await {
        Ok(_) => {
            findings.passed("password", format!("from {reference}"));
            true
        }
        Err(error) => {
            findings.error("password", error);
            false
        }
    }
}

/// A refused password is never tried again: three tries can lock the account.
fn refused(error: DbError, settings: &DatabaseSettings) -> DbError {
    if error.category != Category::Denied || error.advice.is_some() {
        return error;
    }
    let user = &settings.connect.user.value;
    error.advise(format!(
        "check user {user} and its password before trying again: wrong ones lock the account"
    ))
}

/// What doctor asks every database.
impl Probe<'_> {
    /// The database's own word on who it is, against the service's.
    async fn identity(&self, findings: &mut Findings, located: &Located) {
        match self.rows("identity/show", Map::new()).await {
            Ok(rows) => match rows[0]["database_ocid"].as_str() {
                Some(own) if own.eq_ignore_ascii_case(located.ocid()) => {
                    findings.passed("identity", "the database says the same OCID as the service");
                }
                Some(own) => findings.failed(
                    "identity",
                    format!("the address leads to another database: {own}"),
                    "correct address under [database.NAME.connect], or the tunnel behind it",
                ),
                None => findings.failed(
                    "identity",
                    "the database does not say its OCID",
                    format!("user {} needs SELECT on V$PDBS; without it every guard refuses", self.user()),
                ),
            },
            Err(failure) => findings.error("identity", failure),
        }
    }

    /// Whether every dictionary view that the templates read can be read.
    async fn privileges(&self, findings: &mut Findings, settings: &DatabaseSettings) {
        let views = needed_views(settings.role.value);
        let mut missing = Vec::new();
        for view in &views {
            match self.count(&format!("{view} where 1 = 0")).await {
                Ok(_) => {}
                Err(error) if matches!(error.category, Category::NotFound | Category::Denied) => {
                    missing.push(view.as_str());
                }
                Err(error) => {
                    findings.error("privileges", error);
                    return;
                }
            }
        }
        if missing.is_empty() {
            findings.passed("privileges", format!("all {} dictionary views can be read", views.len()));
        } else {
            let user = self.user();
            let list = missing.join(", ");
            findings.failed(
                "privileges",
                format!("{user} cannot read {list}"),
                format!("use ADMIN, or grant select on {list} to {user}"),
            );
        }
    }

    async fn versions(&self, findings: &mut Findings) {
        match self.rows("doctor/database_version", Map::new()).await {
            Ok(rows) => {
                let text = |field: &str| rows[0][field].as_str().unwrap_or("unknown").to_owned();
                findings.passed("database version", format!("{} {}", text("product"), text("version_full")));
            }
            Err(failure) => findings.error("database version", failure),
        }
        match self.rows("doctor/apex_version", Map::new()).await {
            Ok(rows) => match rows[0]["version_no"].as_str() {
                Some(version) => findings.passed("APEX version", version),
                None => findings.note("APEX version", "APEX is not installed", None),
            },
            Err(failure) if failure.message.contains("ORA-00942") => {
                let why = "APEX is not there, or not for this user; a refreshable clone has none";
                findings.note("APEX version", why, None);
            }
            Err(failure) => findings.error("APEX version", failure),
        }
    }
}

/// The views that the headers of the templates name, of those templates that can concern a database of this role.
fn needed_views(role: Role) -> BTreeSet<String> {
    let library = Library::shipped();
    let templates =
        library.names().filter(|name| !name.starts_with("doctor/")).filter_map(|n| library.get(n).ok());
    let concerned = templates.filter(|t| role != Role::Production || t.header().side != Side::Target);
    concerned.flat_map(|template| views_of(&template.header().privileges)).collect()
}

/// `ALTER USER, SELECT on DBA_USERS and V$PDBS` names `DBA_USERS` and `V$PDBS`.
fn views_of(privileges: &str) -> Vec<String> {
    privileges
        .split([',', ';'])
        .filter_map(|part| part.trim().strip_prefix("SELECT on "))
        .flat_map(|list| list.split(" and "))
        .filter_map(|name| simple_name(name.trim()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn views_in_headers() {
        fn check(text: &str, wanted: &[&str]) {
            assert_eq!(views_of(text), wanted, "{text}");
        }
        check("SELECT on DBA_OBJECTS and DBA_USERS", &["DBA_OBJECTS", "DBA_USERS"]);
        check("MANAGE SCHEDULER, CREATE ANY JOB, SELECT on DBA_SCHEDULER_JOBS", &["DBA_SCHEDULER_JOBS"]);
        check("SELECT on V$PDBS", &["V$PDBS"]);
        check("APEX_ADMINISTRATOR_ROLE", &[]);
        check("SELECT on a b", &[]);
        for role in [Role::Production, Role::Nonproduction] {
            assert!(needed_views(role).contains("V$PDBS"), "{role}");
        }
    }

    #[test]
    fn states() {
        fn check(word: &str, open: bool) {
            let mut findings = Findings::default();
            assert_eq!(state(&mut findings, &json!({ "lifecycleState": word })), open, "{word}");
            assert_eq!(findings.exit(), if open { Exit::Done } else { Exit::CheckFailed }, "{word}");
        }
        check("AVAILABLE", true);
        check("STOPPED", false);
        check("UPDATING", false);
        check("UNAVAILABLE", false);
        check("SOMETHING_NEW", false);
    }

    #[test]
    fn ways_to_be_found() {
        let mut record =
            json!({ "id": "ocid1.a", "displayName": "Dev", "freeformTags": { NAME_TAG: "dev" } });
        let settings: DatabaseSettings = {
            use crate::settings::{ConnectSettings, ServiceLevel, Sourced, WalletChoice};
            DatabaseSettings {
                ocid: None,
                display_name: Some(Sourced::built_in("Dev".to_owned())),
                compartment: None,
                role: Sourced::built_in(Role::Nonproduction),
                connect: ConnectSettings {
                    driver: Sourced::built_in(Driver::Auto),
                    user: Sourced::built_in("ADMIN".to_owned()),
                    password: None,
                    service: Sourced::built_in(ServiceLevel::Low),
                    address: None,
                    wallet: Sourced::built_in(WalletChoice::Download),
                    wallet_password: None,
                    client_library: None,
                    results: None,
                },
                consent: None,
            }
        };
        let mut check = |change: fn(&mut Value), wanted: &str| {
            change(&mut record);
            let located = Located { name: "dev".to_owned(), record: record.clone() };
            assert!(found_by(&located, &settings).starts_with(wanted), "{wanted}");
        };
        check(|_| {}, "its tag");
        check(|record| record["freeformTags"] = json!({}), "its display name");
        check(|record| record["displayName"] = json!("Other"), "its OCID");
    }
}
