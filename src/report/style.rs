//! How text looks: colours where they are wanted, lines that fit, nothing that moves the cursor by itself.

use owo_colors::OwoColorize as _;

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMode {
    /// At a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether text gets colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Colours are on.
    pub colored: bool,
}

impl Style {
    /// Decided from the user's choice, `NO_COLOR` and whether the output is a terminal.
    pub fn decide(mode: ColorMode, no_color: bool, terminal: bool) -> Self {
        let colored = match mode {
            ColorMode::Always => true,
            ColorMode::Never => false,
            ColorMode::Auto => terminal && !no_color,
        };
        Self { colored }
    }

    /// Something went well.
    pub fn good(self, text: &str) -> String {
        if self.colored { text.green().to_string() } else { text.to_owned() }
    }

    /// Something went wrong, or takes something away.
    pub fn bad(self, text: &str) -> String {
        if self.colored { text.red().bold().to_string() } else { text.to_owned() }
    }

    /// Something needs a look.
    pub fn warn(self, text: &str) -> String {
        if self.colored { text.yellow().to_string() } else { text.to_owned() }
    }

    /// Less important.
    pub fn dim(self, text: &str) -> String {
        if self.colored { text.dimmed().to_string() } else { text.to_owned() }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        if self.colored { text.bold().to_string() } else { text.to_owned() }
    }
}

/// The text without control characters other than line ends and tabs, so that text from a far side cannot move the
/// cursor or change colours.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(c),
            '\r' => None,
            c if c.is_control() => Some('\u{fffd}'),
            c => Some(c),
        })
        .collect()
}

/// The text in lines of at most `width` characters, broken at spaces, each line after `indent` spaces. Words longer
/// than a line stay whole: an OCID that is cut in two cannot be copied.
pub fn wrap(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(format!("{margin}{line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(format!("{margin}{line}").trim_end().to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_choice_then_variable_then_terminal() {
        fn check(mode: ColorMode, no_color: bool, terminal: bool, wanted: bool) {
            assert_eq!(
                Style::decide(mode, no_color, terminal).colored,
                wanted,
                "{mode:?} {no_color} {terminal}"
            );
        }
        check(ColorMode::Auto, false, true, true);
        check(ColorMode::Auto, true, true, false);
        check(ColorMode::Auto, false, false, false);
        check(ColorMode::Always, true, false, true);
        check(ColorMode::Never, false, true, false);
        assert_eq!(Style { colored: false }.bad("x"), "x");
        assert!(Style { colored: true }.bad("x").contains('\u{1b}'));
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc"), "a\u{fffd}[2Jb\nc");
    }

    #[test]
    fn lines_fit_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three four five six", 2, 22), "  one two three four\n  five six");
        let ocid = "ocid1.autonomousdatabase.oc1.uk-london-1.example";
        assert!(wrap(&format!("see {ocid} there"), 0, 30).contains(ocid));
    }
}
