//! How long things take here, and how fast the sandbox's time runs.

use jiff::{SignedDuration, Timestamp};

/// What the control plane takes its time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Provision,
    Update,
    Scale,
    StartOrStop,
    Restart,
    Terminate,
    Backup,
    Refresh,
    Restore,
    Copy,
    /// How long a terminated database stays in the list.
    Forget,
}

impl Work {
    /// The length at speed 1, in seconds. Chosen so that the whole refresh of a database stays under a minute.
    fn seconds(self) -> f64 {
        match self {
            Self::Provision => 15.0,
            Self::Update => 1.5,
            Self::Scale | Self::Terminate | Self::Refresh => 3.0,
            Self::StartOrStop | Self::Copy => 2.0,
            Self::Restart => 2.5,
            Self::Backup => 5.0,
            Self::Restore => 4.0,
            Self::Forget => 3600.0,
        }
    }
}

/// The speed of the sandbox's time: 1 is what a person wants to watch, 0 means no waiting at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace(pub(crate) f64);

impl Pace {
    /// When work that begins now is done.
    pub(crate) fn end(self, work: Work, now: Timestamp) -> Timestamp {
        let seconds = if work == Work::Forget {
            // However fast time runs, a client has to be able to see that a database is gone.
            (work.seconds() / self.0.max(1.0)).max(600.0)
        } else if self.0 <= 0.0 {
            0.0
        } else {
            work.seconds() / self.0
        };
        now.saturating_add(SignedDuration::from_secs_f64(seconds)).unwrap_or(now)
    }
}

/// How much of a span is over, 0 to 1.
pub(crate) fn share(since: Timestamp, until: Timestamp, now: Timestamp) -> f64 {
    let whole = until.duration_since(since).as_secs_f64();
    if whole <= 0.0 {
        return 1.0;
    }
    (now.duration_since(since).as_secs_f64() / whole).clamp(0.0, 1.0)
}

/// A moment as the services write it.
pub(crate) fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds() {
        fn check(speed: f64, work: Work, milliseconds: i128) {
            let start: Timestamp = "2026-05-19T21:10:00Z".parse().unwrap();
            assert_eq!(
                Pace(speed).end(work, start).duration_since(start).as_millis(),
                milliseconds,
                "{speed}"
            );
        }
        check(1.0, Work::Provision, 15_000);
        check(10.0, Work::Provision, 1_500);
        check(0.0, Work::Provision, 0);
        check(0.0, Work::Forget, 3_600_000);
        check(1000.0, Work::Forget, 600_000);
    }

    #[test]
    fn shares() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        assert!((share(at(10), at(20), at(15)) - 0.5).abs() < 1e-9);
        assert!((share(at(10), at(10), at(10)) - 1.0).abs() < 1e-9);
        assert!(share(at(10), at(20), at(5)).abs() < 1e-9);
        assert_eq!(text(at(0)), "1970-01-01T00:00:00.000Z");
    }
}
