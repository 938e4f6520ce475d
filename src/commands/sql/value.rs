//! `adbctl sql --value-to`: the one value that a query gives, to a file or to standard output, as it is.

use std::io::{self, ErrorKind, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::exit::{Exit, Failure};
use super::super::surroundings::Surroundings;
use super::failure::Told;
use super::sending::{Sending, Way};
use super::work::{NOT_INSIDE, ready};
use crate::cli::OutputForm;
use crate::db::driver::long::{LongFailure, LongValue, Pieces};
use crate::db::{DbError, Session};
use crate::model::SecretSource;
use crate::model::act::SqlCall;
use crate::report::{Out, TransferBar, bytes_text};
use crate::sql::{PieceKind, Reach, Script};

/// Where the value goes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) path: Utf8PathBuf,
    /// A file of that name may be replaced.
    pub(super) replace: bool,
}

impl Target {
    fn is_stream(&self) -> bool {
        self.path == "-"
    }

    /// Whether the statement and the file are such as can be served, before anything is sent.
    pub(super) fn check(&self, script: &Script) -> Result<(), Failure> {
        match script.pieces.as_slice() {
            [piece] if piece.kind == PieceKind::Query && piece.reach() == Reach::Reads => {}
            _ => {
                return Err(Failure::new(Exit::Usage, "--value-to takes one plain query, and nothing else")
                    .help("select one column of one row; FOR UPDATE and further statements go without it"));
            }
        }
        if self.is_stream() {
            return Ok(());
        }
        if self.path.is_dir() {
            return Err(Failure::new(Exit::Usage, format!("{} is a directory", self.path))
                .help("give the path of a file"));
        }
        if !self.replace && self.path.exists() {
            return Err(there(&self.path));
        }
        Ok(())
    }
}

fn there(path: &Utf8Path) -> Failure {
    Failure::refused(format!("{path} is there already"))
        .help("give another name, or --force if it may be replaced")
}

/// Sends the query and writes its value.
pub(super) async fn write(
    target: &Target,
    sending: &Sending,
    script: &Script,
    session: &mut dyn Session,
    secrets: &dyn SecretSource,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    let bar = TransferBar::new(&around.out, &format!("writing {}", target.path));
    bar.begins(None);
    let mut taker = if target.is_stream() {
        Taker { to: To::Stream(&around.out), taken: 0, bar }
    } else {
        Taker { to: To::File(part(target)?), taken: 0, bar }
    };
    let outcome = send(sending, session, secrets, &mut taker, cancel).await;
    taker.bar.ends();
    let Taker { to, taken, .. } = taker;
    let value = match outcome {
        Ok(value) => value,
        Err(failure) => {
            if let To::File(part) = to {
                part.discard();
            }
            return match failure {
                LongFailure::Database(error) => Err(Told::of(error, sending, script).failure(sending, false)),
                // It has seen what it wanted.
                LongFailure::Taker(error) if target.is_stream() && error.kind() == ErrorKind::BrokenPipe => {
                    Ok(Exit::Done)
                }
                LongFailure::Taker(error) => Err(not_written(&target.path, &error)),
            };
        }
    };
    if let To::File(part) = to {
        part.commit(target)?;
    }
    tell(target, &value, taken, around)
}

fn tell(target: &Target, value: &LongValue, bytes: u64, around: &Surroundings) -> Result<Exit, Failure> {
    let to = if target.is_stream() { "standard output" } else { target.path.as_str() };
    if around.global.output == OutputForm::Json && !target.is_stream() {
        let told = json!({ "file": target.path, "bytes": bytes, "type": value.of, "null": value.null });
        around.out.result(&serde_json::to_string_pretty(&told)?)?;
    }
    around.out.talk(&if value.null {
        format!("the value is NULL: nothing was written to {to}")
    } else {
        format!("wrote {} to {to}", bytes_text(bytes))
    });
    Ok(Exit::Done)
}

fn not_written(path: &Utf8Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{path} cannot be written: {error}"))
        .help("nothing is left of it; look at the disk and its permissions, and run the command again")
}

async fn send(
    sending: &Sending,
    session: &mut dyn Session,
    secrets: &dyn SecretSource,
    taker: &mut Taker<'_>,
    cancel: &CancellationToken,
) -> Result<LongValue, LongFailure> {
    let call = ready(&sending.call, secrets).await?;
    let outcome = session.long_value(&call, taker, cancel).await;
    let Way::Rows { bare: Some(text) } = &sending.way else { return outcome };
    match outcome {
        Err(LongFailure::Database(error)) if is_not_inside(&error) => {
            taker.again().map_err(LongFailure::Taker)?;
            session.long_value(&SqlCall { text: text.clone(), ..call }, taker, cancel).await
        }
        other => other,
    }
}

fn is_not_inside(error: &DbError) -> bool {
    error.codes.iter().any(|code| NOT_INSIDE.contains(&code.as_str()))
}

/// Takes the pieces.
struct Taker<'a> {
    to: To<'a>,
    taken: u64,
    bar: TransferBar,
}

enum To<'a> {
    Stream(&'a Out),
    File(Part),
}

impl Pieces for Taker<'_> {
    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Stream(out) => out.raw(piece)?,
            To::File(part) => part.file.write_all(piece)?,
        }
        self.taken += piece.len() as u64;
        self.bar.moved(i64::try_from(piece.len()).unwrap_or(i64::MAX));
        Ok(())
    }

    fn again(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Stream(_) if self.taken > 0 => {
                let why =
                    "it has to be read once more from its beginning, which a stream cannot take; name a file";
                return Err(io::Error::other(why));
            }
            To::Stream(_) => {}
            To::File(part) => {
                part.file.set_len(0)?;
                io::Seek::rewind(&mut part.file)?;
            }
        }
        self.bar.moved(-i64::try_from(self.taken).unwrap_or(i64::MAX));
        self.taken = 0;
        Ok(())
    }
}

/// The file before it has its name.
struct Part {
    file: fs::File,
    path: Utf8PathBuf,
}

/// Opens `FILE.part`, for this process alone.
fn part(target: &Target) -> Result<Part, Failure> {
    let path = Utf8PathBuf::from(format!("{}.part", target.path));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(&path).map_err(|error| not_written(&target.path, &error))?;
    if file.file().try_lock().is_err() {
        return Err(Failure::new(Exit::Locked, format!("another process writes {path}"))
            .help("wait for its end, or give another name"));
    }
    // What a process left that was killed.
    file.set_len(0).map_err(|error| not_written(&target.path, &error))?;
    Ok(Part { file, path })
}

impl Part {
    fn commit(self, target: &Target) -> Result<(), Failure> {
        if !target.replace && target.path.exists() {
            self.discard();
            return Err(there(&target.path));
        }
        fs::rename(&self.path, &target.path).map_err(|error| not_written(&target.path, &error))
    }

    /// What cannot be removed stays, and the next attempt takes it over.
    fn discard(self) {
        fs::remove_file(&self.path).ok();
    }
}
