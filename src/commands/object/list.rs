//! `adbctl object list`.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::exit::{Exit, Failure};
use super::super::surroundings::Surroundings;
use super::store;
use crate::cli::{ListArgs, OutputForm};
use crate::oci::transfer::{Entry, ObjectStore};
use crate::report::{bytes_text, counted, plain};

/// What to do with a page of objects.
type TakePage<'a> = &'a mut (dyn FnMut(Vec<Entry>) -> Result<(), Failure> + Send);

/// Walks over all objects whose names begin with a prefix, page by page.
pub(super) async fn walk(store: &ObjectStore, prefix: &str, take: TakePage<'_>) -> Result<(), Failure> {
    let mut start = None;
    loop {
        let (entries, next) = store.page(prefix, start.as_deref()).await?;
        take(entries)?;
        match next {
            Some(next) => start = Some(next),
            None => return Ok(()),
        }
    }
}

/// `adbctl object list`.
pub(super) async fn list(
    args: ListArgs,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    let store = store(&args.place, around, cancel).await?;
    let as_json = around.global.output == OutputForm::Json;
    let (mut rows, mut count, mut bytes) = (Vec::new(), 0_usize, 0_u64);
    walk(&store, &args.prefix, &mut |entries| {
        if as_json {
            rows.extend(entries.iter().map(row));
        } else {
            for entry in &entries {
                around.out.result(&line(entry))?;
            }
        }
        count += entries.len();
        bytes += entries.iter().map(|entry| entry.size).sum::<u64>();
        Ok(())
    })
    .await?;
    if as_json {
        around.out.result(&serde_json::to_string_pretty(&rows)?)?;
    } else {
        around.out.talk(&format!("{}, {}", counted(count, "object"), bytes_text(bytes)));
    }
    Ok(Exit::Done)
}

fn row(entry: &Entry) -> Value {
    json!({
        "name": entry.name, "size": entry.size, "etag": entry.etag, "md5": entry.md5, "modified": entry.modified,
        "tier": entry.tier, "archival_state": entry.archival_state,
    })
}

/// Size, time and name, which comes last because it may be long.
fn line(entry: &Entry) -> String {
    let modified = entry.modified.get(..16).unwrap_or(&entry.modified).replace('T', " ");
    let state = match (entry.tier.as_str(), &entry.archival_state) {
        ("Standard" | "", _) => String::new(),
        (tier, None) => format!("  ({tier})"),
        (tier, Some(state)) if state == tier => format!("  ({tier})"),
        (_, Some(state)) => format!("  ({state})"),
    };
    format!(
        "{:>11}  {modified:<16}  {}{state}",
        bytes_text(entry.size),
        plain(&entry.name).replace('\t', "\u{fffd}")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        fn check(size: u64, tier: &str, state: Option<&str>, wanted: &str) {
            let entry = Entry {
                name: "a\u{1b}[2J b".into(),
                size,
                etag: "e".into(),
                modified: "2026-11-21T08:15:30.123Z".into(),
                tier: tier.into(),
                archival_state: state.map(str::to_owned),
                md5: None,
            };
            assert_eq!(line(&entry), wanted);
        }
        check(0, "Standard", None, "        0 B  2026-11-21 08:15  a\u{fffd}[2J b");
        check(
            1536,
            "InfrequentAccess",
            None,
            "    1.5 KiB  2026-11-21 08:15  a\u{fffd}[2J b  (InfrequentAccess)",
        );
        check(
            1 << 40,
            "Archive",
            Some("Restored"),
            "    1.0 TiB  2026-11-21 08:15  a\u{fffd}[2J b  (Restored)",
        );
    }
}
