//! What a lease says, and what follows from it.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::{RunId, Token, clock};

/// The version of what stands in the object.
pub const FORMAT: u32 = 1;

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user of the machine, for people.
    pub user: String,
    /// The machine's name; none where it has none that can be found out.
    pub host: Option<String>,
    /// The process.
    pub process: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("a machine without a name");
        write!(f, "{}@{host}, process {}", self.user, self.process)
    }
}

/// The content of the object. Its end does not stand in it: it follows from the time at which the service last stored
/// the object, so that no two machines' clocks are ever compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// [`FORMAT`].
    pub format: u32,
    /// The target, by its name in the configuration.
    pub target: String,
    /// The run.
    pub run: RunId,
    /// Its runbook.
    pub runbook: String,
    /// Who runs it.
    pub holder: Holder,
    /// When it was taken, by the holder's clock; for people.
    pub since: Timestamp,
    /// For how many seconds after each renewal it holds.
    pub seconds: u64,
    /// Random, anew each time a lease is taken: tells a holder its own writes from those of others.
    pub fence: Token,
}

impl Lease {
    /// A lease to take now.
    pub fn new(
        target: impl Into<String>,
        run: RunId,
        runbook: impl Into<String>,
        holder: Holder,
        length: Duration,
    ) -> Self {
        Self {
            format: FORMAT,
            target: target.into(),
            run,
            runbook: runbook.into(),
            holder,
            since: clock::now(),
            seconds: length.as_secs().max(1),
            fence: Token::random(),
        }
    }

    /// How long it holds after a renewal.
    pub fn length(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Reads the bytes of an object.
    ///
    /// # Errors
    /// A sentence that says what is wrong with them.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let wrong = |e: serde_json::Error| format!("it is no lease: {e}");
        let version: Version = serde_json::from_slice(bytes).map_err(wrong)?;
        if version.format > FORMAT {
            return Err(format!(
                "a newer adbctl wrote it: it has format {}, this one reads {FORMAT}",
                version.format
            ));
        }
        serde_json::from_slice(bytes).map_err(wrong)
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} ({}) of {}, since {}", self.run, self.runbook, self.holder, moment(self.since))
    }
}

/// A moment as people read it.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A lease as it was found. Both times are the service's.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The lease, or why the object cannot be read as one.
    pub lease: Result<Lease, String>,
    /// The object's entity tag.
    pub etag: String,
    /// When the object was last stored.
    pub renewed: Option<Timestamp>,
    /// When the service answered.
    pub now: Option<Timestamp>,
}

/// What a lease that was found means for somebody who wants one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the very one that is wanted: the answer to storing it was lost.
    Same,
    /// The same run left it behind on the same machine, whose local lock says that the run's process is gone.
    OwnRun,
    /// It was not renewed in time.
    Lapsed,
    /// It holds, or nobody can tell.
    Held,
}

impl Seen {
    /// When it ends unless it is renewed, by the service's clock.
    pub fn ends(&self) -> Option<Timestamp> {
        let length = SignedDuration::try_from(self.lease.as_ref().ok()?.length()).ok()?;
        self.renewed?.checked_add(length).ok()
    }

    /// Whether its end has passed. What cannot be told counts as not passed.
    pub fn has_lapsed(&self) -> bool {
        // Both times are cut to whole seconds, so only a later second is surely later.
        matches!((self.ends(), self.now), (Some(ends), Some(now)) if now > ends)
    }

    /// What it means for `wanted`.
    pub fn standing(&self, wanted: &Lease) -> Standing {
        match &self.lease {
            Ok(lease) if lease.fence == wanted.fence => Standing::Same,
            Ok(lease)
                if lease.run == wanted.run
                    && lease.holder.host.is_some()
                    && lease.holder.host == wanted.holder.host =>
            {
                Standing::OwnRun
            }
            Ok(_) if self.has_lapsed() => Standing::Lapsed,
            _ => Standing::Held,
        }
    }

    /// How it stands in time, in words: until when, or since when no more.
    pub fn until(&self) -> String {
        match (self.ends(), self.now) {
            (Some(ends), Some(now)) if now > ends => {
                format!(
                    "lapsed at {}, not renewed since {}",
                    moment(ends),
                    self.renewed.map(moment).unwrap_or_default()
                )
            }
            (Some(ends), _) => format!("ends at {} unless it is renewed", moment(ends)),
            (None, _) => "its end cannot be told".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(run: &str, host: Option<&str>) -> Lease {
        let holder = Holder { user: "alice".into(), host: host.map(str::to_owned), process: 7 };
        Lease::new("dev", run.parse().unwrap(), "refresh", holder, Duration::from_mins(2))
    }

    const ONE: &str = "20260519t211000-aaaa";
    const TWO: &str = "20260519t211500-bbbb";

    fn seen(lease: Result<Lease, String>, renewed: Option<&str>, now: Option<&str>) -> Seen {
        let time = |text: Option<&str>| text.map(|t| format!("2026-05-19T{t}Z").parse().unwrap());
        Seen { lease, etag: "e".into(), renewed: time(renewed), now: time(now) }
    }

    #[test]
    fn who_may_take_it() {
        fn check(
            there: &Lease,
            wanted: &Lease,
            renewed: Option<&str>,
            now: Option<&str>,
            standing: Standing,
        ) {
            let found = seen(Ok(there.clone()), renewed, now).standing(wanted);
            assert_eq!(found, standing, "{renewed:?} {now:?}");
        }
        use Standing::{Held, Lapsed, OwnRun, Same};
        let (there, other) = (lease(ONE, Some("a")), lease(TWO, Some("b")));
        let at = Some("21:10:00");
        check(&there, &other, at, Some("21:10:01"), Held);
        check(&there, &other, at, Some("21:12:00"), Held);
        check(&there, &other, at, Some("21:12:01"), Lapsed);
        // The service's clock was put back: not lapsed.
        check(&there, &other, at, Some("21:09:00"), Held);
        // Without one of the two times nobody can tell.
        check(&there, &other, None, Some("23:00:00"), Held);
        check(&there, &other, at, None, Held);
        // The same run: at once on the same machine, after its end on another.
        check(&there, &lease(ONE, Some("a")), at, Some("21:10:01"), OwnRun);
        check(&there, &lease(ONE, Some("b")), at, Some("21:10:01"), Held);
        check(&there, &lease(ONE, Some("b")), at, Some("21:13:00"), Lapsed);
        check(&lease(ONE, None), &lease(ONE, None), at, Some("21:10:01"), Held);
        // Another run on the same machine.
        check(&there, &lease(TWO, Some("a")), at, Some("21:10:01"), Held);
        check(&there, &there, at, Some("21:10:01"), Same);
    }

    #[test]
    fn what_cannot_be_read_is_held() {
        fn check(bytes: &[u8], why: &str) {
            let read = Lease::read(bytes);
            assert!(read.as_ref().is_err_and(|e| e.contains(why)), "{read:?}");
            let found = seen(read, Some("01:00:00"), Some("23:00:00"));
            assert_eq!(found.standing(&lease(ONE, Some("a"))), Standing::Held);
        }
        check(b"", "it is no lease");
        check(b"{\"format\": 1}", "it is no lease");
        check(b"{\"format\": 2, \"other\": 1}", "a newer adbctl wrote it");
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let lease = lease(ONE, Some("build-7.example.com"));
        assert_eq!(Lease::read(&serde_json::to_vec(&lease).unwrap()), Ok(lease));
    }

    #[test]
    fn in_words() {
        let there = seen(Ok(lease(ONE, Some("a"))), Some("21:10:00"), Some("21:10:01"));
        assert_eq!(there.until(), "ends at 2026-05-19 21:12:00Z unless it is renewed");
        let gone = Seen { now: Some("2026-05-19T22:00:00Z".parse().unwrap()), ..there.clone() };
        assert_eq!(gone.until(), "lapsed at 2026-05-19 21:12:00Z, not renewed since 2026-05-19 21:10:00Z");
        assert_eq!(Seen { renewed: None, ..there }.until(), "its end cannot be told");
        let text = lease(ONE, Some("a")).to_string();
        assert!(
            text.starts_with("run 20260519t211000-aaaa (refresh) of alice@a, process 7, since 2"),
            "{text}"
        );
    }
}
