//! The Database Tools connection to a database, where none is configured.

use serde_json::Value;

use super::super::exit::Failure;
use crate::db::DbError;
use crate::model::NoSecrets;
use crate::oci::{CallContext, Oci, database_tools};

/// The OCID of the one Database Tools connection that leads to a database and lies beside it; null where there is none.
pub(super) async fn connection_to(oci: &Oci, name: &str, record: &Value) -> Result<Value, Failure> {
    let call = database_tools::list(record["compartmentId"].clone(), record["id"].clone());
    let listed = oci.list(&call, &CallContext::default(), &NoSecrets).await?.value;
    let items = listed["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found: Vec<&Value> = items.iter().filter(|row| row["lifecycleState"] == "ACTIVE").collect();
    match found[..] {
        [] => Ok(Value::Null),
        [one] => Ok(one["id"].clone()),
        _ => {
            let all: Vec<String> = found
                .iter()
                .map(|row| format!("{} ({})", text_of(&row["displayName"]), text_of(&row["id"])))
                .collect();
            let what = format!("several Database Tools connections lead to {name}: {}", all.join(", "));
            let advice =
                format!("name one as address under [database.{name}.connect], with driver = \"dbtools\"");
            Err(DbError::invalid(what).advise(advice).into())
        }
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
