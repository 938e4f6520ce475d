//! `adbctl wallet get`.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::super::execute::sink;
use super::super::exit::{Exit, Failure};
use super::super::locate::locate;
use super::super::surroundings::Surroundings;
use super::inspect::{prove, show};
use super::look::Look;
use super::place::{download, free, reference, write_directory, write_zip};
use crate::cli::WalletGetArgs;
use crate::model::{ActionError, Secret, SecretRef, SecretSource};
use crate::oci::{CallContext, Oci};
use crate::secret::generate;
use crate::secret::sink::SecretSink;

/// `adbctl wallet get DB`.
pub(super) async fn get(args: WalletGetArgs, around: &Surroundings) -> Result<Exit, Failure> {
    let name = args.database.as_str();
    around.settings.database(name)?;
    let zip = match (&args.zip, &args.directory) {
        (None, None) => Some(Utf8PathBuf::from(format!("{name}-wallet.zip"))),
        (zip, _) => zip.clone(),
    };
    let given = args.password.as_deref();
    let given = given.map(|text| reference("--password", text, &format!("password of the wallet of {name}")));
    let given = given.transpose()?;
    let places: Vec<&Utf8Path> = zip.iter().chain(&args.directory).map(Utf8PathBuf::as_path).collect();
    for place in &places {
        free(place, args.force)?;
    }
    let (oci, secrets) = around.cloud().await?;
    let located = locate(&oci, &around.settings, name).await?;
    if located.record["dbWorkload"] == "APEX" {
        return Err(Failure::refused(format!(
            "{name} is an APEX Service database, which has no SQL*Net and no wallet"
        ))
        .help("it is reached over HTTPS: adbctl sql reaches it without a wallet"));
    }
    if around.global.dry_run.is_some() {
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        around.out.result(&format!(
            "would download the wallet of {name} ({}) into {}",
            located.ocid(),
            places.join(" and ")
        ))?;
        return Ok(Exit::Done);
    }
    let (password, kept) = password(name, given, around, &oci, secrets.as_ref()).await?;
    let contents = download(&oci, located.ocid(), &password).await?;
    let mut look = Look::at(&contents, Some(&password))?;
    if args.prove {
        prove(&mut look, &contents, &password).await?;
    }
    if let Some(zip) = &zip {
        write_zip(&contents, zip)?;
    }
    if let Some(directory) = &args.directory {
        write_directory(&contents, directory)?;
    }
    let more = json!({ "database": name, "zip": zip, "directory": args.directory, "password": kept });
    let mut head = vec![format!("wallet of {name}")];
    head.extend(places.iter().map(|place| format!("{:<12}  {place}", "written to")));
    head.push(format!("{:<12}  {kept}", "password in"));
    show(&look, &head, &more, around)?;
    Ok(if look.findings.is_empty() { Exit::Done } else { Exit::CheckFailed })
}

/// The password that the wallet gets, and where it is kept. One that is kept already is taken, so that wallets that were
/// fetched before still open.
async fn password(
    name: &str,
    given: Option<SecretRef>,
    around: &Surroundings,
    oci: &Oci,
    secrets: &dyn SecretSource,
) -> Result<(Secret, SecretRef), Failure> {
    if let Some(reference) = given {
        return Ok((secrets.resolve(&reference).await?, reference));
    }
    let sink = sink(around, oci.clone())?;
    let secret_name = format!("{name}-wallet");
    if let SecretSink::Folder(folder) = &sink {
        let reference = SecretRef::File(folder.join(&secret_name));
        if folder.join(&secret_name).is_file() {
            return Ok((secrets.resolve(&reference).await?, reference));
        }
    }
    let made = generate::wallet_password();
    let kept = sink.store(&secret_name, &made, &CallContext::default()).await.map_err(ActionError::from)?;
    Ok((made, kept))
}
