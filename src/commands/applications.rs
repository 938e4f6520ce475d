//! `adbctl app`: shorthands for the runbooks that move APEX applications.

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::procedures::on_one;
use super::refresh::run;
use super::surroundings::Surroundings;
use crate::cli::{AppCommand, AppExportArgs, AppImportArgs, NameList, Retention};

/// `adbctl app export` and `adbctl app import`.
pub(super) async fn app(command: AppCommand, around: Surroundings) -> Result<Exit, Failure> {
    match command {
        AppCommand::Export(args) => export(args, around).await,
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
    if let Some(id) = &args.id
        && id != "keep"
        && id != "new"
    {
        number("--id", id)?;
    }
    let mut args = on_one("app-import", args.database, args.options, |parameters| {
        if let Some(applications) = applications {
            parameters.json("applications", &applications);
        }
        parameters
            .text("export", Some(args.export))
            .text("workspace", args.workspace.map(|name| name.to_uppercase()))
            .text("schema", args.schema)
            .text("id", args.id)
            .text("alias", args.alias)
            .flag("overwrite", args.overwrite)
            .flag("supporting_objects", args.supporting_objects)
            .flag("workspace_files", args.workspace_files);
    });
    std::mem::swap(&mut args.source, &mut args.target);
    run(args, around).await
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
