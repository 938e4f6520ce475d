//! A folder for a wallet's files while somebody needs them as files: for its owner only, and gone afterwards, also where the
//! process that made it ended before it could take it away.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::clock;

/// How the names of rooms begin.
const PREFIX: &str = "adbctl-wallet-";
/// The file that is locked for as long as a room is in use.
const LOCK: &str = ".lock";
/// A room without its lock is one that is just being made, unless it is older.
const BEING_MADE: Duration = Duration::from_mins(1);

/// A folder of mode 0700 that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    folder: tempfile::TempDir,
    _lock: fs_err::File,
}

impl Room {
    /// Makes one in the system's folder for temporary files, and takes away those that were left there.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn open() -> std::io::Result<Self> {
        Self::open_in(&temporary()?)
    }

    /// Makes one in this folder, and takes away those that were left there.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn open_in(parent: &Utf8Path) -> std::io::Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        sweep_in(parent);
        let mode = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(mode).tempdir_in(parent)?;
        let lock = fs_err::File::create(folder.path().join(LOCK))?;
        lock.file().try_lock()?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    ///
    /// # Errors
    /// Its path is no Unicode.
    pub(crate) fn path(&self) -> std::io::Result<Utf8PathBuf> {
        unicode(self.folder.path().to_owned())
    }
}

fn temporary() -> std::io::Result<Utf8PathBuf> {
    unicode(std::env::temp_dir())
}

fn unicode(path: std::path::PathBuf) -> std::io::Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(path)
        .map_err(|path| std::io::Error::other(format!("the path {} is no Unicode", path.display())))
}

/// Takes away the rooms of processes that are no more. What cannot be removed is left: it may be another user's.
pub(crate) fn sweep() {
    if let Ok(parent) = temporary() {
        sweep_in(&parent);
    }
}

fn sweep_in(parent: &Utf8Path) {
    for entry in parent.read_dir_utf8().into_iter().flatten().flatten() {
        let plain = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if plain && entry.file_name().starts_with(PREFIX) && is_left(entry.path()) {
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

/// Whether nobody uses a room any more.
fn is_left(room: &Utf8Path) -> bool {
    if let Ok(lock) = fs_err::File::open(room.join(LOCK)) {
        return lock.file().try_lock().is_ok();
    }
    let made = fs_err::metadata(room).and_then(|about| about.modified());
    let made = made.ok().and_then(|made| jiff::Timestamp::try_from(made).ok());
    let age = made.and_then(|made| u64::try_from(clock::now().as_second() - made.as_second()).ok());
    age.is_some_and(|age| age > BEING_MADE.as_secs())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn rooms_are_private_and_do_not_outlive_their_process() {
        let parent = tempfile::tempdir().unwrap();
        let parent = Utf8Path::from_path(parent.path()).unwrap();
        let mine = Room::open_in(parent).unwrap();
        let path = mine.path().unwrap();
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs_err::write(path.join("ewallet.pem"), "key").unwrap();
        // As a process leaves it that was killed: nobody holds the lock.
        let left = parent.join(format!("{PREFIX}left"));
        fs_err::create_dir(&left).unwrap();
        fs_err::write(left.join(LOCK), "").unwrap();
        fs_err::write(left.join("ewallet.pem"), "key").unwrap();
        let (young, other) = (parent.join(format!("{PREFIX}young")), parent.join("thesis"));
        fs_err::create_dir(&young).unwrap();
        fs_err::create_dir(&other).unwrap();
        let second = Room::open_in(parent).unwrap();
        assert!(!left.exists());
        assert!(path.join("ewallet.pem").exists() && young.exists() && other.exists());
        drop(mine);
        assert!(!path.exists() && second.path().unwrap().exists());
    }
}
