//! `adbctl wallet repack`.

use serde_json::json;

use super::super::execute::sink;
use super::super::exit::{Exit, Failure};
use super::super::surroundings::Surroundings;
use super::inspect::resolved;
use super::place::{free, reference, write_directory, write_zip};
use crate::cli::{OutputForm, WalletDriver, WalletRepackArgs};
use crate::db::wallet::contents::Contents;
use crate::model::{ActionError, Secret};
use crate::oci::CallContext;
use crate::secret::generate;

/// `adbctl wallet repack PATH`.
pub(super) async fn repack(args: WalletRepackArgs, around: &Surroundings) -> Result<Exit, Failure> {
    if !args.wallet.exists() {
        return Err(Failure::new(Exit::Usage, format!("there is no file or directory {}", args.wallet))
            .help("give the path of a wallet's zip or directory"));
    }
    let place = args.zip.as_ref().or(args.directory.as_ref()).map(camino::Utf8PathBuf::as_path);
    let place =
        place.ok_or_else(|| Failure::new(Exit::Usage, "say where it goes: --zip FILE or --directory DIR"))?;
    let changes_password = args.new_password.is_some() || args.keep_as.is_some();
    if args.driver.is_none() && !changes_password {
        return Err(Failure::new(Exit::Usage, "nothing is to be changed")
            .help("--for thin or --for thick leaves other files out; --new-password or --keep-as changes the password"));
    }
    free(place, args.force)?;
    let before = Contents::read(&args.wallet)?;
    let mut after = match args.driver {
        None => before.clone(),
        Some(driver) => part(&before, driver)?,
    };
    let mut kept = None;
    if changes_password {
        let former =
            asked(args.password.as_deref(), "--password", "present password of the wallet", around).await?;
        let former =
            former.ok_or_else(|| Failure::new(Exit::Usage, "the present password is needed: --password"))?;
        // Tried before anything is kept: a wrong one must not leave a secret behind.
        after
            .with_password(&former, &former)
            .map_err(|error| Failure { exit: Exit::Failed, ..error.into() })?;
        let (new, place) = new_password(&args, around).await?;
        after = after.with_password(&former, &new)?;
        kept = place;
    }
    if around.global.dry_run.is_some() {
        around.out.result(&format!("would write {} to {place}", after.names().join(", ")))?;
        return Ok(Exit::Done);
    }
    match &args.directory {
        Some(directory) => write_directory(&after, directory)?,
        None => write_zip(&after, place)?,
    }
    let lost: Vec<&str> = before.names().into_iter().filter(|name| after.file(name).is_none()).collect();
    if around.global.output == OutputForm::Json {
        let shown = json!({ "written": place, "files": after.names(), "password": kept, "left_out": lost });
        around.out.result(&serde_json::to_string_pretty(&shown)?)?;
        return Ok(Exit::Done);
    }
    let mut lines = vec![format!("wrote {place}: {}", after.names().join(", "))];
    lines.extend(kept.map(|kept| format!("password in {kept}")));
    around.out.result(&lines.join("\n"))?;
    if changes_password && args.driver.is_none() && !lost.is_empty() {
        around.out.talk(&format!("left out, as the former password stays on them: {}", lost.join(", ")));
    }
    Ok(Exit::Done)
}

/// What a driver needs of a wallet.
fn part(before: &Contents, driver: WalletDriver) -> Result<Contents, Failure> {
    let (word, key) = match driver {
        WalletDriver::Thin => ("thin", "ewallet.pem"),
        WalletDriver::Thick => ("thick", "cwallet.sso"),
    };
    if before.file(key).is_none() {
        return Err(Failure::new(
            Exit::Wrong,
            format!("the wallet has no {key}, which the {word} driver reads"),
        )
        .help("fetch it again: adbctl wallet get DB --zip FILE"));
    }
    Ok(before.only(&["tnsnames.ora", "sqlnet.ora", key]))
}

async fn asked(
    text: Option<&str>,
    option: &str,
    asking: &str,
    around: &Surroundings,
) -> Result<Option<Secret>, Failure> {
    resolved(text.map(|text| reference(option, text, asking)).transpose()?, around).await
}

/// The new password, and where it is kept if it was made up. A dry run makes none up.
async fn new_password(
    args: &WalletRepackArgs,
    around: &Surroundings,
) -> Result<(Secret, Option<String>), Failure> {
    let given =
        asked(args.new_password.as_deref(), "--new-password", "new password of the wallet", around).await?;
    if let Some(given) = given {
        let long = given.reveal().chars().count() >= 8;
        let mixed = given.reveal().chars().any(char::is_alphabetic)
            && given.reveal().chars().any(|c| !c.is_alphabetic());
        if !(long && mixed) {
            return Err(Failure::new(Exit::Usage, "the new password breaks the rules for wallets")
                .help("at least 8 characters, with a letter and a digit or special character"));
        }
        return Ok((given, None));
    }
    let made = generate::wallet_password();
    let Some(name) = args.keep_as.as_deref().filter(|_| around.global.dry_run.is_none()) else {
        return Ok((made, None));
    };
    let (oci, _) = around.cloud().await?;
    let sink = sink(around, oci)?;
    let kept = sink.store(name, &made, &CallContext::default()).await.map_err(ActionError::from)?;
    Ok((made, Some(kept.to_string())))
}
