//! Reading TOML so that every table reports its mistakes, in one pass and at their place.
//!
//! A plain `toml::from_str` stops at the first mistake. Here each value is read by itself, typed by serde, and what
//! goes wrong with it is kept while its neighbours are still read.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::diagnostic::{Diagnostic, SourceText, suggestion};
use super::secret::Secret;

/// Mistakes found so far in one file.
#[derive(Debug)]
pub struct Mistakes {
    source: SourceText,
    found: RefCell<Vec<Diagnostic>>,
    broken: Cell<bool>,
}

impl Mistakes {
    /// None yet, in this file.
    pub fn new(source: SourceText) -> Self {
        Self { source, found: RefCell::default(), broken: Cell::new(false) }
    }

    /// The file.
    pub fn source(&self) -> &SourceText {
        &self.source
    }

    /// Adds one. Behind a syntax error nothing more is added: what was read may not be what was meant.
    pub fn add(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        if self.broken.get() {
            return;
        }
        let mut mistake = Diagnostic::new(&self.source, span, message);
        mistake.help = help;
        self.found.borrow_mut().push(mistake);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// All of them in the order of the file.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut all = self.found.into_inner();
        all.sort_by_key(|m| m.span.start);
        all.dedup();
        all
    }
}

/// Reads the file's text. Syntax errors and secrets that stand in it are reported, and what could be read nevertheless
/// is there.
pub fn parse(mistakes: &Mistakes) -> Spanned<DeTable<'_>> {
    let (table, errors) = DeTable::parse_recoverable(mistakes.source.text());
    for error in errors {
        mistakes.add(error.span().unwrap_or(0..0), error.message().to_owned(), None);
    }
    mistakes.broken.set(!mistakes.is_empty());
    for (key, value) in table.get_ref() {
        refuse_literal_secrets(mistakes, key.get_ref(), &key.span(), value);
    }
    table
}

/// A table that is read key by key. [`Self::finish`] reports the keys nobody asked for.
#[derive(Debug)]
pub struct TableReader<'a> {
    mistakes: &'a Mistakes,
    path: String,
    span: Range<usize>,
    entries: Vec<(Spanned<String>, Spanned<DeValue<'a>>)>,
    asked: Vec<&'static str>,
}

impl<'a> TableReader<'a> {
    /// The top table of the file. Syntax errors are reported, and what could be read nevertheless is there.
    pub fn open(mistakes: &'a Mistakes) -> Self {
        Self::top(mistakes, parse(mistakes))
    }

    /// As [`Self::open`], for a table that [`parse`] gave.
    pub fn top(mistakes: &'a Mistakes, table: Spanned<DeTable<'a>>) -> Self {
        Self::of(mistakes, String::new(), table.span(), table.into_inner())
    }

    fn of(mistakes: &'a Mistakes, path: String, span: Range<usize>, table: DeTable<'a>) -> Self {
        let entries = table
            .into_iter()
            .map(|(key, value)| (Spanned::new(key.span(), key.into_inner().into_owned()), value))
            .collect();
        Self { mistakes, path, span, entries, asked: Vec::new() }
    }

    /// Where the table stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The dotted path of the table, empty for the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The keys nobody has asked for yet.
    pub fn keys(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The list that mistakes go to.
    pub fn mistakes(&self) -> &'a Mistakes {
        self.mistakes
    }

    fn take(&mut self, key: &'static str) -> Option<(Range<usize>, Spanned<DeValue<'a>>)> {
        self.asked.push(key);
        let at = self.entries.iter().position(|(k, _)| k.get_ref() == key)?;
        let (key, value) = self.entries.remove(at);
        Some((key.span(), value))
    }

    /// The value of a key, if it is there and of its type. A wrong type is reported.
    pub fn optional<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let (_, value) = self.take(key)?;
        self.typed(key, value)
    }

    /// The value of a key. Its absence or a wrong type is reported.
    pub fn required<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        if let Some((_, value)) = self.take(key) {
            return self.typed(key, value);
        }
        let place = if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path) };
        self.mistakes.add(self.span.clone(), format!("missing key `{key}`{place}"), None);
        None
    }

    fn typed<T: DeserializeOwned>(&self, key: &str, value: Spanned<DeValue<'a>>) -> Option<Spanned<T>> {
        let span = value.span();
        if is_literal_secret(key, value.get_ref()) {
            return None;
        }
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(typed) => Some(Spanned::new(span, typed)),
            Err(error) => {
                let help = suggestion_of_serde(error.message());
                self.mistakes.add(
                    error.span().unwrap_or(span),
                    format!("`{key}`: {}", error.message()),
                    help,
                );
                None
            }
        }
    }

    /// The table under a key. Something else under it is reported.
    pub fn table(&mut self, key: &'static str) -> Option<TableReader<'a>> {
        let (key_span, value) = self.take(key)?;
        self.inner(key, key_span, value)
    }

    /// The tables of an array such as `[[step]]`. Something else under the key is reported.
    pub fn tables(&mut self, key: &'static str) -> Vec<TableReader<'a>> {
        let Some((_, value)) = self.take(key) else { return Vec::new() };
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => items
                .into_iter()
                .enumerate()
                .filter_map(|(n, item)| {
                    let span = item.span();
                    self.inner(&format!("{key}.{n}"), span, item)
                })
                .collect(),
            other => {
                self.mistakes.add(
                    span,
                    format!("`{key}` is {}, expected an array of tables", with_article(other.type_str())),
                    Some(format!("write [[{key}]] over each of them")),
                );
                Vec::new()
            }
        }
    }

    /// Every entry that is left, as tables: for `[database.NAME]` and the like, whose keys people choose.
    pub fn named_tables(mut self) -> Vec<(Spanned<String>, TableReader<'a>)> {
        let entries = std::mem::take(&mut self.entries);
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let span = key.span();
                let inner = self.inner(key.get_ref(), span, value)?;
                Some((key, inner))
            })
            .collect()
    }

    /// Every entry that is left, typed: for tables whose keys people choose.
    pub fn named_values<T: DeserializeOwned>(mut self) -> Vec<(Spanned<String>, Spanned<T>)> {
        let entries = std::mem::take(&mut self.entries);
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let typed = self.typed(key.get_ref(), value)?;
                Some((key, typed))
            })
            .collect()
    }

    fn inner(
        &self,
        key: &str,
        key_span: Range<usize>,
        value: Spanned<DeValue<'a>>,
    ) -> Option<TableReader<'a>> {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Some(TableReader::of(self.mistakes, path, key_span, table)),
            other => {
                self.mistakes.add(
                    span,
                    format!("`{path}` is {}, expected a table", with_article(other.type_str())),
                    None,
                );
                None
            }
        }
    }

    /// Reports every key that nobody asked for, with the key it was probably meant to be.
    pub fn finish(self) {
        for (key, _) in &self.entries {
            let place = if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path) };
            self.mistakes.add(
                key.span(),
                format!("unknown key `{}`{place}", key.get_ref()),
                suggestion(key.get_ref(), self.asked.iter().copied()),
            );
        }
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// Serde names what it expected in back quotes; the nearest of those names is the suggestion.
fn suggestion_of_serde(message: &str) -> Option<String> {
    let rest =
        message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let (word, rest) = rest.split_once('`')?;
    let candidates: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let near = super::diagnostic::nearest(word, candidates)?;
    Some(format!("did you mean {near:?}?"))
}

/// Words at the end of a key whose value must be a reference to a secret, never the secret.
const SECRETS: &[&str] = &["password", "passphrase", "passwd", "secret", "auth_token", "token"];

fn names_a_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRETS.iter().any(|word| {
        key.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with(['_', '-']))
    })
}

fn is_literal_secret(key: &str, value: &DeValue<'_>) -> bool {
    value.as_str().is_some_and(|text| !text.contains("{{")) && names_a_secret(key)
}

/// Reports texts under keys that name secrets, at any depth. Expressions (`{{ … }}`) are references and may stand.
fn refuse_literal_secrets(
    mistakes: &Mistakes,
    key: &str,
    key_span: &Range<usize>,
    value: &Spanned<DeValue<'_>>,
) {
    match value.get_ref() {
        DeValue::String(text) if is_literal_secret(key, value.get_ref()) => {
            // The file's text will be shown around this and other mistakes: from here on the value is masked.
            drop(Secret::new(text.to_string()));
            mistakes.add(
                key_span.clone(),
                format!("`{key}` holds a secret as plain text"),
                Some(format!(
                    "write where the secret is to be found: {key} = {{ env = \"NAME\" }}, {{ file = \"PATH\" }}, \
                     {{ vault = \"ocid1.vaultsecret…\" }}, {{ command = [\"…\"] }} or {{ prompt = true }}; and \
                     change the secret, since it stood in a file"
                )),
            );
        }
        DeValue::Table(table) => {
            for (key, value) in table {
                refuse_literal_secrets(mistakes, key.get_ref(), &key.span(), value);
            }
        }
        DeValue::Array(items) => {
            for item in items {
                refuse_literal_secrets(mistakes, "", &item.span(), item);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretRef;

    fn check(text: &str, wanted: &[&str]) {
        let mistakes = Mistakes::new(SourceText::new("x.toml", text));
        let mut top = TableReader::open(&mistakes);
        top.optional::<u32>("count");
        top.optional::<SecretRef>("password");
        if let Some(mut run) = top.table("run") {
            run.required::<String>("name");
            run.optional::<bool>("fast");
            run.finish();
        }
        for mut step in top.tables("step") {
            step.required::<String>("id");
            step.finish();
        }
        top.finish();
        let found: Vec<String> = mistakes
            .into_sorted()
            .iter()
            .map(|m| format!("{} | {}", m, m.help.as_deref().unwrap_or("-")).chars().take(90).collect())
            .collect();
        assert_eq!(found, wanted, "{text}");
    }

    #[test]
    fn every_table_reports_its_mistakes() {
        check("count = 3\n[run]\nname = 'a'\n[[step]]\nid = 'x'", &[]);
        check(
            "count = 'x'\n[run]\nnmae = 'a'\nfast = 1\n[[step]]\nid = 3\n[[step]]\nidd = 'a'",
            &[
                "x.toml:1:9: `count`: invalid type: string \"x\", expected u32 | -",
                "x.toml:2:2: missing key `name` in [run] | -",
                "x.toml:3:1: unknown key `nmae` in [run] | did you mean \"name\"?",
                "x.toml:4:8: `fast`: invalid type: integer `1`, expected a boolean | -",
                "x.toml:6:6: `id`: invalid type: integer `3`, expected a string | -",
                "x.toml:7:1: missing key `id` in [step.1] | -",
                "x.toml:8:1: unknown key `idd` in [step.1] | did you mean \"id\"?",
            ],
        );
        check("run = 3", &["x.toml:1:7: `run` is an integer, expected a table | -"]);
        check("count = \n", &["x.toml:1:9: string values must be quoted, expected literal string | -"]);
    }

    #[test]
    fn literal_secrets_are_refused_and_masked() {
        let text = "password = 'a-made-up-value-9'\n[run]\nname = 'x'\n";
        let mistakes = Mistakes::new(SourceText::new("x.toml", text));
        let top = TableReader::open(&mistakes);
        drop(top);
        let found = mistakes.into_sorted();
        assert_eq!(found[0].message, "`password` holds a secret as plain text");
        let drawn = super::super::Redactor::global().scrub(&super::super::diagnostic::draw(&found));
        assert!(!drawn.contains("a-made-up-value-9") && drawn.contains("[secret]"), "{drawn}");
    }

    #[test]
    fn references_and_expressions_are_no_literal_secrets() {
        for text in ["password = { env = 'X' }", "token = '{{ params.token }}'", "tokens = 'x'"] {
            let mistakes = Mistakes::new(SourceText::new("x.toml", text));
            drop(TableReader::open(&mistakes));
            assert!(mistakes.is_empty(), "{text}");
        }
    }
}
