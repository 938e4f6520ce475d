//! What is code, what is text and what is comment in SQL: one small state machine for templates and scripts.

use std::ops::Range;

/// What a piece of SQL text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Code.
    Code,
    /// A literal, its marks included.
    Literal,
    /// A quoted identifier, its marks included.
    Quoted,
    /// A comment.
    Comment,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Code,
    Literal,
    /// A literal `q'[…]'`, with the mark that closes it.
    Custom(char),
    Quoted,
    Line,
    Block,
}

/// Goes through SQL text one step at a time and can be stopped and fed again.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexer {
    state: State,
    in_word: bool,
}

impl Lexer {
    /// Whether the next character is code.
    pub(super) fn in_code(&self) -> bool {
        self.state == State::Code
    }

    /// Whether a literal, an identifier or a block comment is still open; line comments end with their line.
    pub(super) fn open(&self) -> bool {
        !matches!(self.state, State::Code | State::Line)
    }

    /// What is open, for messages.
    pub(super) fn open_name(&self) -> &'static str {
        match self.state {
            State::Literal | State::Custom(_) => "a literal",
            State::Quoted => "a quoted identifier",
            State::Block => "a comment",
            State::Code | State::Line => "nothing",
        }
    }

    /// Whether a block comment is open.
    pub(super) fn in_block_comment(&self) -> bool {
        self.state == State::Block
    }

    /// Takes the next step over `rest`: what it is and how many bytes long. `rest` must not be empty.
    pub(super) fn step(&mut self, rest: &str) -> (Part, usize) {
        let mut letters = rest.chars();
        let Some(first) = letters.next() else { return (Part::Code, 0) };
        let second = letters.next();
        match self.state {
            State::Code => self.step_code(rest, first, second),
            State::Literal => match (first, second) {
                ('\'', Some('\'')) => (Part::Literal, 2),
                ('\'', _) => self.end(Part::Literal, 1),
                _ => (Part::Literal, first.len_utf8()),
            },
            State::Custom(close) => {
                if first == close && second == Some('\'') {
                    self.end(Part::Literal, close.len_utf8() + 1)
                } else {
                    (Part::Literal, first.len_utf8())
                }
            }
            State::Quoted if first == '"' => self.end(Part::Quoted, 1),
            State::Quoted => (Part::Quoted, first.len_utf8()),
            State::Line if first == '\n' => self.end(Part::Comment, 1),
            State::Block if rest.starts_with("*/") => self.end(Part::Comment, 2),
            State::Line | State::Block => (Part::Comment, first.len_utf8()),
        }
    }

    fn step_code(&mut self, rest: &str, first: char, second: Option<char>) -> (Part, usize) {
        if !self.in_word
            && let Some((opening, length)) = custom_opening(rest)
        {
            let close = match opening {
                '[' => ']',
                '{' => '}',
                '(' => ')',
                '<' => '>',
                other => other,
            };
            return self.begin(State::Custom(close), Part::Literal, length);
        }
        match (first, second) {
            ('-', Some('-')) => self.begin(State::Line, Part::Comment, 2),
            ('/', Some('*')) => self.begin(State::Block, Part::Comment, 2),
            ('\'', _) => self.begin(State::Literal, Part::Literal, 1),
            ('"', _) => self.begin(State::Quoted, Part::Quoted, 1),
            _ => {
                self.in_word = first.is_alphanumeric() || matches!(first, '_' | '$' | '#');
                (Part::Code, first.len_utf8())
            }
        }
    }

    fn begin(&mut self, state: State, part: Part, length: usize) -> (Part, usize) {
        self.state = state;
        self.in_word = false;
        (part, length)
    }

    fn end(&mut self, part: Part, length: usize) -> (Part, usize) {
        self.state = State::Code;
        (part, length)
    }
}

/// `q'[` and `nq'[` in either case: the opening mark and the length up to and with it.
fn custom_opening(rest: &str) -> Option<(char, usize)> {
    let after_n = rest.strip_prefix(['n', 'N']).unwrap_or(rest);
    let after_q = after_n.strip_prefix(['q', 'Q'])?.strip_prefix('\'')?;
    let mark = after_q.chars().next().filter(|c| !c.is_whitespace())?;
    Some((mark, rest.len() - after_q.len() + mark.len_utf8()))
}

/// The parts of a whole text in order, neighbours of the same kind joined.
pub(super) fn parts(text: &str) -> Vec<(Part, Range<usize>)> {
    let mut lexer = Lexer::default();
    let mut found: Vec<(Part, Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        // A literal that begins right behind another one is a second literal.
        let fresh = lexer.in_code();
        let (part, length) = lexer.step(&text[at..]);
        match found.last_mut() {
            Some((last, range)) if *last == part && (part == Part::Code || !fresh) => range.end = at + length,
            _ => found.push((part, at..at + length)),
        }
        at += length;
    }
    found
}

/// The bind names (`:name`) in code, in order of first use, in lower case.
pub(super) fn binds(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in placeholders(text) {
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Every placeholder (`:name` or `:1`) in code, in order, in lower case, as often as it stands there.
pub(super) fn placeholders(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, range) in parts(text).into_iter().filter(|(part, _)| *part == Part::Code) {
        let code = &text[range];
        let mut from = 0;
        while let Some(colon) = code[from..].find(':') {
            let after = &code[from + colon + 1..];
            let name: String =
                after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#')).collect();
            let name = name.to_ascii_lowercase();
            if name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                names.push(name);
            }
            from += colon + 1;
        }
    }
    names
}

/// SQL text with a space in the place of each literal, quoted name and comment.
pub fn code_only(text: &str) -> String {
    let mut lexer = Lexer::default();
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (part, length) = lexer.step(rest);
        let (piece, later) = rest.split_at(length.clamp(1, rest.len()));
        code.push_str(if part == Part::Code { piece } else { " " });
        rest = later;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_statements() {
        fn check(text: &str, wanted: &[(Part, &str)]) {
            let found: Vec<_> = parts(text).into_iter().map(|(part, range)| (part, &text[range])).collect();
            assert_eq!(found, wanted, "{text}");
        }
        use Part::{Code, Comment, Literal, Quoted};
        check("a 'it''s' b", &[(Code, "a "), (Literal, "'it''s'"), (Code, " b")]);
        check(
            "q'[it's ]x]' -- c'\nb",
            &[(Literal, "q'[it's ]x]'"), (Code, " "), (Comment, "-- c'\n"), (Code, "b")],
        );
        check("nQ'!a'!'", &[(Literal, "nQ'!a'!'")]);
        check("seq'a'", &[(Code, "seq"), (Literal, "'a'")]);
        check("\"a'b\"/* ' */1", &[(Quoted, "\"a'b\""), (Comment, "/* ' */"), (Code, "1")]);
        check("a - -b / *c", &[(Code, "a - -b / *c")]);
    }

    #[test]
    fn binds_in_code_only() {
        assert_eq!(binds("x := :A + ':b' -- :c\n+ :a + :d_1 - to_char(x, 'HH24:MI')"), ["a", "d_1"]);
        assert_eq!(binds("a := 1"), Vec::<String>::new());
        assert_eq!(placeholders("x = :A and y = :1 or z = ':b' or x = :a"), ["a", "1", "a"]);
    }
}
