use super::*;
use crate::oci::client::tests::config;

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

fn resolve(options: &OciOptions, variables: &[(&str, &str)]) -> Result<Profile, OciError> {
    Profile::resolve(options, &|name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

/// The text without the lines that begin with `key`.
fn without(text: &str, key: &str) -> String {
    text.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn options_then_environment_then_profile() {
    let (_keep, folder) = folder();
    let file = config(&folder);
    let check = |options: &OciOptions, variables: &[(&str, &str)], region: &str| {
        let profile = resolve(options, variables).unwrap();
        assert_eq!(profile.region.as_deref(), Some(region));
    };
    let named = OciOptions { config_file: Some(file.clone()), ..OciOptions::default() };
    check(&named, &[], "uk-london-1");
    check(&named, &[("OCI_REGION", "nrt")], "uk-london-1");
    check(&named, &[("OCI_CLI_REGION", "nrt")], "nrt");
    check(&OciOptions { region: Some("fra".into()), ..named }, &[("OCI_CLI_REGION", "nrt")], "fra");
    let open = OciOptions::default();
    check(&open, &[("OCI_CLI_CONFIG_FILE", file.as_str())], "uk-london-1");
    check(&open, &[("OCI_CONFIG_FILE", file.as_str()), ("HOME", "/nowhere")], "uk-london-1");
    fs_err::create_dir_all(folder.join(".oci")).unwrap();
    fs_err::copy(&file, folder.join(".oci/config")).unwrap();
    check(&open, &[("OCI_CONFIG_FILE", "/nowhere"), ("HOME", folder.as_str())], "uk-london-1");
}

#[test]
fn the_environment_alone_is_enough() {
    let key = include_str!("testdata/pkcs8-enc.pem");
    let variables = [
        ("HOME", "/nowhere"),
        ("OCI_CLI_USER", "ocid1.user.oc1..example"),
        ("OCI_CLI_TENANCY", "ocid1.tenancy.oc1..example"),
        ("OCI_CLI_FINGERPRINT", "BE:8C:C9:EE:F7:96:F8:FA:E7:3A:AC:75:CA:C0:F2:30"),
        ("OCI_CLI_KEY_CONTENT", key),
        ("OCI_CLI_PASSPHRASE", "knock"),
        ("OCI_CLI_REGION", "lhr"),
        ("OCI_CLI_ENDPOINT", "http://127.0.0.1:1"),
    ];
    let profile = resolve(&OciOptions::default(), &variables).unwrap();
    let Identity::ApiKey(signer) = &profile.identity else { panic!("{profile:?}") };
    assert_eq!(
        signer.key_id,
        "ocid1.tenancy.oc1..example/ocid1.user.oc1..example/be:8c:c9:ee:f7:96:f8:fa:e7:3a:ac:75:ca:c0:f2:30"
    );
    assert_eq!(profile.endpoint.as_deref(), Some("http://127.0.0.1:1"));
    // An option's passphrase goes before the environment's.
    let wrong = OciOptions { passphrase: Some(Secret::new("knick-knack".into())), ..OciOptions::default() };
    assert!(resolve(&wrong, &variables).unwrap_err().to_string().contains("passphrase"));
}

#[test]
fn kinds_of_authentication() {
    let (_keep, folder) = folder();
    let file = config(&folder);
    let text = fs_err::read_to_string(&file).unwrap();
    let session = without(&text, "user");
    let session_file = folder.join("session");
    fs_err::write(&session_file, format!("{session}security_token_file={folder}/token\n")).unwrap();
    let check = |file: &Utf8Path, auth: Option<AuthKind>, variables: &[(&str, &str)], wanted: &str| {
        let options = OciOptions { config_file: Some(file.to_owned()), auth, ..OciOptions::default() };
        let found = match resolve(&options, variables) {
            Ok(profile) => format!("{:?}", profile.identity),
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(wanted), "{found}");
    };
    check(&file, None, &[], "ApiKey");
    check(&session_file, None, &[], "Session");
    check(&session_file, Some(AuthKind::ApiKey), &[], "profile DEFAULT of");
    check(
        &file,
        None,
        &[("OCI_CLI_AUTH", "instance_principal")],
        "Instance { base: \"http://169.254.169.254/opc/v2\" }",
    );
    let base = ("OCI_METADATA_BASE_URL", "http://127.0.0.1:5/opc/v2/");
    check(
        &file,
        Some(AuthKind::InstancePrincipal),
        &[base],
        "Instance { base: \"http://127.0.0.1:5/opc/v2\" }",
    );
    check(&file, None, &[("OCI_CLI_AUTH", "pkcs11")], "\"pkcs11\" is no kind of authentication");
    let resource = Some(AuthKind::ResourcePrincipal);
    check(&file, resource, &[], "OCI_RESOURCE_PRINCIPAL_VERSION is not set");
    check(
        &file,
        resource,
        &[("OCI_RESOURCE_PRINCIPAL_VERSION", "3.0")],
        "resource principals of version 3.0",
    );
    let all = [
        ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2"),
        ("OCI_RESOURCE_PRINCIPAL_RPST", "a.b.c"),
        ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", "/pem"),
    ];
    check(&file, resource, &all, "Resource");
}

#[test]
fn profiles_that_lack_something() {
    fn check(change: &dyn Fn(String) -> String, wanted: &str) {
        let (_keep, folder) = folder();
        let file = config(&folder);
        let text = fs_err::read_to_string(&file).unwrap();
        fs_err::write(&file, change(text)).unwrap();
        let options = OciOptions { config_file: Some(file), ..OciOptions::default() };
        let error = resolve(&options, &[]).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(error.advice.is_some(), "{error}");
    }
    let lacking = |key: &'static str| move |text: String| without(&text, key);
    check(&lacking("user"), "has no user");
    check(&lacking("tenancy"), "has no tenancy");
    check(&lacking("fingerprint"), "has no fingerprint");
    check(&lacking("key_file"), "has no key_file");
    check(&|t| t.replace("fingerprint=be", "fingerprint=00"), "the profile says 00:8c");
    check(&|t| t.replace("ocid1.user.oc1..example", "somebody"), "is no OCID");
    check(&|t| t.replace("key.pem", "other.pem"), "other.pem");
    check(&|t| format!("{t}key_content=x\n"), "may not stand in that file");
    let no_file = resolve(&OciOptions::default(), &[("HOME", "/nowhere")]).unwrap_err();
    assert!(no_file.to_string().contains("no configuration file"), "{no_file}");
}
