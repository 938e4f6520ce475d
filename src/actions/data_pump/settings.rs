//! What a job takes along, as the calls that say it to Data Pump.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Mode;
use crate::model::{ActionError, Late, names};

/// What a job takes along, and what becomes of it on the way. All of it is known when the plan is made, and stands in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The schemas, in mode `schema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schemas: Option<Late<Vec<String>>>,
    /// The tables as `SCHEMA.TABLE`, all of one schema, in mode `table`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<Late<Vec<String>>>,
    /// Object paths to leave out, such as STATISTICS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Late<Vec<String>>>,
    /// The only object paths to take. Not together with `exclude`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<Late<Vec<String>>>,
    /// Tables to take no others than, in mode `schema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_tables: Option<Late<Vec<String>>>,
    /// Tables to leave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_tables: Option<Late<Vec<String>>>,
    /// What the names of schemas have to satisfy in mode `full`: the right side of a comparison, such as `NOT IN ('HR')`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_names: Option<Late<String>>,
    /// Conditions on rows, by `SCHEMA.TABLE`: text that begins with `where` or `order by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Late<BTreeMap<String, String>>>,
    /// How much of a table's rows to take, in percent, by `SCHEMA.TABLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Late<BTreeMap<String, f64>>>,
    /// Functions that the values of columns pass through, by `SCHEMA.TABLE.COLUMN`: `[OWNER.]PACKAGE.FUNCTION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Late<BTreeMap<String, String>>>,
    /// Schemas that change their name, old to new. For imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remap_schemas: Option<Late<BTreeMap<String, String>>>,
    /// Tables that change their name, old to new. For imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remap_tables: Option<Late<BTreeMap<String, String>>>,
    /// Transforms by name. For imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transforms: Option<Late<BTreeMap<String, Value>>>,
    /// Parameters by name; a text or a number, as the parameter is. What is null or an empty text is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Late<Value>>>,
}

fn known<T: DeserializeOwned + Clone + Default>(
    what: &str,
    value: Option<&Late<T>>,
) -> Result<T, ActionError> {
    value.map_or_else(|| Ok(T::default()), |value| value.at_plan(&format!("{what} of a job")).cloned())
}

/// A text literal of SQL.
fn literal(text: &str) -> Result<String, ActionError> {
    crate::sql::literal(text)
        .map_err(|why| ActionError::invalid(why).advise("correct the name; the database has none like it"))
}

fn list(names: &[String]) -> Result<String, ActionError> {
    Ok(names.iter().map(|name| literal(name)).collect::<Result<Vec<_>, _>>()?.join(","))
}

/// `SCHEMA.TABLE[.COLUMN]` in its parts.
fn parts<const N: usize>(name: &str) -> Result<[String; N], ActionError> {
    names::parts(name).ok_or_else(|| {
        let wanted = ["SCHEMA", "TABLE", "COLUMN"][..N].join(".");
        ActionError::invalid(format!("{name:?} is not of the form {wanted}")).advise(
            "write each part as the database keeps it, in double quotes where it is no plain upper-case name",
        )
    })
}

impl Settings {
    /// The calls, in the order in which Data Pump gets them.
    ///
    /// # Errors
    /// Something that is not known yet, or settings that contradict each other.
    pub fn calls(&self, mode: Mode) -> Result<Value, ActionError> {
        let mut calls = Vec::new();
        let mut filter = |name: &str, text: String, object: Option<&str>| {
            calls.push(json!({ "call": "metadata_filter", "name": name, "text": text, "object": object }));
        };
        let schemas = known("the schemas", self.schemas.as_ref())?;
        let tables = known("the tables", self.tables.as_ref())?;
        match mode {
            Mode::Full => {}
            // Without the filter an export would take the job owner's own schema, and an import everything.
            Mode::Schema if schemas.is_empty() => {
                return Err(ActionError::invalid("a job of mode schema names no schema")
                    .advise("name at least one under `schemas`, or use mode full"));
            }
            Mode::Schema => filter("SCHEMA_LIST", list(&schemas)?, None),
            Mode::Table => {
                let tables =
                    tables.iter().map(|name| parts(name)).collect::<Result<Vec<[String; 2]>, _>>()?;
                let owners: BTreeSet<&String> = tables.iter().map(|[schema, _]| schema).collect();
                let (Some(schema), 1) = (owners.first(), owners.len()) else {
                    return Err(ActionError::invalid("a job of mode table takes tables of one schema")
                        .advise("run one job for each schema, or use mode schema with only_tables"));
                };
                filter("SCHEMA_EXPR", format!("IN ({})", literal(schema)?), None);
                let tables: Vec<String> = tables.iter().map(|[_, table]| table.clone()).collect();
                filter("NAME_EXPR", format!("IN ({})", list(&tables)?), Some("TABLE"));
            }
        }
        let schema_names = known("the condition on schemas", self.schema_names.as_ref())?;
        if !schema_names.is_empty() {
            filter("NAME_EXPR", schema_names, Some("SCHEMA"));
        }
        let (include, exclude) =
            (known("the paths", self.include.as_ref())?, known("the paths", self.exclude.as_ref())?);
        if !include.is_empty() && !exclude.is_empty() {
            return Err(ActionError::invalid(
                "a job either includes paths or excludes paths; 19c takes no both",
            )
            .advise("leave one of `include` and `exclude` out"));
        }
        if !include.is_empty() {
            filter("INCLUDE_PATH_EXPR", format!("IN ({})", list(&include)?), None);
        }
        if !exclude.is_empty() {
            filter("EXCLUDE_PATH_EXPR", format!("IN ({})", list(&exclude)?), None);
        }
        let only = known("the tables", self.only_tables.as_ref())?;
        if !only.is_empty() {
            filter("NAME_EXPR", format!("IN ({})", list(&only)?), Some("TABLE"));
        }
        let without = known("the tables", self.exclude_tables.as_ref())?;
        if !without.is_empty() {
            filter("NAME_EXPR", format!("NOT IN ({})", list(&without)?), Some("TABLE"));
        }
        calls.extend(self.changes()?);
        calls.extend(self.parameters()?);
        Ok(Value::Array(calls))
    }

    fn changes(&self) -> Result<Vec<Value>, ActionError> {
        let mut calls = Vec::new();
        for (name, text) in known("conditions on rows", self.rows.as_ref())? {
            let [schema, table] = parts(&name)?;
            calls.push(json!({ "call": "data_filter", "name": "SUBQUERY", "text": text, "schema": schema, "table": table }));
        }
        for (name, percent) in known("the sample", self.sample.as_ref())? {
            let [schema, table] = parts(&name)?;
            calls.push(json!({ "call": "data_filter", "name": "SAMPLE", "number": percent, "schema": schema, "table": table }));
        }
        for (name, function) in known("the functions for columns", self.columns.as_ref())? {
            let [schema, table, column] = parts(&name)?;
            calls.push(json!({ "call": "data_remap", "name": "COLUMN_FUNCTION", "text": function,
                               "schema": schema, "table": table, "column": column }));
        }
        for (what, remaps) in [("REMAP_SCHEMA", &self.remap_schemas), ("REMAP_TABLE", &self.remap_tables)] {
            for (old, new) in known("new names", remaps.as_ref())? {
                calls.push(json!({ "call": "metadata_remap", "name": what, "old": old, "text": new }));
            }
        }
        for (name, value) in known("the transforms", self.transforms.as_ref())? {
            calls.extend(valued("metadata_transform", &name, &value)?);
        }
        Ok(calls)
    }

    fn parameters(&self) -> Result<Vec<Value>, ActionError> {
        let mut calls = Vec::new();
        for (name, value) in self.parameters.iter().flatten() {
            calls.extend(valued("set_parameter", name, &known(name, Some(value))?)?);
        }
        Ok(calls)
    }
}

/// A call with a text or a number, whichever the value is; none for what is not given.
fn valued(call: &str, name: &str, value: &Value) -> Result<Option<Value>, ActionError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => Ok(Some(json!({ "call": call, "name": name, "text": text }))),
        Value::Number(number) => Ok(Some(json!({ "call": call, "name": name, "number": number }))),
        Value::Bool(flag) => Ok(Some(json!({ "call": call, "name": name, "number": u8::from(*flag) }))),
        _ => Err(ActionError::invalid(format!("{name} takes a text or a number"))
            .advise("give one value, as Data Pump's documentation has it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(value: Value) -> Settings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn calls_of_settings() {
        fn check(mode: Mode, value: &Value, wanted: &Value) {
            assert_eq!(settings(value.clone()).calls(mode).unwrap(), *wanted, "{value}");
        }
        let filter = |name: &str, text: &str, object: Option<&str>| json!({ "call": "metadata_filter", "name": name, "text": text, "object": object });
        check(Mode::Full, &json!({}), &json!([]));
        check(
            Mode::Schema,
            &json!({ "schemas": ["HR", "it's"], "exclude": ["STATISTICS"] }),
            &json!([
                filter("SCHEMA_LIST", "'HR','it''s'", None),
                filter("EXCLUDE_PATH_EXPR", "IN ('STATISTICS')", None)
            ]),
        );
        check(
            Mode::Table,
            &json!({ "tables": ["HR.EMPLOYEES", "HR.JOBS"] }),
            &json!([
                filter("SCHEMA_EXPR", "IN ('HR')", None),
                filter("NAME_EXPR", "IN ('EMPLOYEES','JOBS')", Some("TABLE"))
            ]),
        );
        check(
            Mode::Full,
            &json!({ "rows": { "HR.JOBS": "where 1 = 1" }, "sample": { "HR.\"a.b\"": 10.5 },
                    "remap-schemas": { "A": "B" }, "parameters": { "INCLUDE_METADATA": 0, "LOGTIME": "", "COMPRESSION": "ALL" } }),
            &json!([
                { "call": "data_filter", "name": "SUBQUERY", "text": "where 1 = 1", "schema": "HR", "table": "JOBS" },
                { "call": "data_filter", "name": "SAMPLE", "number": 10.5, "schema": "HR", "table": "a.b" },
                { "call": "metadata_remap", "name": "REMAP_SCHEMA", "old": "A", "text": "B" },
                { "call": "set_parameter", "name": "COMPRESSION", "text": "ALL" },
                { "call": "set_parameter", "name": "INCLUDE_METADATA", "number": 0 },
            ]),
        );
    }

    #[test]
    fn what_contradicts_itself() {
        fn check(mode: Mode, value: Value, wanted: &str) {
            let error = settings(value).calls(mode).unwrap_err();
            assert!(error.message.contains(wanted), "{}", error.message);
        }
        check(Mode::Table, json!({ "tables": ["A.T", "B.T"] }), "one schema");
        check(
            Mode::Schema,
            json!({ "schemas": ["S"], "include": ["TABLE"], "exclude": ["INDEX"] }),
            "takes no both",
        );
        check(Mode::Schema, json!({}), "names no schema");
        check(
            Mode::Schema,
            json!({ "schemas": "{{ steps.a.rows }}" }),
            "must be known when the plan is made",
        );
        check(Mode::Full, json!({ "rows": { "T": "where 1 = 1" } }), "SCHEMA.TABLE");
        check(Mode::Full, json!({ "columns": { "S.T": "P.F" } }), "SCHEMA.TABLE.COLUMN");
        check(Mode::Full, json!({ "parameters": { "X": [] } }), "a text or a number");
    }
}
