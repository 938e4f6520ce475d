//! Console transcripts in `tests/cmd`, replayed; and what the README repeats from the code, compared.
//!
//! `TRYCMD=overwrite cargo test --test it transcripts` writes the transcripts again: read the difference.

use adbctl::cli::EXIT_CODES;

#[test]
fn transcripts_are_what_happens() {
    let home = tempfile::tempdir().expect("a temporary home");
    let home = home.path().to_str().expect("a Unicode path");
    let cases = trycmd::TestCases::new();
    cases.env("HOME", home).env("XDG_STATE_HOME", home).env("XDG_CONFIG_HOME", home);
    cases.env("NO_COLOR", "1").env("COLUMNS", "100");
    cases.case("tests/cmd/*.trycmd");
}

#[test]
fn the_readme_has_the_exit_codes() {
    let readme = include_str!("../../README.md");
    let rows: Vec<String> =
        EXIT_CODES.iter().map(|(code, meaning)| format!("| {code} | {meaning} |\n")).collect();
    assert!(readme.contains(&rows.concat()), "README.md lacks this table:\n{}", rows.concat());
}

#[test]
fn documents_link_to_files_that_are_there() {
    let root = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/README.md",
        "docs/runbooks.md",
    ] {
        let text = fs_err::read_to_string(root.join(page)).expect("a document");
        let folder = root.join(page).parent().map(camino::Utf8Path::to_owned).unwrap_or_default();
        let targets =
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.contains("://")) {
            if !folder.join(target).exists() {
                broken.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "links to nothing: {broken:?}");
}
