use super::super::init::{AnsweredDatabase, Answers, render};
use super::*;

struct Place {
    dir: tempfile::TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        Self { dir, variables: Vec::new() }
    }

    fn path(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.dir.path().to_owned()).unwrap()
    }

    fn inputs(&self) -> Inputs {
        let variables = self.variables.clone();
        Inputs {
            config: None,
            state_dir: None,
            lookup: Box::new(move |name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            }),
            current_dir: self.path().join("project"),
            home: Some(self.path().join("home")),
            user_config: Some(self.path().join("config")),
            user_state: Some("/state".into()),
        }
    }

    fn shown(&self, inputs: &Inputs) -> String {
        let settings = Settings::load(inputs).unwrap();
        settings.shown().replace(self.path().as_str(), "TOP")
    }
}

const DEV: &str =
    "[database.dev]\nocid = 'ocid1.autonomousdatabase.oc1.uk-london-1.example'\nrole = 'nonproduction'\n";

#[test]
fn every_layer_has_its_rank_and_its_origin() {
    let mut place = Place::new(&[
        (
            "project/adbctl.toml",
            &format!("{DEV}[oci]\nprofile = 'project'\nregion = 'uk-london-1'\n[run]\nparallel = 2\n"),
        ),
        (
            "config/adbctl/adbctl.toml",
            "[oci]\nprofile = 'user'\nconfig_file = '~/.oci/other'\n[database.dev.connect]\npassword = { file = 'pw' }\n",
        ),
    ]);
    place.variables = vec![("OCI_CLI_REGION", "eu-frankfurt-1")];
    let mut inputs = place.inputs();
    inputs.state_dir = Some("/elsewhere".into());
    insta::assert_snapshot!(place.shown(&inputs), @r#"
    oci.config_file = TOP/home/.oci/other  # TOP/config/adbctl/adbctl.toml:3
    oci.profile = project  # adbctl.toml:5
    oci.region = eu-frankfurt-1  # environment variable OCI_CLI_REGION
    database.dev.ocid = ocid1.autonomousdatabase.oc1.uk-london-1.example  # adbctl.toml:2
    database.dev.role = nonproduction  # adbctl.toml:3
    database.dev.connect.driver = auto  # default
    database.dev.connect.user = ADMIN  # default
    database.dev.connect.password = file TOP/config/adbctl/pw  # TOP/config/adbctl/adbctl.toml:5
    database.dev.connect.service = low  # default
    database.dev.connect.wallet = download  # default
    state.directory = /elsewhere  # --state-dir
    run.parallel = 2  # adbctl.toml:8
    run.poll_shortest = 1s  # default
    run.poll_longest = 30s  # default
    run.slow_after = 600s  # default
    "#);
}

#[test]
fn a_named_file_stands_alone() {
    let place = Place::new(&[
        ("project/adbctl.toml", "[oci]\nprofile = 'project'\n"),
        ("project/other.toml", "[oci]\nregion = 'uk-london-1'\n"),
    ]);
    let mut inputs = place.inputs();
    inputs.config = Some("other.toml".into());
    let settings = Settings::load(&inputs).unwrap();
    assert_eq!(settings.oci.profile, None);
    assert!(settings.oci.region.is_some());
    inputs.config = Some("missing.toml".into());
    assert!(matches!(Settings::load(&inputs), Err(SettingsError::Unreadable(_))));
}

#[test]
fn the_sandbox_file_is_not_bent_by_variables() {
    let mut place = Place::new(&[("project/box.toml", "[oci]\nprofile = 'SANDBOX'\n")]);
    place.variables =
        vec![("OCI_CLI_PROFILE", "real"), ("ADBCTL_CONFIG", "/nowhere"), ("ADBCTL_STATE_DIR", "s")];
    let settings = Settings::load(&place.inputs().only("box.toml".into())).unwrap();
    assert_eq!(settings.oci.profile.unwrap().value, "SANDBOX");
    assert_eq!(settings.state.directory.unwrap().value, place.path().join("project/s"));
}

#[test]
fn mistakes_come_together_at_their_places() {
    fn check(text: &str, wanted: &[&str]) {
        let place = Place::new(&[("project/adbctl.toml", text)]);
        let found = match Settings::load(&place.inputs()) {
            Ok(_) => Vec::new(),
            Err(SettingsError::Mistakes(found)) => {
                found.iter().map(|m| format!("{m} | {}", m.help.as_deref().unwrap_or("-"))).collect()
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found.len(), wanted.len(), "{text}: {found:#?}");
        for (found, wanted) in found.iter().zip(wanted) {
            let (start, part) = wanted.split_once(" … ").unwrap_or((wanted, ""));
            assert!(found.starts_with(start) && found.contains(part), "{wanted}: {found}");
        }
    }
    check(DEV, &[]);
    check(
        "[oci]\nregoin = 'x'\nauth = 'apikey'\nendpoint = 'localhost'\n[database.dev]\nrole = 'prod'\n\
         [database.prod]\ncompartment = 'ocid1'\nrole = 'production'\nconsent = ['after-clone-triger']\n\
         [database.prod.connect]\ndriver = 'thni'\npassword = 'very-clear-text'\nuser = 'a b'\n[rnu]\nparallel = 2\n",
        &[
            "adbctl.toml:2:1: unknown key `regoin` in [oci] … did you mean \"region\"?",
            "adbctl.toml:3:8: `auth`: unknown variant `apikey` … did you mean \"api_key\"?",
            "adbctl.toml:4:12: `endpoint`: \"localhost\" is no URL",
            "adbctl.toml:6:8: `role`: unknown variant `prod`",
            "adbctl.toml:8:15: `compartment`: \"ocid1\" is not an OCID",
            "adbctl.toml:10:12: \"after-clone-triger\" is nothing … did you mean \"after-clone-trigger\"?",
            "adbctl.toml:12:10: `driver`: \"thni\" is no driver",
            "adbctl.toml:13:1: `password` holds a secret as plain text … { env = \"NAME\" }",
            "adbctl.toml:14:8: `user`: \"a b\" is no database user",
            "adbctl.toml:15:2: unknown key `rnu` … did you mean \"run\"?",
            "adbctl.toml:5:11: [database.dev] does not say which … ocid",
            "adbctl.toml:5:11: [database.dev] has no role … production",
            "adbctl.toml:7:11: [database.prod] does not say which",
        ],
    );
    check("[run]\nparallel = 0\npoll_longest = '5'\n", &["adbctl.toml:2:12: ", "adbctl.toml:3:16: "]);
    check("[secrets]\nsink = { directory = 'x', vault = 'y' }", &["adbctl.toml:2:35"]);
    check("[state]\nbucket = 'b'\nlease = '2s'\n", &["adbctl.toml:3:9: `lease`: \"2s\" is not between"]);
    check("[state]\nbucket = 'b'\nlease = '3s'\n", &[]);
    check("[secrets]\nsink = {}", &["adbctl.toml:2:1: `sink` must be either"]);
    check(
        "[database.a]\nocid = 'ocid1.autonomousdatabase.oc1.lhr.x'\nrole = 'production'\n\
         [database.b]\nocid = 'ocid1.autonomousdatabase.oc1.lhr.X'\nrole = 'nonproduction'\n",
        &["adbctl.toml:4:11: [database.b] may be overwritten and is the same database as [database.a]"],
    );
    check(
        "[database.a]\ndisplay_name = 'A'\ncompartment = 'ocid1.compartment.oc1..x'\nrole = 'production'\n\
         [database.b]\ndisplay_name = 'A'\ncompartment = 'ocid1.compartment.oc1..x'\nrole = 'nonproduction'\n\
         [database.c]\ndisplay_name = 'A'\ncompartment = 'ocid1.compartment.oc1..y'\nrole = 'nonproduction'\n",
        &["adbctl.toml:5:11: [database.b] may be overwritten"],
    );
    check(
        "[database.dev]\nocid = 'ocid1.autonomousdatabase.oc1.lhr.x'\nrole = 'production'\n[database.dev.connect]\nresults = { namespace = 'n' }",
        &["adbctl.toml:5:1: `results` does not say which bucket"],
    );
    check("[oci.resolve]\n'a.example.com' = 'b'", &["adbctl.toml:2:19: \"b\" is no address"]);
    check("[oci]\nproxy = 'http://a:bcdef@h:1'", &["adbctl.toml:2:9: `proxy`: a URL with a password"]);
}

#[test]
fn pauses_are_in_order() {
    let place = Place::new(&[("project/adbctl.toml", "[run]\npoll_shortest = '1m'\n")]);
    let error = Settings::load(&place.inputs()).unwrap_err().to_string();
    assert!(error.starts_with("adbctl.toml:2: the shortest pause"), "{error}");
}

#[test]
fn nothing_is_said_of_a_bucket_that_is_not_named() {
    fn check(text: &str, wanted: Option<&str>) {
        let place = Place::new(&[("project/adbctl.toml", text)]);
        let found = Settings::load(&place.inputs()).err().map(|e| e.to_string());
        assert_eq!(found.is_some(), wanted.is_some(), "{text}: {found:?}");
        assert!(found.unwrap_or_default().starts_with(wanted.unwrap_or("")), "{text}");
    }
    check("[state]\nbucket = 'b'\nnamespace = 'n'\nprefix = 'p/'\n", None);
    check("[state]\ndirectory = 'd'\n", None);
    check("[state]\nnamespace = 'n'\n", Some("adbctl.toml:2: namespace of [state] means nothing"));
    check("[state]\n\nprefix = 'p/'\n", Some("adbctl.toml:3: prefix of [state]"));
    check("[state]\nlease = '2m'\n", Some("adbctl.toml:2: lease of [state]"));
}

#[test]
fn unknown_databases_get_near_names() {
    let place = Place::new(&[("project/adbctl.toml", DEV)]);
    let settings = Settings::load(&place.inputs()).unwrap();
    assert!(settings.database("dev").unwrap().may_be_overwritten());
    let error = settings.database("dve").unwrap_err().to_string();
    assert!(error.contains("did you mean \"dev\"?"), "{error}");
}

#[test]
fn parameters_of_a_runbook_keep_their_types() {
    let place = Place::new(&[(
        "project/adbctl.toml",
        "[runbook.refresh]\norder = 'swap'\necpu = 4\nusers = ['A']\n",
    )]);
    let settings = Settings::load(&place.inputs()).unwrap();
    let values = &settings.runbooks["refresh"];
    assert_eq!(values["ecpu"].value, serde_json::json!(4));
    assert_eq!(values["users"].value, serde_json::json!(["A"]));
}

#[test]
fn what_init_writes_is_read_again() {
    for answers in [
        Answers::default(),
        Answers {
            profile: Some("LONDON".into()),
            auth: Some(AuthKind::SecurityToken),
            region: Some("uk-london-1".into()),
            secrets: Some("/run/\"odd\" secrets".into()),
            databases: vec![
                AnsweredDatabase {
                    name: "prod".into(),
                    identity: "ocid1.autonomousdatabase.oc1.uk-london-1.example".into(),
                    compartment: None,
                    role: Role::Production,
                },
                AnsweredDatabase {
                    name: "dev".into(),
                    identity: "Dev \"1\"".into(),
                    compartment: Some("ocid1.compartment.oc1..example".into()),
                    role: Role::Nonproduction,
                },
            ],
        },
    ] {
        let text = render(&answers);
        let place = Place::new(&[("project/adbctl.toml", &text)]);
        let settings = Settings::load(&place.inputs()).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(settings.databases.len(), answers.databases.len());
        assert_eq!(settings.oci.profile.map(|p| p.value), answers.profile);
        // Every commented-out key is a key that exists: without its mark the line is still read.
        let uncommented: String = text
            .lines()
            .map(|l| {
                l.strip_prefix("# ")
                    .filter(|l| l.contains(" = ") && !l.contains('…') || l.starts_with('['))
                    .unwrap_or(l)
            })
            .filter(|l| !l.starts_with("Secrets") && !l.starts_with("Configuration"))
            .fold(String::new(), |all, line| all + line + "\n");
        let place = Place::new(&[("project/adbctl.toml", &uncommented)]);
        Settings::load(&place.inputs()).unwrap_or_else(|e| panic!("{e}\n{uncommented}"));
    }
}

#[test]
fn what_auto_comes_to() {
    fn check(driver: Driver, workload: Option<&str>, address: Option<&str>, wanted: Driver) {
        assert_eq!(driver.chosen(workload, address), wanted, "{workload:?} {address:?}");
    }
    let url = Some("https://example.com/ords/");
    check(Driver::Auto, Some("OLTP"), None, Driver::Thin);
    check(Driver::Auto, Some("LH"), Some("dev_high"), Driver::Thin);
    check(Driver::Auto, None, None, Driver::Thin);
    check(Driver::Auto, Some("APEX"), None, Driver::Ords);
    check(Driver::Auto, Some("DW"), url, Driver::Ords);
    check(Driver::Thin, Some("APEX"), url, Driver::Thin);
    check(Driver::Dbtools, Some("OLTP"), None, Driver::Dbtools);
}
