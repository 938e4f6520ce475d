//! `adbctl show`: what the service says of a database, now.

use serde_json::Value;

use super::exit::{Exit, Failure};
use super::locate::locate;
use super::surroundings::Surroundings;
use crate::cli::{DatabaseArgs, OutputForm};
use crate::model::{ActionError, Category, NoSecrets};
use crate::oci::{CallContext, Oci, network};

const SHOWN: &[(&str, &str)] = &[
    ("state", "lifecycleState"),
    ("details", "lifecycleDetails"),
    ("OCID", "id"),
    ("database name", "dbName"),
    ("display name", "displayName"),
    ("compartment", "compartmentId"),
    ("workload", "dbWorkload"),
    ("version", "dbVersion"),
    ("compute", "computeCount"),
    ("compute model", "computeModel"),
    ("storage (TB)", "dataStorageSizeInTBs"),
    ("private endpoint", "privateEndpoint"),
    ("private address", "privateEndpointIp"),
    ("subnet", "subnetId"),
    ("groups", "nsgIds"),
    ("access list", "whitelistedIps"),
    ("wallet needed", "isMtlsConnectionRequired"),
    ("refreshable clone", "isRefreshableClone"),
    ("created", "timeCreated"),
];

/// `adbctl show DB`.
pub(super) async fn show(args: DatabaseArgs, around: Surroundings) -> Result<Exit, Failure> {
    let (oci, _) = around.cloud().await?;
    let found = locate(&oci, &around.settings, &args.database).await?;
    if around.global.output == OutputForm::Json {
        around.out.result(&serde_json::to_string_pretty(&found.record)?)?;
        return Ok(Exit::Done);
    }
    let role = around.settings.database(&args.database)?.role.value;
    let mut lines = vec![format!("{:<18}  {} ({role})", "name", found.name)];
    for (title, field) in SHOWN {
        if let Some(text) = shown(&found.record[*field]) {
            lines.push(format!("{title:<18}  {text}"));
            if *field == "subnetId" {
                lines.push(format!("{:<18}  {}", "VCN", vcn(&oci, &found.record[*field]).await?));
            }
        }
    }
    for (heading, field) in [("addresses", "connectionUrls"), ("tags", "freeformTags")] {
        for (name, value) in found.record[field].as_object().into_iter().flatten() {
            if let Some(text) = shown(value) {
                lines.push(format!("{heading:<18}  {name} = {text}"));
            }
        }
    }
    around.out.result(&lines.join("\n"))?;
    Ok(Exit::Done)
}

/// The network a subnet belongs to. Who may not see networks is told so instead.
async fn vcn(oci: &Oci, subnet: &Value) -> Result<String, Failure> {
    match oci.send(&network::get_subnet(subnet.clone()), &CallContext::default(), &NoSecrets).await {
        Ok(reply) => Ok(shown(&reply.value["vcnId"]).unwrap_or_default()),
        Err(error) => {
            let error = ActionError::from(error);
            if matches!(error.category, Category::NotFound | Category::Denied) {
                return Ok("not shown: you may not read the subnet, or it is gone".to_owned());
            }
            Err(error.into())
        }
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|t| !t.is_empty()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(shown).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        other => Some(other.to_string()),
    }
}
