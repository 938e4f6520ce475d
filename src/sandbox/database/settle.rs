//! What is over by now: work ends, states change, terminated databases leave.

use jiff::Timestamp;

use super::record::{Database, State};
use super::{update, view};
use crate::sandbox::engine::Making;
use crate::sandbox::pace::Work;
use crate::sandbox::wallet::WalletKeys;
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

/// Brings every database to where it is at this moment. What ended earlier ends at its own time, not now.
pub(crate) fn settle(world: &mut World, now: Timestamp) {
    for id in world.tables.databases.keys() {
        let Some(database) = world.tables.databases.get(&id) else { continue };
        if database.forget_at.is_some_and(|at| at <= now) {
            world.tables.databases.remove(&id);
            continue;
        }
        if database.pending.as_ref().is_some_and(|pending| pending.until <= now) {
            // A new database is there when its data are, however quick the pace.
            let failure = match world.engine.making(&id) {
                Making::GoesOn if database.state == State::Provisioning => continue,
                Making::Failed(why) if database.state == State::Provisioning => Some(why),
                _ => None,
            };
            finish(world, &id, failure);
        }
    }
    let heard = |row: &&Database| row.password_untold && world.engine.has_heard(&row.id);
    let told: Vec<String> = world.tables.databases.values().filter(heard).map(|row| row.id.clone()).collect();
    for id in told {
        if let Some(database) = world.tables.databases.change(&id) {
            database.password_untold = false;
        }
    }
    super::backups::settle(world, now);
}

fn finish(world: &mut World, id: &str, failure: Option<String>) {
    let pace = world.pace;
    let Some(database) = world.tables.databases.change(id) else { return };
    let Some(mut pending) = database.pending.take() else { return };
    if let Some(why) = failure {
        pending.failure.get_or_insert(("CloneFailed".into(), why));
    }
    database.version += 1;
    work_request_end(world, id, pending);
    let Some(database) = world.tables.databases.get(id).cloned() else { return };
    let told = if database.state == State::Terminated {
        let forget_at =
            Some(pace.end(Work::Forget, jiff::Timestamp::max(database.created, crate::model::clock::now())));
        if let Some(changed) = world.tables.databases.change(id) {
            changed.forget_at = forget_at;
        }
        super::backups::remove_of(world, id, false).ok();
        world.engine.remove(id)
    } else {
        world.engine.set_identity(&view::identity(world, &database))
    };
    if let Err(error) = told {
        tracing::warn!(%error, "the engine did not follow the control plane");
    }
}

fn work_request_end(world: &mut World, id: &str, pending: super::record::Pending) {
    let at = pending.until;
    let Some(database) = world.tables.databases.change(id) else { return };
    if let Some((code, message)) = pending.failure {
        database.details = Some(message.clone());
        // A database that never was is gone; one that was stays as it was.
        database.state = if database.state == State::Provisioning {
            State::Terminated
        } else {
            stay(database.state, pending.then)
        };
        work_requests::finish(world, &pending.work_request, at, Some((code, message)));
        return;
    }
    database.state = pending.then;
    let renamed = pending.changes.contains_key("dbName");
    update::apply(&mut database.fields, pending.changes);
    if renamed {
        // The names in the old wallet are no longer served, and neither are its keys.
        match WalletKeys::generate(id) {
            Ok(keys) => database.wallet = keys,
            Err(error) => tracing::warn!(%error, "no new wallet keys"),
        }
    }
    work_requests::finish(world, &pending.work_request, at, None);
}

/// The state a failed change goes back to.
fn stay(by: State, then: State) -> State {
    match by {
        State::Starting => State::Stopped,
        State::Stopping | State::Restarting | State::Terminating | State::RestoreInProgress => {
            State::Available
        }
        _ => then,
    }
}
