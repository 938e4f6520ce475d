//! The lock on a target across machines, where `[state]` names a bucket for it.

use std::sync::{Arc, OnceLock};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::surroundings::Surroundings;
use crate::engine::Plan;
use crate::lease::record::moment;
use crate::lease::{Bucket, Hold, Holder, Lease, Lost, NotTaken, Returned, Seen, Shelf as _, Standing, take};
use crate::model::{clock, environment};
use crate::oci::Oci;
use crate::report::Out;

/// A held lease. It has to be given back; one that is dropped stays until it ends by itself.
pub(super) struct Held {
    hold: Hold,
    watch: JoinHandle<()>,
    target: String,
    out: Out,
}

/// The bucket of leases, where one is configured.
pub(super) async fn bucket(cloud: &Oci, around: &Surroundings) -> Result<Option<Bucket>, Failure> {
    let state = &around.settings.state;
    let Some(bucket) = &state.bucket else { return Ok(None) };
    let namespace = state.namespace.as_ref().map(|n| n.value.clone());
    let prefix = state.prefix.as_ref().map(|p| p.value.clone()).unwrap_or_default();
    Ok(Some(Bucket::open(cloud.clone(), namespace, bucket.value.clone(), prefix).await?))
}

/// Takes the lease on a target for a run, where a bucket is configured. The local lock must be held already: it is what
/// says that an earlier process of the same run is gone.
pub(super) async fn acquire(
    cloud: &Oci,
    around: &Surroundings,
    plan: &Plan,
    target: &str,
) -> Result<Option<Held>, Failure> {
    let not_taken = |failure: Failure| Failure {
        message: format!("the lease on {target} cannot be taken: {}", failure.message),
        ..failure
    };
    let Some(bucket) = bucket(cloud, around).await.map_err(not_taken)? else { return Ok(None) };
    let bucket = bucket.of_run(plan.run.clone());
    let length = around.settings.state.lease.value;
    let wanted = Lease::new(target, plan.run.clone(), plan.runbook.clone(), holder(), length);
    let place = bucket.shown(target);
    let taken = match take(Arc::new(bucket), wanted).await {
        Ok(taken) => taken,
        Err(NotTaken::Held(seen)) => return Err(refusal(&seen, target, &place, &around.repeat)),
        Err(NotTaken::Unsteady) => {
            let message = format!("the lease on {target} ({place}) changes with every look");
            return Err(Failure::new(Exit::Locked, message).help(
                "somebody else is taking it, or it may be stored and not read: try again, and check the policies of the bucket",
            ));
        }
        Err(NotTaken::Far(error)) => return Err(not_taken(error.into())),
    };
    if let Some((standing, seen)) = &taken.before {
        told(*standing, seen, target, &around.out);
    }
    tracing::info!("holds the lease {place}, for {} after each renewal", clock::spoken(length));
    let (lost, why) = (taken.hold.lost().clone(), taken.hold.why());
    let watch = tokio::spawn(watch(lost, why, target.to_owned(), around.out.clone()));
    Ok(Some(Held { hold: taken.hold, watch, target: target.to_owned(), out: around.out.clone() }))
}

impl Held {
    /// Set when the lease is lost; the reason is told to people by then or soon after.
    pub(super) fn lost(&self) -> CancellationToken {
        self.hold.lost().clone()
    }

    /// Gives the lease back. What keeps it from that is told, and is no failure: it ends by itself.
    pub(super) async fn give_back(self) {
        let lost = self.hold.lost().is_cancelled();
        if lost {
            let _ = self.watch.await;
        } else {
            self.watch.abort();
        }
        match self.hold.give_back().await {
            Returned::Free => {}
            // It was said already that, and why, it is lost.
            Returned::Gone | Returned::Left(_) if lost => {}
            Returned::Gone => {
                self.out.warning(&format!(
                    "the lease on {} was no longer this run's when the run ended",
                    self.target
                ));
            }
            Returned::Left(why) => {
                self.out.warning(&format!(
                    "the lease on {} could not be given back, and ends by itself: {why}",
                    self.target
                ));
            }
        }
    }
}

/// Who this is.
fn holder() -> Holder {
    let user = environment::variable("USER").or_else(|| environment::variable("LOGNAME"));
    Holder { user: user.unwrap_or_else(|| "somebody".into()), host: host(), process: std::process::id() }
}

/// The machine's name, as the system has it.
fn host() -> Option<String> {
    let told = fs_err::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| {
        let output = std::process::Command::new("uname").arg("-n").output().ok()?;
        String::from_utf8(output.stdout).ok()
    });
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Whose a lease is, in words.
pub(super) fn whose(seen: &Seen) -> String {
    match &seen.lease {
        Ok(lease) => lease.to_string(),
        Err(why) => format!("nobody knows whom ({why})"),
    }
}

fn refusal(seen: &Seen, target: &str, place: &str, repeat: &str) -> Failure {
    let message = match &seen.lease {
        Ok(lease) => format!("somebody else works on {target}: {lease}; the lease {}", seen.until()),
        Err(why) => format!("the object {place}, which locks {target}, cannot be read: {why}"),
    };
    Failure::new(Exit::Locked, message).help(format!(
        "wait for that run to end. If it is dead, its lease ends by itself; sooner with: adbctl{repeat} lock release {target}"
    ))
}

fn told(standing: Standing, seen: &Seen, target: &str, out: &Out) {
    match standing {
        Standing::OwnRun => out.talk(&format!("took this run's own lease on {target} again")),
        _ => out.warning(&format!(
            "took over the lease on {target} of {}; it {}. That run did not end as it should: its clone or its changes may be \
             there, and on that machine `adbctl resume` would go on with it",
            whose(seen),
            seen.until()
        )),
    }
}

/// Tells people why the lease is lost, as soon as it is.
async fn watch(lost: CancellationToken, why: Arc<OnceLock<Lost>>, target: String, out: Out) {
    lost.cancelled().await;
    let what = match why.get() {
        Some(Lost::Taken(seen)) => format!("it is now held by {}", whose(seen)),
        Some(Lost::Removed) => "somebody released it".to_owned(),
        Some(Lost::NotRenewed(length, why)) => {
            format!("it could not be renewed for {}: {why}", clock::spoken(*length))
        }
        None => "nobody knows why".to_owned(),
    };
    out.warning(&format!(
        "the lease on {target} is lost: {what}. This run stops, so that two do not work on {target}; \
         see `adbctl lock list` before it is resumed"
    ));
}

/// What a list shows of a lease: as words, and as data.
pub(super) async fn listed(bucket: &Bucket) -> Result<Vec<(String, Seen)>, Failure> {
    let mut found = Vec::new();
    for target in bucket.targets().await? {
        // One that is gone by now is no lease any more.
        if let Some(seen) = bucket.read(&target).await? {
            found.push((target, seen));
        }
    }
    Ok(found)
}

/// A lease as data.
pub(super) fn as_json(target: &str, seen: &Seen) -> serde_json::Value {
    serde_json::json!({
        "target": target,
        "kind": "lease",
        "lease": seen.lease.as_ref().ok(),
        "problem": seen.lease.as_ref().err(),
        "renewed": seen.renewed,
        "ends": seen.ends(),
        "lapsed": seen.has_lapsed(),
    })
}

/// Removes the lease that was seen. It may be renewed meanwhile; another's in its place stays.
pub(super) async fn remove(bucket: &Bucket, target: &str, seen: &Seen) -> Result<(), Failure> {
    let mut etag = seen.etag.clone();
    for _ in 0..5 {
        if bucket.remove(target, &etag).await? {
            return Ok(());
        }
        match bucket.read(target).await? {
            None => return Ok(()),
            Some(now) if same(&now, seen) => etag = now.etag,
            Some(now) => {
                let message =
                    format!("the lease on {target} changed hands meanwhile; it is now of {}", whose(&now));
                return Err(Failure::refused(message).help("nothing was removed; look again and decide anew"));
            }
        }
    }
    Err(Failure::new(Exit::Failed, format!("the lease on {target} changes with every look"))
        .help("try again"))
}

fn same(now: &Seen, before: &Seen) -> bool {
    match (&now.lease, &before.lease) {
        (Ok(now), Ok(before)) => now.fence == before.fence,
        _ => false,
    }
}

/// When a lease was last renewed, for people.
pub(super) fn renewed(seen: &Seen) -> String {
    seen.renewed.map_or_else(|| "at an unknown time".to_owned(), moment)
}
