//! `adbctl object put` and `adbctl object get`.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::exit::{Exit, Failure};
use super::super::surroundings::Surroundings;
use super::{Again, bucket, failure, is_stream, last_part, store, word};
use crate::cli::{BucketOptions, DEFAULT_CONTENT_TYPE, GetArgs, OutputForm, PutArgs};
use crate::model::clock;
use crate::oci::transfer::{
    Fetched, GetAsk, PutAsk, Stored, TransferError, Verified, Watch, check_name, part_count, part_size,
};
use crate::report::{Out, TransferBar, bytes_text, plain};

/// Shows a transfer at the terminal.
struct Shown {
    bar: TransferBar,
    out: Out,
}

impl Watch for Shown {
    fn begins(&self, total: Option<u64>) {
        self.bar.begins(total);
    }

    fn moved(&self, bytes: i64) {
        self.bar.moved(bytes);
    }

    fn kept(&self, bytes: u64) {
        self.bar.kept(bytes);
    }

    fn says(&self, text: &str) {
        self.out.talk(&plain(text));
    }
}

/// Who watches a transfer, and since when.
fn watched(title: &str, around: &Surroundings) -> (Arc<Shown>, Arc<dyn Watch>) {
    let bar = TransferBar::new(&around.out, title);
    let shown = Arc::new(Shown { bar, out: around.out.clone() });
    let watch: Arc<dyn Watch> = Arc::clone(&shown) as Arc<dyn Watch>;
    (shown, watch)
}

fn in_bytes(mebibytes: Option<u64>) -> Option<u64> {
    mebibytes.map(|mebibytes| mebibytes.saturating_mul(1024 * 1024))
}

/// `1.3 s, 393.8 MiB/s`; of a few bytes the rate says nothing.
fn pace(bytes: u64, spent: Duration) -> String {
    let seconds = spent.as_secs_f64();
    if bytes < 1024 * 1024 {
        return format!("{seconds:.1} s");
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is shown with one digit behind the point"
    )]
    let rate = (bytes as f64 / seconds.max(0.001)) as u64;
    format!("{seconds:.1} s, {}/s", bytes_text(rate))
}

/// Where the bytes of an upload come from.
enum Origin {
    File(u64),
    Stream(Box<dyn Read + Send>),
}

fn origin(path: &Utf8Path) -> Result<Origin, Failure> {
    if is_stream(path) {
        return Ok(Origin::Stream(Box::new(std::io::stdin())));
    }
    let about = match fs_err::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::new(Exit::Usage, format!("there is no file {path}"))
                .help("give a file, or - for what standard input gives"));
        }
        Err(error) => return Err(error.into()),
    };
    if about.is_dir() {
        return Err(Failure::new(Exit::Usage, format!("{path} is a directory"))
            .help("store its files one by one, or pack them: tar c DIR | adbctl object put - NAME"));
    }
    if about.is_file() {
        return Ok(Origin::File(about.len()));
    }
    Ok(Origin::Stream(Box::new(fs_err::File::open(path)?)))
}

/// The options that were typed, as a repeated command needs them to mean the same.
#[derive(Default)]
struct Typed(String);

impl Typed {
    fn of(place: &BucketOptions) -> Self {
        Self::default().text("bucket", place.bucket.as_deref()).text("namespace", place.namespace.as_deref())
    }

    fn text(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.push_str(&format!(" --{name} {}", word(value)));
        }
        self
    }

    fn number(self, name: &str, value: Option<impl ToString>) -> Self {
        self.text(name, value.map(|value| value.to_string()).as_deref())
    }

    fn flag(mut self, name: &str, is_set: bool) -> Self {
        if is_set {
            self.0.push_str(&format!(" --{name}"));
        }
        self
    }
}

/// `adbctl object put`.
pub(super) async fn put(
    args: PutArgs,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    let origin = origin(&args.file)?;
    let name = match (&args.name, args.file.file_name()) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) if !is_stream(&args.file) => name.to_owned(),
        _ => {
            return Err(Failure::new(Exit::Usage, "the object needs a name")
                .help("give it behind the file: adbctl object put - NAME"));
        }
    };
    check_name(&name)?;
    let asked = in_bytes(args.part_size);
    let size = if let Origin::File(size) = &origin { Some(*size) } else { None };
    let planned = part_size(size.unwrap_or(0), asked)?;
    if around.global.dry_run.is_some() {
        let bucket = bucket(&args.place, around)?;
        let what = size.map_or_else(String::new, |size| {
            format!(", {} in {}", bytes_text(size), parts(part_count(size, planned)))
        });
        around.out.result(&format!("would store {} as {name} in the bucket {bucket}{what}", args.file))?;
        return Ok(Exit::Done);
    }
    let store = store(&args.place, around, cancel).await?;
    let (usual, stream) = match origin {
        Origin::File(_) => (8, None),
        Origin::Stream(stream) => (3, Some(stream)),
    };
    let ask = PutAsk {
        name: name.clone(),
        content_type: args.content_type.clone(),
        replace: args.force,
        part_size: asked,
        parallel: args.parallel.unwrap_or(usual).into(),
        keep_parts: args.keep_parts,
    };
    let (shown, watch) = watched(&format!("storing {name}"), around);
    let began = clock::instant();
    let outcome = match stream {
        None => store.put_file(&args.file, &ask, &watch).await,
        Some(stream) => store.put_stream(stream, &ask, &watch).await,
    };
    shown.bar.ends();
    let stored = outcome.map_err(|failed| {
        let text = format!(
            "adbctl{} object put {} {}{}",
            around.repeat,
            word(args.file.as_str()),
            word(&name),
            Typed::of(&args.place)
                .text(
                    "content-type",
                    Some(&args.content_type).filter(|t| *t != DEFAULT_CONTENT_TYPE).map(String::as_str)
                )
                .flag("force", args.force)
                .number("part-size", args.part_size)
                .number("parallel", args.parallel)
                .flag("keep-parts", args.keep_parts)
                .0
        );
        failure(failed, &Again { text, size })
    })?;
    tell_stored(&stored, &name, store.bucket(), began.elapsed(), around)
}

fn parts(count: u64) -> String {
    if count == 1 { "one piece".to_owned() } else { format!("{count} parts") }
}

fn tell_stored(
    stored: &Stored,
    name: &str,
    bucket: &str,
    spent: Duration,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    if around.global.output == OutputForm::Json {
        let told = json!({
            "bucket": bucket, "name": name, "size": stored.size, "etag": stored.etag, "md5": stored.md5,
            "crc32c": stored.crc32c, "parts": stored.parts, "kept": stored.kept, "seconds": spent.as_secs_f64(),
        });
        around.out.result(&serde_json::to_string_pretty(&told)?)?;
        return Ok(Exit::Done);
    }
    around.out.talk(&format!(
        "stored {} in the bucket {bucket}: {} in {}{}, {}",
        plain(name),
        bytes_text(stored.size),
        parts(stored.parts),
        there_already(stored.kept),
        pace(stored.size - stored.kept, spent)
    ));
    Ok(Exit::Done)
}

fn there_already(kept: u64) -> String {
    if kept == 0 { String::new() } else { format!(" ({} were there already)", bytes_text(kept)) }
}

/// The file that an object goes to.
fn target(args: &GetArgs) -> Result<Utf8PathBuf, Failure> {
    let last = || {
        last_part(&args.name).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{} gives no name for a file", args.name))
                .help("give the file behind it: adbctl object get NAME FILE")
        })
    };
    match &args.file {
        None => Ok(last()?.into()),
        Some(file) if !is_stream(file) && file.is_dir() => Ok(file.join(last()?)),
        Some(file) => Ok(file.clone()),
    }
}

/// `adbctl object get`.
pub(super) async fn get(
    args: GetArgs,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    check_name(&args.name)?;
    let target = target(&args)?;
    if around.global.dry_run.is_some() {
        let bucket = bucket(&args.place, around)?;
        let text = format!("would fetch {} from the bucket {bucket} to {target}", plain(&args.name));
        around.out.result(&text)?;
        return Ok(Exit::Done);
    }
    let store = store(&args.place, around, cancel).await?;
    let ask = GetAsk {
        name: args.name.clone(),
        replace: args.force,
        part_size: in_bytes(args.part_size),
        parallel: args.parallel.into(),
    };
    let (shown, watch) = watched(&format!("fetching {}", args.name), around);
    let began = clock::instant();
    let outcome = if is_stream(&target) {
        let mut take = |bytes: &[u8]| {
            around
                .out
                .raw(bytes)
                .map_err(|e| std::io::Error::new(e.kind(), format!("standard output cannot be written: {e}")))
        };
        store.get_stream(&ask, &watch, &mut take).await.map_err(Into::into)
    } else {
        store.get_file(&target, &ask, &watch).await
    };
    shown.bar.ends();
    let fetched = match outcome {
        Ok(fetched) => fetched,
        // It has seen what it wanted.
        Err(failed) if matches!(failed.error, TransferError::NobodyReads) => return Ok(Exit::Done),
        Err(failed) => {
            let text = format!(
                "adbctl{} object get {} {}{}",
                around.repeat,
                word(&args.name),
                word(target.as_str()),
                Typed::of(&args.place).flag("force", args.force).number("part-size", args.part_size).0
            );
            return Err(failure(failed, &Again { text, size: None }));
        }
    };
    tell_fetched(&fetched, &args.name, &target, began.elapsed(), around)
}

fn tell_fetched(
    fetched: &Fetched,
    name: &str,
    target: &Utf8Path,
    spent: Duration,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    let size = fetched.head.size;
    let verified = match fetched.verified {
        Verified::Crc32c => Some("crc32c"),
        Verified::Whole => Some("md5"),
        Verified::Parts => Some("parts"),
        Verified::No => None,
    };
    if verified.is_none() {
        around.out.warning(&format!(
            "the checksum of {} was not compared: it is one over parts whose size is not known; give it with --part-size",
            plain(name)
        ));
    }
    if around.global.output == OutputForm::Json && !is_stream(target) {
        let told = json!({
            "name": name, "file": target, "size": size, "etag": fetched.head.etag, "verified": verified,
            "kept": fetched.kept, "seconds": spent.as_secs_f64(),
        });
        around.out.result(&serde_json::to_string_pretty(&told)?)?;
        return Ok(Exit::Done);
    }
    let to = if is_stream(target) { "standard output" } else { target.as_str() };
    around.out.talk(&format!(
        "fetched {} to {to}: {}{}, {}{}",
        plain(name),
        bytes_text(size),
        there_already(fetched.kept),
        pace(size - fetched.kept, spent),
        if verified.is_some() { ", checksum right" } else { "" }
    ));
    Ok(Exit::Done)
}
