//! The wallet as files, which Oracle's library wants: a directory that lies there, or a folder for the session's time.

use camino::{Utf8Path, Utf8PathBuf};

use crate::db::error::DbError;
use crate::db::wallet::contents::Contents;
use crate::db::wallet::room::Room;
use crate::model::{ActionError, Category};

/// What the library opens without a password.
const OPENED: &str = "cwallet.sso";

/// The wallet of a session.
#[derive(Debug)]
pub(super) enum Files {
    /// None.
    None,
    /// A directory that somebody else keeps.
    Kept(Utf8PathBuf),
    /// A folder that is removed with this value.
    Unpacked { _room: Room, path: Utf8PathBuf },
}

impl Files {
    /// Those of a directory, which stays as it is, or of a zip, which is unpacked.
    ///
    /// # Errors
    /// It is no wallet that the library can open, or the disk refuses.
    pub(super) fn of_path(path: &str) -> Result<Self, DbError> {
        let path = Utf8Path::new(path);
        if !path.is_dir() {
            return Self::unpack(&Contents::read(path)?);
        }
        if path.join(OPENED).exists() { Ok(Self::Kept(path.to_owned())) } else { Err(lacks()) }
    }

    /// Unpacks what the library needs of a wallet.
    ///
    /// # Errors
    /// Those of [`Self::of_path`].
    pub(super) fn unpack(wallet: &Contents) -> Result<Self, DbError> {
        Self::unpack_in(wallet, Room::open().map_err(|error| disk(&error))?)
    }

    fn unpack_in(wallet: &Contents, room: Room) -> Result<Self, DbError> {
        if wallet.file(OPENED).is_none() {
            return Err(lacks());
        }
        let path = room.path().map_err(|error| disk(&error))?;
        let needed = wallet.only(&[OPENED, "tnsnames.ora", "sqlnet.ora"]);
        needed.write_into(&path).map_err(ActionError::from)?;
        fs_err::write(path.join("sqlnet.ora"), sqlnet(&path)).map_err(|error| disk(&error))?;
        Ok(Self::Unpacked { _room: room, path })
    }

    /// Where they are.
    pub(super) fn directory(&self) -> Option<Utf8PathBuf> {
        match self {
            Self::None => None,
            Self::Kept(path) | Self::Unpacked { path, .. } => Some(path.clone()),
        }
    }

    /// The `tnsnames.ora` among them.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn tnsnames(&self) -> Result<Option<String>, DbError> {
        let Some(file) = self.directory().map(|path| path.join("tnsnames.ora")).filter(|file| file.exists())
        else {
            return Ok(None);
        };
        let bytes = fs_err::read(file).map_err(|error| disk(&error))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// The service's own file names a directory that is nobody's.
fn sqlnet(directory: &Utf8Path) -> String {
    format!(
        "WALLET_LOCATION = (SOURCE = (METHOD = file) (METHOD_DATA = (DIRECTORY = \"{directory}\")))\n\
         SSL_SERVER_DN_MATCH = yes\n"
    )
}

fn lacks() -> DbError {
    DbError::invalid(format!("the wallet has no {OPENED}, which is what Oracle's library opens by itself")).advise(
        "fetch the wallet again, which brings it: adbctl wallet get DB; driver = \"thin\" opens ewallet.pem instead",
    )
}

fn disk(error: &std::io::Error) -> DbError {
    let mut failed = DbError::new(
        Category::Invalid,
        format!("the wallet cannot be put on the disk or read there: {error}"),
    )
    .advise("look at the space and the permissions of the folder for temporary files (TMPDIR)");
    failed.not_sent = true;
    failed
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn wallet(folder: &Utf8Path, names: &[&str]) -> Utf8PathBuf {
        let directory = folder.join("kept");
        fs_err::create_dir_all(&directory).unwrap();
        for name in names {
            fs_err::write(directory.join(name), format!("the {name}")).unwrap();
        }
        directory
    }

    #[test]
    fn a_wallet_is_on_the_disk_for_the_time_of_a_session() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let all = ["cwallet.sso", "tnsnames.ora", "sqlnet.ora", "ewallet.pem", "keystore.jks"];
        let kept = wallet(folder, &all);
        let contents = Contents::read(&kept).unwrap();
        let temporary = folder.join("temporary");
        fs_err::create_dir(&temporary).unwrap();
        let files = Files::unpack_in(&contents, Room::open_in(&temporary).unwrap()).unwrap();
        let place = files.directory().unwrap();
        let mode = |path: &Utf8Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(&place.join("cwallet.sso"))), (0o700, 0o600));
        let text = fs_err::read_to_string(place.join("sqlnet.ora")).unwrap();
        assert!(text.contains(&format!("DIRECTORY = \"{place}\"")), "{text}");
        assert_eq!(files.tnsnames().unwrap().as_deref(), Some("the tnsnames.ora"));
        for name in ["ewallet.pem", "keystore.jks"] {
            assert!(!place.join(name).exists(), "{name} is not what the library reads");
        }
        drop(files);
        assert_eq!(temporary.read_dir_utf8().unwrap().count(), 0);
        // A zip is unpacked likewise; a directory is taken as it is.
        let zip = folder.join("wallet.zip");
        fs_err::write(&zip, contents.to_zip().unwrap()).unwrap();
        let unpacked = Files::of_path(zip.as_str()).unwrap();
        let place = unpacked.directory().unwrap();
        assert!(place.join("cwallet.sso").exists());
        drop(unpacked);
        assert!(!place.exists());
        let files = Files::of_path(kept.as_str()).unwrap();
        assert_eq!(files.directory().as_deref(), Some(kept.as_path()));
        drop(files);
        assert!(kept.join("cwallet.sso").exists());
    }

    #[test]
    fn wallets_that_the_library_cannot_open() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let kept = wallet(folder, &["tnsnames.ora", "ewallet.pem"]);
        let zip = folder.join("wallet.zip");
        fs_err::write(&zip, Contents::read(&kept).unwrap().to_zip().unwrap()).unwrap();
        for path in [kept.as_str(), zip.as_str()] {
            let error = Files::of_path(path).unwrap_err();
            assert!(error.to_string().contains("no cwallet.sso") && error.not_sent, "{error}");
            assert!(error.advice.unwrap().contains("thin"));
        }
        assert!(Files::of_path(folder.join("none").as_str()).is_err());
        assert_eq!(Files::None.directory(), None);
        assert_eq!(Files::None.tnsnames().unwrap(), None);
    }
}
