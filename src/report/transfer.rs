//! A transfer at a terminal: one line with how far it is, how fast, and how long it will take.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::out::Out;
use super::style::plain;

/// The line of one transfer. Where the screen has no bars it draws nothing.
#[derive(Debug)]
pub struct TransferBar {
    bar: ProgressBar,
    at: AtomicI64,
}

impl TransferBar {
    /// A line on the door's standard error.
    pub fn new(out: &Out, title: &str) -> Self {
        // Until its size is known the line is its title.
        let hidden = ProgressBar::hidden().with_style(style("{wide_msg}"));
        let bar = if out.screen().bars { out.bars().add(hidden) } else { hidden };
        bar.set_message(plain(title));
        Self { bar, at: AtomicI64::new(0) }
    }

    /// The transfer begins, of so many bytes where that is known.
    pub fn begins(&self, total: Option<u64>) {
        match total {
            Some(total) => {
                self.bar.set_style(style(
                    "{wide_msg} {bar:16} {percent:>3} %  {binary_bytes_per_sec:>12}  {eta:>4} left",
                ));
                self.bar.set_length(total);
            }
            None => self.bar.set_style(style("{wide_msg} {binary_bytes:>11}  {binary_bytes_per_sec:>12}")),
        }
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    /// Bytes moved; less than none are taken back.
    pub fn moved(&self, bytes: i64) {
        let at = self.at.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bar.set_position(u64::try_from(at).unwrap_or(0));
    }

    /// Bytes that need not be moved; they do not count for the rate.
    pub fn kept(&self, bytes: u64) {
        self.moved(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.bar.reset_eta();
    }

    /// Takes the line away.
    pub fn ends(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is a constant").progress_chars("━━─")
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A number of bytes for people: `0 B`, `1.5 KiB`, `512.0 MiB`.
pub fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut place = 0;
    let mut scale = 1024_u64;
    // The step to the next unit comes where rounding would show 1024.0 of this one.
    while place + 1 < UNITS.len() && bytes / scale >= 1023 && bytes >= scale.saturating_mul(1024) - scale / 20
    {
        place += 1;
        scale *= 1024;
    }
    let tenths = (u128::from(bytes) * 10 + u128::from(scale / 2)) / u128::from(scale);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_bytes() {
        fn check(bytes: u64, wanted: &str) {
            assert_eq!(bytes_text(bytes), wanted);
        }
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1.0 KiB");
        check(1536, "1.5 KiB");
        check((1 << 20) - 1, "1.0 MiB");
        check(1 << 20, "1.0 MiB");
        check(512 << 20, "512.0 MiB");
        check((1 << 30) - (60 << 10), "1023.9 MiB");
        check((1 << 30) - 1, "1.0 GiB");
        check(10 << 40, "10.0 TiB");
        check(u64::MAX, "16384.0 PiB");
    }

    #[test]
    fn bytes_that_are_taken_back_do_not_count() {
        let (out, _, stderr) = super::super::out::tests::kept();
        let bar = TransferBar::new(&out, "storing x");
        bar.begins(Some(100));
        bar.moved(60);
        bar.moved(-60);
        bar.kept(10);
        bar.moved(40);
        assert_eq!((bar.bar.position(), bar.bar.length()), (50, Some(100)));
        bar.ends();
        assert_eq!(stderr.text(), "");
    }
}
