//! `dump-set`: finds the pieces of a dump, and makes sure that they can be read.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use futures::future::BoxFuture;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pages;
use crate::actions::domain::{Binding, Domain, look, rest, shown};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::names::encoded;
use crate::model::{Act, ActionError, Category, Effect, Late, Repeat, Times, clock};
use crate::oci::object_storage::{self as calls, Covers};

/// Finds the pieces of a dump under a prefix and holds them against its manifest. Archived pieces are restored and waited
/// for. A dump without a manifest is taken with a warning: its completeness is then not known.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DumpSet {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
    /// The dump's prefix, or that of a snapshot, whose manifest says where its dump is.
    pub prefix: Late<String>,
    /// The address under which databases find the bucket's objects, with a slash at its end.
    pub uri: Late<String>,
    /// For how many hours archived pieces are to be readable.
    #[serde(default = "two_days")]
    pub restore_hours: Late<u32>,
}

fn two_days() -> Late<u32> {
    Late::Known(48)
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "files", kind: OutputKind::List, doc: "the addresses of the pieces, in order" },
    OutputDecl {
        name: "prefix",
        kind: OutputKind::Text,
        doc: "the dump's own prefix, with a slash at its end",
    },
    OutputDecl {
        name: "pieces",
        kind: OutputKind::List,
        doc: "its objects as they were found: { name, size, etag }",
    },
    OutputDecl {
        name: "snapshot",
        kind: OutputKind::Object,
        doc: "the manifest of the snapshot that the dump is part of, or nothing",
    },
    OutputDecl { name: "manifest", kind: OutputKind::Object, doc: "the dump's manifest, or nothing" },
    OutputDecl {
        name: "versions",
        kind: OutputKind::Object,
        doc: "the exporting database's versions: database_version, time_zone_file, character_set; null where not known",
    },
    OutputDecl {
        name: "encrypted",
        kind: OutputKind::Flag,
        doc: "whether it needs a password; nothing where not known",
    },
    OutputDecl {
        name: "tables",
        kind: OutputKind::List,
        doc: "the tables with their rows, as the manifest has them",
    },
    OutputDecl {
        name: "schemas",
        kind: OutputKind::List,
        doc: "the schemas in it, as the manifest has them",
    },
    OutputDecl { name: "size", kind: OutputKind::Number, doc: "the size of all pieces, in bytes" },
    OutputDecl {
        name: "restored",
        kind: OutputKind::Number,
        doc: "how many archived pieces were made readable",
    },
    OutputDecl {
        name: "warnings",
        kind: OutputKind::List,
        doc: "what a person should know before the dump is used",
    },
];

impl Domain for DumpSet {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "restored objects go back to the archive by themselves".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (namespace, bucket, prefix) =
            (self.namespace.to_value(), self.bucket.to_value(), self.prefix.to_value());
        let within = format!("in the bucket {}", shown(&bucket));
        let list = |key: &str| {
            let call = calls::list_objects(namespace.clone(), bucket.clone(), here("prefix"));
            let title = if key == "list" {
                format!("list the objects {}* {within}", shown(&prefix))
            } else {
                format!("list the pieces of the dump {within} again")
            };
            look(key, title, call.query("start", here("start")))
        };
        let manifest = calls::get_object(namespace.clone(), bucket.clone(), here("name"), Value::Null);
        let restore = |key: &str, of: &str| {
            let hours = self.restore_hours.to_value();
            let call = calls::restore_objects(namespace.clone(), bucket.clone(), here("name"), hours);
            let title = format!("make archived pieces of the dump {within} readable");
            let mut act = rest(key, title, Effect::Write, Repeat::Safe, call);
            act.times = Times::Each { of: of.into() };
            act
        };
        Ok(vec![
            list("list").until("there is no further page"),
            restore("restore-all", "the archived pieces, where the manifest is archived too"),
            list("wait-all").until("the manifest can be read"),
            look("manifest", format!("read the manifest of {} {within}", shown(&prefix)), manifest)
                .until("it is that of the dump itself, if there is one"),
            look(
                "rules",
                format!("read the lifecycle rules of the bucket {}", shown(&bucket)),
                calls::get_lifecycle(namespace.clone(), bucket.clone()),
            ),
            restore("restore", "the archived pieces"),
            list("wait").until("no piece is archived any more"),
        ])
    }
}

/// An object of the dump.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    name: String,
    size: u64,
    etag: String,
    archival: Option<String>,
    modified: Option<Timestamp>,
}

impl Piece {
    fn of(object: &Value) -> Option<Self> {
        Some(Self {
            name: object["name"].as_str()?.to_owned(),
            size: object["size"].as_u64().unwrap_or(0),
            etag: object["etag"].as_str().unwrap_or_default().to_owned(),
            archival: object["archivalState"].as_str().map(str::to_owned),
            modified: object["timeModified"].as_str().and_then(|at| at.parse().ok()),
        })
    }

    fn is_dump(&self) -> bool {
        self.name.to_ascii_lowercase().ends_with(".dmp")
    }

    /// Whether it is a dump file or a chunk of one: the database stores `dump_01.dmp` empty, and its content beside it in
    /// `dump_01.dmp_aaaaaa` and so on.
    fn belongs(&self) -> bool {
        is_of_dump(&self.name)
    }

    fn is_out_of_reach(&self) -> bool {
        matches!(self.archival.as_deref(), Some("Archived" | "Restoring"))
    }
}

fn is_of_dump(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let file = lower.rsplit('/').next().unwrap_or_default();
    Utf8Path::new(file).extension() == Some("dmp") || file.contains(".dmp_")
}

/// The manifest's own words for pieces: name and size, and the entity tag it was written with.
fn missing(pieces: &[Piece], manifest: &Value, warnings: &mut Vec<String>) -> Result<(), ActionError> {
    for wanted in manifest["pieces"].as_array().into_iter().flatten() {
        let name = wanted["name"].as_str().unwrap_or_default();
        if !is_of_dump(name) {
            continue;
        }
        let Some(found) = pieces.iter().find(|piece| piece.name == name) else {
            return Err(incomplete(format!("its piece {name} is not there")));
        };
        let size = wanted["size"].as_u64().unwrap_or(0);
        if found.size != size {
            return Err(incomplete(format!(
                "its piece {name} has {} bytes, and was written with {size}",
                found.size
            )));
        }
        if wanted["etag"].as_str().is_some_and(|etag| etag != found.etag) {
            warnings.push(format!("{name} is of the size it was written with, but was written again since"));
        }
    }
    Ok(())
}

/// The manifest with every member that others refer to: those of scheduled exports hold less.
fn whole(mut manifest: Value) -> Value {
    let defaults = [
        ("dump_version", json!("")),
        ("mode", json!("")),
        ("ocid", json!("")),
        ("outcome", Value::Null),
        ("scheduler_jobs", Value::Null),
        ("paths", Value::Null),
        ("grants", Value::Null),
    ];
    if let Some(members) = manifest.as_object_mut() {
        for (name, value) in defaults {
            members.entry(name).or_insert(value);
        }
    }
    manifest
}

fn incomplete(why: String) -> ActionError {
    ActionError::invalid("the dump is not complete").because(why).advise(
        "the manifest beside the dump names its pieces; a lifecycle rule or a person may have deleted some. Look for another \
         dump, or for former versions of the objects",
    )
}

/// Where the dump of a snapshot is.
fn part_of(snapshot: &Value, prefix: &str) -> Result<String, ActionError> {
    let export = &snapshot["artefacts"]["export"];
    match export["prefix"].as_str() {
        Some(part) if export["outcome"] == "succeeded" => Ok(part.to_owned()),
        _ => Err(ActionError::invalid(format!("the snapshot {prefix} has no dump"))
            .because(format!("its manifest says of its export: {}", shown(&export["outcome"])))
            .advise("take another snapshot; `adbctl object list` shows those that there are")),
    }
}

/// The objects of the dump: those that its manifest names, or else all pieces, which then must lie in one place.
fn of_one_dump(all: &[Piece], manifest: &Value, prefix: &str) -> Result<Vec<Piece>, ActionError> {
    let mut pieces: Vec<Piece> = all.iter().filter(|piece| piece.belongs()).cloned().collect();
    let named: Vec<&str> = written(manifest).iter().filter_map(|piece| piece["name"].as_str()).collect();
    if !named.is_empty() {
        pieces.retain(|piece| named.contains(&piece.name.as_str()));
        return Ok(pieces);
    }
    let folder = |piece: &Piece| piece.name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let folders: BTreeSet<String> = pieces.iter().map(|piece| folder(piece) + "/").collect();
    if folders.iter().any(|folder| folder != prefix) {
        let folders = Vec::from_iter(folders).join(", ");
        return Err(ActionError::invalid(format!("{prefix} is not the prefix of one dump"))
            .because(format!("pieces lie under {folders}"))
            .advise("give --dump the whole prefix of one of them"));
    }
    Ok(pieces)
}

/// What the export says that it wrote.
fn written(manifest: &Value) -> &[Value] {
    manifest["pieces"].as_array().map_or(&[], Vec::as_slice)
}

/// Without a manifest: numbered pieces must at least count up from one without a gap. One alone may be numbered for another
/// reason, such as a year.
fn gaps(pieces: &[&Piece]) -> Result<Vec<String>, ActionError> {
    let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for piece in pieces {
        let stem = &piece.name[..piece.name.len() - ".dmp".len()];
        let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        if let (true, Ok(number)) = (digits >= 2, stem[stem.len() - digits..].parse()) {
            numbers.entry(stem[..stem.len() - digits].to_owned()).or_default().push(number);
        }
    }
    let mut warnings = Vec::new();
    for (stem, mut found) in numbers {
        found.sort_unstable();
        // A long run of digits is a date or a time, not a count.
        let counted = found.first().is_some_and(|first| *first < 10_000);
        let gap = (1..).zip(&found).find(|(wanted, found)| *wanted != **found).map(|(wanted, _)| wanted);
        match gap {
            Some(_) if counted && found.len() == 1 => warnings.push(format!(
                "{stem}{:02}.dmp is the only piece: if that number counts pieces, the others are not there",
                found[0]
            )),
            Some(gap) if counted => {
                return Err(incomplete(format!("{stem}{gap:02}.dmp is not there, and later pieces are")));
            }
            _ => {}
        }
    }
    Ok(warnings)
}

/// Whether a rule of the bucket soon deletes the dump.
fn expiry(pieces: &[&Piece], rules: &Value, now: Timestamp) -> Option<String> {
    let oldest = |rule: &Value, wanted: Covers| {
        let covered = pieces.iter().filter(|piece| calls::covers(rule, &piece.name) == wanted);
        covered.filter_map(|piece| piece.modified).min()
    };
    let mut found: Vec<(i64, bool, &str)> = Vec::new();
    for rule in rules["items"].as_array().into_iter().flatten() {
        if rule["action"] != "DELETE" || rule["timeUnit"] != "DAYS" {
            continue;
        }
        let (certain, oldest) = match (oldest(rule, Covers::Yes), oldest(rule, Covers::Perhaps)) {
            (Some(oldest), _) => (true, oldest),
            (None, Some(oldest)) => (false, oldest),
            (None, None) => continue,
        };
        let days = rule["timeAmount"].as_i64()?;
        let end = oldest.as_second().saturating_add(days.saturating_mul(86_400));
        found.push((end.saturating_sub(now.as_second()), certain, rule["name"].as_str().unwrap_or("a rule")));
    }
    let (left, certain, name) = found.into_iter().min()?;
    (left < 36 * 3600).then(|| {
        let hours = left.max(0) / 3600;
        let what = if certain { "deletes" } else { "may delete (its patterns say)" };
        format!(
            "the bucket's rule {name} {what} this dump in about {hours} hours; copy it if it is needed longer"
        )
    })
}

impl DumpSet {
    async fn list(&self, cx: &StepCx, prefix: &str) -> Result<Vec<Piece>, ActionError> {
        let here = |start| Here::nothing().value("prefix", prefix).value("start", start);
        Ok(pages::all(cx, "list", here).await?.iter().filter_map(Piece::of).collect())
    }

    async fn manifest(&self, cx: &StepCx, pieces: &[Piece], prefix: &str) -> Result<Value, ActionError> {
        let name = format!("{prefix}manifest.json");
        if !pieces.iter().any(|piece| piece.name == name) {
            return Ok(Value::Null);
        }
        let reply = cx.perform("manifest", Here::nothing().value("name", name.clone())).await?;
        let bytes = reply.bytes.unwrap_or_default();
        let manifest: Value = serde_json::from_slice(&bytes).map_err(|e| {
            ActionError::invalid(format!("the manifest {name} cannot be read: {e}")).advise(
                "take it away to use the dump without its manifest, if you know that the dump is whole",
            )
        })?;
        match manifest["format"].as_i64() {
            Some(1) => Ok(whole(manifest)),
            format => Err(ActionError::invalid(format!(
                "the manifest {name} has format {}, and this adbctl reads format 1",
                format.map_or_else(|| "none".to_owned(), |f| f.to_string())
            ))
            .advise("use a newer adbctl")),
        }
    }

    async fn rules(&self, cx: &StepCx) -> Result<Value, ActionError> {
        match cx.perform("rules", Here::nothing()).await {
            Ok(reply) => Ok(reply.value),
            // No policy, or none that this user may see.
            Err(error) if matches!(error.category, Category::NotFound | Category::Denied) => Ok(Value::Null),
            Err(error) => Err(error),
        }
    }

    /// Asks for archived pieces and waits until all of them can be read. A piece's number is its place among all pieces, so
    /// that it is the same when the run goes on.
    async fn restore(
        &self,
        cx: &StepCx,
        pieces: &[Piece],
        prefix: &str,
        (restore, wait): (&str, &str),
    ) -> Result<usize, ActionError> {
        for (place, piece) in pieces.iter().enumerate() {
            if piece.archival.as_deref() == Some("Archived") {
                // It was restored by this run, and the hours for which that holds are over.
                cx.void_item(restore, place, "the piece is in the archive again").await?;
                let here = Here::nothing().value("name", piece.name.clone()).item(place, json!(piece.name));
                cx.perform(restore, here).await?;
            }
        }
        let away = pieces.iter().filter(|piece| piece.is_out_of_reach()).map(|piece| piece.name.clone());
        let mut away: BTreeSet<String> = away.collect();
        let total = away.len();
        if total > 0 {
            cx.say(format!("waiting for {total} archived pieces, which takes up to an hour")).await;
        }
        // Each wait looks at the page that begins with the first piece that is still away.
        while let Some(first) = away.first().cloned() {
            let here = Here::nothing().value("prefix", prefix).value("start", first.clone());
            let mut back = BTreeSet::new();
            cx.wait(wait, here, "archived pieces", |reply: &Reply| {
                let listed = reply.value["objects"].as_array().into_iter().flatten().filter_map(Piece::of);
                let seen: Vec<Piece> = listed.filter(|piece| away.contains(&piece.name)).collect();
                if !seen.iter().any(Piece::is_out_of_reach) {
                    back = seen.into_iter().map(|piece| piece.name).collect();
                    return Look::Ready;
                }
                let readable = seen.iter().filter(|piece| !piece.is_out_of_reach()).count();
                let state = format!("{} of {total} pieces can be read", total - away.len() + readable);
                Look::NotYet { state: Some(state), percent: None }
            })
            .await?;
            if !back.contains(&first) {
                return Err(incomplete(format!("{first} is gone since it was listed")));
            }
            away.retain(|name| !back.contains(name));
        }
        Ok(total)
    }

    /// Reads the manifest, if there is one; where it is archived, restores it with everything that went there with it.
    async fn known(&self, cx: &StepCx, prefix: String) -> Result<Found, ActionError> {
        let mut all = self.list(cx, &prefix).await?;
        let is_manifest = |piece: &Piece| piece.name.ends_with("/manifest.json");
        let mut restored = 0;
        if all.iter().any(|piece| is_manifest(piece) && piece.is_out_of_reach()) {
            // Of a snapshot, what was captured and the applications too.
            let pieces: Vec<Piece> =
                all.iter().filter(|p| !p.name.to_ascii_lowercase().ends_with(".log")).cloned().collect();
            restored = self.restore(cx, &pieces, &prefix, ("restore-all", "wait-all")).await?;
            for piece in all.iter_mut().filter(|piece| pieces.contains(piece)) {
                piece.archival = None;
            }
        }
        let manifest = self.manifest(cx, &all, &prefix).await?;
        if manifest["kind"] != "snapshot" {
            return Ok(Found { prefix, all, manifest, snapshot: Value::Null, restored });
        }
        let prefix = part_of(&manifest, &prefix)?;
        all.retain(|piece| piece.name.starts_with(&prefix));
        let export = self.manifest(cx, &all, &prefix).await?;
        Ok(Found { prefix, all, manifest: export, snapshot: manifest, restored })
    }
}

/// What lies under a prefix.
struct Found {
    /// The dump's own prefix.
    prefix: String,
    all: Vec<Piece>,
    manifest: Value,
    snapshot: Value,
    restored: usize,
}

/// What is not known of a dump, or not as it should be.
fn doubts(found: &Found, files: &[&Piece]) -> Result<Vec<String>, ActionError> {
    let mut warnings = Vec::new();
    if found.manifest.is_null() {
        warnings.push(
            "the dump has no manifest: whether it is whole, how many rows it holds, and which privileges and scheduler jobs \
             its schemas had is not known"
                .to_owned(),
        );
    } else if written(&found.manifest).is_empty() {
        warnings.push(
            "the manifest does not say which pieces there are: whether the dump is whole is not known"
                .to_owned(),
        );
    }
    if written(&found.manifest).is_empty() {
        warnings.extend(gaps(files)?);
    } else {
        missing(&found.all, &found.manifest, &mut warnings)?;
    }
    if !found.manifest.is_null() && found.manifest["outcome"] != "succeeded" {
        warnings.push(format!("the export ended with outcome {}", shown(&found.manifest["outcome"])));
    }
    Ok(warnings)
}

impl Action for DumpSet {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let mut prefix = cx.arg(&self.prefix)?;
            if !prefix.ends_with('/') {
                prefix.push('/');
            }
            let uri = cx.arg(&self.uri)?;
            let mut found = self.known(cx, prefix).await?;
            if !found.all.iter().any(Piece::is_dump) {
                return Err(ActionError::new(
                    Category::NotFound,
                    format!("there is no dump under {}", found.prefix),
                )
                .because(format!("{} objects are there, and none ends in .dmp", found.all.len()))
                .advise("`adbctl object list` shows what is in the bucket; a dump in temp/ is deleted after some days"));
            }
            let pieces = of_one_dump(&found.all, &found.manifest, &found.prefix)?;
            let files: Vec<&Piece> = pieces.iter().filter(|piece| piece.is_dump()).collect();
            let mut warnings = doubts(&found, &files)?;
            let rules = self.rules(cx).await?;
            warnings.extend(expiry(&pieces.iter().collect::<Vec<_>>(), &rules, clock::now()));
            for warning in &warnings {
                cx.say(format!("warning: {warning}")).await;
            }
            found.restored += self.restore(cx, &pieces, &found.prefix, ("restore", "wait")).await?;
            let address = |piece: &&Piece| format!("{uri}{}", encoded(&piece.name));
            let (manifest, versions) = (&found.manifest, &found.manifest["versions"]);
            let list = |name: &str| manifest[name].as_array().cloned().unwrap_or_default();
            let shown_piece = |p: &Piece| json!({ "name": p.name, "size": p.size, "etag": p.etag });
            let outputs = json!({
                "files": files.iter().map(address).collect::<Vec<_>>(),
                "prefix": found.prefix,
                "pieces": pieces.iter().map(shown_piece).collect::<Vec<_>>(),
                "versions": {
                    "database_version": versions["database_version"],
                    "time_zone_file": versions["time_zone_file"],
                    "character_set": versions["character_set"],
                },
                "encrypted": manifest["encrypted"],
                "tables": list("tables"),
                "schemas": list("schemas"),
                "size": pieces.iter().map(|piece| piece.size).sum::<u64>(),
                "restored": found.restored,
                "warnings": warnings,
                "manifest": manifest,
                "snapshot": found.snapshot,
            });
            Ok(Finish::Done(outputs.as_object().cloned().unwrap_or_default()))
        })
    }
}

#[cfg(test)]
#[path = "dump_set_tests.rs"]
mod tests;
