//! Which fields a body may have, of which type, and which may not share an update.

use serde_json::{Map, Value};

use crate::sandbox::http::Refusal;

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    Time,
    Texts,
    Numbers,
    /// Text by text.
    Map,
    /// Maps of anything by text.
    Maps,
    Object,
    Objects,
    OneOf(&'static [&'static str]),
}

/// Which calls take a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Both,
    Create,
    Update,
    /// In a create with this source only.
    Source(&'static [&'static str]),
}

/// What a field belongs to, for the rule on what may share an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Free,
    Licence,
    Edition,
    Compute,
    Storage,
    Password,
    Access,
    Mtls,
    Open,
    Permission,
    Workload,
    Label,
    Nsg,
    Version,
    Refreshable,
    Name,
    Schedule,
    Tools,
    Contacts,
    FreeTier,
    Guard,
}

struct Field(&'static str, Kind, Taken, Group);

const CLONES: &[&str] = &["DATABASE", "BACKUP_FROM_ID", "BACKUP_FROM_TIMESTAMP", "CLONE_TO_REFRESHABLE"];
const BACKUPS: &[&str] = &["BACKUP_FROM_ID", "BACKUP_FROM_TIMESTAMP"];

const FIELDS: &[Field] = &[
    Field("adminPassword", Kind::Text, Taken::Both, Group::Password),
    Field("arePrimaryWhitelistedIpsUsed", Kind::Flag, Taken::Both, Group::Free),
    Field(
        "autoRefreshFrequencyInSeconds",
        Kind::Whole,
        Taken::Source(&["CLONE_TO_REFRESHABLE"]),
        Group::Refreshable,
    ),
    Field(
        "autoRefreshPointLagInSeconds",
        Kind::Whole,
        Taken::Source(&["CLONE_TO_REFRESHABLE"]),
        Group::Refreshable,
    ),
    Field("autonomousContainerDatabaseId", Kind::Text, Taken::Create, Group::Free),
    Field("autonomousDatabaseBackupId", Kind::Text, Taken::Source(&["BACKUP_FROM_ID"]), Group::Free),
    Field("autonomousDatabaseId", Kind::Text, Taken::Source(&["BACKUP_FROM_TIMESTAMP"]), Group::Free),
    Field("autonomousDatabaseMaintenanceWindow", Kind::Object, Taken::Both, Group::Free),
    Field("autonomousMaintenanceScheduleType", Kind::OneOf(&["EARLY", "REGULAR"]), Taken::Both, Group::Free),
    Field("availabilityDomain", Kind::Text, Taken::Both, Group::Free),
    Field("backupRetentionPeriodInDays", Kind::Whole, Taken::Both, Group::Free),
    Field("byolComputeCountLimit", Kind::Number, Taken::Both, Group::Licence),
    Field("characterSet", Kind::Text, Taken::Create, Group::Free),
    Field("cloneTableSpaceList", Kind::Numbers, Taken::Source(BACKUPS), Group::Free),
    Field("cloneType", Kind::OneOf(&["FULL", "METADATA", "PARTIAL"]), Taken::Source(CLONES), Group::Free),
    Field("compartmentId", Kind::Text, Taken::Create, Group::Free),
    Field("computeCount", Kind::Number, Taken::Both, Group::Compute),
    Field("computeModel", Kind::OneOf(&["ECPU", "OCPU"]), Taken::Both, Group::Compute),
    Field("cpuCoreCount", Kind::Whole, Taken::Both, Group::Compute),
    Field("customerContacts", Kind::Objects, Taken::Both, Group::Contacts),
    Field("dataStorageSizeInGBs", Kind::Whole, Taken::Both, Group::Storage),
    Field("dataStorageSizeInTBs", Kind::Whole, Taken::Both, Group::Storage),
    Field(
        "databaseEdition",
        Kind::OneOf(&["STANDARD_EDITION", "ENTERPRISE_EDITION"]),
        Taken::Both,
        Group::Edition,
    ),
    Field("dbName", Kind::Text, Taken::Both, Group::Name),
    Field("dbToolsDetails", Kind::Objects, Taken::Both, Group::Tools),
    Field("dbVersion", Kind::OneOf(&["19c", "23ai", "26ai"]), Taken::Both, Group::Version),
    Field("dbWorkload", Kind::OneOf(&["OLTP", "DW", "AJD", "APEX", "LH"]), Taken::Both, Group::Workload),
    Field("definedTags", Kind::Maps, Taken::Both, Group::Free),
    Field("displayName", Kind::Text, Taken::Both, Group::Free),
    Field("encryptionKey", Kind::Object, Taken::Both, Group::Free),
    Field("freeformTags", Kind::Map, Taken::Both, Group::Free),
    Field("inMemoryPercentage", Kind::Whole, Taken::Both, Group::Free),
    Field("isAccessControlEnabled", Kind::Flag, Taken::Both, Group::Free),
    Field("isAutoScalingEnabled", Kind::Flag, Taken::Both, Group::Free),
    Field("isAutoScalingForStorageEnabled", Kind::Flag, Taken::Both, Group::Free),
    Field("isBackupRetentionLocked", Kind::Flag, Taken::Both, Group::Free),
    Field("isDataGuardEnabled", Kind::Flag, Taken::Both, Group::Guard),
    Field("isDedicated", Kind::Flag, Taken::Create, Group::Free),
    Field("isDevTier", Kind::Flag, Taken::Both, Group::Free),
    Field("isDisconnectPeer", Kind::Flag, Taken::Update, Group::Guard),
    Field("isFreeTier", Kind::Flag, Taken::Both, Group::FreeTier),
    Field("isLocalDataGuardEnabled", Kind::Flag, Taken::Both, Group::Guard),
    Field("isMtlsConnectionRequired", Kind::Flag, Taken::Both, Group::Mtls),
    Field("isPreviewVersionWithServiceTermsAccepted", Kind::Flag, Taken::Create, Group::Free),
    Field("isRefreshableClone", Kind::Flag, Taken::Update, Group::Refreshable),
    Field("kmsKeyId", Kind::Text, Taken::Create, Group::Free),
    Field(
        "licenseModel",
        Kind::OneOf(&["LICENSE_INCLUDED", "BRING_YOUR_OWN_LICENSE"]),
        Taken::Both,
        Group::Licence,
    ),
    Field("longTermBackupSchedule", Kind::Object, Taken::Update, Group::Free),
    Field("ncharacterSet", Kind::Text, Taken::Create, Group::Free),
    Field("nsgIds", Kind::Texts, Taken::Both, Group::Nsg),
    Field("ocpuCount", Kind::Number, Taken::Both, Group::Compute),
    Field(
        "openMode",
        Kind::OneOf(&["READ_ONLY", "READ_WRITE"]),
        Taken::Source(&["CLONE_TO_REFRESHABLE"]),
        Group::Open,
    ),
    Field("peerDbId", Kind::Text, Taken::Update, Group::Guard),
    Field("permissionLevel", Kind::OneOf(&["RESTRICTED", "UNRESTRICTED"]), Taken::Update, Group::Permission),
    Field("privateEndpointIp", Kind::Text, Taken::Both, Group::Label),
    Field("privateEndpointLabel", Kind::Text, Taken::Both, Group::Label),
    Field(
        "refreshableMode",
        Kind::OneOf(&["AUTOMATIC", "MANUAL"]),
        Taken::Source(&["CLONE_TO_REFRESHABLE"]),
        Group::Refreshable,
    ),
    Field("resourcePoolLeaderId", Kind::Text, Taken::Both, Group::Free),
    Field("resourcePoolSummary", Kind::Object, Taken::Both, Group::Free),
    Field("scheduledMaintenanceWindow", Kind::Object, Taken::Update, Group::Free),
    Field("scheduledOperations", Kind::Objects, Taken::Both, Group::Schedule),
    Field("secretId", Kind::Text, Taken::Both, Group::Password),
    Field("secretVersionNumber", Kind::Whole, Taken::Both, Group::Password),
    Field("securityAttributes", Kind::Maps, Taken::Both, Group::Free),
    Field(
        "source",
        Kind::OneOf(&["NONE", "DATABASE", "BACKUP_FROM_ID", "BACKUP_FROM_TIMESTAMP", "CLONE_TO_REFRESHABLE"]),
        Taken::Create,
        Group::Free,
    ),
    Field("sourceId", Kind::Text, Taken::Source(&["DATABASE", "CLONE_TO_REFRESHABLE"]), Group::Free),
    Field("standbyWhitelistedIps", Kind::Texts, Taken::Both, Group::Access),
    Field("subnetId", Kind::Text, Taken::Both, Group::Label),
    Field("subscriptionId", Kind::Text, Taken::Create, Group::Free),
    Field("timeMaintenancePauseUntil", Kind::Time, Taken::Update, Group::Free),
    Field("timeOfAutoRefreshStart", Kind::Time, Taken::Source(&["CLONE_TO_REFRESHABLE"]), Group::Refreshable),
    Field("timeScheduledDbVersionUpgrade", Kind::Time, Taken::Update, Group::Free),
    Field("timestamp", Kind::Time, Taken::Source(&["BACKUP_FROM_TIMESTAMP"]), Group::Free),
    Field(
        "useLatestAvailableBackupTimeStamp",
        Kind::Flag,
        Taken::Source(&["BACKUP_FROM_TIMESTAMP"]),
        Group::Free,
    ),
    Field("vanityUrlDetails", Kind::Object, Taken::Update, Group::Free),
    Field("vaultId", Kind::Text, Taken::Create, Group::Free),
    Field("whitelistedIps", Kind::Texts, Taken::Both, Group::Access),
];

/// The groups that may not go with a group. A pair is refused when either row names the other.
const APART: &[(Group, &[Group])] = {
    use Group::{
        Access, Compute, Contacts, Edition, FreeTier, Guard, Label, Licence, Mtls, Name, Nsg, Open, Password,
        Permission, Refreshable, Schedule, Storage, Tools, Version, Workload,
    };
    &[
        (
            Name,
            &[
                Licence,
                Edition,
                Compute,
                Password,
                Access,
                Mtls,
                Open,
                Permission,
                Workload,
                Label,
                Nsg,
                Version,
                Refreshable,
                Schedule,
                Tools,
            ],
        ),
        (
            Password,
            &[
                Licence,
                Edition,
                Access,
                Open,
                Permission,
                Workload,
                Label,
                Nsg,
                Version,
                Refreshable,
                Name,
                FreeTier,
            ],
        ),
        (
            Access,
            &[
                Licence,
                Edition,
                Compute,
                Password,
                Mtls,
                Open,
                Permission,
                Workload,
                Version,
                Refreshable,
                Name,
                Schedule,
                Tools,
                Guard,
            ],
        ),
        (
            Label,
            &[
                Licence,
                Edition,
                Compute,
                Password,
                Access,
                Mtls,
                Workload,
                Version,
                Refreshable,
                Name,
                Schedule,
                Tools,
            ],
        ),
        (
            Nsg,
            &[
                Licence,
                Edition,
                Compute,
                Password,
                Access,
                Mtls,
                Workload,
                Version,
                Refreshable,
                Name,
                Schedule,
                Tools,
            ],
        ),
        (
            Mtls,
            &[
                Licence, Edition, Compute, Storage, Access, Open, Permission, Workload, Label, Nsg, Contacts,
                Version, Schedule, Tools, Guard,
            ],
        ),
        (
            Compute,
            &[
                Licence,
                Edition,
                Access,
                Mtls,
                Open,
                Permission,
                Label,
                Nsg,
                Version,
                Refreshable,
                Name,
                Schedule,
                Tools,
            ],
        ),
        (
            Storage,
            &[
                Licence,
                Edition,
                Access,
                Mtls,
                Open,
                Permission,
                Label,
                Nsg,
                Version,
                Refreshable,
                Name,
                Schedule,
                Tools,
            ],
        ),
        (Open, &[Compute, Password, Access, Mtls, Version, Refreshable, Name, Schedule, Tools]),
        (Permission, &[Compute, Password, Access, Mtls, Version, Refreshable, Name, Schedule, Tools, Nsg]),
        (
            Schedule,
            &[
                Tools,
                Licence,
                Edition,
                Compute,
                Storage,
                Access,
                Mtls,
                Open,
                Permission,
                Label,
                Nsg,
                Version,
                Refreshable,
                Name,
            ],
        ),
        (
            Tools,
            &[
                Schedule,
                Licence,
                Edition,
                Compute,
                Storage,
                Access,
                Mtls,
                Open,
                Permission,
                Label,
                Nsg,
                Version,
                Refreshable,
                Name,
            ],
        ),
    ]
};

fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.0 == name)
}

fn check_kind(name: &str, kind: Kind, value: &Value) -> Result<(), Refusal> {
    let texts = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    let (good, wanted) = match kind {
        Kind::Text => (value.is_string(), "a string".to_owned()),
        Kind::Whole => (value.is_i64() || value.is_u64(), "a whole number".to_owned()),
        Kind::Number => (value.is_number(), "a number".to_owned()),
        Kind::Flag => (value.is_boolean(), "true or false".to_owned()),
        Kind::Time => (
            value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "a time as RFC 3339 writes it".to_owned(),
        ),
        Kind::Texts => (texts(value), "a list of strings".to_owned()),
        Kind::Numbers => (
            value.as_array().is_some_and(|items| items.iter().all(Value::is_u64)),
            "a list of whole numbers".to_owned(),
        ),
        Kind::Map => (
            value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
            "an object of strings".to_owned(),
        ),
        Kind::Maps => (
            value.as_object().is_some_and(|map| map.values().all(Value::is_object)),
            "an object of objects".to_owned(),
        ),
        Kind::Object => (value.is_object(), "an object".to_owned()),
        Kind::Objects => (
            value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
            "a list of objects".to_owned(),
        ),
        Kind::OneOf(words) => {
            (value.as_str().is_some_and(|word| words.contains(&word)), format!("one of {}", words.join(", ")))
        }
    };
    if good { Ok(()) } else { Err(Refusal::invalid(format!("{name} has to be {wanted}"))) }
}

/// Checks names and types of a create body. Fields that are null count as left out and are removed.
pub(super) fn check_create(body: &mut Map<String, Value>) -> Result<(), Refusal> {
    body.retain(|_, value| !value.is_null());
    let source = body.get("source").and_then(Value::as_str).unwrap_or("NONE").to_owned();
    for (name, value) in body.iter() {
        let field =
            find(name).ok_or_else(|| Refusal::invalid(format!("{name} is not a field of this request")))?;
        match field.2 {
            Taken::Update => {
                return Err(Refusal::invalid(format!("{name} can be changed later and not set here")));
            }
            Taken::Source(sources) if !sources.contains(&source.as_str()) => {
                return Err(Refusal::invalid(format!("{name} does not go with source {source}")));
            }
            _ => check_kind(name, field.1, value)?,
        }
    }
    Ok(())
}

/// Checks names, types and company of an update body.
pub(super) fn check_update(body: &mut Map<String, Value>) -> Result<(), Refusal> {
    body.retain(|_, value| !value.is_null());
    for (name, value) in body.iter() {
        let field =
            find(name).ok_or_else(|| Refusal::invalid(format!("{name} is not a field of this request")))?;
        let changeable = match field.2 {
            Taken::Create => false,
            Taken::Both | Taken::Update => true,
            Taken::Source(_) => matches!(field.3, Group::Refreshable | Group::Open),
        };
        if !changeable {
            return Err(Refusal::invalid(format!("{name} cannot be changed after creation")));
        }
        check_kind(name, field.1, value)?;
    }
    check_company(body)
}

fn check_company(body: &Map<String, Value>) -> Result<(), Refusal> {
    let present: Vec<&Field> = body.keys().filter_map(|name| find(name)).collect();
    for one in &present {
        let Some((_, apart)) = APART.iter().find(|(group, _)| *group == one.3) else { continue };
        for other in &present {
            if apart.contains(&other.3) && one.3 != other.3 {
                return Err(Refusal::invalid(format!(
                    "{} and {} cannot be changed in one request; send one, wait, then send the other",
                    one.0, other.0
                )));
            }
        }
    }
    Ok(())
}

/// Whether an update of this field scales the database, which has a state of its own.
pub(super) fn scales(name: &str) -> bool {
    find(name).is_some_and(|field| matches!(field.3, Group::Compute | Group::Storage))
}

/// Whether a field can be changed while the database is stopped.
pub(super) fn changes_while_stopped(name: &str) -> bool {
    matches!(name, "freeformTags" | "definedTags" | "customerContacts" | "displayName")
        || matches!(name, "dbName" | "privateEndpointLabel" | "privateEndpointIp" | "subnetId" | "nsgIds")
}

/// The names of all fields that a client may set and read back.
pub(super) fn readable() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|field| field.0).filter(|name| {
        !matches!(
            *name,
            "adminPassword"
                | "secretId"
                | "secretVersionNumber"
                | "source"
                | "timestamp"
                | "useLatestAvailableBackupTimeStamp"
                | "autonomousDatabaseBackupId"
                | "autonomousDatabaseId"
                | "isDisconnectPeer"
                | "peerDbId"
                | "isPreviewVersionWithServiceTermsAccepted"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_may_share_an_update() {
        fn check(body: &Value, good: bool) {
            assert_eq!(check_update(&mut map(body)).is_ok(), good, "{body}");
        }
        check(&json!({"dbName": "A"}), true);
        check(&json!({"dbName": "A", "adminPassword": "x"}), false);
        check(&json!({"dbName": "A", "freeformTags": {"a": "b"}}), true);
        check(&json!({"dbName": "A", "privateEndpointLabel": "x"}), false);
        check(
            &json!({"subnetId": "s", "nsgIds": [], "privateEndpointLabel": "l", "privateEndpointIp": "10.0.0.1"}),
            true,
        );
        check(&json!({"privateEndpointLabel": "x", "whitelistedIps": [""]}), false);
        check(&json!({"isMtlsConnectionRequired": true, "dataStorageSizeInTBs": 2}), false);
        check(&json!({"computeModel": "ECPU", "computeCount": 4.0}), true);
        check(&json!({"computeCount": 4, "adminPassword": "x"}), true);
        check(&json!({"openMode": "READ_ONLY", "computeCount": 4}), false);
        check(&json!({"permissionLevel": "RESTRICTED", "nsgIds": []}), false);
        check(&json!({"scheduledOperations": [], "dbToolsDetails": []}), false);
        check(&json!({"compartmentId": "c"}), false);
        check(&json!({"isRefreshableClone": false}), true);
        check(&json!({"surprise": 1}), false);
        check(&json!({"dbName": 7}), false);
        check(&json!({"dbName": null}), true);
    }

    #[test]
    fn bodies_of_create() {
        fn check(body: &Value, good: bool) {
            assert_eq!(check_create(&mut map(body)).is_ok(), good, "{body}");
        }
        check(
            &json!({"compartmentId": "c", "source": "DATABASE", "sourceId": "s", "cloneType": "FULL"}),
            true,
        );
        check(&json!({"compartmentId": "c", "sourceId": "s"}), false);
        check(&json!({"source": "BACKUP_FROM_TIMESTAMP", "sourceId": "s"}), false);
        check(&json!({"source": "SOMETHING"}), false);
        check(&json!({"openMode": "READ_ONLY"}), false);
        check(&json!({"isRefreshableClone": true}), false);
        check(&json!({"computeCount": "4"}), false);
        check(&json!({"nsgIds": [1]}), false);
        check(&json!({"freeformTags": {"a": 1}}), false);
        check(&json!({"timestamp": "yesterday", "source": "BACKUP_FROM_TIMESTAMP"}), false);
    }
}
