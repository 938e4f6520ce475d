//! Progress at a terminal: one moving line for each running step, finished ones above.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::lines::{describe, is_not_run};
use super::out::Out;
use super::style::plain;
use crate::model::{Event, EventKind, Reporter, StepId, StepStatus};

/// Draws the running steps. Needs a door whose screen has bars; without them use [`super::PlainLines`].
pub struct Progress {
    out: Out,
    bars: HashMap<StepId, ProgressBar>,
    slow_after: Duration,
    template: ProgressStyle,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").field("bars", &self.bars).finish_non_exhaustive()
    }
}

impl Progress {
    /// Bars on the door's standard error; waits longer than `slow_after` are marked.
    pub fn new(out: Out, slow_after: Duration) -> Self {
        let template = ProgressStyle::with_template("{spinner} {wide_msg} {prefix} {elapsed_precise}")
            .expect("the template is a constant")
            .tick_chars("⠁⠂⠄⡀⢀⠠⠐⠈ ");
        Self { out, bars: HashMap::new(), slow_after, template }
    }

    fn begin(&mut self, step: &StepId, title: &str) {
        let bar = self.out.bars().add(ProgressBar::new_spinner().with_style(self.template.clone()));
        bar.set_message(plain(title));
        bar.enable_steady_tick(Duration::from_millis(120));
        if let Some(old) = self.bars.insert(step.clone(), bar) {
            old.finish_and_clear();
        }
    }

    fn end(&mut self, step: &StepId) {
        if let Some(bar) = self.bars.remove(step) {
            bar.finish_and_clear();
        }
    }

    fn say(&self, kind: &EventKind) {
        self.out.talk(&describe(kind, self.out.screen().err, self.slow_after));
    }
}

impl Reporter for Progress {
    fn on_event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::StepStarted { step, title, .. } => self.begin(step, title),
            EventKind::StepWaiting { step, what, seconds, percent, state } => {
                if let Some(bar) = self.bars.get(step) {
                    // The title gave way to what is waited for, since both together fill a narrow screen. The state stands at the end of the line, where a long title cannot push it out of sight.
                    let slow = Duration::from_secs(*seconds) >= self.slow_after;
                    bar.set_message(format!("{step}: {}", plain(what)));
                    bar.set_prefix(state_now(state.as_deref(), *percent, slow));
                }
            }
            EventKind::StepFinished { step, status: StepStatus::Skipped, .. } => {
                self.end(step);
                let mut kind = event.kind.clone();
                if let EventKind::StepFinished { reason, .. } = &mut kind {
                    // The reasons are in the plan and in the checklist; here they would crowd out what is going on.
                    *reason = None;
                }
                self.say(&kind);
            }
            EventKind::StepFinished { step, .. } | EventKind::CheckFinished { check: step, .. } => {
                self.end(step);
                if !is_not_run(&event.kind) {
                    self.say(&event.kind);
                }
            }
            EventKind::RunFinished { .. } => {
                for (_, bar) in self.bars.drain() {
                    bar.finish_and_clear();
                }
                self.say(&event.kind);
            }
            EventKind::RunStarted { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::StepOutput { .. }
            | EventKind::CancelAsked { .. } => self.say(&event.kind),
        }
        Ok(())
    }
}

fn state_now(state: Option<&str>, percent: Option<f64>, slow: bool) -> String {
    let percent = percent.map(|p| format!("{p:.0} %"));
    let slow = slow.then(|| "slow".to_owned());
    let parts: Vec<String> = [state.map(plain), percent, slow].into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::super::out::Screen;
    use super::super::out::tests::Kept;
    use super::super::record::tests::story;
    use super::*;

    /// A terminal of 60 columns that remembers every line drawn.
    #[derive(Clone, Debug, Default)]
    struct Terminal(Arc<Mutex<Vec<String>>>);

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            60
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, line: &str) -> io::Result<()> {
            self.write_str(line)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push(text.to_owned());
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn running_steps_have_lines_that_fit_and_ended_ones_leave_none() {
        let term = Terminal::default();
        let stderr = Kept::default();
        let out = Out::to(
            Box::new(Kept::default()),
            Box::new(stderr.clone()),
            Screen { bars: true, ..Screen::default() },
            ProgressDrawTarget::term_like(Box::new(term.clone())),
        );
        let mut progress = Progress::new(out, Duration::from_mins(10));
        for event in story() {
            progress.on_event(&event).unwrap();
            if let EventKind::StepWaiting { step, .. } = &event.kind {
                let bar = &progress.bars[step];
                assert_eq!(bar.message(), "clone: the clone to become AVAILABLE");
                assert_eq!(bar.prefix(), "PROVISIONING, 40 %, slow");
                bar.force_draw();
            }
        }
        assert!(progress.bars.is_empty());
        assert!(stderr.text().contains("✗ clone: Title of clone (failed)"));
        let drawn = term.0.lock().unwrap();
        let wanted =
            |l: &String| l.contains("clone: the clone") && l.contains("PROVISIONING, 40 %, slow 00:00:0");
        assert!(drawn.iter().any(wanted), "{drawn:?}");
        assert!(drawn.iter().all(|l| l.chars().count() <= 60), "{drawn:?}");
    }
}
