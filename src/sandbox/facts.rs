//! The files from which clients learn where the sandbox is and how to reach it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::{Value, json};

use super::database::{Database, State, ords_url, service_names};
use super::store::write_private;
use super::wallet;
use super::world::{World, note, random_word, set_note};
use super::{auth_tokens, identity};
use crate::model::clock;

/// The note that holds the listener's port.
pub(crate) const SQLNET_PORT: &str = "sqlnet port";

/// Writes every file that the directory owes its users, for a sandbox that has just started.
pub(crate) fn write_all(world: &mut World) -> std::io::Result<()> {
    for folder in ["wallets", "passwords", "resource_principal"] {
        private_dir(&world.dir.join(folder))?;
    }
    if note(world, "wallet-password").is_none() {
        set_note(world, "wallet-password", format!("Wallet-{}-1", random_word(10)));
    }
    write_cli_config(world)?;
    write_tokens(world)?;
    write_own_config(world)?;
    write_private(&world.dir.join("sandbox.json"), format!("{:#}\n", sandbox_json(world)).as_bytes())?;
    write_wallets(world)
}

fn private_dir(dir: &Utf8Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn write_cli_config(world: &World) -> std::io::Result<()> {
    let tenancy = &world.tenancy;
    let dir = &world.dir;
    let text = format!(
        "[DEFAULT]\nuser={}\nfingerprint={}\ntenancy={}\nregion={}\nkey_file={dir}/oci_api_key.pem\n\n\
         [SESSION]\nfingerprint={}\ntenancy={}\nregion={}\nkey_file={dir}/oci_session_key.pem\n\
         security_token_file={dir}/oci_session_token\n",
        tenancy.user,
        tenancy.fingerprint,
        tenancy.id,
        tenancy.region,
        tenancy.fingerprint,
        tenancy.id,
        tenancy.region,
    );
    write_private(&dir.join("oci_config"), text.as_bytes())
}

/// A session token and a resource principal's token, both for the one session key.
fn write_tokens(world: &World) -> std::io::Result<()> {
    let key =
        note(world, "session-key").and_then(|key| key.as_str().and_then(|text| STANDARD.decode(text).ok()));
    let Some(key) = key else { return Ok(()) };
    let token = identity::new_token(&world.tenancy, &key, clock::now(), 60);
    write_private(&world.dir.join("oci_session_token"), token.as_bytes())?;
    let token = identity::new_token(&world.tenancy, &key, clock::now(), 60);
    write_private(&world.dir.join("resource_principal/rpst"), token.as_bytes())?;
    let key = fs::read(world.dir.join("oci_session_key.pem"))?;
    write_private(&world.dir.join("resource_principal/private_key.pem"), &key)
}

fn write_own_config(world: &World) -> std::io::Result<()> {
    let dir = &world.dir;
    let mut text = format!(
        "# Written by the sandbox at each start; changes are lost.\n\n[oci]\nauth = \"api_key\"\n\
         config_file = \"{dir}/oci_config\"\nprofile = \"DEFAULT\"\nregion = \"{}\"\nendpoint = \"{}\"\n",
        world.tenancy.region, world.base_url,
    );
    for (name, role, compartment) in [("prod", "production", "Prod"), ("dev", "nonproduction", "Dev")] {
        let entry = format!(
            "\n[database.{name}]\nrole = \"{role}\"\ndisplay_name = \"{name}\"\ncompartment = \"{}\"\n\
             consent = [\"credential\", \"export\", \"masking\", \"schedule\"]\n\n\
             [database.{name}.connect]\ndriver = \"auto\"\nuser = \"ADMIN\"\n\
             password = {{ file = \"{}\" }}\n",
            world.tenancy.compartments[compartment],
            password_file(world, name),
        );
        text.push_str(&entry);
    }
    let _ = write!(
        text,
        "\n[storage]\nbucket = \"{}\"\nnamespace = \"{}\"\ncompartment = \"{}\"\n",
        world.tenancy.bucket, world.tenancy.namespace, world.tenancy.compartments["Prod"],
    );
    if auth_tokens::first_value(world).is_some() {
        let _ = write!(
            text,
            "user = \"{}\"\ntoken = {{ file = \"{}\" }}\n",
            auth_tokens::USER_NAME,
            password_file(world, "object-storage"),
        );
    }
    text.push_str(&write_example(dir)?);
    write_private(&dir.join("adbctl.toml"), text.as_bytes())
}

/// What the sample databases want of a refresh: an operator's parameters, with the files that they name.
fn write_example(dir: &Utf8Path) -> std::io::Result<String> {
    let example = dir.join("example");
    fs::create_dir_all(&example)?;
    // The people who work here look after these files; what is there stays as they left it.
    for (name, content) in [
        ("post_refresh.sql", include_str!("oracle/seed/example/post_refresh.sql")),
        ("sales_password", "Meadow#Rehearsal26xy"),
        ("dave_password", "Willow#Rehearsal26xy"),
        ("erin_password", "Bramble#Rehearsal26x"),
        ("robot_password", "Cinder#Rehearsal26xy"),
        ("smtp_password", "Orchard#Rehearsal26x"),
        ("store_token", "Pebble#Rehearsal26xy"),
    ] {
        let path = example.join(name);
        if !path.exists() {
            write_private(&path, content.as_bytes())?;
        }
    }
    Ok(include_str!("oracle/seed/example/refresh.toml").replace("DIR", example.as_str()))
}

fn password_file(world: &World, name: &str) -> Utf8PathBuf {
    world.dir.join(format!("passwords/{name}"))
}

/// The database that people mean by a name now: the one that carries the name as its tag, else the sample itself.
fn database_of<'a>(world: &'a World, name: &str) -> Option<&'a Database> {
    let tagged = |database: &&Database| {
        !matches!(database.state, State::Terminated | State::Terminating)
            && database.fields.get("freeformTags").and_then(|tags| tags["adbctl-name"].as_str()) == Some(name)
    };
    world
        .tables
        .databases
        .values()
        .filter(tagged)
        .max_by_key(|database| database.created)
        .or_else(|| world.tables.databases.get(&world.tenancy.databases[name]))
}

fn wallet_password(world: &World) -> String {
    note(world, "wallet-password").and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The content of `sandbox.json`.
pub(crate) fn sandbox_json(world: &World) -> Value {
    let dir = &world.dir;
    let mut databases = serde_json::Map::new();
    for name in world.tenancy.databases.keys() {
        let Some(database) = database_of(world, name) else { continue };
        let entry = json!({
            "ocid": database.id,
            "compartment": database.compartment(),
            "ords_url": ords_url(&world.base_url, database),
            "tns": tns(world, database),
            "tls_port": database.tls_port,
            "one_way_port": database.one_way_port,
            "wallet_dir": dir.join("wallets").join(name),
            "wallet_password": wallet_password(world),
            "admin_password": database.admin_password,
            "tools_connection": tools_connection(world, name),
        });
        databases.insert(name.clone(), entry);
    }
    json!({
        "oci_endpoint": world.base_url,
        "oci_config": dir.join("oci_config"),
        "adbctl_config": dir.join("adbctl.toml"),
        "sqlnet": sqlnet_address(world),
        "audit_log": dir.join("audit.jsonl"),
        "namespace": world.tenancy.namespace,
        "bucket": world.tenancy.bucket,
        "object_storage": {"user": auth_tokens::USER_NAME, "auth_token": auth_tokens::first_value(world)},
        "databases": databases,
    })
}

/// The OCID of the sample Database Tools connection to a database, while it is there.
fn tools_connection(world: &World, name: &str) -> Option<String> {
    let rows = world.tables.tools_connections.values();
    rows.map(|row| &row.id).find(|id| id.ends_with(&format!(".{name}example"))).cloned()
}

/// Where the listener is that takes SQL*Net without TLS.
fn sqlnet_address(world: &World) -> Option<String> {
    Some(format!("127.0.0.1:{}", note(world, SQLNET_PORT)?.as_u64()?))
}

/// The connect string of a database's LOW service without TLS; none for one without SQL*Net.
fn tns(world: &World, database: &Database) -> Option<String> {
    let service = service_names(database).find(|name| name.contains("_low."))?;
    Some(format!("{}/{service}", sqlnet_address(world)?))
}

fn write_wallets(world: &World) -> std::io::Result<()> {
    if let Some(token) = auth_tokens::first_value(world) {
        let file = password_file(world, "object-storage");
        if !fs::read_to_string(&file).is_ok_and(|written| written == token) {
            write_private(&file, token.as_bytes())?;
        }
    }
    for name in world.tenancy.databases.keys() {
        let Some(database) = database_of(world, name) else { continue };
        if let Some(password) = &database.admin_password {
            write_private(&password_file(world, name), password.as_bytes())?;
        }
        let dir = world.dir.join("wallets").join(name);
        private_dir(&dir)?;
        // Beside the wallet and not in it: the folder has the nine files and nothing else.
        let stamp_file = world.dir.join("wallets").join(format!("{name}.made"));
        let stamp = format!("{} {} {}", database.name(), database.wallet.made, database.tls_port);
        if fs::read_to_string(&stamp_file).is_ok_and(|made| made == stamp) {
            continue;
        }
        let files = wallet::files(&database.wallet, &[database], &wallet_password(world))
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        for (file, bytes) in files {
            write_private(&dir.join(file), &bytes)?;
        }
        write_private(&stamp_file, stamp.as_bytes())?;
    }
    Ok(())
}

/// Writes `sandbox.json`, the passwords and the wallets again when a name now means another database, or an address
/// or password changed.
pub(crate) fn refresh_if_changed(world: &mut World) {
    let text = format!("{:#}\n", sandbox_json(world));
    let path = world.dir.join("sandbox.json");
    let same = fs::read_to_string(&path).is_ok_and(|old| old == text);
    let written = if same {
        write_wallets(world)
    } else {
        write_private(&path, text.as_bytes()).and_then(|()| write_wallets(world))
    };
    if let Err(error) = written {
        tracing::warn!(%error, "the sandbox's own description cannot be written");
    }
}
