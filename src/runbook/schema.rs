//! The JSON Schema of a runbook, made from the types that read it.

use serde_json::Value;

use super::file::RunbookFile;
use crate::model::filters::FILTERS;

/// The schema as JSON. The filters of expressions, which stand inside texts, are told in its comment.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(RunbookFile).to_value();
    let filters: Vec<String> =
        FILTERS.iter().map(|filter| format!("{}: {}", filter.usage, filter.gives)).collect();
    schema["$comment"] =
        format!("Filters of expressions beside minijinja's own. {}", filters.join(". ")).into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/runbook.schema.json");
        let made = format!("{:#}\n", schema());
        let committed = fs_err::read_to_string(path).unwrap_or_default();
        if committed != made {
            // Leaves the right file behind, so that one more run (and a look at the difference) is all it takes.
            fs_err::write(path, &made).unwrap();
        }
        assert!(committed == made, "schema/runbook.schema.json was not current and has been written anew");
    }

    #[test]
    fn shipped_runbooks_fit_the_schema() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for (name, text) in super::super::shipped() {
            let value: Value = toml::from_str(text).unwrap();
            let found: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
    }
}
