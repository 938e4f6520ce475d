//! What a client and its server have to see alike in a statement's text: whether it is PL/SQL, and where its binds are.

use std::collections::HashSet;

/// What a statement is, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Dml,
    Plsql,
    /// Definitions, transactions, sessions: they have no binds.
    Other,
}

/// What the text says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// The names of its binds as they stand, one for each mention; in PL/SQL one for each name.
    pub(super) binds: Vec<String>,
    /// How many of the last binds stand behind RETURNING … INTO.
    pub(super) returning: usize,
}

/// A word, a bind or another sign outside of literals and comments.
enum Token {
    Word(String),
    Bind(String),
    Sign(char),
}

struct Tokens<'a> {
    letters: std::iter::Peekable<std::str::Chars<'a>>,
}

fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$' | '#')
}

impl Tokens<'_> {
    fn until(&mut self, end: char) {
        for letter in self.letters.by_ref() {
            if letter == end {
                return;
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.letters.next_if(|letter| in_word(*letter)) {
            word.push(letter);
        }
        word
    }

    /// The rest of a literal of chosen marks, behind its `q'`.
    fn chosen(&mut self) {
        let end = match self.letters.next() {
            Some('{') => '}',
            Some('[') => ']',
            Some('(') => ')',
            Some('<') => '>',
            Some(other) => other,
            None => return,
        };
        while let Some(letter) = self.letters.next() {
            if letter == end && self.letters.next_if_eq(&'\'').is_some() {
                return;
            }
        }
    }

    fn comment(&mut self) {
        let mut before = ' ';
        for letter in self.letters.by_ref() {
            if before == '*' && letter == '/' {
                return;
            }
            before = letter;
        }
    }

    fn bind(&mut self) -> Token {
        if self.letters.next_if_eq(&'"').is_some() {
            let mut name = String::new();
            for letter in self.letters.by_ref().take_while(|letter| *letter != '"') {
                name.push(letter);
            }
            return Token::Bind(name);
        }
        let word = self.word();
        if word.is_empty() { Token::Sign(':') } else { Token::Bind(word.to_uppercase()) }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let letter = *self.letters.peek()?;
            if in_word(letter) {
                let word = self.word();
                let literal = matches!(word.as_str(), "q" | "Q" | "nq" | "nQ" | "Nq" | "NQ");
                if literal && self.letters.next_if_eq(&'\'').is_some() {
                    self.chosen();
                    continue;
                }
                return Some(Token::Word(word.to_uppercase()));
            }
            self.letters.next();
            match letter {
                '\'' | '"' => self.until(letter),
                '-' if self.letters.next_if_eq(&'-').is_some() => self.until('\n'),
                '/' if self.letters.next_if_eq(&'*').is_some() => self.comment(),
                ':' => return Some(self.bind()),
                letter if letter.is_whitespace() => {}
                letter => return Some(Token::Sign(letter)),
            }
        }
    }
}

/// Reads a statement's shape. It never fails: what is wrong with the text is for the database to say.
pub(super) fn shape(text: &str) -> Shape {
    let mut kind = None;
    let (mut binds, mut returning) = (Vec::new(), 0);
    let mut named = HashSet::new();
    // 0: nothing; 1: RETURNING was seen; 2: INTO was seen behind it.
    let mut stage = 0;
    for token in (Tokens { letters: text.chars().peekable() }) {
        match token {
            Token::Word(word) => {
                let found = kind.get_or_insert(match word.as_str() {
                    "SELECT" | "WITH" => Kind::Query,
                    "INSERT" | "UPDATE" | "DELETE" | "MERGE" => Kind::Dml,
                    "BEGIN" | "DECLARE" | "CALL" => Kind::Plsql,
                    _ => Kind::Other,
                });
                match (*found, stage, word.as_str()) {
                    (Kind::Other, ..) => break,
                    (Kind::Dml, 0, "RETURNING" | "RETURN") => stage = 1,
                    (Kind::Dml, 1, "INTO") => stage = 2,
                    _ => {}
                }
            }
            Token::Bind(name) => {
                returning += usize::from(stage == 2);
                if kind != Some(Kind::Plsql) || named.insert(name.clone()) {
                    binds.push(name);
                }
            }
            // A label in front of a block.
            Token::Sign('<') => {
                kind.get_or_insert(Kind::Plsql);
            }
            Token::Sign(_) => {}
        }
    }
    Shape { kind: kind.unwrap_or(Kind::Other), binds, returning }
}

/// The place of a line and column, both from 1, in a text: letters before it.
pub(super) fn offset(text: &str, line: u32, column: u32) -> u64 {
    if line == 0 {
        return 0;
    }
    let before: usize = text
        .split('\n')
        .take(usize::try_from(line - 1).unwrap_or(usize::MAX))
        .map(|line| line.chars().count() + 1)
        .sum();
    u64::try_from(before).unwrap_or(0) + u64::from(column.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        fn check(text: &str, kind: Kind, binds: &str, returning: usize) {
            let found = shape(text);
            assert_eq!(
                (found.kind, found.binds.join(" "), found.returning),
                (kind, binds.to_owned(), returning),
                "{text}"
            );
        }
        check("select 1 from dual", Kind::Query, "", 0);
        check("-- :a\n/* :b */ (select :c||':d', \":e\", :1, :c from dual)", Kind::Query, "C 1 C", 0);
        check("select q'[it's :a]', nq'!:b!', :c from dual", Kind::Query, "C", 0);
        check("begin :x := :y; p(:X); end;", Kind::Plsql, "X Y", 0);
        check("<<outer>> begin :x := 1; end;", Kind::Plsql, "X", 0);
        check("insert into t (a) values (:a) returning id, b into :i, :b", Kind::Dml, "A I B", 2);
        check("insert into t (a) values ('returning x into :z')", Kind::Dml, "", 0);
        check("update t set a = :\"Mixed\" where b = :b", Kind::Dml, "Mixed B", 0);
        check("create trigger t before insert on x for each row begin :new.a := 1; end;", Kind::Other, "", 0);
        check("", Kind::Other, "", 0);
        check("select ':", Kind::Query, "", 0);
        check("select q'", Kind::Query, "", 0);
    }

    #[test]
    fn places() {
        fn check(line: u32, column: u32, wanted: u64) {
            assert_eq!(offset("select ä\nfrom x\nwhere", line, column), wanted, "{line} {column}");
        }
        check(0, 0, 0);
        check(1, 1, 0);
        check(1, 8, 7);
        check(2, 6, 14);
        check(3, 1, 16);
        check(9, 1, 22);
    }
}
