//! The one door to environment variables, and the list of those that adbctl reads.

/// The variables adbctl reads, with what each is for. `docs/environment.md` repeats this table, and a test compares them.
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
    (
        "HTTPS_PROXY",
        "proxy for https and for SQL*Net with TLS, when none is configured or named by the descriptor; https_proxy comes first",
    ),
    ("HTTP_PROXY", "proxy for http, as a sandbox on another machine has it; http_proxy comes first"),
    ("ALL_PROXY", "proxy for http and https where the two above are not set; all_proxy comes first"),
    (
        "NO_PROXY",
        "hosts and domains that are reached without a proxy, parted by commas; no_proxy comes first",
    ),
    ("ORACLE_HOME", "where Oracle's client library is looked for, for driver thick"),
    ("LD_LIBRARY_PATH", "where Oracle's client library is looked for, for driver thick"),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Words of capital letters that stand in quotation marks behind one of the words by which variables are asked for.
    fn asked_for(text: &str) -> impl Iterator<Item = &str> {
        let name = |rest: &str| rest.bytes().take_while(|b| b.is_ascii_uppercase() || *b == b'_').count();
        ["variable(\"", "any(\"", "\"OCI_"].into_iter().flat_map(move |word| {
            let from = word.rfind('"').map_or(0, |at| at + 1);
            text.match_indices(word).filter_map(move |(at, _)| {
                let rest = &text[at + from..];
                let (found, after) = rest.split_at(name(rest));
                (after.starts_with('"') && !found.is_empty()).then_some(found)
            })
        })
    }

    fn sources(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !name.contains("tests") {
                let text = fs_err::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                found.extend(asked_for(code).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_variable_that_is_read_is_listed() {
        assert_eq!(
            asked_for("variable(\"A_B\") any(\"C\") f(\"D\") \"OCI_X\"").collect::<Vec<_>>(),
            ["A_B", "C", "OCI_X"]
        );
        let mut found = BTreeSet::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 10, "{found:?}");
        let listed: BTreeSet<String> = VARIABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(listed.len(), VARIABLES.len(), "one is listed twice");
        let missing: Vec<_> = found.difference(&listed).collect();
        assert!(missing.is_empty(), "not in the list: {missing:?}");
    }

    #[test]
    fn the_page_repeats_the_list() {
        let page = include_str!("../../docs/environment.md");
        let rows: Vec<String> =
            VARIABLES.iter().map(|(name, what)| format!("| `{name}` | {what} |")).collect();
        let found: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(found, rows);
    }
}
