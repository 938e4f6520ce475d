//! `adbctl wallet inspect`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::super::exit::{Exit, Failure};
use super::super::locate::locate;
use super::super::surroundings::Surroundings;
use super::look::Look;
use super::place::{download, reference};
use crate::cli::{OutputForm, WalletInspectArgs};
use crate::db::wallet::contents::Contents;
use crate::db::wallet::handshake;
use crate::db::wallet::room::Room;
use crate::model::{ActionError, Secret, SecretRef, SecretSource};
use crate::oci::Oci;
use crate::secret::{Resolver, generate};
use crate::settings::WalletChoice;

/// What is looked at.
struct Subject {
    /// As it was called.
    title: String,
    contents: Contents,
    password: Option<Secret>,
    /// The database whose present wallet it is compared with.
    compared_with: Option<String>,
}

/// `adbctl wallet inspect WALLET`.
pub(super) async fn inspect(args: WalletInspectArgs, around: &Surroundings) -> Result<Exit, Failure> {
    let given = args.password.as_deref();
    let given = given.map(|text| reference("--password", text, "password of the wallet")).transpose()?;
    let subject = subject(&args, given, around).await?;
    let mut look = Look::at(&subject.contents, subject.password.as_ref())?;
    let mut head = vec![subject.title.clone()];
    let mut current = Value::Null;
    if let Some(database) = &subject.compared_with {
        let (oci, _) = around.cloud().await?;
        let present = present(&oci, around, database).await?.0;
        let is_it = look.compare(database, &Look::at(&present, None)?);
        if is_it {
            head.push(format!("{:<12}  it is the wallet that {database} has now", "compared"));
        }
        current = json!(is_it);
    }
    if let Some(alias) = &args.alias {
        look.only(alias)?;
    }
    if args.prove {
        let password = subject.password.as_ref().ok_or_else(|| {
            Failure::new(Exit::Usage, "the proof needs the wallet's password")
                .help("give it by reference: --password '{ env = \"VARIABLE\" }'")
        })?;
        if look.opens == Some(true) {
            prove(&mut look, &subject.contents, password).await?;
        }
    }
    show(
        &look,
        &head,
        &json!({ "wallet": args.wallet, "database": subject.compared_with, "current": current }),
        around,
    )?;
    Ok(if look.findings.is_empty() { Exit::Done } else { Exit::CheckFailed })
}

/// The wallet that is meant: a path, or a database's.
async fn subject(
    args: &WalletInspectArgs,
    given: Option<SecretRef>,
    around: &Surroundings,
) -> Result<Subject, Failure> {
    let settings = &around.settings;
    if let Some(database) = &args.database {
        settings.database(database)?;
    }
    let Some(of_settings) = settings.databases.get(&args.wallet) else {
        let path = Utf8Path::new(&args.wallet);
        if !path.exists() {
            return Err(Failure::new(
                Exit::Usage,
                format!("there is no file or directory {path}, and no database of that name"),
            )
            .help("give the path of a wallet, or a database of the configuration"));
        }
        let password = resolved(given, around).await?;
        return Ok(Subject {
            title: format!("wallet {path}"),
            contents: Contents::read(path)?,
            password,
            compared_with: args.database.clone(),
        });
    };
    let name = args.wallet.clone();
    if let WalletChoice::Path(path) = &of_settings.connect.wallet.value {
        let configured = of_settings.connect.wallet_password.as_ref().map(|p| p.value.clone());
        let asking = format!("password of the wallet of {name}");
        let password = resolved(given.or(configured).map(|r| r.asking_for(&asking)), around).await?;
        let path: &Utf8PathBuf = path;
        return Ok(Subject {
            title: format!("wallet {path}, which the configuration names for {name}"),
            contents: Contents::read(path)?,
            password,
            compared_with: Some(args.database.clone().unwrap_or(name)),
        });
    }
    let (oci, _) = around.cloud().await?;
    let (contents, password) = present(&oci, around, &name).await?;
    Ok(Subject {
        title: format!("wallet that {name} has now, kept in memory"),
        contents,
        password: Some(password),
        compared_with: args.database.clone(),
    })
}

/// The wallet that a database has now, with a password that nobody keeps.
async fn present(oci: &Oci, around: &Surroundings, name: &str) -> Result<(Contents, Secret), Failure> {
    let located = locate(oci, &around.settings, name).await?;
    let password = generate::wallet_password();
    Ok((download(oci, located.ocid(), &password).await?, password))
}

/// The secret behind a reference. Only one in a vault needs the cloud.
pub(super) async fn resolved(
    reference: Option<SecretRef>,
    around: &Surroundings,
) -> Result<Option<Secret>, Failure> {
    let Some(reference) = reference else { return Ok(None) };
    let secret = if matches!(reference, SecretRef::Vault(_)) {
        let (_, secrets) = around.cloud().await?;
        secrets.resolve(&reference).await?
    } else {
        Resolver::new(None).resolve(&reference).await?
    };
    Ok(Some(secret))
}

/// Proves a wallet by handshakes. What it says is a finding, not a failure of the command.
pub(super) async fn prove(look: &mut Look, contents: &Contents, password: &Secret) -> Result<(), Failure> {
    let room = Room::open()?;
    let folder = room.path()?;
    contents.only(&["tnsnames.ora", "ewallet.pem"]).write_into(&folder).map_err(ActionError::from)?;
    match handshake::prove(&folder, password, &BTreeMap::new()).await {
        Ok(_) => look.notes.push("every address completed a TLS handshake with the wallet's key".to_owned()),
        Err(error) => {
            let advice = error.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
            look.findings.push(format!("{}{advice}", error.message));
        }
    }
    Ok(())
}

/// Says what was seen: for people results and warnings, for programs one object.
pub(super) fn show(look: &Look, head: &[String], more: &Value, around: &Surroundings) -> Result<(), Failure> {
    if around.global.output == OutputForm::Json {
        let mut shown = more.as_object().cloned().unwrap_or_default();
        shown.extend(look.json().as_object().cloned().unwrap_or_default());
        around.out.result(&serde_json::to_string_pretty(&shown)?)?;
        return Ok(());
    }
    let lines: Vec<String> = head.iter().cloned().chain(look.lines()).collect();
    around.out.result(&lines.join("\n"))?;
    for note in &look.notes {
        around.out.talk(note);
    }
    for finding in &look.findings {
        around.out.warning(finding);
    }
    Ok(())
}
