//! Object paths: what kinds of object a job handles, in the order in which it does, and how filters name them.

use super::job::Mode;

/// A kind of object: its path below that of the mode, and what it is.
pub(super) struct PathRow {
    pub(super) path: &'static str,
    pub(super) comment: &'static str,
    /// Filters by name apply.
    pub(super) named: bool,
}

const fn row(path: &'static str, comment: &'static str, named: bool) -> PathRow {
    PathRow { path, comment, named }
}

/// Roles belong to no schema, and only mode FULL handles them.
pub(super) const ROLE: &str = "ROLE";

/// The path by which whole schemas are chosen.
pub(super) const SCHEMA: &str = "SCHEMA";

/// What is done to a table when its rows and everything on it are there.
pub(super) const POST_TABLE: &str = "TABLE/POST_TABLE_ACTION";

/// In the order of an import.
pub(super) const PATHS: &[PathRow] = &[
    row(ROLE, "Roles", true),
    row("USER", "User definitions for users in the selected schemas", true),
    row("SYSTEM_GRANT", "System privileges granted to users in the selected schemas", false),
    row("ROLE_GRANT", "Role grants to users in the selected schemas", false),
    row("DEFAULT_ROLE", "Default roles granted to users in the selected schemas", false),
    row("TABLESPACE_QUOTA", "Tablespace quota granted to users in the selected schemas", false),
    row("SYNONYM/SYNONYM", "Private synonyms in the selected schemas", true),
    row("DB_LINK", "Private database links in the selected schemas", true),
    row("TYPE/TYPE_SPEC", "Object type specifications in the selected schemas", true),
    row("SEQUENCE/SEQUENCE", "Sequences in the selected schemas and their dependent grants", true),
    row("SEQUENCE/GRANT/OWNER_GRANT/OBJECT_GRANT", "Object grants on the selected sequences", false),
    row("TABLE/TABLE", "Tables in the selected schemas and their dependent objects", true),
    row("TABLE/TABLE_DATA", "The rows of the selected tables", true),
    row("TABLE/GRANT/OWNER_GRANT/OBJECT_GRANT", "Object grants on the selected tables", false),
    row("TABLE/COMMENT", "Table and column comments on the selected tables", false),
    row("PACKAGE/PACKAGE_SPEC", "Package specifications in the selected schemas", true),
    row("PACKAGE/GRANT/OWNER_GRANT/OBJECT_GRANT", "Object grants on the selected packages", false),
    row("FUNCTION/FUNCTION", "Functions in the selected schemas", true),
    row("PROCEDURE/PROCEDURE", "Procedures in the selected schemas", true),
    row("TABLE/INDEX/INDEX", "Indexes on the selected tables", true),
    row("TABLE/CONSTRAINT/CONSTRAINT", "Constraints (including referential constraints excluded)", true),
    row("TABLE/INDEX/STATISTICS/INDEX_STATISTICS", "Statistics on the selected indexes", false),
    row("VIEW/VIEW", "Views in the selected schemas and their dependent objects", true),
    row("VIEW/GRANT/OWNER_GRANT/OBJECT_GRANT", "Object grants on the selected views", false),
    row("VIEW/COMMENT", "Comments on the selected views", false),
    row("PACKAGE/PACKAGE_BODY", "Package bodies in the selected schemas", true),
    row("TABLE/CONSTRAINT/REF_CONSTRAINT", "Referential constraints", true),
    row("TABLE/TRIGGER", "Triggers on the selected tables", true),
    row("VIEW/TRIGGER", "Triggers on the selected views", true),
    row("TABLE/STATISTICS/TABLE_STATISTICS", "Statistics on the selected tables", false),
    row(POST_TABLE, "What is done to the selected tables in the end", false),
    row(
        "POST_SCHEMA/PROCOBJ",
        "Instances of procedural objects in the selected schemas: scheduler jobs",
        true,
    ),
];

/// What a path begins with in a mode.
fn prefix(mode: Mode) -> &'static str {
    match mode {
        Mode::Full => "DATABASE_EXPORT/SCHEMA/",
        Mode::Schema => "SCHEMA_EXPORT/",
        Mode::Table => "TABLE_EXPORT/",
    }
}

/// A path with what it begins with in a mode.
pub(super) fn whole(mode: Mode, path: &str) -> String {
    if path == ROLE { format!("DATABASE_EXPORT/{path}") } else { format!("{}{path}", prefix(mode)) }
}

/// Whether a mode handles a path at all.
pub(super) fn belongs(mode: Mode, path: &str) -> bool {
    match mode {
        Mode::Full => true,
        Mode::Schema => path != ROLE,
        Mode::Table => path.starts_with("TABLE/"),
    }
}

/// The place of a path in the order of work.
pub(super) fn rank(path: &str) -> usize {
    PATHS.iter().position(|row| row.path == path).unwrap_or(PATHS.len())
}

/// Whether a path as written in a filter covers an object path (without the mode's beginning).
pub(super) fn covers(written: &str, path: &str) -> bool {
    let written = written.trim().trim_matches('/').to_uppercase();
    let bare = ["DATABASE_EXPORT/SCHEMA/", "DATABASE_EXPORT/", "SCHEMA_EXPORT/", "TABLE_EXPORT/"]
        .iter()
        .find_map(|prefix| written.strip_prefix(prefix))
        .unwrap_or(&written);
    if bare == "CONSTRAINT" {
        // Foreign keys are a kind of their own.
        return path == "TABLE/CONSTRAINT/CONSTRAINT";
    }
    if bare == "DB_LINK" || bare == "DATABASE_LINK" {
        return path == "DB_LINK";
    }
    let wanted: Vec<&str> = bare.split('/').collect();
    let parts: Vec<&str> = path.split('/').collect();
    parts.windows(wanted.len()).any(|window| window == wanted.as_slice())
}

/// Whether any path of a mode is meant.
pub(super) fn is_known(mode: Mode, written: &str) -> bool {
    const ACCEPTED: &[&str] = &[
        "CLUSTER",
        "INDEXTYPE",
        "MATERIALIZED_VIEW",
        "MATERIALIZED_VIEW_LOG",
        "MATERIALIZED_ZONEMAP",
        "DIMENSION",
        "OPERATOR",
        "JAVA_SOURCE",
        "JAVA_CLASS",
        "RLS_POLICY",
        "AUDIT_OBJ",
        "PASSWORD_HISTORY",
        "LIBRARY",
        "CONTEXT",
        "JOB",
        "REFRESH_GROUP",
        "XMLSCHEMA",
        "MARKER",
        "TYPE_BODY",
        "PROCACT_SCHEMA",
        "PRE_SCHEMA",
        "ALTER_FUNCTION",
        "ALTER_PROCEDURE",
        "ALTER_PACKAGE_SPEC",
        "PROXY",
        "PROCDEPOBJ",
        "PUBLIC_SYNONYM",
        "POST_SCHEMA",
    ];
    PATHS.iter().any(|row| belongs(mode, row.path) && covers(written, row.path))
        || (mode != Mode::Table && ACCEPTED.contains(&written.trim().to_uppercase().as_str()))
        || (mode == Mode::Full
            && ["PROFILE", "DIRECTORY", "TABLESPACE", SCHEMA]
                .contains(&written.trim().to_uppercase().as_str()))
}

/// The path whose names a filter limited to `written` looks at.
pub(super) fn of_names(written: &str) -> &'static str {
    let written = written.trim().to_uppercase();
    PATHS
        .iter()
        .find(|row| {
            row.named && (row.path == written || row.path.rsplit('/').next() == Some(written.as_str()))
        })
        .or_else(|| PATHS.iter().find(|row| row.named && covers(&written, row.path)))
        .map_or("", |row| row.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_name_paths() {
        fn check(written: &str, path: &str, want: bool) {
            assert_eq!(covers(written, path), want, "{written} {path}");
        }
        check("TABLE", "TABLE/INDEX/INDEX", true);
        check("TABLE", "VIEW/VIEW", false);
        check("STATISTICS", "TABLE/INDEX/STATISTICS/INDEX_STATISTICS", true);
        check("STATISTICS", "TABLE/INDEX/INDEX", false);
        check("INDEX", "TABLE/INDEX/INDEX", true);
        check("INDEX", "TABLE/INDEX/STATISTICS/INDEX_STATISTICS", true);
        check("CONSTRAINT", "TABLE/CONSTRAINT/REF_CONSTRAINT", false);
        check("REF_CONSTRAINT", "TABLE/CONSTRAINT/REF_CONSTRAINT", true);
        check("SCHEMA_EXPORT/TABLE/TRIGGER", "TABLE/TRIGGER", true);
        check("PACKAGE", "PACKAGE/PACKAGE_BODY", true);
        assert!(is_known(Mode::Schema, "CLUSTER"));
        assert!(!is_known(Mode::Schema, "TABEL"));
        assert!(!is_known(Mode::Table, "SEQUENCE"));
    }
}
