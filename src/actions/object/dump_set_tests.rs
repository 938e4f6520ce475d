//! Tables of what dumps may look like.

use super::*;

fn piece(name: &str, size: u64) -> Piece {
    Piece {
        name: name.into(),
        size,
        etag: "e".into(),
        archival: None,
        modified: "2026-05-01T00:00:00Z".parse().ok(),
    }
}

#[test]
fn pieces_of_a_manifest() {
    fn check(pieces: &[Piece], wanted: Result<usize, &str>) {
        let manifest = json!({ "pieces": [
            { "name": "p/dump_01.dmp", "size": 5, "etag": "e" },
            { "name": "p/dump_02.dmp", "size": 6, "etag": "e" },
            { "name": "p/dump_02.dmp_aaaaaa", "size": 9, "etag": "e" },
            { "name": "p/export.log", "size": 7, "etag": "e" },
        ] });
        let mut warnings = Vec::new();
        match (missing(pieces, &manifest, &mut warnings), wanted) {
            (Ok(()), Ok(count)) => assert_eq!(warnings.len(), count),
            (Err(error), Err(text)) => assert!(error.causes[0].contains(text), "{error:?}"),
            (found, wanted) => panic!("{found:?} is not {wanted:?}"),
        }
    }
    let chunk = || piece("p/dump_02.dmp_aaaaaa", 9);
    check(&[piece("p/dump_01.dmp", 5), piece("p/dump_02.dmp", 6), chunk()], Ok(0));
    check(&[piece("p/dump_01.dmp", 5)], Err("dump_02.dmp is not there"));
    check(&[piece("p/dump_01.dmp", 5), piece("p/dump_02.dmp", 6)], Err("dump_02.dmp_aaaaaa is not there"));
    check(
        &[piece("p/dump_01.dmp", 5), piece("p/dump_02.dmp", 7), chunk()],
        Err("has 7 bytes, and was written with 6"),
    );
    let again = Piece { etag: "f".into(), ..piece("p/dump_02.dmp", 6) };
    check(&[piece("p/dump_01.dmp", 5), again, chunk()], Ok(1));
}

#[test]
fn the_dump_of_a_snapshot() {
    fn check(export: &Value, wanted: Option<&str>) {
        let found = part_of(&json!({ "artefacts": { "export": export } }), "p/").ok();
        assert_eq!(found.as_deref(), wanted, "{export}");
    }
    check(&json!({ "prefix": "p/dump/", "outcome": "succeeded" }), Some("p/dump/"));
    check(&json!({ "prefix": "p/dump/", "outcome": "failed" }), None);
    check(&json!({ "outcome": "succeeded" }), None);
}

#[test]
fn pieces_of_one_dump() {
    fn check(names: &[&str], manifest: &Value, wanted: Result<usize, &str>) {
        let all: Vec<Piece> = names.iter().map(|name| piece(name, 1)).collect();
        match (of_one_dump(&all, manifest, "p/"), wanted) {
            (Ok(pieces), Ok(count)) => assert_eq!(pieces.len(), count, "{names:?}"),
            (Err(error), Err(text)) => assert!(error.causes[0].contains(text), "{error:?}"),
            (found, wanted) => panic!("{found:?} is not {wanted:?}"),
        }
    }
    check(&["p/dump_01.dmp", "p/export.log"], &Value::Null, Ok(1));
    check(&["p/a/dump_01.dmp", "p/b/dump_01.dmp"], &Value::Null, Err("p/a/, p/b/"));
    check(&["p/a/dump_01.dmp"], &Value::Null, Err("p/a/"));
    let named = json!({ "pieces": [{ "name": "p/dump_01.dmp" }] });
    check(&["p/dump_01.dmp", "p/stray.dmp", "p/a/dump_01.dmp"], &named, Ok(1));
}

#[test]
fn gaps_in_numbers() {
    fn check(names: &[&str], wanted: Option<&str>) {
        let pieces: Vec<Piece> = names.iter().map(|name| piece(name, 1)).collect();
        let found = gaps(&pieces.iter().collect::<Vec<_>>()).err().map(|error| error.causes[0].clone());
        assert_eq!(found.is_some(), wanted.is_some(), "{names:?} {found:?}");
        assert!(found.unwrap_or_default().contains(wanted.unwrap_or_default()));
    }
    check(&["a/dump_01.dmp", "a/dump_02.dmp"], None);
    check(&["a/dump_01.dmp", "a/dump_03.dmp"], Some("dump_02.dmp"));
    check(&["a/dump_02.dmp"], None);
    check(&["a/hr_2024.dmp"], None);
    check(&["a/mine.dmp"], None);
    check(&["a/mine_20260519.dmp"], None);
    check(&["a/x01.dmp", "a/y01.dmp", "a/y02.dmp"], None);
}

#[test]
fn rules_that_soon_delete() {
    fn check(now: &str, rule: &Value, wanted: bool) {
        let pieces = [piece("temp/x/dump_01.dmp", 1)];
        let found =
            expiry(&pieces.iter().collect::<Vec<_>>(), &json!({ "items": [rule] }), now.parse().unwrap());
        assert_eq!(found.is_some(), wanted, "{now} {found:?}");
    }
    let rule = |prefix: &str, action: &str| {
        json!({ "name": "r", "action": action, "timeAmount": 7, "timeUnit": "DAYS", "isEnabled": true,
                "target": "objects", "objectNameFilter": { "inclusionPrefixes": [prefix] } })
    };
    check("2026-05-07T00:00:00Z", &rule("temp/", "DELETE"), true);
    check("2026-05-03T00:00:00Z", &rule("temp/", "DELETE"), false);
    check("2026-05-07T00:00:00Z", &rule("permanent/", "DELETE"), false);
    check("2026-05-07T00:00:00Z", &rule("temp/", "ARCHIVE"), false);
}
