//! The sample tenancy, made once for a directory.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use jiff::Timestamp;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize};
use serde_json::{Map, Value, json};

use super::database::{self, AdminPassword, Database, State};
use super::database_tools::ToolsConnection;
use super::engine::{Sample, hash};
use super::identity::fingerprint;
use super::oracle::ApexVersion;
use super::storage::Bucket;
use super::store::write_private;
use super::vault;
use super::wallet::WalletKeys;
use super::world::{Subnet, Tables, Tenancy, Way, World, random_word};
use crate::model::{Secret, clock};

const REGION: &str = "uk-london-1";

/// A key pair: the private half is in a file, which is made unless it is there; the public half is given back in DER form.
pub(crate) fn key_at(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    if path.exists() {
        let kept = KeyPair::from_pem(&fs_err::read_to_string(path)?).map_err(std::io::Error::other)?;
        return Ok(kept.subject_public_key_info());
    }
    let key =
        KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(std::io::Error::other)?;
    // The label line is what newer tools of the service put at the end; Oracle's client warns when it is missing.
    write_private(path, format!("{}OCI_API_KEY\n", key.serialize_pem()).as_bytes())?;
    Ok(key.subject_public_key_info())
}

/// Makes the tenancy's own row, and the user's key files in `dir`.
pub(crate) fn tenancy(dir: &Utf8Path) -> std::io::Result<Tables> {
    let public = key_at(&dir.join("oci_api_key.pem"))?;
    let session = key_at(&dir.join("oci_session_key.pem"))?;
    let compartment = |name: &str| format!("ocid1.compartment.oc1..{name}example");
    let subnet = |name: &str, of: &str, prefix: &str| Subnet {
        id: format!("ocid1.subnet.oc1.{REGION}.{name}example"),
        compartment: compartment(of),
        prefix: prefix.to_owned(),
    };
    let tenancy = Tenancy {
        id: "ocid1.tenancy.oc1..sandboxexample".to_owned(),
        user: "ocid1.user.oc1..operatorexample".to_owned(),
        region: REGION.to_owned(),
        namespace: "sandboxspace".to_owned(),
        bucket: "adbctl".to_owned(),
        vault: format!("ocid1.vault.oc1.{REGION}.sandboxexample"),
        master_key: format!("ocid1.key.oc1.{REGION}.sandboxexample"),
        compartments: BTreeMap::from([
            ("Prod".to_owned(), compartment("prod")),
            ("Dev".to_owned(), compartment("dev")),
        ]),
        subnets: vec![
            subnet("prod", "prod", "10.0.1"),
            subnet("dev", "dev", "10.0.2"),
            subnet("devspare", "dev", "10.0.3"),
        ],
        security_groups: ["prod", "dev", "devapp"]
            .iter()
            .map(|name| format!("ocid1.networksecuritygroup.oc1.{REGION}.{name}example"))
            .collect(),
        api_key: STANDARD.encode(&public),
        fingerprint: fingerprint(&public),
        token_secret: random_word(48),
        tokens_from: None,
        databases: ["prod", "dev"]
            .iter()
            .map(|name| ((*name).to_owned(), format!("ocid1.autonomousdatabase.oc1.{REGION}.{name}example")))
            .collect(),
    };
    let mut tables = Tables::default();
    tables.tenancies.insert("it", tenancy);
    tables.notes.insert("session-key", json!(STANDARD.encode(session)));
    Ok(tables)
}

fn prod_fields(tenancy: &Tenancy) -> Map<String, Value> {
    common(
        tenancy,
        "prod",
        "Prod",
        "10.0.1.21",
        &json!({
            "displayName": "prod",
            "dbName": "PROD",
            "computeCount": 4.0,
            "dataStorageSizeInTBs": 2,
            "licenseModel": "LICENSE_INCLUDED",
            "isAutoScalingEnabled": true,
            "privateEndpointLabel": "prod-db",
            "nsgIds": [tenancy.security_groups[0]],
            "whitelistedIps": ["192.0.2.0/24", "198.51.100.7"],
            "isMtlsConnectionRequired": true,
            "freeformTags": {"adbctl-name": "prod", "cost-centre": "1200", "owner": "dba@example.com"},
            "definedTags": {"Oracle-Tags": {"CreatedBy": "operator@example.com", "CreatedOn": "2026-01-12T08:00:00.000Z"}},
            "customerContacts": [{"email": "dba@example.com"}],
            "autonomousMaintenanceScheduleType": "REGULAR",
            "longTermBackupSchedule": {"repeatCadence": "MONTHLY", "timeOfBackup": "2026-02-01T02:00:00Z", "retentionPeriodInDays": 365, "isDisabled": false},
        }),
    )
}

fn dev_fields(tenancy: &Tenancy) -> Map<String, Value> {
    common(
        tenancy,
        "dev",
        "Dev",
        "10.0.2.21",
        &json!({
            "displayName": "dev",
            "dbName": "DEV",
            "computeCount": 2.0,
            "dataStorageSizeInTBs": 1,
            "licenseModel": "LICENSE_INCLUDED",
            "isAutoScalingEnabled": false,
            "privateEndpointLabel": "dev-db",
            "nsgIds": [tenancy.security_groups[1], tenancy.security_groups[2]],
            "whitelistedIps": [],
            "isMtlsConnectionRequired": true,
            "freeformTags": {"adbctl-name": "dev", "cost-centre": "1300", "owner": "team@example.com"},
            "definedTags": {"Oracle-Tags": {"CreatedBy": "operator@example.com", "CreatedOn": "2026-02-03T09:30:00.000Z"}},
            "customerContacts": [{"email": "team@example.com"}],
            "autonomousMaintenanceScheduleType": "EARLY",
            "scheduledOperations": [{"dayOfWeek": {"name": "MONDAY"}, "scheduledStartTime": "06:00", "scheduledStopTime": "20:00"}],
        }),
    )
}

fn common(tenancy: &Tenancy, network: &str, compartment: &str, ip: &str, own: &Value) -> Map<String, Value> {
    let mut fields = json!({
        "compartmentId": tenancy.compartments[compartment],
        "subnetId": format!("ocid1.subnet.oc1.{REGION}.{network}example"),
        "privateEndpointIp": ip,
        "dbWorkload": "OLTP",
        "dbVersion": "19c",
        "computeModel": "ECPU",
        "cpuCoreCount": 0,
        "isAutoScalingForStorageEnabled": false,
        "characterSet": "AL32UTF8",
        "ncharacterSet": "AL16UTF16",
        "isFreeTier": false,
        "isDevTier": false,
        "openMode": "READ_WRITE",
        "permissionLevel": "UNRESTRICTED",
        "backupRetentionPeriodInDays": 60,
    })
    .as_object()
    .cloned()
    .unwrap_or_default();
    fields.extend(own.as_object().cloned().unwrap_or_default());
    fields
}

/// Makes the databases, the bucket and the secrets in a new world.
pub(crate) fn fill(world: &mut World, apex: &BTreeMap<String, ApexVersion>) -> std::io::Result<()> {
    let now = clock::now();
    for (name, fields, sample, made) in [
        ("prod", prod_fields(&world.tenancy), Sample::Prod, "2026-01-12T08:00:00Z"),
        ("dev", dev_fields(&world.tenancy), Sample::Dev, "2026-02-03T09:30:00Z"),
    ] {
        let apex = apex.get(name).copied().unwrap_or_default();
        add_database(world, name, fields, sample, apex, made.parse().unwrap_or(now))?;
    }
    let bucket = Bucket {
        name: world.tenancy.bucket.clone(),
        compartment: world.tenancy.compartments["Dev"].clone(),
        made: now,
        etag: random_word(20),
        fields:
            json!({"storageTier": "Standard", "publicAccessType": "NoPublicAccess", "versioning": "Disabled"})
                .as_object()
                .cloned()
                .unwrap_or_default(),
        lifecycle: None,
        preauthenticated: BTreeMap::new(),
        replication: BTreeMap::new(),
    };
    world.tables.buckets.insert(&bucket.name.clone(), bucket);
    for (name, value) in [
        ("email-password", format!("Mail-{}-7", random_word(12))),
        ("smtp-user", "ocid1.user.oc1..mailexample".to_owned()),
        ("dev-app-password", format!("App-{}-7X", random_word(12))),
    ] {
        let id = format!("ocid1.vaultsecret.oc1.{REGION}.{}example", name.replace('-', ""));
        let compartment = world.tenancy.compartments["Dev"].clone();
        let secret = vault::new_secret(world, &id, name, &compartment, &value, now);
        world.tables.secrets.insert(&id, secret);
    }
    for name in ["prod", "dev"] {
        add_tools_connection(world, name);
    }
    Ok(())
}

/// A Database Tools connection as ADMIN, with its password and a wallet as secrets.
fn add_tools_connection(world: &mut World, name: &str) {
    let Some(database) = world.tables.databases.get(&world.tenancy.databases[name]).cloned() else { return };
    let compartment = database.compartment().to_owned();
    let password = database.admin_password.clone().unwrap_or_default();
    let mut secret = |kind: &str, value: &str| {
        let id = format!("ocid1.vaultsecret.oc1.{REGION}.{name}{kind}example");
        let secret = vault::new_secret(
            world,
            &id,
            &format!("database-tools-{name}-{kind}"),
            &compartment,
            value,
            clock::now(),
        );
        world.tables.secrets.insert(&id, secret);
        json!({ "valueType": "SECRETID", "secretId": id })
    };
    let (password, wallet) = (secret("admin", &password), secret("wallet", "in place of a cwallet.sso"));
    let fields = json!({
        "type": "ORACLE_DATABASE",
        "displayName": name,
        "compartmentId": compartment,
        "runtimeSupport": "SUPPORTED",
        "runtimeIdentity": "AUTHENTICATED_PRINCIPAL",
        "relatedResource": { "entityType": "AUTONOMOUSDATABASE", "identifier": database.id },
        "connectionString": database::descriptor(&database, "low"),
        "userName": "ADMIN",
        "userPassword": password,
        "keyStores": [{ "keyStoreType": "SSO", "keyStoreContent": wallet }],
        "privateEndpointId": format!("ocid1.databasetoolsprivateendpoint.oc1.{REGION}.{name}example"),
        "authenticationType": "PASSWORD",
        "freeformTags": {},
        "definedTags": {},
    });
    let id = format!("ocid1.databasetoolsconnection.oc1.{REGION}.{name}example");
    let connection = ToolsConnection::sample(id.clone(), &fields, database.created);
    world.tables.tools_connections.insert(&id, connection);
}

fn add_database(
    world: &mut World,
    name: &str,
    fields: Map<String, Value>,
    sample: Sample,
    apex: ApexVersion,
    made: Timestamp,
) -> std::io::Result<()> {
    let id = world.tenancy.databases[name].clone();
    let password = Secret::new(format!("Sb{}7-{}", random_word(8).to_uppercase(), random_word(8)));
    let database = Database {
        unique: format!("g{}", random_word(14)),
        fields,
        apex,
        state: State::Available,
        details: None,
        version: 1,
        created: made,
        pending: None,
        passwords: vec![AdminPassword { at: made, sha256: hash(&id, password.reveal()) }],
        admin_password: Some(password.reveal().to_owned()),
        password_untold: false,
        wallet: WalletKeys::generate(&id).map_err(std::io::Error::other)?,
        tls_port: world.reserve_port(&id, Way::Mutual)?,
        one_way_port: world.reserve_port(&id, Way::OneWay)?,
        last_refresh: None,
        forget_at: None,
        id: id.clone(),
    };
    let identity = database::identity(world, &database);
    world.engine.create_sample(&identity, sample, &password).map_err(std::io::Error::other)?;
    world.tables.databases.insert(&id, database);
    Ok(())
}
