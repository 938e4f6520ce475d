//! Text into tokens. Lexical mistakes become tokens too, so that the parser reports them when it gets there.

use super::Span;

/// Longest identifier, in bytes.
const LONGEST_IDENTIFIER: usize = 128;

/// One token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// An unquoted word, folded to upper case.
    Word(String),
    /// A quoted identifier, without its quotes.
    Quoted(String),
    Number(String),
    String {
        value: String,
        national: bool,
    },
    /// A bind, without its colon, folded unless quoted.
    Bind(String),
    Symbol(&'static str),
    Invalid(Problem),
    End,
}

/// What can be wrong with a piece of text that is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    Character,
    UnterminatedString,
    UnterminatedIdentifier,
    EmptyIdentifier,
    LongIdentifier,
    UnterminatedComment,
    SinglePipe,
    /// `$IF`, `$$NAME`: an instruction to PL/SQL's preprocessor.
    ConditionalCompilation,
}

/// Longest first where one begins with another.
const SYMBOLS: [&str; 33] = [
    "||", "**", "<<", ">>", "<=", ">=", "<>", "!=", "^=", "~=", ":=", "=>", "..", "(", ")", ",", ".", ";",
    "+", "-", "*", "/", "=", "<", ">", "@", "%", ":", "[", "]", "{", "}", "?",
];

/// All tokens of `text`, ending in [`TokenKind::End`].
pub(super) fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        let blank = lexer.skip_blanks();
        let start = lexer.here();
        let kind = match blank {
            Err(problem) => TokenKind::Invalid(problem),
            Ok(()) => lexer.token(),
        };
        let last = kind == TokenKind::End;
        tokens.push(Token { kind, span: Span { end: lexer.at, ..start } });
        if last {
            return tokens;
        }
    }
}

/// True for characters that may begin an unquoted identifier.
pub(super) fn begins_word(letter: char) -> bool {
    letter.is_alphabetic()
}

/// True for characters that may continue an unquoted identifier.
pub(super) fn continues_word(letter: char) -> bool {
    letter.is_alphabetic() || letter.is_ascii_digit() || matches!(letter, '_' | '$' | '#')
}

/// The closing delimiter that belongs to an opening one of a `q'…'` literal.
pub(super) fn closing_delimiter(opening: char) -> char {
    match opening {
        '[' => ']',
        '{' => '}',
        '(' => ')',
        '<' => '>',
        other => other,
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'t> Lexer<'t> {
    fn here(&self) -> Span {
        Span { offset: self.at, end: self.at, line: self.line, column: self.column }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        if letter == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(letter)
    }

    fn bump_bytes(&mut self, count: usize) {
        let end = self.at + count;
        while self.at < end && self.bump().is_some() {}
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn skip_blanks(&mut self) -> Result<(), Problem> {
        loop {
            self.take_while(|letter| letter.is_ascii_whitespace() || letter == '\u{b}');
            if self.rest().starts_with("--") {
                self.take_while(|letter| letter != '\n');
            } else if self.rest().starts_with("/*") {
                let Some(length) = self.rest().get(2..).and_then(|inner| inner.find("*/")) else {
                    self.bump_bytes(self.rest().len());
                    return Err(Problem::UnterminatedComment);
                };
                self.bump_bytes(length + 4);
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> TokenKind {
        let Some(first) = self.peek() else { return TokenKind::End };
        match first {
            '\'' => self.string(false),
            '"' => self.quoted().map_or_else(TokenKind::Invalid, TokenKind::Quoted),
            ':' => self.colon(),
            '$' => self.dollar(),
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => self.number(),
            letter if begins_word(letter) => self.word_or_prefixed_string(),
            _ => self.symbol(),
        }
    }

    fn symbol(&mut self) -> TokenKind {
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
            self.bump_bytes(symbol.len());
            return TokenKind::Symbol(symbol);
        }
        let problem = if self.bump() == Some('|') { Problem::SinglePipe } else { Problem::Character };
        TokenKind::Invalid(problem)
    }

    fn dollar(&mut self) -> TokenKind {
        self.take_while(|letter| letter == '$');
        let word = self.take_while(continues_word);
        let problem = if word.is_empty() { Problem::Character } else { Problem::ConditionalCompilation };
        TokenKind::Invalid(problem)
    }

    fn colon(&mut self) -> TokenKind {
        let mut letters = self.rest().chars().skip(1);
        match letters.next() {
            Some('"') => {
                self.bump();
                self.quoted().map_or_else(TokenKind::Invalid, TokenKind::Bind)
            }
            Some(letter) if begins_word(letter) => {
                self.bump();
                TokenKind::Bind(self.take_while(continues_word).to_uppercase())
            }
            Some(letter) if letter.is_ascii_digit() => {
                self.bump();
                let rest = self.rest();
                let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
                // `'key':1.5` in JSON_OBJECT is a number behind a colon.
                if after
                    .strip_prefix('.')
                    .is_some_and(|more| more.starts_with(|digit: char| digit.is_ascii_digit()))
                {
                    return TokenKind::Symbol(":");
                }
                TokenKind::Bind(self.take_while(|digit| digit.is_ascii_digit()).to_owned())
            }
            _ => self.symbol(),
        }
    }

    fn word_or_prefixed_string(&mut self) -> TokenKind {
        let rest = self.rest();
        let prefix: String = rest.chars().take(3).take_while(|letter| *letter != '\'').collect();
        let quoted = rest[prefix.len()..].starts_with('\'');
        match (quoted, prefix.to_ascii_uppercase().as_str()) {
            (true, "N") => {
                self.bump_bytes(1);
                self.string(true)
            }
            (true, "Q") => {
                self.bump_bytes(1);
                self.delimited_string(false)
            }
            (true, "NQ") => {
                self.bump_bytes(2);
                self.delimited_string(true)
            }
            _ => {
                let word = self.take_while(continues_word).to_uppercase();
                if word.len() > LONGEST_IDENTIFIER {
                    TokenKind::Invalid(Problem::LongIdentifier)
                } else {
                    TokenKind::Word(word)
                }
            }
        }
    }

    fn string(&mut self, national: bool) -> TokenKind {
        self.bump();
        let mut value = String::new();
        loop {
            match self.bump() {
                None => return TokenKind::Invalid(Problem::UnterminatedString),
                Some('\'') if self.peek() == Some('\'') => {
                    self.bump();
                    value.push('\'');
                }
                Some('\'') => return TokenKind::String { value, national },
                Some(letter) => value.push(letter),
            }
        }
    }

    fn delimited_string(&mut self, national: bool) -> TokenKind {
        self.bump();
        let opening = self.bump().filter(|letter| !letter.is_whitespace());
        let end = opening.map(|letter| format!("{}'", closing_delimiter(letter)));
        let found = end.and_then(|end| Some((self.rest().find(&end)?, end)));
        let Some((length, end)) = found else {
            self.bump_bytes(self.rest().len());
            return TokenKind::Invalid(Problem::UnterminatedString);
        };
        let value = self.rest()[..length].to_owned();
        self.bump_bytes(length + end.len());
        TokenKind::String { value, national }
    }

    fn quoted(&mut self) -> Result<String, Problem> {
        self.bump();
        let Some(length) = self.rest().find('"') else {
            self.bump_bytes(self.rest().len());
            return Err(Problem::UnterminatedIdentifier);
        };
        let name = self.rest()[..length].to_owned();
        self.bump_bytes(length + 1);
        match name.len() {
            0 => Err(Problem::EmptyIdentifier),
            length if length > LONGEST_IDENTIFIER => Err(Problem::LongIdentifier),
            _ => Ok(name),
        }
    }

    /// `1`, `1.5`, `.5`, `1e-3`, `1.5f`; in `1..10` the number ends before the dots.
    fn number(&mut self) -> TokenKind {
        let digit = |letter: char| letter.is_ascii_digit();
        let mut number = self.take_while(digit).to_owned();
        if self.peek() == Some('.') && !self.rest().starts_with("..") {
            self.bump();
            number.push('.');
            number.push_str(self.take_while(digit));
        }
        let rest = self.rest();
        if rest.starts_with(['e', 'E']) {
            let sign = usize::from(rest[1..].starts_with(['+', '-']));
            if rest[1 + sign..].starts_with(digit) {
                number.push('e');
                number.push_str(&rest[1..=sign]);
                self.bump_bytes(1 + sign);
                number.push_str(self.take_while(digit));
            }
        }
        if let Some(suffix @ ('d' | 'D' | 'f' | 'F')) = self.peek() {
            self.bump();
            number.push(suffix.to_ascii_lowercase());
        }
        TokenKind::Number(number)
    }
}
