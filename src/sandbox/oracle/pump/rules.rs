//! Which names and values a job takes: one row a parameter, filter, remap and transform.

use super::job::{Given, Job, Mode, Operation};
use crate::sandbox::oracle::error::{OracleError, Outcome};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// Either overload.
    Any,
}

/// A parameter.
pub(super) struct ParameterRow {
    name: &'static str,
    kind: Kind,
    export: bool,
    import: bool,
    /// The words it takes; any text where there are none.
    words: &'static [&'static str],
    /// The largest number.
    most: i64,
}

const fn text(
    name: &'static str,
    export: bool,
    import: bool,
    words: &'static [&'static str],
) -> ParameterRow {
    ParameterRow { name, kind: Kind::Text, export, import, words, most: 0 }
}

const fn number(name: &'static str, export: bool, import: bool, most: i64) -> ParameterRow {
    ParameterRow { name, kind: Kind::Number, export, import, words: &[], most }
}

const PARAMETERS: &[ParameterRow] = &[
    text("CLIENT_COMMAND", true, true, &[]),
    text("COMPRESSION", true, false, &["METADATA_ONLY", "DATA_ONLY", "ALL", "NONE"]),
    text("COMPRESSION_ALGORITHM", true, false, &["BASIC", "LOW", "MEDIUM", "HIGH"]),
    text("DATA_ACCESS_METHOD", true, true, &["AUTOMATIC", "DIRECT_PATH", "EXTERNAL_TABLE"]),
    number("DATA_OPTIONS", true, true, 2047),
    text("ENCRYPTION", true, false, &["NONE", "ALL", "DATA_ONLY", "ENCRYPTED_COLUMNS_ONLY", "METADATA_ONLY"]),
    text("ENCRYPTION_ALGORITHM", true, false, &["AES128", "AES192", "AES256"]),
    text("ENCRYPTION_MODE", true, false, &["PASSWORD", "TRANSPARENT", "DUAL"]),
    text("ENCRYPTION_PASSWORD", true, true, &[]),
    text("ESTIMATE", true, true, &["BLOCKS", "STATISTICS"]),
    number("ESTIMATE_ONLY", true, false, 1),
    number("FLASHBACK_SCN", true, false, i64::MAX),
    text("FLASHBACK_TIME", true, false, &[]),
    number("INCLUDE_METADATA", true, true, 1),
    number("KEEP_MASTER", true, true, 1),
    text("LOGTIME", true, true, &["NONE", "STATUS", "LOGFILE", "ALL"]),
    number("MASTER_ONLY", false, true, 1),
    number("METRICS", true, true, 1),
    text("PARTITION_OPTIONS", false, true, &["NONE", "DEPARTITION", "MERGE"]),
    number("REUSE_DATAFILES", false, true, 1),
    number("SKIP_UNUSABLE_INDEXES", false, true, 1),
    text("SOURCE_EDITION", true, false, &[]),
    number("STREAMS_CONFIGURATION", false, true, 1),
    text("TABLE_EXISTS_ACTION", false, true, &["SKIP", "APPEND", "TRUNCATE", "REPLACE"]),
    text("TABLESPACE_DATAFILE", false, true, &[]),
    text("TARGET_EDITION", false, true, &[]),
    text("TRANSPORTABLE", true, true, &["ALWAYS", "NEVER"]),
    number("TTS_FULL_CHECK", true, false, 1),
    number("USER_METADATA", true, false, 1),
];

/// A refusal: the code on top and what `GET_STATUS` tells beneath it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: i32,
    pub(super) details: Vec<OracleError>,
}

/// A refusal with one line beneath.
pub(super) fn refusal(code: i32, inner: i32, arguments: &[&str]) -> Refusal {
    Refusal { code, details: vec![OracleError::new(inner, arguments)] }
}

/// Checks a parameter and answers the value as it is kept.
pub(super) fn parameter(job: &Job, name: &str, value: &Given) -> Result<Given, Refusal> {
    let Some(row) = PARAMETERS.iter().find(|row| row.name == name) else {
        return Err(refusal(39001, 39049, &[name]));
    };
    let fits = if job.operation == Operation::Export { row.export } else { row.import };
    if !fits {
        return Err(refusal(39005, 39050, &[name, job.operation.word()]));
    }
    match value {
        Given::Text(text) => {
            if row.kind == Kind::Number {
                return Err(refusal(39005, 39096, &[text, name]));
            }
            if row.words.is_empty() {
                return Ok(value.clone());
            }
            let upper = text.to_uppercase();
            if !row.words.contains(&upper.as_str()) {
                return Err(refusal(39001, 39096, &[text, name]));
            }
            if name == "TABLE_EXISTS_ACTION"
                && job.number("INCLUDE_METADATA") == Some(0)
                && !matches!(upper.as_str(), "APPEND" | "TRUNCATE")
            {
                return Err(refusal(39005, 39050, &["TABLE_EXISTS_ACTION", "INCLUDE_METADATA"]));
            }
            Ok(Given::Text(upper))
        }
        Given::Fraction(_) => Err(refusal(39001, 39096, &[&value.text(), name])),
        Given::Number(number) => {
            if row.kind == Kind::Text {
                return Err(refusal(39005, 39096, &[&number.to_string(), name]));
            }
            if *number < 0 || *number > row.most {
                return Err(refusal(39001, 39096, &[&number.to_string(), name]));
            }
            // Export knows XMLTYPE_CLOB and GRP_PART_TAB, import everything but XMLTYPE_CLOB.
            let allowed = if job.operation == Operation::Export { 2 | 64 | 512 } else { 2047 & !2 };
            if name == "DATA_OPTIONS" && number & !allowed != 0 {
                return Err(refusal(39001, 39096, &[&number.to_string(), name]));
            }
            if name == "INCLUDE_METADATA"
                && *number == 0
                && matches!(job.text("TABLE_EXISTS_ACTION"), Some("SKIP" | "REPLACE"))
            {
                return Err(refusal(39005, 39050, &["INCLUDE_METADATA", "TABLE_EXISTS_ACTION"]));
            }
            if name == "USER_METADATA" && job.mode == Mode::Table {
                return Err(refusal(39005, 39050, &[name, "TABLE"]));
            }
            Ok(value.clone())
        }
    }
}

/// Pairs of parameters of which only one may be given.
pub(super) fn excluded_by(name: &str) -> Option<&'static str> {
    Some(match name {
        "FLASHBACK_SCN" => "FLASHBACK_TIME",
        "FLASHBACK_TIME" => "FLASHBACK_SCN",
        _ => return None,
    })
}

const FILTERS: &[&str] = &[
    "EXCLUDE_PATH_EXPR",
    "EXCLUDE_PATH_LIST",
    "EXCLUDE_TABLES",
    "INCLUDE_PATH_EXPR",
    "INCLUDE_PATH_LIST",
    "NAME_EXPR",
    "NAME_LIST",
    "SCHEMA_EXPR",
    "SCHEMA_LIST",
    "TABLESPACE_EXPR",
    "TABLESPACE_LIST",
    "VIEWS_AS_TABLES",
];

/// Whether a metadata filter has this name.
pub(super) fn is_filter(name: &str) -> bool {
    FILTERS.contains(&name)
}

const REMAPS: &[&str] = &["REMAP_DATAFILE", "REMAP_SCHEMA", "REMAP_TABLE", "REMAP_TABLESPACE"];

/// Whether a metadata remap has this name.
pub(super) fn is_remap(name: &str) -> bool {
    REMAPS.contains(&name)
}

/// Transforms: name, type of the value, the words or the largest number.
const TRANSFORMS: &[(&str, Kind, i64)] = &[
    ("CONSTRAINT_USE_DEFAULT_INDEX", Kind::Any, 1),
    ("DISABLE_ARCHIVE_LOGGING", Kind::Number, 1),
    ("DWCS_CVT_IOTS", Kind::Any, 1),
    ("INMEMORY", Kind::Number, 1),
    ("INMEMORY_CLAUSE", Kind::Text, 0),
    ("LOB_STORAGE", Kind::Text, 0),
    ("OID", Kind::Number, 1),
    ("PCTSPACE", Kind::Number, 1_000_000),
    ("SEGMENT_ATTRIBUTES", Kind::Number, 1),
    ("SEGMENT_CREATION", Kind::Number, 1),
    ("STORAGE", Kind::Number, 1),
    ("TABLE_COMPRESSION_CLAUSE", Kind::Text, 0),
];

/// Checks a transform.
pub(super) fn transform(name: &str, value: &Given) -> Result<(), Refusal> {
    let Some((_, kind, most)) = TRANSFORMS.iter().find(|row| row.0 == name) else {
        return Err(refusal(39001, 39042, &[name]));
    };
    match (value, kind) {
        (Given::Text(text), Kind::Number) => Err(refusal(39005, 39096, &[text, name])),
        (Given::Fraction(_), _) => Err(refusal(39001, 39096, &[&value.text(), name])),
        (Given::Number(number), Kind::Text) => Err(refusal(39005, 39096, &[&number.to_string(), name])),
        (Given::Number(number), _) if *number < 0 || number > most => {
            Err(refusal(39001, 39096, &[&number.to_string(), name]))
        }
        (Given::Text(text), Kind::Text)
            if name == "LOB_STORAGE"
                && !["DEFAULT", "NO_CHANGE", "BASICFILE", "SECUREFILE"]
                    .contains(&text.to_uppercase().as_str()) =>
        {
            Err(refusal(39001, 39096, &[text, name]))
        }
        _ => Ok(()),
    }
}

/// Checks name and type of a data filter.
pub(super) fn data_filter(operation: Operation, name: &str, value: &Given) -> Result<(), Refusal> {
    match (name, value) {
        ("INCLUDE_ROWS", Given::Number(0 | 1))
        | ("SUBQUERY" | "PARTITION_EXPR" | "PARTITION_LIST", Given::Text(_)) => Ok(()),
        ("INCLUDE_ROWS", Given::Number(number)) => Err(refusal(39001, 39096, &[&number.to_string(), name])),
        ("SAMPLE", _) if operation != Operation::Export => {
            Err(refusal(39005, 39050, &[name, operation.word()]))
        }
        // From 0.000001 to below 100 percent.
        ("SAMPLE", percent) if percent.millionths().is_some_and(|m| (1..100_000_000).contains(&m)) => Ok(()),
        ("SAMPLE", Given::Number(_) | Given::Fraction(_)) => Err(refusal(39001, 39163, &[&value.text()])),
        ("INCLUDE_ROWS" | "SAMPLE" | "SUBQUERY" | "PARTITION_EXPR" | "PARTITION_LIST", other) => {
            Err(refusal(39005, 39096, &[&other.text(), name]))
        }
        _ => Err(refusal(39001, 39031, &[name])),
    }
}

/// What a filter, remap or parameter asks for that the sandbox cannot do. All others are done, or change nothing in databases
/// like the sandbox's: those have neither tablespaces of their own nor partitions, segments or editions.
pub(super) fn beyond(name: &str, value: &Given) -> Option<&'static str> {
    let asked = !matches!(value.number(), Some(0));
    Some(match name {
        "TABLESPACE_EXPR" | "TABLESPACE_LIST" => "choose by tablespace what Data Pump takes",
        "VIEWS_AS_TABLES" => "export views as tables",
        "PARTITION_EXPR" | "PARTITION_LIST" => "choose partitions, as no table has any",
        "REMAP_DATAFILE" | "TABLESPACE_DATAFILE" => "move datafiles with Data Pump",
        "TRANSPORTABLE" if value.text() == "ALWAYS" => "move tablespaces with Data Pump",
        "TTS_FULL_CHECK" if asked => "move tablespaces with Data Pump",
        "SOURCE_EDITION" | "TARGET_EDITION" => "keep editions of objects",
        "FLASHBACK_SCN" => "export rows as they were at an SCN; give a FLASHBACK_TIME",
        "MASTER_ONLY" if asked => "load nothing but the control table of a dump",
        _ => return None,
    })
}

/// Refuses what the sandbox cannot do.
pub(super) fn refuse_beyond(name: &str, value: &Given) -> Outcome<()> {
    beyond(name, value).map_or(Ok(()), |what| Err(OracleError::unsupported(what)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_once() {
        let names: Vec<&str> = PARAMETERS.iter().map(|row| row.name).collect();
        assert!(
            names.windows(2).all(|pair| pair[0] < pair[1] || pair[0].starts_with("TABLE_EX")),
            "{names:?}"
        );
        assert!(FILTERS.is_sorted() && REMAPS.is_sorted());
        assert!(TRANSFORMS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
