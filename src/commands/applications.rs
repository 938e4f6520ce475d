//! `adbctl app` and `adbctl clone-app`: shorthands for the runbooks that move APEX applications.

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::procedures::{on_one, readable_by, renamed};
use super::refresh::run;
use super::surroundings::Surroundings;
use crate::cli::{
    AppCommand, AppExportArgs, AppImportArgs, CloneAppArgs, ExistingTables, NameList, Retention,
};

/// `adbctl app export` and `adbctl app import`.
pub(super) async fn app(command: AppCommand, around: Surroundings) -> Result<Exit, Failure> {
    match command {
        AppCommand::Export(args) => export(*args, around).await,
        AppCommand::Import(args) => import(*args, around).await,
    }
}

async fn export(args: AppExportArgs, around: Surroundings) -> Result<Exit, Failure> {
    let applications = args.app.as_ref().map(numbers).transpose()?;
    let args = on_one("app-export", args.database, args.options, |parameters| {
        if let Some(applications) = applications {
            parameters.json("applications", &applications);
        }
        parameters
            .text("workspace", args.workspace.map(|name| name.to_uppercase()))
            .flag("split", args.split)
            .flag("role_assignments", args.with_roles)
            .text("retention", args.retention.map(Retention::word))
            .text("label", args.label);
    });
    run(args, around).await
}

async fn import(args: AppImportArgs, around: Surroundings) -> Result<Exit, Failure> {
    let applications = args.app.as_ref().map(numbers).transpose()?;
    check_id(args.install.id.as_deref())?;
    let mut args = on_one("app-import", args.database, args.options, |parameters| {
        if let Some(applications) = applications {
            parameters.json("applications", &applications);
        }
        parameters
            .text("export", Some(args.export))
            .text("workspace", args.workspace.map(|name| name.to_uppercase()))
            .text("schema", args.schema)
            .install(&args.install)
            .flag("supporting_objects", args.supporting_objects)
            .flag("workspace_files", args.workspace_files);
    });
    std::mem::swap(&mut args.source, &mut args.target);
    run(args, around).await
}

/// `adbctl clone-app SOURCE TARGET`.
pub(super) async fn clone_app(args: CloneAppArgs, around: Surroundings) -> Result<Exit, Failure> {
    let applications = numbers(&args.app)?;
    check_id(args.install.id.as_deref())?;
    let version = readable_by(&args.target, &around).await?;
    let schemas = renamed(&args.schema)?;
    let mut run_args = on_one("clone-app", args.source, args.options, |parameters| {
        parameters
            .json("applications", &applications)
            .object("schemas", schemas)
            .text("workspace", args.workspace)
            .text("admin", args.admin)
            .text("admin_email", args.admin_email)
            .flag("must_exist", args.must_exist)
            .install(&args.install)
            .text("existing", args.existing.map(ExistingTables::word))
            .flag("strict", args.strict)
            .flag("live_counts", args.live_counts)
            .masks(&args.masks)
            .text("retention", args.retention.map(Retention::word))
            .text("version", Some(version))
            .number("parallel", args.parallel);
    });
    run_args.target = Some(args.target);
    run(run_args, around).await
}

/// Whether it says which number an application gets.
fn check_id(id: Option<&str>) -> Result<(), Failure> {
    match id {
        None | Some("keep" | "new") => Ok(()),
        Some(id) => number("--id", id).map(|_| ()),
    }
}

/// Applications' numbers.
fn numbers(list: &NameList) -> Result<Value, Failure> {
    list.0.iter().map(|text| number("--app", text)).collect::<Result<Vec<_>, _>>().map(|all| json!(all))
}

fn number(flag: &str, text: &str) -> Result<u64, Failure> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{flag} {text}: {text} is no application's number"))
            .help("write the number that APEX shows, such as 100")
    })
}
