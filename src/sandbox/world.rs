//! Everything the pretend cloud knows, and the one way to change it for good.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth_tokens::AuthToken;
use super::database::{Backup, Database};
use super::database_tools::ToolsConnection;
use super::engine::Engine;
use super::faults::Rule;
use super::pace::Pace;
use super::storage::{Bucket, OldVersion, Piece, StoredObject, Upload};
use super::store::{Journal, Table};
use super::vault::VaultSecret;
use super::work_requests::WorkRequest;
use crate::model::Secret;

/// A subnet that databases can have addresses in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) compartment: String,
    /// The first three parts of its addresses; the sandbox has subnets of 254 addresses only.
    pub(crate) prefix: String,
}

/// The sample tenancy: one user, two compartments, one network each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tenancy {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) region: String,
    pub(crate) namespace: String,
    pub(crate) bucket: String,
    pub(crate) vault: String,
    pub(crate) master_key: String,
    /// Name to OCID.
    pub(crate) compartments: BTreeMap<String, String>,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) security_groups: Vec<String>,
    /// The public half of the user's API key, base64 of its DER form.
    pub(crate) api_key: String,
    pub(crate) fingerprint: String,
    /// Signs the tokens that the sandbox gives out, base64.
    pub(crate) token_secret: String,
    /// Tokens given out before this moment are refused.
    pub(crate) tokens_from: Option<Timestamp>,
    /// The sample databases' names and OCIDs as they were made.
    pub(crate) databases: BTreeMap<String, String>,
}

/// The answer to a request that had a retry token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) at: Timestamp,
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What a fault does to the request that is being carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Twist {
    /// The work that the request begins fails with this code and sentence.
    pub(crate) fail_work: Option<(String, String)>,
    /// No more databases than this in the tenancy.
    pub(crate) quota: Option<usize>,
    /// The tenancy has no policy that allows Object Storage to act by itself.
    pub(crate) no_service_policy: bool,
    /// A serverless database's display name may be changed.
    pub(crate) allow_display_name: bool,
}

macro_rules! tables {
    ($($name:ident: $row:ty),* $(,)?) => {
        /// All rows.
        #[derive(Debug, Default)]
        pub(crate) struct Tables {
            $(pub(crate) $name: Table<$row>,)*
        }

        impl Tables {
            fn replay(&mut self, table: &str, key: &str, row: Value) -> Result<(), serde_json::Error> {
                match table {
                    $(stringify!($name) => self.$name.replay(key, row),)*
                    // A newer sandbox may have written more; what is not known here is not needed here.
                    _ => Ok(()),
                }
            }

            fn take_changes(&mut self) -> Vec<Value> {
                let mut changes = Vec::new();
                $(self.$name.take_changes(stringify!($name), &mut changes);)*
                changes
            }

            fn all_rows(&mut self) -> Vec<Value> {
                let mut rows = Vec::new();
                $(self.$name.all_rows(stringify!($name), &mut rows);)*
                rows
            }
        }
    };
}

tables! {
    tenancies: Tenancy,
    databases: Database,
    backups: Backup,
    work_requests: WorkRequest,
    remembered: Remembered,
    buckets: Bucket,
    objects: StoredObject,
    old_versions: OldVersion,
    uploads: Upload,
    secrets: VaultSecret,
    auth_tokens: AuthToken,
    tools_connections: ToolsConnection,
    rules: Rule,
    notes: Value,
}

/// How the two sides of a TLS endpoint know each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Both show certificates.
    Mutual,
    /// The server alone does.
    OneWay,
}

impl Way {
    fn port_of(self, database: &mut Database) -> &mut u16 {
        match self {
            Self::Mutual => &mut database.tls_port,
            Self::OneWay => &mut database.one_way_port,
        }
    }
}

/// A port of a TLS endpoint.
#[derive(Debug)]
pub(crate) struct TlsPort {
    pub(crate) ocid: String,
    pub(crate) way: Way,
    pub(crate) listener: TcpListener,
}

/// The pretend cloud.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tables: Tables,
    pub(crate) tenancy: Tenancy,
    pub(crate) pace: Pace,
    /// The server's own origin, without a slash at its end.
    pub(crate) base_url: String,
    /// Where objects' bytes and other files are.
    pub(crate) dir: Utf8PathBuf,
    pub(crate) engine: Arc<dyn Engine>,
    /// What a fault wants of the request in hand.
    pub(crate) twist: Twist,
    /// Ports of TLS endpoints that are bound and not served yet.
    listeners: Vec<TlsPort>,
    /// Objects' files that nothing names any more; they go after the journal says so.
    doomed: Vec<String>,
    /// Takes the paths of files to remove.
    remover: Sender<Utf8PathBuf>,
    journal: Journal,
}

/// The tables of a directory, and the last audit line that the journal knows.
pub(crate) fn read_tables(dir: &Utf8Path) -> std::io::Result<(Tables, Option<Value>)> {
    let mut tables = Tables::default();
    let mut last_audit = None;
    for entry in Journal::read(&journal_path(dir))? {
        for (table, key, row) in entry.changes {
            tables.replay(&table, &key, row).map_err(|error| {
                std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    format!("{table} {key} in {dir} cannot be read ({error}); run `adbctl sandbox reset`"),
                )
            })?;
        }
        if entry.audit.is_some() {
            last_audit = entry.audit;
        }
    }
    Ok((tables, last_audit))
}

/// A thread that removes files which nothing names any more: half a gigabyte takes the disk a quarter of a second, for which
/// everybody who asks the world something would wait. It ends with the world.
fn start_remover() -> std::io::Result<Sender<Utf8PathBuf>> {
    let (give, take) = mpsc::channel::<Utf8PathBuf>();
    std::thread::Builder::new().name("remover".into()).spawn(move || {
        for file in take {
            fs::remove_file(file).ok();
        }
    })?;
    Ok(give)
}

fn journal_path(dir: &Utf8Path) -> Utf8PathBuf {
    dir.join("state.jsonl")
}

impl World {
    /// A world over tables that were read or newly made.
    pub(crate) fn open(
        mut tables: Tables,
        dir: &Utf8Path,
        pace: Pace,
        base_url: String,
        engine: Arc<dyn Engine>,
    ) -> std::io::Result<Self> {
        let rows = tables.all_rows();
        let tenancy = tables.tenancies.get("it").cloned().ok_or_else(|| {
            std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("{dir} holds no tenancy; run `adbctl sandbox reset`"),
            )
        })?;
        let journal = Journal::begin(&journal_path(dir), &rows)?;
        tracing::debug!(journal = %journal.path(), rows = rows.len(), "the sandbox's state is open");
        Ok(Self {
            tables,
            tenancy,
            pace,
            base_url,
            dir: dir.to_owned(),
            engine,
            twist: Twist::default(),
            listeners: Vec::new(),
            doomed: Vec::new(),
            remover: start_remover()?,
            journal,
        })
    }

    /// Writes what changed since the last call, together with the audit line of the request.
    pub(crate) fn commit(&mut self, audit: Option<&Value>) -> std::io::Result<()> {
        let changes = self.tables.take_changes();
        if changes.is_empty() && audit.is_none() {
            return Ok(());
        }
        self.journal.append(&changes, audit)?;
        for blob in std::mem::take(&mut self.doomed) {
            // A file that stays costs room and nothing else.
            self.remover.send(self.blob_file(&blob)).ok();
        }
        Ok(())
    }

    fn blob_file(&self, blob: &str) -> Utf8PathBuf {
        self.dir.join("objects").join(blob)
    }

    /// Gives the bytes of a file a second name. They never change once they are there, so nothing is copied while everybody
    /// waits, unless the file system knows no second names.
    fn copy_blob(&self, from: &str) -> std::io::Result<String> {
        let blob = random_word(32);
        let (from, to) = (self.blob_file(from), self.blob_file(&blob));
        fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop))?;
        Ok(blob)
    }

    /// Removes what a killed sandbox left behind: objects' files that nothing names, answers nobody asks for again.
    pub(crate) fn clear_out(&mut self) -> std::io::Result<()> {
        let now = crate::model::clock::now();
        for key in self.tables.remembered.keys() {
            let day = jiff::SignedDuration::from_hours(24);
            if self.tables.remembered.get(&key).is_some_and(|row| now.duration_since(row.at) > day) {
                self.tables.remembered.remove(&key);
            }
        }
        let objects = self.dir.join("objects");
        if !objects.is_dir() {
            return Ok(());
        }
        let parts =
            self.tables.uploads.values().flat_map(|upload| upload.parts.values().map(|part| &part.blob));
        let old = self.tables.old_versions.values().map(|row| &row.object);
        let pieces = self.tables.objects.values().chain(old).flat_map(|object| &object.pieces);
        let named: std::collections::BTreeSet<&String> =
            pieces.map(|piece| &piece.blob).chain(parts).collect();
        for entry in fs::read_dir(&objects)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !named.contains(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Copies the bytes of an object.
    pub(crate) fn copy_pieces(&self, pieces: &[Piece]) -> std::io::Result<Vec<Piece>> {
        pieces
            .iter()
            .map(|piece| Ok(Piece { blob: self.copy_blob(&piece.blob)?, size: piece.size }))
            .collect()
    }

    /// Lets the bytes of an object go with the next commit.
    pub(crate) fn drop_pieces(&mut self, pieces: Vec<Piece>) {
        self.doomed.extend(pieces.into_iter().map(|piece| piece.blob));
    }

    /// Lets a file of objects go with the next commit.
    pub(crate) fn drop_blob(&mut self, blob: String) {
        self.doomed.push(blob);
    }

    /// Binds a port for a database's TLS endpoint.
    pub(crate) fn reserve_port(&mut self, ocid: &str, way: Way) -> std::io::Result<u16> {
        self.bind_port(ocid, way, 0)
    }

    fn bind_port(&mut self, ocid: &str, way: Way, port: u16) -> std::io::Result<u16> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        self.listeners.push(TlsPort { ocid: ocid.to_owned(), way, listener });
        Ok(port)
    }

    /// The bound ports that nobody serves yet.
    pub(crate) fn take_listeners(&mut self) -> Vec<TlsPort> {
        std::mem::take(&mut self.listeners)
    }

    /// Binds the recorded ports of the databases that exist; a port that is taken by now is replaced.
    pub(crate) fn reopen_ports(&mut self) -> std::io::Result<()> {
        for id in self.tables.databases.keys() {
            for way in [Way::Mutual, Way::OneWay] {
                let Some(database) = self.tables.databases.get(&id).filter(|database| database.exists())
                else {
                    continue;
                };
                let port = match way {
                    Way::Mutual => database.tls_port,
                    Way::OneWay => database.one_way_port,
                };
                if self.listeners.iter().any(|known| known.ocid == id && known.way == way) {
                    continue;
                }
                let bound = self.bind_port(&id, way, port).or_else(|_| self.bind_port(&id, way, 0))?;
                if bound != port
                    && let Some(database) = self.tables.databases.change(&id)
                {
                    *way.port_of(database) = bound;
                }
            }
        }
        Ok(())
    }

    /// Tells every database what it is called and where it is now, as the port of the server may be a new one, and ADMIN's
    /// password where the process ended before it was told.
    pub(crate) fn tell_engine(&self) {
        for database in self.tables.databases.values().filter(|database| database.exists()) {
            let untold = database.admin_password.as_ref().filter(|_| database.password_untold);
            let password = untold.map_or(Ok(()), |password| {
                self.engine.set_admin_password(&database.id, &Secret::new(password.clone()))
            });
            let identity = self.engine.set_identity(&super::database::identity(self, database));
            for error in [password.err(), identity.err()].into_iter().flatten() {
                tracing::warn!(%error, "a database cannot be told of a change");
            }
        }
    }

    /// Changes the tenancy's own row.
    pub(crate) fn change_tenancy(&mut self, change: impl FnOnce(&mut Tenancy)) {
        change(&mut self.tenancy);
        self.tables.tenancies.insert("it", self.tenancy.clone());
    }

    /// A new OCID of a kind.
    pub(crate) fn new_ocid(&self, kind: &str) -> String {
        ocid(kind, &self.tenancy.region)
    }

    pub(crate) fn knows_compartment(&self, id: &str) -> bool {
        id == self.tenancy.id || self.tenancy.compartments.values().any(|known| known == id)
    }

    pub(crate) fn subnet(&self, id: &str) -> Option<&Subnet> {
        self.tenancy.subnets.iter().find(|subnet| subnet.id == id)
    }
}

/// A new OCID of a kind in a region, told by its end to be an invented one.
pub(crate) fn ocid(kind: &str, region: &str) -> String {
    format!("ocid1.{kind}.oc1.{region}.{}example", random_word(30))
}

/// Random lower-case letters and digits, a letter first.
pub(crate) fn random_word(length: usize) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = vec![0_u8; length];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let choices = if place == 0 { 26 } else { LETTERS.len() };
            char::from(LETTERS[usize::from(*byte) % choices])
        })
        .collect()
}

/// A small free-form row, for what belongs to no table.
pub(crate) fn note(world: &World, key: &str) -> Option<Value> {
    world.tables.notes.get(key).cloned()
}

/// Sets a free-form row.
pub(crate) fn set_note(world: &mut World, key: &str, value: impl Serialize) {
    world.tables.notes.insert(key, json!(value));
}
