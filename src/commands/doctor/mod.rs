//! `adbctl doctor`: everything that a run needs, looked at before there is a run. It changes nothing.

mod before;
mod before_clone;
mod before_standby;
mod before_upgrade;
mod cloud;
mod database;
mod drills;
mod dumps;
mod findings;
mod local;

use findings::Findings;

use super::exit::{Exit, Failure};
use super::surroundings::Surroundings;
use crate::cli::{DoctorArgs, OutputForm};

/// `adbctl doctor [--for WHAT] [DB]`.
pub(super) async fn doctor(args: DoctorArgs, around: Surroundings) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    local::configuration(&mut findings, &around);
    let reached = cloud::cloud(&mut findings, &around).await;
    let names: Vec<String> = match &args.database {
        Some(name) => vec![name.clone()],
        None => around.settings.databases.keys().cloned().collect(),
    };
    let mut lists = before::Lists::of(&args, &mut findings, &around, reached.as_ref()).await;
    for name in &names {
        let patient = database::database(&mut findings, &around, reached.as_ref(), name).await;
        drills::last(&mut findings, &around, reached.as_ref(), name).await;
        lists.go_through(&mut findings, &around, name, patient.as_ref()).await;
    }
    lists.end(&mut findings);
    local::state(&mut findings, &around, args.database.as_deref()).await;
    local::sink(&mut findings, &around, reached.as_ref()).await;
    match around.global.output {
        OutputForm::Json => around.out.result(&findings.json()?)?,
        OutputForm::Text => around.out.result(&findings.text(around.out.screen().out))?,
    }
    Ok(findings.exit())
}
