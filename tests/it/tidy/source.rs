//! Rust source taken apart: code, comments and string literals, each at its line.

/// One Rust file. In `code`, comments and the insides of literals are blanks, so that offsets and lines stay.
pub(crate) struct Source {
    pub(crate) code: String,
    pub(crate) comments: Vec<(usize, String)>,
    pub(crate) literals: Vec<(usize, String)>,
}

impl Source {
    /// Takes the text apart. Text that is no Rust gives a wrong answer, not an error: the compiler has read it before.
    pub(crate) fn of(text: &str) -> Self {
        let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1, out: Self::empty() };
        reader.read();
        reader.out
    }

    fn empty() -> Self {
        Self { code: String::new(), comments: Vec::new(), literals: Vec::new() }
    }

    /// The line of an offset in `code`.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }

    /// The line where the inline test module begins, or one past the end.
    pub(crate) fn tests_from(&self) -> usize {
        self.code.find("#[cfg(test)]\nmod tests {").map_or(usize::MAX, |offset| self.line(offset))
    }

    /// The offsets of a word in the code: not inside a longer word.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(offset, _)| offset).filter(move |offset| {
            let before = self.code[..*offset].chars().next_back();
            let after = self.code[offset + word.len()..].chars().next();
            let open = |c: Option<char>, end: char| !(is_word(end) && c.is_some_and(is_word));
            open(before, word.chars().next().unwrap_or(' '))
                && open(after, word.chars().next_back().unwrap_or(' '))
        })
    }
}

/// Whether the character can stand in an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Source,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek(i) == c)
    }

    /// Takes one character; the code gets it, or a blank of the same kind.
    fn take(&mut self, as_code: bool) -> char {
        let c = self.chars[self.at];
        self.at += 1;
        if c == '\n' {
            self.line += 1;
        }
        self.out.code.push(if as_code || c == '\n' { c } else { ' ' });
        c
    }

    fn read(&mut self) {
        while self.at < self.chars.len() {
            let after_word = self.at > 0 && is_word(self.chars[self.at - 1]);
            match self.peek(0) {
                '/' if self.peek(1) == '/' => self.line_comment(),
                '/' if self.peek(1) == '*' => self.block_comment(),
                '"' => self.literal(0, true),
                'r' | 'b' | 'c' if !after_word && self.raw_hashes().is_some() => {
                    let hashes = self.raw_hashes().unwrap_or(0);
                    while self.peek(0) != '"' {
                        self.take(true);
                    }
                    self.literal(hashes, false);
                }
                '\'' => self.quote(),
                _ => {
                    self.take(true);
                }
            }
        }
    }

    /// The number of `#` of a raw string that begins here.
    fn raw_hashes(&self) -> Option<usize> {
        let mut ahead = usize::from(matches!(self.peek(0), 'b' | 'c'));
        if self.peek(ahead) != 'r' {
            return None;
        }
        ahead += 1;
        let mut hashes = 0;
        while self.peek(ahead) == '#' {
            ahead += 1;
            hashes += 1;
        }
        (self.peek(ahead) == '"').then_some(hashes)
    }

    fn line_comment(&mut self) {
        let (line, mut text) = (self.line, String::new());
        while self.at < self.chars.len() && self.peek(0) != '\n' {
            text.push(self.take(false));
        }
        self.out.comments.push((line, text));
    }

    fn block_comment(&mut self) {
        let (line, mut text, mut depth) = (self.line, String::new(), 0);
        while self.at < self.chars.len() {
            if self.starts("/*") {
                depth += 1;
                text.push(self.take(false));
            } else if self.starts("*/") {
                depth -= 1;
                text.push(self.take(false));
            }
            text.push(self.take(false));
            if depth == 0 {
                break;
            }
        }
        self.out.comments.push((line, text));
    }

    /// A string literal, from its quote on.
    fn literal(&mut self, hashes: usize, escapes: bool) {
        let (line, mut text) = (self.line, String::new());
        self.take(true);
        while self.at < self.chars.len() {
            if escapes && self.peek(0) == '\\' {
                self.take(false);
                if self.at < self.chars.len() {
                    text.push(self.take(false));
                }
                continue;
            }
            if self.peek(0) == '"' && (1..=hashes).all(|i| self.peek(i) == '#') {
                for _ in 0..=hashes {
                    self.take(true);
                }
                break;
            }
            text.push(self.take(false));
        }
        self.out.literals.push((line, text));
    }

    /// A character literal, or the tick of a lifetime.
    fn quote(&mut self) {
        self.take(true);
        if self.peek(0) == '\\' {
            self.take(false);
            while self.at < self.chars.len() {
                if self.take(false) == '\'' || self.peek(0) == '\'' {
                    break;
                }
            }
            if self.peek(0) == '\'' {
                self.take(true);
            }
        } else if self.peek(1) == '\'' {
            self.take(false);
            self.take(true);
        }
    }
}

#[test]
fn source_is_taken_apart() {
    let text = "let a = \"x // \\\" y\"; // TODO say\nlet b = r#\"q\" z\"#; let c = '\"'; let d: &'static str = b\"m\";\n\
                /* one /* two */ */ let e = '\\''; let f = '\\u{41}'; call!(g)";
    let source = Source::of(text);
    let literals: Vec<&str> = source.literals.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(literals, ["x // \" y", "q\" z", "m"]);
    assert_eq!(source.comments[0], (1, "// TODO say".to_owned()));
    assert_eq!(source.comments[1], (3, "/* one /* two */ */".to_owned()));
    assert!(source.code.contains("let f = '"), "{}", source.code);
    assert_eq!(source.words("call!").map(|offset| source.line(offset)).collect::<Vec<_>>(), [3]);
    assert_eq!(source.words("all!").count(), 0);
    assert_eq!(source.code.chars().count(), text.chars().count());
}
