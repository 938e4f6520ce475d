//! `tnsnames.ora`: which name leads to which host, port and service.
//!
//! Keys are read in any case and over any number of lines; `#` begins a comment. Only what a wallet needs is taken out
//! of the tree. A changed file is the old text with other hosts in it, so that everything else stays as it was.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 24;

/// What is wrong with the file, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("tnsnames.ora line {line}: {what}")]
pub(crate) struct TnsError {
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// One address of one alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// The name that clients use.
    pub(crate) alias: String,
    /// `tcps` or another, in lower case.
    pub(crate) protocol: String,
    /// The host's name, to which the server's certificate must belong.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// The service on the database.
    pub(crate) service: String,
    /// The subject that the server's certificate must have, in older wallets.
    pub(crate) server_dn: Option<String>,
    /// Whether clients compare the server's name; absent means that the client's own setting holds.
    pub(crate) name_matching: Option<bool>,
    /// Where the host stands in the text.
    at: Range<usize>,
}

/// A value: a text with its place, or parameters in parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A text, and where it stands.
    Text(String, Range<usize>),
    /// Parameters by name.
    List(Vec<(String, Node)>),
}

impl fmt::Display for Node {
    /// As it stands in a descriptor, without blanks and comments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text, _) if text.contains(['(', ')', '=', '#', ',']) && !text.contains('"') => {
                write!(f, "\"{text}\"")
            }
            Self::Text(text, _) => f.write_str(text),
            Self::List(members) => members.iter().try_for_each(|(name, value)| write!(f, "({name}={value})")),
        }
    }
}

/// A descriptor that stands by itself: what is in its outermost parentheses.
///
/// # Errors
/// Parentheses that do not match, or something behind them.
pub(crate) fn descriptor(text: &str) -> Result<Node, TnsError> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.skip();
    match (&node, reader.peek()) {
        (Node::List(_), None) => Ok(node),
        _ => Err(reader.error("one descriptor in parentheses was expected")),
    }
}

/// What an alias stands for, or the names that there are. Aliases are the same in every case.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn look_up(text: &str, alias: &str) -> Result<Result<Node, Vec<String>>, TnsError> {
    let entries = entries(text)?;
    let is_it = |entry: &&Entry| entry.aliases.iter().any(|name| name.eq_ignore_ascii_case(alias));
    // The last of several counts, as with Oracle's own clients.
    if let Some(found) = entries.iter().rev().find(is_it) {
        return Ok(Ok(found.value.clone()));
    }
    let names = entries.into_iter().flat_map(|entry| entry.aliases);
    Ok(Err(names.filter(|name| !name.eq_ignore_ascii_case("ifile")).collect()))
}

impl Node {
    /// The members called `name`, in any case.
    pub(crate) fn members<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Node> + use<'a, 'n> {
        let members: &[(String, Node)] = match self {
            Self::List(members) => members,
            Self::Text(..) => &[],
        };
        members.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, node)| node)
    }

    /// The text of the first member called `name`.
    pub(crate) fn word<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.text(name).map(|(text, _)| text)
    }

    fn text<'a>(&'a self, name: &str) -> Option<(&'a str, &'a Range<usize>)> {
        self.members(name).find_map(|node| match node {
            Self::Text(text, at) => Some((text.as_str(), at)),
            Self::List(_) => None,
        })
    }
}

struct Entry {
    aliases: Vec<String>,
    value: Node,
    line: usize,
}

/// The addresses of a file, one for each alias and address, in the file's order.
///
/// # Errors
/// Parentheses that do not match, or an address without host or port.
pub(crate) fn parse(text: &str) -> Result<Vec<Descriptor>, TnsError> {
    let mut found = Vec::new();
    for entry in entries(text)? {
        for alias in &entry.aliases {
            if !alias.eq_ignore_ascii_case("ifile") {
                collect(alias, &entry, &mut found)?;
            }
        }
    }
    Ok(found)
}

fn collect(alias: &str, entry: &Entry, found: &mut Vec<Descriptor>) -> Result<(), TnsError> {
    let lists = entry.value.members("description_list");
    let descriptions: Vec<&Node> =
        entry.value.members("description").chain(lists.flat_map(|l| l.members("description"))).collect();
    if descriptions.is_empty() {
        return Err(TnsError { line: entry.line, what: format!("{alias} has no description") });
    }
    for description in descriptions {
        let service = description.members("connect_data").find_map(|d| d.text("service_name"));
        let security = description.members("security").next();
        let server_dn = security.and_then(|s| s.text("ssl_server_cert_dn")).map(|(dn, _)| dn.to_owned());
        let name_matching = security
            .and_then(|s| s.text("ssl_server_dn_match"))
            .map(|(word, _)| ["yes", "on", "true"].iter().any(|yes| word.eq_ignore_ascii_case(yes)));
        let lists = description.members("address_list");
        for address in description.members("address").chain(lists.flat_map(|l| l.members("address"))) {
            let lacks =
                |what: &str| TnsError { line: entry.line, what: format!("{alias} has an address {what}") };
            let (host, at) =
                address.text("host").filter(|(h, _)| !h.is_empty()).ok_or_else(|| lacks("without a host"))?;
            let (port, _) = address.text("port").ok_or_else(|| lacks("without a port"))?;
            let port = port.parse().map_err(|_| lacks("whose port is no number up to 65535"))?;
            found.push(Descriptor {
                alias: alias.to_owned(),
                protocol: address.text("protocol").map_or("tcp", |(p, _)| p).to_ascii_lowercase(),
                host: host.to_owned(),
                port,
                service: service.map(|(s, _)| s.to_owned()).unwrap_or_default(),
                server_dn: server_dn.clone(),
                name_matching,
                at: at.clone(),
            });
        }
    }
    Ok(())
}

/// The text with other hosts where `hosts` names one (in any case), and how many places changed.
///
/// # Errors
/// The file cannot be read, or a new host is none.
pub(crate) fn with_hosts(text: &str, hosts: &BTreeMap<String, String>) -> Result<(String, usize), TnsError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if let Some(bad) = hosts.values().find(|host| host.is_empty() || !host.chars().all(fits)) {
        return Err(TnsError { line: 0, what: format!("{bad:?} cannot stand there as a host") });
    }
    let mut places: Vec<(Range<usize>, &str)> = parse(text)?
        .into_iter()
        .filter_map(|d| {
            let (_, new) = hosts.iter().find(|(old, _)| old.eq_ignore_ascii_case(&d.host))?;
            Some((d.at, new.as_str()))
        })
        .collect();
    // Several aliases can share one address.
    places.sort_by_key(|(at, _)| at.start);
    places.dedup_by_key(|(at, _)| at.start);
    let mut changed = text.to_owned();
    for (at, new) in places.iter().rev() {
        changed.replace_range(at.clone(), new);
    }
    Ok((changed, places.len()))
}

fn entries(text: &str) -> Result<Vec<Entry>, TnsError> {
    let mut reader = Reader { text, at: 0 };
    let mut entries = Vec::new();
    loop {
        reader.skip();
        if reader.peek().is_none() {
            return Ok(entries);
        }
        let line = reader.line();
        let names = reader.until(&['=', '(', ')']);
        let aliases: Vec<String> =
            text[names].split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
        let spaced = aliases.iter().any(|name| name.contains(char::is_whitespace));
        if reader.peek() != Some('=') || aliases.is_empty() || spaced {
            return Err(reader.error("a name and = were expected"));
        }
        reader.take();
        let value = reader.value(0)?;
        entries.push(Entry { aliases, value, line });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn line(&self) -> usize {
        self.text[..self.at].matches('\n').count() + 1
    }

    fn error(&self, what: &str) -> TnsError {
        TnsError { line: self.line(), what: what.to_owned() }
    }

    /// Over white space and comments.
    fn skip(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.take();
                }
            } else if c.is_whitespace() {
                self.take();
            } else {
                return;
            }
        }
    }

    /// Up to one of these characters outside quotes, a comment or the end; white space around it is left off.
    fn until(&mut self, ends: &[char]) -> Range<usize> {
        self.skip();
        let start = self.at;
        let mut quoted = false;
        while let Some(c) = self.peek() {
            if c == '"' {
                quoted = !quoted;
            } else if !quoted && (ends.contains(&c) || c == '#') {
                break;
            }
            self.take();
        }
        let end = start + self.text[start..self.at].trim_end().len();
        if self.peek() == Some('#') {
            self.skip();
        }
        start..end
    }

    fn value(&mut self, depth: usize) -> Result<Node, TnsError> {
        self.skip_blanks_of(depth);
        if self.peek() != Some('(') {
            let ends: &[char] = if depth == 0 { &['\n', '(', ')'] } else { &['(', ')'] };
            let at = if depth == 0 && matches!(self.peek(), None | Some('\n')) {
                self.at..self.at
            } else {
                self.until(ends)
            };
            if depth > 0 && self.peek() == Some('(') {
                return Err(self.error("a ( stands behind a text"));
            }
            return Ok(self.unquoted(at));
        }
        if depth >= DEEPEST {
            return Err(self.error("parentheses stand too deep in each other"));
        }
        let mut members = Vec::new();
        while self.peek() == Some('(') {
            self.take();
            let key = self.until(&['=', '(', ')']);
            let node = match self.peek() {
                Some('=') => {
                    self.take();
                    (self.text[key].to_owned(), self.value(depth + 1)?)
                }
                Some(')') => (String::new(), self.unquoted(key)),
                _ => return Err(self.error("a key and = were expected behind (")),
            };
            members.push(node);
            self.skip();
            if self.take() != Some(')') {
                return Err(self.error("a ) is missing"));
            }
            // What follows on the next lines belongs here only if it opens another parenthesis.
            self.skip();
        }
        if depth == 0 && self.peek() == Some(')') {
            return Err(self.error("a ) is too many"));
        }
        Ok(Node::List(members))
    }

    /// A value at the outermost level may begin on the next line only if it is indented or in parentheses.
    fn skip_blanks_of(&mut self, depth: usize) {
        let before = self.at;
        self.skip();
        if depth == 0 && self.peek() != Some('(') {
            self.at = before;
            while self.peek().is_some_and(|c| c.is_whitespace() && c != '\n') {
                self.take();
            }
        }
    }

    fn unquoted(&self, at: Range<usize>) -> Node {
        let text = &self.text[at.clone()];
        match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
            Some(inner) => Node::Text(inner.to_owned(), at.start + 1..at.end - 1),
            None => Node::Text(text.to_owned(), at),
        }
    }
}

#[cfg(test)]
#[path = "tnsnames_tests.rs"]
mod tests;
