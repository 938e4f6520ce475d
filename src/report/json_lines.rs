//! Events as JSON, one object a line.

use std::io::{self, Write};

use super::out::Out;
use crate::model::{Event, Redactor, Reporter};

/// Writes each event as one line, scrubbed, and flushes it.
pub struct JsonLines {
    to: Destination,
}

enum Destination {
    Out(Out),
    Stream(Box<dyn Write + Send>),
}

impl std::fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JsonLines")
    }
}

impl JsonLines {
    /// To standard output, for `--output json`.
    pub fn to_stdout(out: Out) -> Self {
        Self { to: Destination::Out(out) }
    }

    /// To a file of the run.
    pub fn to_stream(stream: Box<dyn Write + Send>) -> Self {
        Self { to: Destination::Stream(stream) }
    }
}

impl Reporter for JsonLines {
    fn on_event(&mut self, event: &Event) -> io::Result<()> {
        let value = serde_json::to_value(event).map_err(io::Error::other)?;
        let line = Redactor::global().scrub_json(&value).to_string();
        match &mut self.to {
            Destination::Out(out) => out.result(&line),
            Destination::Stream(stream) => {
                stream.write_all(format!("{line}\n").as_bytes())?;
                stream.flush()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::out::tests::kept;
    use super::super::record::tests::story;
    use super::*;

    #[test]
    fn each_line_is_the_event() {
        let (out, stdout, _) = kept();
        let mut reporter = JsonLines::to_stdout(out);
        let events = story();
        for event in &events {
            reporter.on_event(event).unwrap();
        }
        let read: Vec<Event> = stdout.text().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(read, events);
    }
}
