//! The bucket for dumps: whether it is there, whether old dumps go away, and what its manifests record.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::exit::{Exit, Failure};
use super::super::surroundings::Surroundings;
use super::cloud::Reached;
use super::findings::Findings;
use crate::model::{NoSecrets, clock};
use crate::oci::object_storage::{self, Covers};
use crate::oci::{CallContext, Oci, OciError};

/// What a manifest's object is called, after its prefix.
const MANIFEST: &str = "manifest.json";

/// No more manifests than these are read, the newest ones.
const MOST: usize = 500;

/// So many are asked for at a time.
const AT_ONCE: usize = 8;

/// Under this prefix dumps are kept for days only.
const SHORT_LIVED: &str = "temp/";

/// Under this prefix they are kept.
const KEPT: &str = "permanent/";

/// What is known of the bucket.
#[derive(Debug)]
pub(super) enum Dumps {
    /// It could not be looked at, and why.
    Unseen(&'static str),
    /// It is there.
    Seen {
        /// The bucket's name.
        bucket: String,
        /// What is recorded in it.
        manifests: Vec<Manifest>,
    },
}

/// What one manifest records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    object: String,
    kind: String,
    mode: Option<String>,
    database: String,
    ocid: Option<String>,
    finished: Option<Timestamp>,
    outcome: String,
    errors: u64,
    /// What a snapshot holds.
    parts: Vec<String>,
    /// The only schemas that a capture is of; of all where there are none.
    schemas: Vec<String>,
    /// The APEX applications that were exported.
    applications: BTreeSet<u64>,
}

/// Which records are looked for.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    /// What was done: `export`, `applications`, `capture` or `drill`.
    pub(super) kind: &'a str,
    /// The export's mode, where only one will do.
    pub(super) mode: Option<&'a str>,
    /// The database's name in the configuration.
    pub(super) name: &'a str,
    /// What the service says of it.
    pub(super) record: Option<&'a Value>,
    /// The APEX applications that it has, which have to be in an export of applications.
    pub(super) applications: BTreeSet<u64>,
}

impl Wanted<'_> {
    fn is(&self, manifest: &Manifest) -> bool {
        let member = |name: &str| self.record.and_then(|record| record[name].as_str());
        // A refresh gives a name to another database, and what is recorded of the old one proves nothing of it.
        let same = if let (Some(recorded), Some(own)) = (&manifest.ocid, member("id")) {
            recorded.eq_ignore_ascii_case(own)
        } else {
            let names = [Some(self.name), member("dbName")];
            names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(&manifest.database))
        };
        let named = if self.kind == "applications" { "apps" } else { self.kind };
        let part = || manifest.kind == "snapshot" && manifest.parts.iter().any(|part| part == named);
        same && (manifest.kind == self.kind || part())
            && self.mode.is_none_or(|mode| manifest.mode.as_deref() == Some(mode))
    }

    /// What it does not hold, in words.
    fn lacking(&self, manifest: &Manifest) -> Option<String> {
        if !manifest.schemas.is_empty() {
            return Some(format!("it is of {} alone", manifest.schemas.join(", ")));
        }
        let lost: Vec<String> =
            self.applications.difference(&manifest.applications).map(ToString::to_string).collect();
        (self.kind == "applications" && !lost.is_empty())
            .then(|| format!("it lacks the applications {}", lost.join(", ")))
    }
}

impl Manifest {
    /// Reads a manifest; other members are nobody's business here. It is written when all else is done, so that the time
    /// it was stored at stands in where it does not say when that was.
    fn read(object: &str, stored: Option<Timestamp>, bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let needed = |name: &str| text(name).ok_or_else(|| format!("it has no text called {name}"));
        let finished = match text("finished") {
            None => stored,
            Some(text) => Some(text.parse().map_err(|_| format!("{text:?} is no time"))?),
        };
        let (kind, database) = (needed("kind")?, needed("database")?);
        let outcome = match text("outcome") {
            // It is written when every application is, and says nothing of it.
            None if kind == "applications" => "succeeded".to_owned(),
            _ => needed("outcome")?,
        };
        let schemas = value["schemas"].as_array().filter(|_| kind == "capture");
        let applications = [&value["applications"], &value["artefacts"]["apps"]["applications"]];
        let applications = applications.into_iter().filter_map(Value::as_array).flatten();
        Ok(Self {
            object: object.to_owned(),
            schemas: schemas.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            applications: applications.filter_map(|row| row["application_id"].as_u64()).collect(),
            kind,
            mode: text("mode"),
            database,
            ocid: text("ocid"),
            finished,
            outcome,
            errors: value["errors"].as_u64().unwrap_or_default(),
            parts: (value["artefacts"].as_object().into_iter().flatten())
                .filter(|(_, part)| part["outcome"] == "succeeded")
                .map(|(name, _)| name.clone())
                .collect(),
        })
    }

    fn is_good(&self) -> bool {
        self.outcome == "succeeded" && self.errors == 0
    }
}

impl Dumps {
    /// Whether the newest record of this kind is one of success.
    pub(super) fn newest(
        &self,
        findings: &mut Findings,
        check: &'static str,
        what: &str,
        wanted: &Wanted<'_>,
        remedy: &str,
    ) {
        let (bucket, manifests) = match self {
            Self::Unseen(why) => {
                findings.unchecked(&[check], why);
                return;
            }
            Self::Seen { bucket, manifests } => (bucket, manifests),
        };
        let finished = manifests.iter().filter(|manifest| wanted.is(manifest));
        let finished = finished.filter_map(|manifest| Some((manifest.finished?, manifest)));
        let (part, whole): (Vec<_>, Vec<_>) =
            finished.partition(|(_, manifest)| wanted.lacking(manifest).is_some());
        let newest = |(at, _): &(Timestamp, &Manifest)| *at;
        if let (true, Some((_, manifest))) = (whole.is_empty(), part.into_iter().max_by_key(newest)) {
            let (place, why) = (&manifest.object, wanted.lacking(manifest).unwrap_or_default());
            findings.failed(check, format!("the newest is not whole, {why}: {place}"), remedy);
            return;
        }
        match whole.into_iter().max_by_key(newest) {
            None => findings.failed(
                check,
                format!("bucket {bucket} records no finished {what} of {}", wanted.name),
                remedy,
            ),
            Some((at, manifest)) => {
                let when = at.strftime("%Y-%m-%d %H:%M:%SZ");
                let age = clock::spoken(clock::now().duration_since(at).unsigned_abs());
                let place = &manifest.object;
                if manifest.is_good() {
                    findings.passed(check, format!("{when}, {age} ago, without errors: {place}"));
                } else {
                    let (outcome, errors) = (&manifest.outcome, manifest.errors);
                    let found =
                        format!("the newest, of {when}, ended as {outcome:?} with {errors} errors: {place}");
                    findings.failed(check, found, remedy);
                }
            }
        }
    }
}

/// Looks at the bucket that the configuration names.
pub(super) async fn look(findings: &mut Findings, around: &Surroundings, reached: Option<&Reached>) -> Dumps {
    findings.begin("Bucket for dumps");
    let Some(bucket) = &around.settings.storage.bucket else {
        findings.failed(
            "bucket",
            "no bucket for dumps is configured",
            "write [storage] bucket = \"NAME\" and its compartment into the configuration, and have it made: adbctl setup DB",
        );
        return Dumps::Unseen("no bucket for dumps is configured");
    };
    let Some(reached) = reached else {
        findings.unchecked(&["bucket", "lifecycle rules", "manifests"], "the cloud cannot be used");
        return Dumps::Unseen("the cloud cannot be used");
    };
    let place = match place(around, &reached.oci, &bucket.value).await {
        Ok(place) => place,
        Err(failure) => {
            findings.error("bucket", failure);
            findings.unchecked(&["lifecycle rules", "manifests"], "the bucket was not found");
            return Dumps::Unseen("the bucket for dumps was not found");
        }
    };
    findings.passed("bucket", format!("{}/{} is there", place.namespace, place.bucket));
    match place.rules().await {
        Ok(items) => rules(findings, &items),
        Err(error) => findings.error("lifecycle rules", error),
    }
    match place.manifests(findings).await {
        Ok(manifests) => Dumps::Seen { bucket: place.bucket, manifests },
        Err(error) => {
            findings.error("manifests", error);
            Dumps::Unseen("the bucket for dumps could not be read")
        }
    }
}

/// A bucket that is there.
struct Place<'a> {
    oci: &'a Oci,
    namespace: String,
    bucket: String,
}

async fn place<'a>(around: &Surroundings, oci: &'a Oci, bucket: &str) -> Result<Place<'a>, Failure> {
    let namespace = object_storage::namespace_or_own(oci, around.settings.storage.namespace()).await?;
    let call = object_storage::head_bucket(json!(namespace), json!(bucket));
    match oci.send(&call, &CallContext::default(), &NoSecrets).await {
        Ok(_) => Ok(Place { oci, namespace, bucket: bucket.to_owned() }),
        Err(error) if error.status == Some(404) => {
            let message = format!("there is no bucket {namespace}/{bucket}, or it is not to be seen");
            Err(Failure::new(Exit::Wrong, message)
                .help("have it made: adbctl setup DB; or correct [storage] bucket in the configuration"))
        }
        Err(error) => Err(error.into()),
    }
}

impl Place<'_> {
    /// The lifecycle rules; no policy is none.
    async fn rules(&self) -> Result<Vec<Value>, OciError> {
        let call = object_storage::get_lifecycle(json!(self.namespace), json!(self.bucket));
        match self.oci.send(&call, &CallContext::default(), &NoSecrets).await {
            Ok(reply) => Ok(reply.value["items"].as_array().cloned().unwrap_or_default()),
            Err(error) if error.status == Some(404) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The newest manifests of the bucket.
    async fn manifests(&self, findings: &mut Findings) -> Result<Vec<Manifest>, OciError> {
        let call = object_storage::list_objects(json!(self.namespace), json!(self.bucket), Value::Null);
        let listed = self.oci.list(&call, &CallContext::default(), &NoSecrets).await?;
        let objects = listed.value["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (names, archived, left) = chosen(objects);
        let read = stream::iter(names.iter().map(|(name, stored)| self.manifest(name, *stored)));
        let read: Vec<Result<Manifest, String>> = read.buffered(AT_ONCE).collect().await;
        let (good, bad): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
        let manifests: Vec<Manifest> = good.into_iter().filter_map(Result::ok).collect();
        let mut unread: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
        if archived > 0 {
            unread.push(format!("{archived} are archived"));
        }
        if left > 0 {
            unread.push(format!("{left} older ones were left out"));
        }
        let text = format!("{} read", manifests.len());
        if unread.is_empty() {
            findings.passed("manifests", text);
        } else {
            findings.note("manifests", format!("{text}; not read: {}", unread.join("; ")), None);
        }
        Ok(manifests)
    }

    async fn manifest(&self, object: &str, stored: Option<Timestamp>) -> Result<Manifest, String> {
        let call =
            object_storage::get_object(json!(self.namespace), json!(self.bucket), json!(object), Value::Null);
        let reply = self.oci.send(&call, &CallContext::default(), &NoSecrets).await;
        let reply = reply.map_err(|error| format!("{object}: {error}"))?;
        Manifest::read(object, stored, reply.bytes.as_deref().unwrap_or_default())
            .map_err(|error| format!("{object}: {error}"))
    }
}

/// The manifests to read with the times they were stored at, the newest first; how many are archived, and how many are
/// left out.
fn chosen(objects: &[Value]) -> (Vec<(String, Option<Timestamp>)>, usize, usize) {
    let is_manifest = |object: &&Value| {
        let name = object["name"].as_str().unwrap_or_default();
        name == MANIFEST || name.ends_with(&format!("/{MANIFEST}"))
    };
    let (archived, mut here): (Vec<&Value>, Vec<&Value>) =
        objects.iter().filter(is_manifest).partition(|object| object["archivalState"] == "Archived");
    let time =
        |object: &Value| object["timeCreated"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    here.sort_by_key(|object| std::cmp::Reverse(time(object)));
    let left = here.len().saturating_sub(MOST);
    let timed = |object: &Value| Some((object["name"].as_str()?.to_owned(), time(object)));
    let names = here.iter().take(MOST).filter_map(|object| timed(object)).collect();
    (names, archived.len(), left)
}

/// Whether old dumps go away, and those to be kept do not.
fn rules(findings: &mut Findings, items: &[Value]) {
    let with = |actions: &[&str], prefix: &str| -> Vec<String> {
        let covering = items.iter().filter(|rule| {
            rule["action"].as_str().is_some_and(|action| actions.contains(&action))
                && object_storage::covers(rule, prefix) == Covers::Yes
        });
        covering.map(spoken).collect()
    };
    let go = with(&["DELETE"], SHORT_LIVED);
    if go.is_empty() {
        findings.failed(
            "lifecycle rules",
            format!("no rule deletes what is under {SHORT_LIVED}: dumps stay and cost for ever"),
            format!("adbctl setup DB makes the rules; by hand: delete objects with the prefix {SHORT_LIVED} after 7 days"),
        );
    } else {
        findings.passed("lifecycle rules", format!("{SHORT_LIVED}: {}", go.join(", ")));
    }
    let lost = with(&["DELETE"], KEPT);
    let moved = with(&["ARCHIVE", "INFREQUENT_ACCESS"], KEPT);
    if !lost.is_empty() {
        findings.failed(
            "lifecycle rules",
            format!("{KEPT}: {}; what is meant to be kept goes away", lost.join(", ")),
            format!("restrict the rule to the prefix {SHORT_LIVED}"),
        );
    } else if moved.is_empty() {
        let remedy = "adbctl setup DB makes a rule that archives them after 90 days, which is cheaper";
        findings.note(
            "lifecycle rules",
            format!("{KEPT}: kept as they are, no rule moves them"),
            Some(remedy.into()),
        );
    } else {
        findings.passed("lifecycle rules", format!("{KEPT}: {}", moved.join(", ")));
    }
}

fn spoken(rule: &Value) -> String {
    let (name, action) =
        (rule["name"].as_str().unwrap_or_default(), rule["action"].as_str().unwrap_or_default());
    let unit = rule["timeUnit"].as_str().unwrap_or_default().to_lowercase();
    format!("{name} ({} after {} {unit})", action.to_lowercase(), rule["timeAmount"])
}

#[cfg(test)]
#[path = "dumps_tests.rs"]
mod tests;
