//! `adbctl object rm`.

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::execute::read_line;
use super::super::exit::{Exit, Failure};
use super::super::surroundings::Surroundings;
use super::list::walk;
use super::store;
use crate::cli::{OutputForm, RemoveArgs};
use crate::oci::transfer::{ObjectStore, TransferError, check_name};
use crate::report::{bytes_text, counted, plain};

/// Requests that are on their way at a time.
const AT_A_TIME: usize = 8;

/// Names that are shown before the question.
const SHOWN: usize = 10;

/// An object that is to go.
struct Doomed {
    name: String,
    etag: String,
    size: u64,
}

/// `adbctl object rm`.
pub(super) async fn remove(
    args: RemoveArgs,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    if args.prefix.as_deref() == Some("") {
        return Err(Failure::new(Exit::Usage, "an empty prefix is every object of the bucket")
            .help("give the beginning of the names"));
    }
    let store = store(&args.place, around, cancel).await?;
    let doomed = match &args.prefix {
        Some(prefix) => under(&store, prefix).await?,
        None => named(&store, args.names).await?,
    };
    let bytes = doomed.iter().map(|object| object.size).sum::<u64>();
    let whole = format!("{}, {}", counted(doomed.len(), "object"), bytes_text(bytes));
    if doomed.is_empty() {
        around.out.talk("there is no such object; nothing was removed");
        if around.global.output == OutputForm::Json {
            around.out.result(&serde_json::to_string_pretty(
                &json!({ "removed": [], "bytes": 0, "failed": [] }),
            )?)?;
        }
        return Ok(Exit::Done);
    }
    if around.global.dry_run.is_some() {
        for object in &doomed {
            around.out.result(&format!("would remove {}", plain(&object.name)))?;
        }
        around.out.talk(&format!("{whole}; nothing was removed"));
        return Ok(Exit::Done);
    }
    agree(&doomed, &whole, &store, around).await?;
    let outcomes: Vec<(Doomed, Result<(), TransferError>)> = futures::stream::iter(doomed)
        .map(|object| async {
            let outcome = store.remove(&object.name, &object.etag).await;
            (object, outcome)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told(outcomes, &whole, around)
}

/// What the names mean now. If one of them is not there, nothing is removed.
async fn named(store: &ObjectStore, mut names: Vec<String>) -> Result<Vec<Doomed>, Failure> {
    names.sort();
    names.dedup();
    for name in &names {
        check_name(name)?;
    }
    let looks = futures::stream::iter(names).map(|name| async {
        let head = store.head(&name).await?;
        Ok::<_, Failure>(Doomed { name, etag: head.etag, size: head.size })
    });
    looks.buffered(AT_A_TIME).try_collect().await
}

async fn under(store: &ObjectStore, prefix: &str) -> Result<Vec<Doomed>, Failure> {
    let mut found = Vec::new();
    walk(store, prefix, &mut |entries| {
        let doomed = entries.into_iter();
        found.extend(doomed.map(|entry| Doomed { name: entry.name, etag: entry.etag, size: entry.size }));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Asks, unless it was said on the command line. Without a terminal a missing `--yes` is a refusal.
async fn agree(
    doomed: &[Doomed],
    whole: &str,
    store: &ObjectStore,
    around: &Surroundings,
) -> Result<(), Failure> {
    if around.global.yes {
        return Ok(());
    }
    if !around.out.screen().can_ask {
        return Err(Failure::refused(format!("nobody is there to confirm the removal of {whole}"))
            .help("look at them with --dry-run, then run again with --yes"));
    }
    for object in doomed.iter().take(SHOWN) {
        around.out.talk(&format!("  {}", plain(&object.name)));
    }
    if doomed.len() > SHOWN {
        around.out.talk(&format!("  and {} more", doomed.len() - SHOWN));
    }
    let question = format!("Remove {whole}, from the bucket {}? Type yes to remove: ", store.bucket());
    around.out.question(&question);
    if read_line().await.is_some_and(|answer| answer.trim().eq_ignore_ascii_case("yes")) {
        return Ok(());
    }
    Err(Failure::refused("declined; nothing was removed"))
}

/// Says what was removed, and what was not.
fn told(
    outcomes: Vec<(Doomed, Result<(), TransferError>)>,
    whole: &str,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    let (mut removed, mut kept, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (object, outcome) in outcomes {
        match outcome {
            Ok(()) => {
                bytes += object.size;
                removed.push(object.name);
            }
            Err(error) => kept.push((object.name, error)),
        }
    }
    removed.sort();
    if around.global.output == OutputForm::Json {
        let failed: Vec<&String> = kept.iter().map(|(name, _)| name).collect();
        let told = json!({ "removed": removed, "bytes": bytes, "failed": failed });
        around.out.result(&serde_json::to_string_pretty(&told)?)?;
    }
    if kept.is_empty() {
        around.out.talk(&format!("removed {whole}"));
        return Ok(Exit::Done);
    }
    let count = kept.len();
    let mut first = None;
    for (name, error) in kept {
        if !matches!(error, TransferError::Interrupted) {
            around.out.warning(&format!("{} is still there: {error}", plain(&name)));
        }
        first.get_or_insert(error);
    }
    let mut failure = first.map_or_else(|| Failure::new(Exit::Failed, ""), Failure::from);
    failure.message = format!("{} removed, {count} not", removed.len());
    failure.help = Some("look at what is there with `adbctl object list`, then run it again".to_owned());
    Err(failure)
}
