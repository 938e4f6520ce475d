//! `adbctl object`: files and streams to Object Storage and back.

mod list;
mod remove;
mod transfer;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::execute::stop_asked;
use super::exit::{Exit, Failure};
use super::surroundings::Surroundings;
use crate::cli::{BucketOptions, ObjectCommand};
use crate::oci::object_storage::namespace_or_own;
use crate::oci::transfer::{Failed, Left, ObjectStore, TransferError};
use crate::report::bytes_text;

/// `adbctl object …`.
pub(super) async fn object(command: ObjectCommand, around: Surroundings) -> Result<Exit, Failure> {
    let cancel = CancellationToken::new();
    let work = async {
        match command {
            ObjectCommand::Put(args) => transfer::put(args, &around, &cancel).await,
            ObjectCommand::Get(args) => transfer::get(args, &around, &cancel).await,
            ObjectCommand::List(args) => list::list(args, &around, &cancel).await,
            ObjectCommand::Rm(args) => remove::remove(args, &around, &cancel).await,
        }
    };
    tokio::pin!(work);
    tokio::select! {
        ended = &mut work => return ended,
        () = stop_asked() => cancel.cancel(),
    }
    tokio::select! {
        ended = &mut work => ended,
        () = stop_asked() => Err(Failure::new(Exit::Interrupted, "left at once")),
    }
}

/// The bucket's name, without asking the service anything.
fn bucket<'a>(options: &'a BucketOptions, around: &'a Surroundings) -> Result<&'a str, Failure> {
    let configured = around.settings.storage.bucket.as_ref().map(|bucket| bucket.value.as_str());
    options.bucket.as_deref().or(configured).ok_or_else(|| {
        Failure::new(Exit::Usage, "no bucket is named")
            .help("give --bucket, or write `bucket` under [storage] in the configuration")
    })
}

/// The way to the bucket.
async fn store(
    options: &BucketOptions,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> Result<ObjectStore, Failure> {
    let bucket = bucket(options, around)?;
    let (cloud, _) = around.cloud().await?;
    let known = options.namespace.as_deref().or(around.settings.storage.namespace());
    let namespace = namespace_or_own(&cloud, known).await?;
    Ok(ObjectStore::new(cloud, &namespace, bucket, cancel.clone()))
}

/// The command that goes on where this one ended.
struct Again {
    text: String,
    size: Option<u64>,
}

/// A failure with what is left and how to go on.
fn failure(failed: Failed, again: &Again) -> Failure {
    let Failed { error, left } = failed;
    let interrupted = matches!(error, TransferError::Interrupted);
    let mut failure = Failure::from(error);
    let rest = match left {
        Left::Nothing => return failure,
        Left::Upload { id, because } => {
            if let Some(because) = because {
                failure.causes.push(format!("its upload could not be ended either: {because}"));
            }
            format!("the upload {id} stays in the bucket with the parts that are stored")
        }
        Left::Partial { path, bytes } => {
            let all = again.size.map_or_else(String::new, |size| format!(" of {}", bytes_text(size)));
            format!("{}{all} are in {path}", bytes_text(bytes))
        }
    };
    failure.message = format!("{}; {rest}", failure.message);
    if !interrupted {
        failure.exit = Exit::FailedWithLeftovers;
    }
    let first = failure.help.map_or_else(String::new, |help| format!("{help}; "));
    failure.help = Some(format!("{first}the same command goes on from there: {}", again.text));
    failure
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        let exit = match &error {
            TransferError::Cloud(error) => return error.clone().into(),
            TransferError::Missing { said, .. } => {
                let (text, help) = (error.to_string(), error.advice());
                return Self { message: text, help, ..Self::from(said.clone()) };
            }
            TransferError::Usage(_) | TransferError::TooLong(_) => Exit::Usage,
            TransferError::There { .. } | TransferError::FileThere(_) | TransferError::Archived { .. } => {
                Exit::Refused
            }
            TransferError::Busy(_) => Exit::Locked,
            TransferError::Interrupted => Exit::Interrupted,
            TransferError::Replaced { .. }
            | TransferError::Changed(_)
            | TransferError::Checksum { .. }
            | TransferError::Spoiled { .. }
            | TransferError::Full { .. }
            | TransferError::TooLarge { .. }
            | TransferError::Local(_)
            | TransferError::NobodyReads => Exit::Failed,
        };
        let mut failure = Self::new(exit, error.to_string());
        failure.help = error.advice();
        failure
    }
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The last part of a name with slashes.
fn last_part(name: &str) -> Option<&str> {
    name.rsplit('/').next().filter(|last| !matches!(*last, "" | "." | ".."))
}

/// Whether a path stands for standard input or standard output.
fn is_stream(path: &Utf8Path) -> bool {
    path == "-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        fn check(text: &str, wanted: &str) {
            assert_eq!(word(text), wanted);
        }
        check("dumps/a-1.dmp", "dumps/a-1.dmp");
        check("a b", "'a b'");
        check("it's", r"'it'\''s'");
        check("a&b", "'a&b'");
        check("ä", "'ä'");
        check("", "''");
    }

    #[test]
    fn names_of_files() {
        fn check(name: &str, wanted: Option<&str>) {
            assert_eq!(last_part(name), wanted, "{name}");
        }
        check("a", Some("a"));
        check("dir/a b", Some("a b"));
        check("/a", Some("a"));
        check("dir/", None);
        check("dir/..", None);
        check(".", None);
    }
}
