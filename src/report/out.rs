//! The one door to standard output and standard error. Everything passes the redactor.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::style::{ColorMode, Style};
use crate::model::Redactor;

type Sink = Box<dyn Write + Send>;

/// What is known of the place the output goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// Colours of standard output.
    pub out: Style,
    /// Colours of standard error.
    pub err: Style,
    /// Progress bars can be drawn on standard error.
    pub bars: bool,
    /// A person can be asked: standard input and standard error are terminals.
    pub can_ask: bool,
}

/// The door. Results go to standard output, talk to standard error. Clones write to the same place.
#[derive(Clone)]
pub struct Out {
    stdout: Arc<Mutex<Sink>>,
    stderr: Arc<Mutex<Sink>>,
    bars: MultiProgress,
    screen: Screen,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("screen", &self.screen).finish_non_exhaustive()
    }
}

fn hold(sink: &Mutex<Sink>) -> MutexGuard<'_, Sink> {
    sink.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Out {
    /// The process's own streams. `no_color` and `ci` say whether the variables `NO_COLOR` and `CI` are set.
    pub fn of_process(mode: ColorMode, no_color: bool, ci: bool) -> Self {
        let err_terminal = io::stderr().is_terminal();
        let screen = Screen {
            out: Style::decide(mode, no_color, io::stdout().is_terminal()),
            err: Style::decide(mode, no_color, err_terminal),
            bars: err_terminal && !ci,
            can_ask: err_terminal && io::stdin().is_terminal(),
        };
        let target = if screen.bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self::to(Box::new(io::stdout()), Box::new(io::stderr()), screen, target)
    }

    /// Any two streams, for tests.
    pub fn to(stdout: Sink, stderr: Sink, screen: Screen, bars: ProgressDrawTarget) -> Self {
        Self {
            stdout: Arc::new(Mutex::new(stdout)),
            stderr: Arc::new(Mutex::new(stderr)),
            bars: MultiProgress::with_draw_target(bars),
            screen,
        }
    }

    /// What is known of the place.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// Where progress bars live; drawing steps aside for everything this door prints.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Prints a result and a line end to standard output.
    ///
    /// # Errors
    /// The stream cannot be written. A reader that went away is no error: it has seen what it wanted.
    pub fn result(&self, text: &str) -> io::Result<()> {
        self.bytes(format!("{}\n", Redactor::global().scrub(text)).as_bytes())
    }

    /// Writes bytes to standard output as they are: completions, manual pages, packed files without secrets.
    ///
    /// # Errors
    /// As [`Self::result`].
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        match self.raw(bytes) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Writes some of many bytes to standard output as they are: a reader that went away is an error, so that no more of
    /// them are fetched.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        self.bars.suspend(|| {
            let mut stream = hold(&self.stdout);
            stream.write_all(bytes).and_then(|()| stream.flush())
        })
    }

    /// Prints a part of a long result to standard output, without a line end. A reader that went away is an error, so
    /// that no more of it is fetched.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn part(&self, text: &str) -> io::Result<()> {
        self.raw(Redactor::global().scrub(text).as_bytes())
    }

    /// Prints a line to standard error. What cannot be said there cannot be said at all, so failures are dropped.
    pub fn talk(&self, text: &str) {
        let line = format!("{}\n", Redactor::global().scrub(text));
        self.bars.suspend(|| {
            let mut stream = hold(&self.stderr);
            let _ = stream.write_all(line.as_bytes()).and_then(|()| stream.flush());
        });
    }

    /// Prints a warning to standard error.
    pub fn warning(&self, text: &str) {
        self.talk(&format!("{} {text}", self.screen.err.warn("warning:")));
    }

    /// Prints an error to standard error.
    pub fn error(&self, text: &str) {
        self.talk(&format!("{} {text}", self.screen.err.bad("error:")));
    }

    /// Prints a question without a line end to standard error.
    pub fn question(&self, text: &str) {
        let line = Redactor::global().scrub(text);
        self.bars.suspend(|| {
            let mut stream = hold(&self.stderr);
            let _ = stream.write_all(line.as_bytes()).and_then(|()| stream.flush());
        });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::Secret;

    /// A stream that can be read afterwards.
    #[derive(Clone, Debug, Default)]
    pub(in super::super) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(in super::super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(in super::super) fn kept() -> (Out, Kept, Kept) {
        let (stdout, stderr) = (Kept::default(), Kept::default());
        let out = Out::to(
            Box::new(stdout.clone()),
            Box::new(stderr.clone()),
            Screen::default(),
            ProgressDrawTarget::hidden(),
        );
        (out, stdout, stderr)
    }

    struct Gone(io::ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn results_and_talk_are_scrubbed_and_apart() {
        let secret = Secret::new("made-up-password-77".into());
        let (out, stdout, stderr) = kept();
        out.result(&format!("result {}", secret.reveal())).unwrap();
        out.talk(&format!("talk {}", secret.reveal()));
        out.warning("careful");
        assert_eq!(stdout.text(), "result [secret]\n");
        assert_eq!(stderr.text(), "talk [secret]\nwarning: careful\n");
    }

    #[test]
    fn a_reader_that_left_is_no_error_but_a_full_disk_is() {
        for (kind, good) in [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)] {
            let out = Out::to(
                Box::new(Gone(kind)),
                Box::new(Gone(kind)),
                Screen::default(),
                ProgressDrawTarget::hidden(),
            );
            assert_eq!(out.result("x").is_ok(), good, "{kind}");
            out.talk("x");
        }
    }
}
