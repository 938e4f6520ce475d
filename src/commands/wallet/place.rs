//! What the subcommands share: dispatch, passwords by reference, and writing without destroying.

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::json;

use super::super::exit::{Exit, Failure};
use super::super::store::write_private;
use super::super::surroundings::{Surroundings, make_private_dir};
use super::{get, inspect, repack};
use crate::cli::WalletCommand;
use crate::db::wallet::contents::Contents;
use crate::model::{ActionError, NoSecrets, Secret, SecretRef};
use crate::oci::{CallContext, Oci, database as calls};

/// `adbctl wallet …`.
pub(in super::super) async fn wallet(command: WalletCommand, around: Surroundings) -> Result<Exit, Failure> {
    match command {
        WalletCommand::Get(args) => get::get(args, &around).await,
        WalletCommand::Inspect(args) => inspect::inspect(args, &around).await,
        WalletCommand::Repack(args) => repack::repack(args, &around).await,
    }
}

/// A reference to a secret as it stands in the configuration. What was typed is never shown: it may be the secret itself.
pub(super) fn reference(option: &str, text: &str, asking: &str) -> Result<SecretRef, Failure> {
    #[derive(Deserialize)]
    struct Holder {
        value: SecretRef,
    }
    let table = toml::from_str::<Holder>(&format!("value = {text}"));
    table.map(|holder| holder.value.asking_for(asking)).map_err(|_| {
        Failure::new(Exit::Usage, format!("{option}: this is no reference to a secret"))
            .help(format!("write it as in the configuration: {option} '{{ env = \"VARIABLE\" }}'"))
    })
}

/// Downloads the wallet that the database has now, under this password, and keeps it in memory.
pub(super) async fn download(oci: &Oci, ocid: &str, password: &Secret) -> Result<Contents, Failure> {
    let mut call = calls::generate_wallet(json!(ocid), json!(password.reveal()));
    call.sensitive = true;
    let reply = oci.send(&call, &CallContext::default(), &NoSecrets).await?;
    let bytes = reply.bytes.unwrap_or_default();
    Ok(Contents::of_zip(&bytes).map_err(ActionError::from)?)
}

/// Refuses a place where something is already, unless that may be replaced.
pub(super) fn free(path: &Utf8Path, force: bool) -> Result<(), Failure> {
    let taken = match fs_err::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.symlink_metadata().is_ok(),
    };
    if taken && !force {
        return Err(Failure::refused(format!("{path} is there already; nothing was changed"))
            .help("give another path, or --force if it may be replaced"));
    }
    Ok(())
}

/// Writes a wallet as a zip that only its owner can read.
pub(super) fn write_zip(contents: &Contents, path: &Utf8Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(Exit::Usage, format!("{path} is a directory"))
            .help("name a file for the zip, or give --directory to have it unpacked"));
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_str().is_empty()) {
        fs_err::create_dir_all(parent)?;
    }
    let bytes = contents.to_zip().map_err(ActionError::from)?;
    write_private(path, &bytes)
}

/// Writes a wallet's files into a directory that only its owner can enter. One that others can enter is refused.
pub(super) fn write_directory(contents: &Contents, path: &Utf8Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    make_private_dir(path)?;
    let mode = fs_err::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Failure::refused(format!(
            "others can enter {path} (mode {mode:o}); nothing was written there"
        ))
        .help(format!("chmod 700 {path}, or give a directory that is not there yet")));
    }
    contents.write_into(path).map_err(ActionError::from)?;
    Ok(())
}
