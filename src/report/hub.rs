//! The hub hands every event to every reporter, in order.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::out::Out;
use super::record::RunRecord;
use crate::model::{Event, Reporter};

/// Hands events on. A reporter that fails is dropped with a warning; the run goes on without it.
#[derive(Default)]
pub struct Hub {
    reporters: Vec<(&'static str, Box<dyn Reporter>)>,
    out: Option<Out>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.reporters.iter().map(|(name, _)| name)).finish()
    }
}

impl Hub {
    /// A hub without reporters; warnings about dropped ones go to `out`.
    pub fn new(out: Out) -> Self {
        Self { reporters: Vec::new(), out: Some(out) }
    }

    /// Adds a reporter, with the name a warning would call it.
    pub fn add(&mut self, name: &'static str, reporter: Box<dyn Reporter>) {
        self.reporters.push((name, reporter));
    }

    /// With one more reporter.
    #[must_use]
    pub fn with(mut self, name: &'static str, reporter: Box<dyn Reporter>) -> Self {
        self.add(name, reporter);
        self
    }
}

impl Reporter for Hub {
    fn on_event(&mut self, event: &Event) -> io::Result<()> {
        let out = self.out.clone();
        self.reporters.retain_mut(|(name, reporter)| match reporter.on_event(event) {
            Ok(()) => true,
            Err(e) => {
                if let Some(out) = &out {
                    out.warning(&format!("{name} stopped: {e}; the run goes on without it"));
                }
                false
            }
        });
        Ok(())
    }
}

/// A record that is folded while the run goes on and read when it has ended. Clones share it.
#[derive(Clone, Debug)]
pub struct SharedRecord(Arc<Mutex<RunRecord>>);

impl SharedRecord {
    /// Shares this record.
    pub fn new(record: RunRecord) -> Self {
        Self(Arc::new(Mutex::new(record)))
    }

    /// The record as it is now.
    pub fn now(&self) -> RunRecord {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for SharedRecord {
    fn on_event(&mut self, event: &Event) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(event);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::out::tests::kept;
    use super::super::record::tests::story;
    use super::*;

    struct Counts(Arc<Mutex<usize>>, usize);

    impl Reporter for Counts {
        fn on_event(&mut self, _: &Event) -> io::Result<()> {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            if *count == self.1 { Err(io::Error::other("no room")) } else { Ok(()) }
        }
    }

    #[test]
    fn a_failing_reporter_is_dropped_and_the_others_go_on() {
        let (out, _, stderr) = kept();
        let (bad, good) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let mut hub = Hub::new(out)
            .with("the event file", Box::new(Counts(bad.clone(), 2)))
            .with("the other", Box::new(Counts(good.clone(), 0)));
        let events = story();
        for event in &events {
            hub.on_event(event).unwrap();
        }
        assert_eq!((*bad.lock().unwrap(), *good.lock().unwrap()), (2, events.len()));
        assert_eq!(stderr.text(), "warning: the event file stopped: no room; the run goes on without it\n");
    }
}
