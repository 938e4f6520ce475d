//! The file that `adbctl init` writes: what was answered, and comments for the rest.

use std::fmt::Write as _;

use camino::Utf8PathBuf;

use super::types::{AuthKind, Role};

/// What was asked, or given as flags.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Profile of the cloud's configuration file.
    pub profile: Option<String>,
    /// Kind of authentication.
    pub auth: Option<AuthKind>,
    /// Region.
    pub region: Option<String>,
    /// The databases.
    pub databases: Vec<AnsweredDatabase>,
    /// Directory for made-up secrets.
    pub secrets: Option<Utf8PathBuf>,
}

/// One database of the answers.
#[derive(Clone, Debug)]
pub struct AnsweredDatabase {
    /// Its name in the file.
    pub name: String,
    /// Its OCID or display name.
    pub identity: String,
    /// Its compartment; needed for a display name, and for a target.
    pub compartment: Option<String>,
    /// What it is for.
    pub role: Role,
}

/// The file's text.
pub fn render(answers: &Answers) -> String {
    let mut text = String::from(
        "# Configuration of adbctl. Every key that is not set has the default named in its comment.\n\
         # Secrets stand here only as references: { env = \"NAME\" }, { file = \"PATH\" },\n\
         # { vault = \"ocid1.vaultsecret…\" }, { command = [\"PROGRAM\", \"ARGUMENT\"] } or { prompt = \"WHAT\" }.\n\n[oci]\n",
    );
    setting(&mut text, "profile", answers.profile.as_deref(), "DEFAULT", "profile of ~/.oci/config");
    let auth = answers.auth.map(|a| a.to_string());
    setting(
        &mut text,
        "auth",
        auth.as_deref(),
        "api_key",
        "or security_token, instance_principal, resource_principal",
    );
    setting(&mut text, "region", answers.region.as_deref(), "uk-london-1", "default: the profile's");
    text.push_str(
        "# config_file = \"~/.oci/config\"\n\
         # proxy = \"socks5h://127.0.0.1:1080\"           # for private endpoints behind a bastion\n\
         # resolve = { \"dev.example.com\" = \"127.0.0.1:8443\" } # a tunnel that keeps the TLS name\n",
    );
    for database in &answers.databases {
        text.push_str(&one_database(database));
    }
    if answers.databases.is_empty() {
        text.push_str(
            "\n# [database.dev]\n\
             # display_name = \"dev\"\n\
             # compartment = \"ocid1.compartment.oc1..example\"\n\
             # role = \"nonproduction\"                       # \"production\" is never overwritten\n",
        );
    }
    text.push_str("\n# Where passwords go that adbctl makes up; never to the terminal.\n");
    match &answers.secrets {
        Some(directory) => {
            let _ = writeln!(text, "[secrets]\nsink = {{ directory = {} }}", quoted(directory.as_str()));
        }
        None => text.push_str(
            "# [secrets]\n\
             # sink = { directory = \"~/adbctl-secrets\" }    # default: secrets/ in the state directory\n",
        ),
    }
    text.push_str(
        "\n# One lock a target across machines: an object in this bucket, renewed while a run goes on.\n\
         # [state]\n\
         # bucket = \"adbctl-state\"\n\
         # namespace = \"examplenamespace\"                # default: the tenancy's own\n\
         # prefix = \"adbctl/\"                            # before every object's name\n\
         # lease = \"2m\"                                 # how long the lock lasts without being renewed\n\
         \n# The bucket for dumps, and how databases reach it: a cloud user and its auth token.\n\
         # [storage]\n\
         # bucket = \"adb-dumps\"\n\
         # compartment = \"ocid1.compartment.oc1..example\" # where `adbctl setup` makes the bucket\n\
         # credential = \"ADBCTL_STORE\"                  # its name inside the databases\n\
         # user = \"backup@example.com\"\n\
         # token = { env = \"OCI_AUTH_TOKEN\" }\n\
         \n# [run]\n\
         # parallel = 4                                   # steps at the same time\n\
         # poll_longest = \"30s\"\n\
         # slow_after = \"10m\"\n\
         \n# Values for a runbook's parameters; `adbctl runbook show refresh` lists them.\n\
         # [runbook.refresh]\n\
         # order = \"swap\"\n",
    );
    text
}

fn one_database(database: &AnsweredDatabase) -> String {
    let mut text = format!("\n[database.{}]\n", database.name);
    if database.identity.starts_with("ocid1.") {
        let _ = writeln!(text, "ocid = {}", quoted(&database.identity));
    } else {
        let _ = writeln!(text, "display_name = {}", quoted(&database.identity));
    }
    match &database.compartment {
        Some(compartment) => {
            let _ = writeln!(text, "compartment = {}", quoted(compartment));
        }
        None => text.push_str("# compartment = \"ocid1.compartment.oc1..example\"\n"),
    }
    let _ = writeln!(text, "role = \"{}\"", database.role);
    if database.role == Role::Production {
        text.push_str("# consent = [\"after-clone-trigger\"]             # writes it allows as a source\n");
    }
    let variable = database.name.to_uppercase().replace('-', "_");
    let _ = write!(
        text,
        "\n[database.{}.connect]\n# driver = \"auto\"\n# user = \"ADMIN\"\npassword = {{ env = \"{variable}_ADMIN_PASSWORD\" }}\n",
        database.name
    );
    text
}

fn setting(text: &mut String, key: &str, value: Option<&str>, example: &str, comment: &str) {
    let line = match value {
        Some(value) => format!("{key} = {}", quoted(value)),
        None => format!("# {key} = {}", quoted(example)),
    };
    let _ = writeln!(text, "{line:<48} # {comment}");
}

/// A basic string of TOML.
fn quoted(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}
