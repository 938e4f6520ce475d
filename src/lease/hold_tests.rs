//! Leases on a shelf in memory, with a clock that is held.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::BoxFuture;

use super::super::record::Holder;
use super::*;

/// What stands in the place of Object Storage. Its clock is the runtime's.
struct Pretend {
    there: Mutex<Option<(Lease, u32, Instant)>>,
    next: AtomicU32,
    begun: Instant,
    writes: AtomicU32,
    trouble: Mutex<Trouble>,
}

#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// Nothing arrives.
    Unreachable,
    /// Everything arrives, and no answer comes back.
    Mute,
    /// What changes something arrives once, seems not to have, and is refused when it is repeated.
    Echo,
    /// No answer, ever.
    Hangs,
}

impl Pretend {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            there: Mutex::new(None),
            next: AtomicU32::new(1),
            begun: clock::instant(),
            writes: AtomicU32::new(0),
            trouble: Mutex::new(Trouble::None),
        })
    }

    fn set(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }

    fn time(&self, at: Instant) -> Timestamp {
        let began: Timestamp = "2026-05-19T21:10:00Z".parse().unwrap();
        let whole = Duration::from_secs(at.duration_since(self.begun).as_secs());
        began.checked_add(whole).unwrap()
    }

    fn fence(&self) -> Option<crate::model::Token> {
        self.there.lock().unwrap().as_ref().map(|(lease, ..)| lease.fence.clone())
    }

    fn writes(&self) -> u32 {
        self.writes.load(Ordering::SeqCst)
    }

    async fn gate(&self) -> Result<Trouble, OciError> {
        let trouble = *self.trouble.lock().unwrap();
        match trouble {
            Trouble::Unreachable => Err(OciError::local("nobody answers")),
            Trouble::Hangs => std::future::pending().await,
            other => Ok(other),
        }
    }

    fn told<T>(trouble: Trouble, fine: T, refused: T) -> Result<T, OciError> {
        match trouble {
            Trouble::Mute => Err(OciError::local("the answer was lost")),
            Trouble::Echo => Ok(refused),
            _ => Ok(fine),
        }
    }
}

impl Shelf for Pretend {
    fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Seen>, OciError>> {
        Box::pin(async move {
            let trouble = self.gate().await?;
            let seen = self.there.lock().unwrap().clone().map(|(lease, etag, at)| Seen {
                lease: Ok(lease),
                etag: etag.to_string(),
                renewed: Some(self.time(at)),
                now: Some(self.time(clock::instant())),
            });
            if trouble == Trouble::Mute { Err(OciError::local("the answer was lost")) } else { Ok(seen) }
        })
    }

    fn write<'a>(
        &'a self,
        lease: &'a Lease,
        condition: Condition,
    ) -> BoxFuture<'a, Result<Option<String>, OciError>> {
        Box::pin(async move {
            let trouble = self.gate().await?;
            let mut there = self.there.lock().unwrap();
            let holds = match condition {
                Condition::Always => true,
                Condition::Absent => there.is_none(),
                Condition::Unchanged(etag) => {
                    there.as_ref().is_some_and(|(_, tag, _)| etag.as_str() == Some(&*tag.to_string()))
                }
            };
            if !holds {
                return Ok(None);
            }
            let etag = self.next.fetch_add(1, Ordering::SeqCst);
            self.writes.fetch_add(1, Ordering::SeqCst);
            *there = Some((lease.clone(), etag, clock::instant()));
            drop(there);
            if trouble == Trouble::Echo {
                self.set(Trouble::None);
            }
            Self::told(trouble, Some(etag.to_string()), None)
        })
    }

    fn remove<'a>(&'a self, _: &'a str, etag: &'a str) -> BoxFuture<'a, Result<bool, OciError>> {
        Box::pin(async move {
            let trouble = self.gate().await?;
            let mut there = self.there.lock().unwrap();
            if there.as_ref().is_none_or(|(_, tag, _)| tag.to_string() != etag) {
                return Ok(false);
            }
            *there = None;
            Self::told(trouble, true, false)
        })
    }
}

fn lease(run: &str, host: &str, seconds: u64) -> Lease {
    let holder = Holder { user: "alice".into(), host: Some(host.into()), process: 7 };
    Lease::new("dev", run.parse().unwrap(), "refresh", holder, Duration::from_secs(seconds))
}

const ONE: &str = "20260519t211000-aaaa";
const TWO: &str = "20260519t211500-bbbb";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

async fn take_on(shelf: &Arc<Pretend>, lease: Lease) -> Result<Taken, NotTaken> {
    take(Arc::clone(shelf) as Arc<dyn Shelf>, lease).await
}

#[test]
fn held_as_long_as_it_is_renewed_and_free_afterwards() {
    runtime().block_on(async {
        let shelf = Pretend::new();
        let taken = take_on(&shelf, lease(ONE, "a", 120)).await.unwrap();
        assert!(taken.before.is_none());
        seconds(3600).await;
        assert!(!taken.hold.lost().is_cancelled());
        // One each 40 s and a little.
        assert!((80..=91).contains(&shelf.writes()), "{} writes", shelf.writes());
        match take_on(&shelf, lease(TWO, "b", 120)).await {
            Err(NotTaken::Held(seen)) => assert_eq!(seen.lease.unwrap().run.as_str(), ONE),
            other => panic!("{other:?}"),
        }
        assert!(matches!(taken.hold.give_back().await, Returned::Free));
        let next = take_on(&shelf, lease(TWO, "b", 120)).await.unwrap();
        assert!(next.before.is_none());
    });
}

#[test]
fn left_behind_it_is_taken_over_after_its_end() {
    runtime().block_on(async {
        async fn check(run: &str, host: &str, after: u64, wanted: Option<Standing>) {
            let shelf = Pretend::new();
            drop(take_on(&shelf, lease(ONE, "a", 120)).await.unwrap());
            seconds(after).await;
            let found = take_on(&shelf, lease(run, host, 120)).await;
            let standing = found.ok().map(|taken| taken.before.unwrap().0);
            assert_eq!(standing, wanted, "{run} on {host} after {after} s");
        }
        check(TWO, "b", 1, None).await;
        check(TWO, "b", 120, None).await;
        check(TWO, "b", 122, Some(Standing::Lapsed)).await;
        check(TWO, "a", 1, None).await;
        check(ONE, "a", 1, Some(Standing::OwnRun)).await;
        check(ONE, "b", 1, None).await;
        check(ONE, "b", 122, Some(Standing::Lapsed)).await;
    });
}

#[test]
fn of_two_who_take_over_one_succeeds() {
    runtime().block_on(async {
        let shelf = Pretend::new();
        drop(take_on(&shelf, lease(ONE, "a", 3)).await.unwrap());
        seconds(10).await;
        let (b, c) = tokio::join!(take_on(&shelf, lease(TWO, "b", 60)), take_on(&shelf, lease(TWO, "c", 60)));
        assert_eq!([b.is_ok(), c.is_ok()].iter().filter(|ok| **ok).count(), 1);
    });
}

#[test]
fn an_answer_that_was_lost_is_no_loss() {
    runtime().block_on(async {
        let shelf = Pretend::new();
        shelf.set(Trouble::Echo);
        let taken = take_on(&shelf, lease(ONE, "a", 120)).await.unwrap();
        assert!(taken.before.is_none(), "one's own write is nobody's lease");
        shelf.set(Trouble::Echo);
        seconds(100).await;
        shelf.set(Trouble::Mute);
        seconds(50).await;
        shelf.set(Trouble::None);
        seconds(100).await;
        assert!(!taken.hold.lost().is_cancelled());
        shelf.set(Trouble::Echo);
        assert!(matches!(taken.hold.give_back().await, Returned::Gone | Returned::Free));
        assert!(shelf.fence().is_none());
    });
}

#[test]
fn lost_before_anybody_else_can_have_it() {
    runtime().block_on(async {
        for trouble in [Trouble::Unreachable, Trouble::Mute, Trouble::Hangs] {
            let shelf = Pretend::new();
            let taken = take_on(&shelf, lease(ONE, "a", 120)).await.unwrap();
            let (lost, why) = (taken.hold.lost().clone(), taken.hold.why());
            seconds(10).await;
            let begun = clock::instant();
            shelf.set(trouble);
            lost.cancelled().await;
            let took = begun.elapsed().as_secs();
            assert!((80..=110).contains(&took), "{took} s");
            assert!(matches!(why.get(), Some(Lost::NotRenewed(..))), "{why:?}");
            // Giving it back does not hold the end of the run up for long.
            let begun = clock::instant();
            assert!(matches!(taken.hold.give_back().await, Returned::Left(_)));
            assert!(begun.elapsed() <= RETURNING);
        }
    });
}

#[test]
fn a_short_absence_of_the_service_is_lived_through() {
    runtime().block_on(async {
        let shelf = Pretend::new();
        let taken = take_on(&shelf, lease(ONE, "a", 120)).await.unwrap();
        for _ in 0..10 {
            shelf.set(Trouble::Unreachable);
            seconds(55).await;
            shelf.set(Trouble::None);
            seconds(5).await;
        }
        assert!(!taken.hold.lost().is_cancelled());
    });
}

#[test]
fn what_another_did_is_noticed_and_left_alone() {
    runtime().block_on(async {
        let shelf = Pretend::new();
        let taken = take_on(&shelf, lease(ONE, "a", 120)).await.unwrap();
        let theirs = lease(TWO, "b", 120);
        shelf.write(&theirs, Condition::Always).await.unwrap();
        let why = taken.hold.why();
        taken.hold.lost().cancelled().await;
        match why.get() {
            Some(Lost::Taken(seen)) => assert_eq!(seen.lease.as_ref().unwrap().run.as_str(), TWO),
            other => panic!("{other:?}"),
        }
        assert!(matches!(taken.hold.give_back().await, Returned::Gone));
        assert_eq!(shelf.fence(), Some(theirs.fence), "another's lease stays");

        let shelf = Pretend::new();
        let taken = take_on(&shelf, lease(ONE, "a", 120)).await.unwrap();
        *shelf.there.lock().unwrap() = None;
        let why = taken.hold.why();
        taken.hold.lost().cancelled().await;
        assert!(matches!(why.get(), Some(Lost::Removed)), "{why:?}");
        assert!(shelf.fence().is_none(), "what somebody removed is not made again");
    });
}

#[test]
fn nothing_is_taken_where_nobody_answers() {
    runtime().block_on(async {
        let shelf = Pretend::new();
        shelf.set(Trouble::Unreachable);
        assert!(matches!(take_on(&shelf, lease(ONE, "a", 120)).await, Err(NotTaken::Far(_))));
    });
}
