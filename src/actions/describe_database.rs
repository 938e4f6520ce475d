//! `describe-database`: reads everything the service says of a database.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, look, pick, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late, Ocid};
use crate::oci::database as calls;

/// Reads everything the service says of a database.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DescribeDatabase {
    /// The database's OCID.
    pub database: Late<Ocid>,
}

/// What a database takes over from another when it is made: its size and its ways, not its name and its network.
pub(super) const SHAPE: &[&str] = &[
    "computeModel",
    "computeCount",
    "dataStorageSizeInTBs",
    "dataStorageSizeInGBs",
    "isAutoScalingEnabled",
    "isAutoScalingForStorageEnabled",
    "licenseModel",
    "databaseEdition",
    "byolComputeCountLimit",
    "dbWorkload",
    "dbVersion",
    "backupRetentionPeriodInDays",
    "customerContacts",
    "autonomousMaintenanceScheduleType",
    "resourcePoolLeaderId",
    "encryptionKey",
    "scheduledOperations",
    "dbToolsDetails",
    "securityAttributes",
];

/// What a new database takes over by changes afterwards, or by hand.
const EXTRAS: &[&str] = &["longTermBackupSchedule", "vanityConnectionUrls", "permissionLevel", "openMode"];

/// Where a database stands in the network, and who may come in.
pub(super) const NETWORK: &[&str] = &[
    "subnetId",
    "nsgIds",
    "privateEndpointIp",
    "privateEndpointLabel",
    "privateEndpoint",
    "publicEndpoint",
    "whitelistedIps",
    "isMtlsConnectionRequired",
];

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "record", kind: OutputKind::Object, doc: "the service's whole answer" },
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "its OCID" },
    OutputDecl { name: "state", kind: OutputKind::Text, doc: "its lifecycle state" },
    OutputDecl { name: "db_name", kind: OutputKind::Text, doc: "its database name" },
    OutputDecl { name: "display_name", kind: OutputKind::Text, doc: "its display name" },
    OutputDecl { name: "compartment", kind: OutputKind::Text, doc: "OCID of its compartment" },
    OutputDecl {
        name: "shape",
        kind: OutputKind::Object,
        doc: "size and ways, as a clone's request takes them",
    },
    OutputDecl {
        name: "network",
        kind: OutputKind::Object,
        doc: "subnet, groups, private endpoint, access list",
    },
    OutputDecl { name: "tags", kind: OutputKind::Object, doc: "its freeform tags" },
    OutputDecl {
        name: "carried_tags",
        kind: OutputKind::Object,
        doc: "its freeform tags without those that adbctl sets",
    },
    OutputDecl {
        name: "defined_tags",
        kind: OutputKind::Object,
        doc: "its defined tags without those that the service sets",
    },
    OutputDecl {
        name: "extras",
        kind: OutputKind::Object,
        doc: "what a create cannot carry: long-term backup schedule, vanity URLs, permission level, open mode",
    },
    OutputDecl {
        name: "connection_urls",
        kind: OutputKind::Object,
        doc: "web addresses: ORDS, APEX and others",
    },
    OutputDecl {
        name: "addresses",
        kind: OutputKind::Object,
        doc: "where it answers, by the name of the way to it",
    },
    OutputDecl {
        name: "refreshable",
        kind: OutputKind::Flag,
        doc: "whether it is a refreshable clone, which is read-only",
    },
];

/// The outputs from the service's answer.
pub fn outputs_of(record: &Value) -> Map<String, Value> {
    let mut shape = pick(record, SHAPE);
    // The service wants one of the two sizes, and answers with both.
    if !shape["dataStorageSizeInTBs"].is_null() {
        shape["dataStorageSizeInGBs"] = Value::Null;
    }
    let members = [
        ("record", record.clone()),
        ("ocid", record["id"].clone()),
        ("state", record["lifecycleState"].clone()),
        ("db_name", record["dbName"].clone()),
        ("display_name", record["displayName"].clone()),
        ("compartment", record["compartmentId"].clone()),
        ("shape", shape),
        ("network", pick(record, NETWORK)),
        ("tags", record.get("freeformTags").filter(|t| t.is_object()).cloned().unwrap_or(json!({}))),
        ("carried_tags", without(&record["freeformTags"], |name| name.starts_with("adbctl-"))),
        ("defined_tags", without(&record["definedTags"], |name| name == "Oracle-Tags")),
        ("extras", pick(record, EXTRAS)),
        ("connection_urls", record["connectionUrls"].clone()),
        ("addresses", crate::oci::database::addresses(record)),
        ("refreshable", json!(record["isRefreshableClone"].as_bool().unwrap_or(false))),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn without(tags: &Value, drop: impl Fn(&str) -> bool) -> Value {
    let kept = tags.as_object().into_iter().flatten().filter(|(name, _)| !drop(name));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

impl Domain for DescribeDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let id = self.database.to_value();
        Ok(vec![look("read", format!("read {}", shown(&id)), calls::get(id))])
    }
}

impl Action for DescribeDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let reply = cx.perform("read", Here::nothing()).await?;
            Ok(Finish::Done(outputs_of(&reply.value)))
        })
    }
}
