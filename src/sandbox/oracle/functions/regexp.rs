//! Regular expressions by backtracking: POSIX classes, groups, back references, lazy and counted repeats.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{Facts, Returns, Row, text_of, whole};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::values::Value;

use Returns::{Family, TextLike};

pub(super) const ROWS: &[Row] = &[
    ("REGEXP_LIKE", 2, 3, "TTT", Family('B'), true, |_, v| {
        let pattern = Pattern::new(text_of(v, 1), text_of(v, 2))?;
        let letters: Vec<char> = text_of(v, 0).chars().collect();
        Ok(Value::Boolean(pattern.find(&letters, 0)?.is_some()))
    }),
    ("REGEXP_COUNT", 2, 4, "TTNT", Family('N'), true, |_, v| {
        let pattern = Pattern::new(text_of(v, 1), text_of(v, 3))?;
        Ok(Value::count(pattern.all(text_of(v, 0), start(v, 2))?.len()))
    }),
    ("REGEXP_REPLACE", 2, 6, "TTTNNT", TextLike, false, replace),
    ("REGEXP_SUBSTR", 2, 6, "TTNNTN", TextLike, false, substr),
    ("REGEXP_INSTR", 2, 7, "TTNNNTN", Family('N'), true, instr),
];

fn start(v: &[Value], at: usize) -> usize {
    usize::try_from(whole(v, at).unwrap_or(1).max(1) - 1).unwrap_or(0)
}

#[derive(Debug, Clone)]
enum Piece {
    Char(char),
    Any,
    Set(Vec<(char, char)>, bool),
    Begin,
    End,
    Group(Box<Vec<Vec<Piece>>>, usize),
    Back(usize),
    Repeat { piece: Box<Piece>, least: usize, most: usize, lazy: bool },
}

#[derive(Debug)]
struct Pattern {
    branches: Vec<Vec<Piece>>,
    groups: usize,
    ignore_case: bool,
    newline: bool,
    lines: bool,
}

type Span = (usize, usize);
type Groups = Vec<Option<Span>>;

struct Reader<'a> {
    letters: &'a [char],
    at: usize,
    groups: usize,
}

fn class(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alpha" => vec![('a', 'z'), ('A', 'Z'), ('\u{c0}', '\u{24f}')],
        "digit" => vec![('0', '9')],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('\u{c0}', '\u{24f}')],
        "upper" => vec![('A', 'Z')],
        "lower" => vec![('a', 'z')],
        "space" => vec![(' ', ' '), ('\t', '\r')],
        "blank" => vec![(' ', ' '), ('\t', '\t')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => vec![('0', '9'), ('a', 'f'), ('A', 'F')],
        "cntrl" => vec![('\0', '\u{1f}')],
        "print" => vec![(' ', '~')],
        "graph" => vec![('!', '~')],
        _ => return None,
    })
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn branches(&mut self) -> Outcome<Vec<Vec<Piece>>> {
        let mut list = vec![Vec::new()];
        while let Some(letter) = self.peek() {
            if letter == ')' {
                break;
            }
            if letter == '|' {
                self.at += 1;
                list.push(Vec::new());
                continue;
            }
            let piece = self.atom()?;
            let piece = self.repeats(piece)?;
            if let Some(branch) = list.last_mut() {
                branch.push(piece);
            }
        }
        Ok(list)
    }

    fn atom(&mut self) -> Outcome<Piece> {
        let letter = self.peek().unwrap_or_default();
        self.at += 1;
        Ok(match letter {
            '.' => Piece::Any,
            '^' => Piece::Begin,
            '$' => Piece::End,
            '(' => {
                self.groups += 1;
                let number = self.groups;
                let inner = self.branches()?;
                if self.peek() != Some(')') {
                    return fail(12725, &["unmatched parentheses in regular expression"]);
                }
                self.at += 1;
                Piece::Group(Box::new(inner), number)
            }
            '[' => self.set()?,
            '\\' => {
                let next = self.peek().unwrap_or('\\');
                self.at += 1;
                let set = |name: &str, negated| Piece::Set(class(name).unwrap_or_default(), negated);
                let word =
                    |negated| Piece::Set(vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')], negated);
                match next {
                    'd' => set("digit", false),
                    'D' => set("digit", true),
                    's' => set("space", false),
                    'S' => set("space", true),
                    'w' => word(false),
                    'W' => word(true),
                    '1'..='9' => Piece::Back(next.to_digit(10).unwrap_or(1) as usize),
                    other => Piece::Char(other),
                }
            }
            other => Piece::Char(other),
        })
    }

    fn set(&mut self) -> Outcome<Piece> {
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let mut ranges = Vec::new();
        let first = self.at;
        loop {
            let Some(letter) = self.peek() else {
                return fail(12726, &["unmatched bracket in regular expression"]);
            };
            if letter == ']' && self.at > first {
                self.at += 1;
                return Ok(Piece::Set(ranges, negated));
            }
            if letter == '[' && self.letters.get(self.at + 1) == Some(&':') {
                let rest: String = self.letters[self.at + 2..].iter().collect();
                let Some(end) = rest.find(":]") else {
                    return fail(12726, &["unmatched bracket in regular expression"]);
                };
                let Some(list) = class(&rest[..end]) else {
                    return fail(12729, &["invalid character class in regular expression"]);
                };
                ranges.extend(list);
                self.at += end + 4;
                continue;
            }
            self.at += 1;
            if self.peek() == Some('-') && self.letters.get(self.at + 1).is_some_and(|next| *next != ']') {
                let high = self.letters[self.at + 1];
                if high < letter {
                    return fail(12728, &["invalid range in regular expression"]);
                }
                ranges.push((letter, high));
                self.at += 2;
            } else {
                ranges.push((letter, letter));
            }
        }
    }

    fn repeats(&mut self, mut piece: Piece) -> Outcome<Piece> {
        loop {
            let (least, most) = match self.peek() {
                Some('*') => (0, usize::MAX),
                Some('+') => (1, usize::MAX),
                Some('?') => (0, 1),
                Some('{') => {
                    let rest: String = self.letters[self.at + 1..].iter().collect();
                    let Some(end) = rest.find('}') else {
                        return fail(12727, &["invalid back reference in regular expression"]);
                    };
                    let (low, high) = rest[..end].split_once(',').unwrap_or((&rest[..end], &rest[..end]));
                    let Ok(least) = low.parse() else {
                        return Err(OracleError::unsupported(
                            "read this repeat count in a regular expression",
                        ));
                    };
                    self.at += end + 1;
                    (least, high.parse().unwrap_or(usize::MAX))
                }
                _ => return Ok(piece),
            };
            self.at += 1;
            let lazy = self.peek() == Some('?');
            if lazy {
                self.at += 1;
            }
            piece = Piece::Repeat { piece: Box::new(piece), least, most, lazy };
        }
    }
}

impl Pattern {
    fn new(pattern: &str, flags: &str) -> Outcome<Self> {
        let letters: Vec<char> = pattern.chars().collect();
        let mut reader = Reader { letters: &letters, at: 0, groups: 0 };
        let branches = reader.branches()?;
        if reader.at < letters.len() {
            return fail(12725, &["unmatched parentheses in regular expression"]);
        }
        let mut made =
            Self { branches, groups: reader.groups, ignore_case: false, newline: false, lines: false };
        for flag in flags.chars() {
            match flag {
                'i' => made.ignore_case = true,
                'c' => made.ignore_case = false,
                'n' => made.newline = true,
                'm' => made.lines = true,
                _ => return Err(OracleError::unsupported(format!("use the regular expression flag {flag}"))),
            }
        }
        Ok(made)
    }

    fn find(&self, text: &[char], from: usize) -> Outcome<Option<(Span, Groups)>> {
        let mut steps = 0;
        for start in from..=text.len() {
            let mut groups = vec![None; self.groups + 1];
            let mut end = None;
            let found = self.any(&self.branches, text, start, &mut groups, &mut steps, &mut |at, _| {
                end = Some(at);
                true
            });
            if steps > 2_000_000 {
                return Err(OracleError::unsupported("match a regular expression this costly"));
            }
            if found && let Some(end) = end {
                return Ok(Some(((start, end), groups)));
            }
        }
        Ok(None)
    }

    fn all(&self, text: &str, from: usize) -> Outcome<Vec<(Span, Groups)>> {
        let letters: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        let mut at = from;
        while at <= letters.len() {
            let Some((span, groups)) = self.find(&letters, at)? else { break };
            at = if span.1 == span.0 { span.1 + 1 } else { span.1 };
            found.push((span, groups));
        }
        Ok(found)
    }

    fn any(
        &self,
        branches: &[Vec<Piece>],
        text: &[char],
        at: usize,
        groups: &mut Groups,
        steps: &mut usize,
        then: &mut dyn FnMut(usize, &mut Groups) -> bool,
    ) -> bool {
        branches.iter().any(|branch| self.sequence(branch, text, at, groups, steps, then))
    }

    fn same(&self, a: char, b: char) -> bool {
        a == b || (self.ignore_case && a.to_lowercase().eq(b.to_lowercase()))
    }

    fn sequence(
        &self,
        pieces: &[Piece],
        text: &[char],
        at: usize,
        groups: &mut Groups,
        steps: &mut usize,
        then: &mut dyn FnMut(usize, &mut Groups) -> bool,
    ) -> bool {
        *steps += 1;
        if *steps > 2_000_000 {
            return false;
        }
        let Some((piece, rest)) = pieces.split_first() else { return then(at, groups) };
        match piece {
            Piece::Group(branches, number) => {
                let before = groups[*number];
                let done = self.any(branches, text, at, groups, steps, &mut |end, groups| {
                    let held = groups[*number];
                    groups[*number] = Some((at, end));
                    let mut inner = 0;
                    let found = self.sequence(rest, text, end, groups, &mut inner, then);
                    if !found {
                        groups[*number] = held;
                    }
                    found
                });
                if !done {
                    groups[*number] = before;
                }
                done
            }
            Piece::Back(number) => {
                let Some((from, to)) = groups.get(*number).copied().flatten() else { return false };
                let length = to - from;
                at + length <= text.len()
                    && (0..length).all(|k| self.same(text[from + k], text[at + k]))
                    && self.sequence(rest, text, at + length, groups, steps, then)
            }
            Piece::Repeat { piece, least, most, lazy } => {
                self.repeat(piece, (*least, *most, *lazy), rest, text, at, groups, steps, then)
            }
            Piece::Begin => {
                (at == 0 || (self.lines && text[at - 1] == '\n'))
                    && self.sequence(rest, text, at, groups, steps, then)
            }
            Piece::End => {
                (at == text.len() || (self.lines && text[at] == '\n'))
                    && self.sequence(rest, text, at, groups, steps, then)
            }
            single => {
                at < text.len()
                    && self.matches(single, text[at])
                    && self.sequence(rest, text, at + 1, groups, steps, then)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the state of the search travels down the recursion")]
    fn repeat(
        &self,
        piece: &Piece,
        (least, most, lazy): (usize, usize, bool),
        rest: &[Piece],
        text: &[char],
        at: usize,
        groups: &mut Groups,
        steps: &mut usize,
        then: &mut dyn FnMut(usize, &mut Groups) -> bool,
    ) -> bool {
        *steps += 1;
        if *steps > 2_000_000 {
            return false;
        }
        if lazy && least == 0 && self.sequence(rest, text, at, groups, steps, then) {
            return true;
        }
        if most > 0 {
            let one = std::slice::from_ref(piece);
            let mut inner = 0;
            let more = self.sequence(one, text, at, groups, steps, &mut |end, groups| {
                (end > at || least > 0)
                    && self.repeat(
                        piece,
                        (least.saturating_sub(1), most.saturating_sub(1), lazy),
                        rest,
                        text,
                        end,
                        groups,
                        &mut inner,
                        then,
                    )
            });
            if more {
                return true;
            }
        }
        !lazy && least == 0 && self.sequence(rest, text, at, groups, steps, then)
    }

    fn matches(&self, piece: &Piece, letter: char) -> bool {
        match piece {
            Piece::Char(wanted) => self.same(*wanted, letter),
            Piece::Any => self.newline || letter != '\n',
            Piece::Set(ranges, negated) => {
                let within = |c: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
                let hit = within(letter)
                    || (self.ignore_case
                        && (letter.to_lowercase().any(within) || letter.to_uppercase().any(within)));
                hit != *negated
            }
            _ => false,
        }
    }
}

fn replace(_: &Facts, v: &[Value]) -> Outcome<Value> {
    if v[0].is_null() || v[1].is_null() {
        return Ok(v[0].clone());
    }
    let pattern = Pattern::new(text_of(v, 1), text_of(v, 5))?;
    let letters: Vec<char> = text_of(v, 0).chars().collect();
    let nth = whole(v, 4).unwrap_or(0);
    let mut text = String::new();
    let mut copied = 0;
    for (count, ((from, to), groups)) in (1..).zip(pattern.all(text_of(v, 0), start(v, 3))?) {
        if nth != 0 && nth != count {
            continue;
        }
        text.extend(&letters[copied..from]);
        let mut with = text_of(v, 2).chars();
        while let Some(letter) = with.next() {
            if letter != '\\' {
                text.push(letter);
                continue;
            }
            match with.next() {
                Some(digit @ '1'..='9') => {
                    let number = digit.to_digit(10).unwrap_or(0) as usize;
                    if let Some((a, b)) = groups.get(number).copied().flatten() {
                        text.extend(&letters[a..b]);
                    }
                }
                Some(other) => text.push(other),
                None => text.push('\\'),
            }
        }
        copied = to;
    }
    text.extend(&letters[copied..]);
    Ok(Value::text(text))
}

fn nth_match(v: &[Value], position: usize, nth: usize, flags: usize) -> Outcome<Option<(Span, Groups)>> {
    let pattern = Pattern::new(text_of(v, 1), text_of(v, flags))?;
    let wanted = usize::try_from(whole(v, nth).unwrap_or(1).max(1) - 1).unwrap_or(0);
    Ok(pattern.all(text_of(v, 0), start(v, position))?.into_iter().nth(wanted))
}

fn substr(_: &Facts, v: &[Value]) -> Outcome<Value> {
    if v[0].is_null() || v[1].is_null() {
        return Ok(Value::Null);
    }
    let Some((span, groups)) = nth_match(v, 2, 3, 4)? else { return Ok(Value::Null) };
    let group = usize::try_from(whole(v, 5).unwrap_or(0)).unwrap_or(0);
    let span = if group == 0 { Some(span) } else { groups.get(group).copied().flatten() };
    Ok(span.map_or(Value::Null, |(from, to)| {
        Value::text(text_of(v, 0).chars().skip(from).take(to - from).collect::<String>())
    }))
}

fn instr(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let Some((span, groups)) = nth_match(v, 2, 3, 5)? else { return Ok(Value::integer(0)) };
    let group = usize::try_from(whole(v, 6).unwrap_or(0)).unwrap_or(0);
    let span = if group == 0 { Some(span) } else { groups.get(group).copied().flatten() };
    let after = whole(v, 4) == Some(1);
    Ok(span.map_or(Value::integer(0), |(from, to)| Value::count(if after { to + 1 } else { from + 1 })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches() {
        let check = |text: &str, pattern: &str, want: bool| {
            let letters: Vec<char> = text.chars().collect();
            let found = Pattern::new(pattern, "").unwrap().find(&letters, 0).unwrap().is_some();
            assert_eq!(found, want, "{text} {pattern}");
        };
        check("ada@example.com", "^[A-Za-z0-9._]+@[a-z.]+$", true);
        check("no mail", "@", false);
        check("aaa", "^a{2}$", false);
        check("aaa", "^a{2,3}$", true);
        check("abab", "^(ab)\\1$", true);
        check("x1", "^[[:alpha:]][[:digit:]]$", true);
        check("cat", "^(dog|cat)$", true);
        let facts = Facts::default();
        let v = |list: &[&str]| list.iter().map(Value::text).collect::<Vec<_>>();
        assert_eq!(replace(&facts, &v(&["a1b22", "[0-9]+", "#"])).unwrap(), Value::text("a#b#"));
        assert_eq!(
            replace(&facts, &v(&["ada.b", "([a-z]+)\\.([a-z]+)", "\\2.\\1"])).unwrap(),
            Value::text("b.ada")
        );
        assert_eq!(substr(&facts, &v(&["one,two", "[^,]+"])).unwrap(), Value::text("one"));
    }
}
