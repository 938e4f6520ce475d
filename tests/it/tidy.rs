//! The house rules that neither the compiler nor clippy can hold, read from the source.
//!
//! A rule is a function from a file to its findings. Each has one test that holds the tree to it and one that shows it
//! failing on a bad snippet.

mod source;

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use source::{Source, is_word};

/// What each room may import, beside itself. Arrows only go down; `commands` wires everything but the sandbox.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("cli", &[]),
    ("settings", &["cli", "model"]),
    ("report", &["model"]),
    ("sandbox", &["model"]),
    ("sql", &["model"]),
    ("db", &["model", "oci"]),
    ("oci", &["model"]),
    ("secret", &["model", "oci"]),
    ("lease", &["model", "oci"]),
    ("journal", &["model"]),
    ("engine", &["model", "journal"]),
    ("actions", &["model", "engine", "oci", "db", "sql"]),
    ("runbook", &["model", "actions", "engine", "sql"]),
    (
        "commands",
        &[
            "model", "cli", "settings", "report", "sql", "db", "oci", "secret", "lease", "journal", "engine",
            "actions", "runbook",
        ],
    ),
];

/// The one file that may import the sandbox.
const SANDBOX_DOOR: &str = "src/commands/sandbox.rs";

/// The one file that may print.
const PRINTER: &str = "src/report/out.rs";

/// Lines of a file without its tests, above which it needs a row in [`LONG`].
const LENGTH: usize = 600;

/// Files that are longer, and why. A row whose file has become shorter is a finding too.
const LONG: &[(&str, &str)] = &[];

/// The headings of a room's doc.
const HEADINGS: &[&str] = &["*Owns*", "*Never*", "*Start reading at*", "*To add one*"];

struct File {
    path: Utf8PathBuf,
    text: String,
}

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a directory of the tree, by path from the root, in order.
fn files(below: &str, wanted: impl Fn(&Utf8Path) -> bool) -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join(below), &mut paths);
    let mut found: Vec<File> = paths
        .into_iter()
        .filter_map(|path| {
            let short = path.strip_prefix(root()).expect("the walk began at the root").to_owned();
            wanted(&short).then(|| read(short)).flatten()
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The file, unless it is no text.
fn read(path: Utf8PathBuf) -> Option<File> {
    let text = String::from_utf8(fs_err::read(root().join(&path)).expect("a listed file")).ok()?;
    Some(File { path, text })
}

fn walk(directory: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    for entry in fs_err::read_dir(directory).expect("the tree") {
        let path = Utf8PathBuf::from_path_buf(entry.expect("an entry").path()).expect("a Unicode path");
        let name = path.file_name().unwrap_or_default();
        if name == "target" || (name.starts_with('.') && name != ".ci" && name != ".cargo") {
            continue;
        }
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// The files under version control; in a tree without one, all files.
fn tracked() -> Vec<File> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    match listed {
        Ok(listed) if listed.status.success() && !listed.stdout.is_empty() => {
            String::from_utf8(listed.stdout)
                .expect("Unicode names")
                .split_terminator('\0')
                .map(Utf8PathBuf::from)
                .filter(|path| root().join(path).is_file())
                .filter_map(read)
                .collect()
        }
        _ => files("", |_| true),
    }
}

fn is_rust(path: &Utf8Path) -> bool {
    path.extension() == Some("rs")
}

fn is_test_file(path: &Utf8Path) -> bool {
    let stem = path.file_stem().unwrap_or_default();
    path.starts_with("tests")
        || stem == "tests"
        || stem.ends_with("_tests")
        || path.as_str().contains("/tests/")
}

fn hold(files: &[File], rule: impl Fn(&str, &str) -> Vec<String>) {
    assert!(!files.is_empty(), "the rule read no file");
    let found: Vec<String> = files.iter().flat_map(|file| rule(file.path.as_str(), &file.text)).collect();
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

/// Holds a rule to a snippet: one finding that contains `wanted`, or none.
#[track_caller]
fn check(rule: impl Fn(&str, &str) -> Vec<String>, path: &str, text: &str, wanted: Option<&str>) {
    let found = rule(path, text);
    match wanted {
        None => assert!(found.is_empty(), "{path}: {text}\n{found:?}"),
        Some(wanted) => {
            assert!(found.len() == 1 && found[0].contains(wanted), "{path}: {text}\n{found:?}");
        }
    }
}

// Imports

fn imports(path: &str, text: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let [_, room, inner @ ..] = parts.as_slice() else { return Vec::new() };
    if inner.is_empty() {
        // `lib.rs` and `main.rs` stand above all rooms.
        return Vec::new();
    }
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
        return vec![format!("{path}: the room {room} is not in the table of rooms")];
    };
    let source = Source::of(text);
    let names = from_crate(&source).chain(from_supers(&source, path));
    let wrong = names.filter(|(_, name)| {
        let door = path == SANDBOX_DOOR && name == "sandbox";
        name != room && !allowed.contains(&name.as_str()) && !door
    });
    wrong.map(|(line, name)| format!("{path}:{line}: {room} may not import {name}")).collect()
}

/// What stands behind `crate::`, a group of names taken apart.
fn from_crate(source: &Source) -> impl Iterator<Item = (usize, String)> + '_ {
    source.words("crate::").flat_map(move |offset| {
        let line = source.line(offset);
        names_at(&source.code[offset + "crate::".len()..]).into_iter().map(move |name| (line, name))
    })
}

/// The rooms that a chain of `super::` climbs to.
fn from_supers<'a>(source: &'a Source, path: &'a str) -> impl Iterator<Item = (usize, String)> + 'a {
    let inside = path.trim_start_matches("src/").trim_end_matches("/mod.rs").trim_end_matches(".rs");
    let depth = inside.split('/').count();
    let up = "super::";
    source
        .words(up)
        .filter_map(move |offset| {
            if source.code[..offset].ends_with("::") {
                return None;
            }
            let line = source.line(offset);
            let rest = source.code[offset..].trim_start_matches(up);
            let climbed = (source.code.len() - offset - rest.len()) / up.len();
            let depth = depth + usize::from(line > source.tests_from());
            (climbed >= depth).then(|| names_at(rest)).map(|names| {
                names
                    .into_iter()
                    .filter(|name| ROOMS.iter().any(|(room, _)| room == name))
                    .map(move |n| (line, n))
            })
        })
        .flatten()
}

/// The first name of a path, or of each path in a group.
fn names_at(text: &str) -> Vec<String> {
    let first = |text: &str| -> String { text.trim_start().chars().take_while(|c| is_word(*c)).collect() };
    let Some(group) = text.strip_prefix('{') else { return vec![first(text)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(first(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn imports_go_down_only() {
    hold(&files("src", is_rust), imports);
}

#[test]
fn the_table_of_rooms_has_no_circle() {
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < ROOMS.len() {
        let before = settled.len();
        for (room, below) in ROOMS {
            if !settled.contains(room) && below.iter().all(|name| settled.contains(name)) {
                settled.push(room);
            }
        }
        assert!(settled.len() > before, "these rooms import each other, or one that is not there: {ROOMS:?}");
    }
}

#[test]
fn imports_rule_bites() {
    check(imports, "src/sandbox/vault.rs", "use crate::oci::Oci;", Some("sandbox may not import oci"));
    check(imports, "src/sandbox/vault.rs", "use crate::model::Ocid;\nuse super::store::Store;", None);
    check(
        imports,
        "src/model/act.rs",
        "fn f() { crate::engine::run() }",
        Some("model may not import engine"),
    );
    check(
        imports,
        "src/engine/run.rs",
        "use crate::{model::{Act, Ocid}, report::Hub};",
        Some("import report"),
    );
    check(imports, "src/commands/runs.rs", "use crate::sandbox::Options;", Some("may not import sandbox"));
    check(imports, SANDBOX_DOOR, "use crate::sandbox::Options;", None);
    check(imports, "src/oci/client.rs", "use super::super::db::DbError;", Some("oci may not import db"));
    check(imports, "src/oci/mod.rs", "use super::db::DbError;", Some("oci may not import db"));
    check(imports, "src/commands/show.rs", "use super::sandbox::embed;", None);
    check(imports, "src/cli/parse.rs", "#[cfg(test)]\nmod tests {\n use super::super::report::x; }", None);
    check(imports, "src/attic/mod.rs", "", Some("not in the table"));
    check(imports, "src/model/act.rs", "// crate::engine\nlet text = \"crate::engine\";", None);
}

// Room docs

fn room_doc(path: &str, text: &str) -> Vec<String> {
    let doc: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    let missing = HEADINGS.iter().filter(|heading| !doc.contains(**heading));
    missing.map(|heading| format!("{path}: the room's doc lacks the heading {heading}")).collect()
}

#[test]
fn rooms_say_what_they_own() {
    let rooms = files("src", |path| path.file_name() == Some("mod.rs") && path.components().count() == 3);
    hold(&rooms, room_doc);
    let mut without = Vec::new();
    for entry in fs_err::read_dir(root().join("src")).expect("src") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.join("mod.rs").is_file() {
            without.push(path);
        }
    }
    assert!(without.is_empty(), "rooms without mod.rs: {without:?}");
}

#[test]
fn room_doc_rule_bites() {
    let whole = "//! *Owns*: a.\n//! *Never*: b.\n//! *Start reading at*: c.\n//! *To add one*: d.\nmod a;\n";
    check(room_doc, "src/a/mod.rs", whole, None);
    check(room_doc, "src/a/mod.rs", &whole.replace("*Never*", "Never"), Some("*Never*"));
    check(
        room_doc,
        "src/a/mod.rs",
        &whole.replace("//! *To add one*", "// *To add one*"),
        Some("*To add one*"),
    );
}

// Words

fn unfinished(path: &str, text: &str) -> Vec<String> {
    let source = Source::of(text);
    let mut found = Vec::new();
    for word in ["todo!", "unimplemented!", "dbg!"] {
        for offset in source.words(word) {
            found.push(format!("{path}:{}: {word} is not for keeps", source.line(offset)));
        }
    }
    found
}

fn printing(path: &str, text: &str) -> Vec<String> {
    if path == PRINTER {
        return Vec::new();
    }
    let source = Source::of(text);
    let mut found = Vec::new();
    for word in ["print!", "println!", "eprint!", "eprintln!"] {
        for offset in source.words(word) {
            found.push(format!("{path}:{}: {word} outside {PRINTER}", source.line(offset)));
        }
    }
    found
}

fn topics(path: &str, text: &str) -> Vec<String> {
    Source::of(text)
        .comments
        .iter()
        .filter(|(_, comment)| {
            ["TODO", "FIXME"].iter().any(|word| {
                comment.match_indices(word).any(|(at, _)| {
                    let rest = &comment[at + word.len()..];
                    let topic = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
                    !rest.starts_with(is_word) && topic.is_none_or(|(topic, _)| topic.trim().is_empty())
                })
            })
        })
        .map(|(line, _)| format!("{path}:{line}: a debt without a topic; write TODO(topic)"))
        .collect()
}

#[test]
fn nothing_is_left_unfinished() {
    hold(&files("src", is_rust), unfinished);
    hold(&files("tests", is_rust), unfinished);
}

#[test]
fn one_file_prints() {
    hold(&files("src", is_rust), printing);
}

#[test]
fn debts_have_a_topic() {
    hold(&files("src", is_rust), topics);
    hold(&files("tests", is_rust), topics);
}

#[test]
fn word_rules_bite() {
    check(unfinished, "src/a/b.rs", "fn f() { todo!() }", Some("src/a/b.rs:1: todo!"));
    check(unfinished, "src/a/b.rs", "fn f() {\n    dbg!(1);\n}", Some(":2: dbg!"));
    check(unfinished, "src/a/b.rs", "// todo!()\nlet text = \"unimplemented!()\"; my_todo!()", None);
    check(printing, "src/a/b.rs", "println!(\"x\")", Some("println!"));
    check(printing, "src/a/b.rs", "std::eprint!(\"x\")", Some("eprint!"));
    check(printing, PRINTER, "println!(\"x\")", None);
    check(printing, "src/a/b.rs", "writeln!(out, \"println!\")", None);
    check(topics, "src/a/b.rs", "// TODO later", Some(":1: a debt"));
    check(topics, "src/a/b.rs", "/* TODO(): later */", Some(":1: a debt"));
    check(topics, "src/a/b.rs", "let a = 1; // FIXME", Some(":1: a debt"));
    check(topics, "src/a/b.rs", "// TODO(paging): later\nlet todo = \"TODO\";", None);
}

// Length

fn length(path: &str, text: &str) -> Vec<String> {
    length_beside(LONG, path, text)
}

/// As [`length`], with these rows of files that may be longer.
fn length_beside(long: &[(&str, &str)], path: &str, text: &str) -> Vec<String> {
    if is_test_file(path.into()) {
        return Vec::new();
    }
    let lines = text.lines().count().min(Source::of(text).tests_from().saturating_sub(1));
    match (lines > LENGTH, long.iter().any(|(long, _)| *long == path)) {
        (true, false) => vec![format!("{path}: {lines} lines; cut it up, or say in LONG why not")],
        (false, true) => vec![format!("{path}: {lines} lines; take its row out of LONG")],
        _ => Vec::new(),
    }
}

#[test]
fn long_files_have_a_reason() {
    let all = files("src", is_rust);
    hold(&all, length);
    for (path, reason) in LONG {
        assert!(all.iter().any(|file| file.path == *path), "LONG names {path}, which is not there");
        assert!(reason.len() > 20, "LONG gives no reason for {path}");
    }
}

#[test]
fn length_rule_bites() {
    let long = "fn f() {}\n".repeat(LENGTH + 1);
    check(length, "src/a/b.rs", &long, Some("601 lines"));
    check(length, "src/a/tests.rs", &long, None);
    check(length, "src/a/b_tests.rs", &long, None);
    check(length, "src/a/b.rs", &format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n"), None);
    let listed = [("src/a/b.rs", "a reason")];
    assert!(length_beside(&listed, "src/a/b.rs", &long).is_empty());
    assert!(length_beside(&listed, "src/a/b.rs", "fn f() {}\n")[0].contains("take its row out"));
}

// SQL in the sandbox

/// A literal is Oracle's text when it begins like a statement and names what only Oracle has: a view of the catalogue, a
/// supplied package, `dual`, or a block. Statements of the storage underneath name none of these.
fn oracle_text(path: &str, text: &str) -> Vec<String> {
    if path.starts_with("src/sandbox/oracle/seed/") || is_test_file(path.into()) {
        return Vec::new();
    }
    let source = Source::of(text);
    let tests_from = source.tests_from();
    let literals = source.literals.iter().filter(|(line, text)| *line < tests_from && is_oracle(text));
    literals
        .map(|(line, _)| {
            format!("{path}:{line}: Oracle SQL as text; the sandbox parses, it does not recognise")
        })
        .collect()
}

fn is_oracle(text: &str) -> bool {
    let words: Vec<String> = text
        .split(|c: char| !is_word(c) && c != '$' && c != '.')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let [first, rest @ ..] = words.as_slice() else { return false };
    if rest.is_empty() {
        return false;
    }
    let first = first.as_str();
    if matches!(first, "begin" | "declare") && rest.last().is_some_and(|last| last == "end") {
        return true;
    }
    let statement = [
        "select", "with", "insert", "update", "delete", "merge", "begin", "declare", "create", "alter",
        "drop", "grant", "truncate", "call",
    ];
    statement.contains(&first) && rest.windows(2).any(|pair| is_oracle_name(&pair[0], &pair[1]))
        || (statement.contains(&first) && is_oracle_name(first, &rest[0]))
}

/// Whether a word, with the one before it, is a name that only Oracle has.
fn is_oracle_name(before: &str, word: &str) -> bool {
    let name = word.strip_prefix("sys.").unwrap_or(word);
    let is_source = matches!(before, "from" | "join" | "into" | "update" | "delete" | "table" | "view");
    let catalogue = ["dba_", "all_", "user_", "cdb_", "v$", "gv$", "apex_"];
    let package = ["dbms_", "utl_", "apex_", "ords.", "ords_", "owa_"];
    (is_source && (name == "dual" || catalogue.iter().any(|prefix| name.starts_with(prefix))))
        || (name.contains('.') && package.iter().any(|prefix| name.starts_with(prefix)))
}

#[test]
fn the_sandbox_recognises_no_text() {
    hold(&files("src/sandbox", is_rust), oracle_text);
}

#[test]
fn sandbox_text_rule_bites() {
    let wanted = Some("Oracle SQL as text");
    let quoted = |text: &str| format!("let a = 1;\nif text == \"{text}\" {{}}");
    for text in [
        "select owner from dba_triggers where status = 'DISABLED'",
        "SELECT CLOUD_IDENTITY FROM V$PDBS",
        "select 1 from dual",
        "select count(*) from sys.all_objects o",
        "begin dbms_session.sleep(1); end;",
        "begin null; end;",
        "DECLARE n number; BEGIN n := 1; END;",
        "select t.x from t join user_tables u on 1 = 1",
        "call apex_util.set_workspace('X')",
    ] {
        check(oracle_text, "src/sandbox/engine.rs", &quoted(text), wanted);
        check(oracle_text, "src/sandbox/oracle/seed/views.rs", &quoted(text), None);
        check(oracle_text, "src/sandbox/oracle/run/tests.rs", &quoted(text), None);
        let in_tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}\n}}", quoted(text));
        check(oracle_text, "src/sandbox/engine.rs", &in_tests, None);
    }
    for text in [
        "select \\\"x\\\" from \\\"t\\\" where \\\"id\\\" = ?1",
        "create table rows (id integer primary key)",
        "begin immediate",
        "insert or replace into databases values (?1, ?2)",
        "CREATE DATABASE LINK",
        "SELECT ANY DICTIONARY",
        "from dba_users the sandbox cannot delete",
        "dba_users",
    ] {
        check(oracle_text, "src/sandbox/engine.rs", &quoted(text), None);
    }
}

// Words that do not belong into the tree

/// Places of one machine, and other sources of crates than the public one. Put together here, so that this file itself
/// is clean.
fn strangers(path: &str, text: &str) -> Vec<String> {
    let directories = ["wo\u{72}k", "roo\u{74}", "hom\u{65}"].map(|name| format!("/{name}/"));
    let sources = ["replace-\u{77}ith", "index-\u{75}rl", "[regis\u{74}ries"];
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = |what: &str| format!("{path}:{}: {what}", number + 1);
        for place in &directories {
            let inside = line.match_indices(place.as_str()).any(|(offset, _)| {
                // A part of a longer path, such as that of a URL, is somebody else's.
                !line[..offset]
                    .ends_with(|c: char| is_word(c) || matches!(c, '}' | '.' | '*' | '>' | '-' | '/'))
            });
            if inside {
                found.push(at(&format!("{place} is a place of one machine")));
            }
        }
        for source in sources {
            if line.contains(source) {
                found.push(at(&format!("{source} points to another source of packages")));
            }
        }
        if path == "Cargo.lock"
            && line.starts_with("source = ")
            && line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        {
            found.push(at("a crate that is not from crates.io"));
        }
        if is_temporary(path, line) {
            found.push(at("a path below the temporary directory; ask for one with tempfile"));
        }
    }
    found
}

/// Whether the line names a fixed temporary path. Command lines in tests of the argument parser name one and touch nothing.
fn is_temporary(path: &str, line: &str) -> bool {
    let place = ["/tm\u{70}", "/"].concat();
    line.contains(&place) && !path.starts_with("src/cli/")
}

#[test]
fn the_tree_names_no_machine() {
    hold(&tracked(), strangers);
}

#[test]
fn strangers_rule_bites() {
    let place = |name: &str| format!("open(\"/{name}/x\")");
    check(strangers, "src/a.rs", &place("wo\u{72}k"), Some("place of one machine"));
    check(strangers, "README.md", &place("roo\u{74}"), Some("place of one machine"));
    check(strangers, "tests/it/a.rs", &place("tm\u{70}"), Some("temporary"));
    check(strangers, "src/oci/a.rs", "https://example.com/api/work/items", None);
    check(strangers, "src/oci/a.rs", "/20160918/workRequests", None);
    check(strangers, ".cargo/config.toml", "[source.crates-io]\nreplace-\u{77}ith = \"near\"", Some(":2:"));
    check(strangers, "Cargo.lock", "source = \"git+https://example.com/a\"", Some("not from crates.io"));
    check(
        strangers,
        "Cargo.lock",
        "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
        None,
    );
}
