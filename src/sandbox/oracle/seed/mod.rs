//! What a new database holds: the dictionary and, if asked for, sample data. All of it is SQL, run through the engine.
//!
//! *Owns*: the scripts and their order.
//! *Never*: makes an object in Rust.
//! *Start reading at*: `DICTIONARY`.
//! *To add one*: a script in this folder and its line in the list.

mod version;

use std::sync::LazyLock;

use aws_lc_rs::digest;

use super::database::{Database, Sample};
use super::error::{OracleError, Outcome};
use super::language::script::{PieceKind, split};
use super::session::Session;
use super::values::value::hexadecimal;

pub use version::{ApexVersion, UnknownVersion};

/// The scripts of the dictionary, run as SYS.
const DICTIONARY: &[(&str, &str)] = &[
    ("security", include_str!("security.sql")),
    ("kernel", include_str!("packages/kernel.sql")),
    ("standard", include_str!("packages/standard.sql")),
    ("views", include_str!("views.sql")),
    ("scheduler", include_str!("packages/scheduler.sql")),
    ("cloud", include_str!("packages/cloud.sql")),
    ("datapump", include_str!("packages/datapump.sql")),
    ("apex", include_str!("packages/apex.sql")),
    ("apex import", include_str!("packages/apex_import.sql")),
    ("apex install", include_str!("packages/apex_install.sql")),
    ("apex export", include_str!("packages/apex_export.sql")),
    ("ords", include_str!("packages/ords.sql")),
    ("grants", include_str!("grants.sql")),
];

/// The scripts of the sample databases, run as ADMIN with SYS's help where a password is weak.
const PRODUCTION: &[(&str, &str)] = &[
    ("schema", include_str!("sample/schema.sql")),
    ("production rows", include_str!("sample/production.sql")),
    ("code", include_str!("sample/code.sql")),
    ("production APEX", include_str!("sample/production_apex.sql")),
    ("application", include_str!("sample/application.sql")),
];

const DEVELOPMENT: &[(&str, &str)] = &[
    ("schema", include_str!("sample/schema.sql")),
    ("development rows", include_str!("sample/development.sql")),
    ("code", include_str!("sample/code.sql")),
    ("development APEX", include_str!("sample/development_apex.sql")),
    ("application", include_str!("sample/application.sql")),
];

/// What the scripts come to, in hex: databases that were made by others lack what these make.
pub(crate) fn fingerprint() -> &'static str {
    static MADE: LazyLock<String> = LazyLock::new(|| {
        let scripts = DICTIONARY.iter().chain(PRODUCTION).chain(DEVELOPMENT);
        let all: Vec<&str> = scripts.flat_map(|(name, script)| [*name, *script]).collect();
        let digest = digest::digest(&digest::SHA256, all.join("\0").as_bytes());
        hexadecimal(&digest.as_ref()[..6]).to_lowercase()
    });
    &MADE
}

fn run(session: &mut Session, name: &str, script: &str, apex: ApexVersion) -> Outcome<()> {
    for piece in split(&apex.script(script)) {
        if piece.kind == PieceKind::Command {
            // SET DEFINE and the like; a schema is chosen by ALTER SESSION.
            continue;
        }
        let outcome = session.execute(&piece.text, &mut []);
        let failed = match outcome {
            Ok(outcome) if outcome.feedback.starts_with("Warning") => Some(outcome.feedback),
            Ok(_) => None,
            Err(error) => Some(error.text),
        };
        if let Some(text) = failed {
            return Err(OracleError::with_text(
                600,
                &format!("the seed script {name} fails at line {}: {text}", piece.start_line),
            ));
        }
    }
    session.commit()
}

/// Fills a new file with the dictionary.
pub(crate) fn dictionary(database: &Database, apex: ApexVersion) -> Outcome<()> {
    let mut session = database.session_as("SYS")?;
    session
        .machine()
        .define(|machine, catalogue| catalogue.set(&machine.store, "$SEEDING", Some("DICTIONARY")))?;
    for (name, script) in DICTIONARY {
        run(&mut session, name, script, apex)?;
    }
    session.machine().define(|machine, catalogue| catalogue.set(&machine.store, "$SEEDING", None))
}

/// Adds the sample data; production gets `volume` times its usual rows.
pub(crate) fn sample(database: &Database, sample: Sample, volume: u32, apex: ApexVersion) -> Outcome<()> {
    let mut session = database.session_as("SYS")?;
    let scripts = if sample == Sample::Production { PRODUCTION } else { DEVELOPMENT };
    for (name, script) in scripts {
        run(&mut session, name, &script.replace("{volume}", &volume.to_string()), apex)?;
        drop(session);
        session = database.session_as("SYS")?;
    }
    Ok(())
}
