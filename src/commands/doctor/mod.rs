//! `adbctl doctor`: everything that a run needs, looked at before there is a run. It changes nothing.

mod cloud;
mod database;
mod findings;
mod local;

use findings::Findings;

use super::exit::{Exit, Failure};
use super::surroundings::Surroundings;
use crate::cli::{DoctorArgs, OutputForm};

/// `adbctl doctor [DB]`.
pub(super) async fn doctor(args: DoctorArgs, around: Surroundings) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    local::configuration(&mut findings, &around);
    let reached = cloud::cloud(&mut findings, &around).await;
    let names: Vec<String> = match &args.database {
        Some(name) => vec![name.clone()],
        None => around.settings.databases.keys().cloned().collect(),
    };
    for name in &names {
        database::database(&mut findings, &around, reached.as_ref(), name).await;
    }
    local::state(&mut findings, &around, args.database.as_deref()).await;
    local::sink(&mut findings, &around, reached.as_ref()).await;
    match around.global.output {
        OutputForm::Json => around.out.result(&findings.json()?)?,
        OutputForm::Text => around.out.result(&findings.text(around.out.screen().out))?,
    }
    Ok(findings.exit())
}
