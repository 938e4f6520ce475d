//! The one door to environment variables, and the list of those that adbctl reads.

/// The variables adbctl reads, with what each is for. The reference page is made from this table.
pub const VARIABLES: &[(&str, &str)] = &[
    ("ADBCTL_CONFIG", "path of the configuration file, as --config"),
    ("ADBCTL_STATE_DIR", "directory of runs, secrets and the embedded sandbox"),
    ("ADBCTL_SANDBOX_SPEED", "speed of an embedded sandbox, as --speed of sandbox serve"),
    (
        "ADBCTL_CLIENT_LIBRARY",
        "directory of Oracle's client library for driver thick, when none is configured",
    ),
    ("OCI_CONFIG_FILE", "the cloud's own configuration file, when ~/.oci/config is missing"),
    ("OCI_CLI_CONFIG_FILE", "the cloud's own configuration file"),
    ("OCI_CLI_PROFILE", "profile of the cloud's configuration file"),
    ("OCI_CLI_AUTH", "kind of authentication"),
    ("OCI_CLI_USER", "user OCID, before the profile's"),
    ("OCI_CLI_TENANCY", "tenancy OCID, before the profile's"),
    ("OCI_CLI_FINGERPRINT", "fingerprint of the API key, before the profile's"),
    ("OCI_CLI_KEY_FILE", "path of the API key, before the profile's"),
    ("OCI_CLI_KEY_CONTENT", "the API key itself, in the place of a key file"),
    ("OCI_CLI_PASSPHRASE", "passphrase of the API key, before the profile's"),
    ("OCI_CLI_SECURITY_TOKEN_FILE", "path of the session token, before the profile's"),
    ("OCI_CLI_ENDPOINT", "one origin for all services, when none is configured"),
    ("OCI_CLI_CERT_BUNDLE", "file of further certificate authorities, when none is configured"),
    ("OCI_CLI_REGION", "region, before the profile's"),
    ("OCI_REGION", "region, when the profile names none"),
    ("OCI_METADATA_BASE_URL", "base of the instance metadata service"),
    ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2 for resource principals"),
    (
        "OCI_RESOURCE_PRINCIPAL_RPST",
        "token of the resource principal, or the absolute path of a file with it",
    ),
    (
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM",
        "key of the resource principal, or the absolute path of a file with it",
    ),
    ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", "passphrase of that key"),
    ("OCI_RESOURCE_PRINCIPAL_REGION", "region of the resource principal"),
    ("USER", "named as the holder of a lease"),
    ("LOGNAME", "named as the holder of a lease, when USER is not set"),
    ("HOME", "home directory"),
    ("NO_COLOR", "no colours in output"),
    ("CI", "no progress bars"),
];

/// The value of a variable, if it is set to readable text that is not empty.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
