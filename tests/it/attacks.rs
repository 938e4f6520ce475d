//! Bad input and bad luck, each through the real binary: what it says, how it ends, and that nothing was changed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use adbctl::oci::database;
use serde_json::{Value, json};

use crate::hands;
use crate::support::Rehearsal;

/// What is broken before the command runs.
enum Broken {
    /// Nothing: the words themselves are wrong.
    Nothing,
    /// A line goes before the configuration.
    Head(&'static str),
    /// Tables go behind the configuration.
    Tail(&'static str),
    /// The first line of the configuration that begins so is replaced.
    Line(&'static str, &'static str),
    /// The same in the cloud's own profile.
    Profile(&'static str, &'static str),
    /// A file in the home, beside the configuration.
    File(&'static str, &'static str),
    /// The mode of the API key.
    KeyMode(u32),
    /// A fault of the sandbox, in JSON.
    Fault(&'static str),
}

use Broken::{Fault, File, Head, KeyMode, Line, Nothing, Profile, Tail};

struct Row {
    name: &'static str,
    broken: &'static [Broken],
    words: &'static [&'static str],
    code: i32,
    /// What standard error says: where, what, and what to do next.
    says: &'static [&'static str],
    /// How many writes the sandbox took: requests it did not refuse, and statements it began.
    writes: usize,
}

pub(crate) const REFRESH: &[&str] = &["refresh", "prod", "dev", "--yes"];
const OWN: &[&str] = &["run", "./own.toml", "prod", "dev", "--yes"];

/// A runbook of the operator's own, up to its steps.
macro_rules! own {
    ($steps:literal) => {
        File(
            "own.toml",
            concat!(
                "format = 1\ntitle = 'x'\n[database.source]\ndoc = 's'\naccess = 'read'\n[database.target]\n",
                "doc = 't'\naccess = 'write'\n[param.text]\ntype = 'text'\ndoc = 'a text'\ndefault = 'x'\n",
                $steps
            ),
        )
    };
}

macro_rules! row {
    ($name:literal, $broken:expr, $words:expr, $code:literal, $writes:literal, $says:expr) => {
        Row { name: $name, broken: &$broken, words: $words, code: $code, writes: $writes, says: &$says }
    };
}

const SECRET: &str = "hunter2hunter2";

const ROWS: &[Row] = &[
    // The configuration.
    row!(
        "unknown key",
        [Head("colour = 'x'")],
        REFRESH,
        3,
        0,
        ["adbctl.toml:1:1: unknown key `colour`", "known here: oci"]
    ),
    row!(
        "key with a slip",
        [Line("parking_ip", "parking_pi = '10.0.2.250'")],
        REFRESH,
        3,
        0,
        ["no parameter \"parking_pi\"", "parking_ip"]
    ),
    row!(
        "wrong type",
        [Line("region", "region = 3")],
        REFRESH,
        3,
        0,
        ["adbctl.toml:7:10", "`region`", "expected a string"]
    ),
    row!(
        "no TOML",
        [Line("region", "region = \"uk")],
        REFRESH,
        3,
        0,
        ["adbctl.toml:7:13", "invalid basic string"]
    ),
    row!(
        "missing parameter",
        [Line("parking_ip", "")],
        REFRESH,
        3,
        0,
        ["no parking address is given", "--set parking_ip=ADDRESS"]
    ),
    row!(
        "parameter of the wrong type",
        [Line("parking_ip", "parking_ip = '10.0.2.250'\nbackup_days = 'soon'")],
        REFRESH,
        3,
        0,
        ["parameter backup_days must be a number"]
    ),
    row!(
        "parameter on the command line",
        [Nothing],
        &["refresh", "prod", "dev", "--yes", "--set", "backup_days=soon"],
        2,
        0,
        ["backup_days=soon", "type number", "write numbers"]
    ),
    row!(
        "unknown parameter",
        [Nothing],
        &["refresh", "prod", "dev", "--yes", "--set", "colour=red"],
        3,
        0,
        ["no parameter \"colour\"", "known here: admin_password"]
    ),
    row!(
        "literal password",
        [Line("password = { file", "password = 'hunter2hunter2'")],
        REFRESH,
        3,
        0,
        ["`password` holds a secret as plain text", "password = { env = \"NAME\" }", "change the secret"]
    ),
    row!(
        "literal secret of a runbook",
        [Line("smtp_password", "smtp_password = 'hunter2hunter2'")],
        REFRESH,
        3,
        0,
        ["`smtp_password` holds a secret as plain text", "change the secret"]
    ),
    row!(
        "secret in an address",
        [Line("endpoint", "endpoint = 'http://me:hunter2hunter2@127.0.0.1:1'")],
        REFRESH,
        3,
        0,
        ["adbctl.toml:", "leave the password out"]
    ),
    row!(
        "unknown database",
        [Nothing],
        &["refresh", "prod", "dve", "--yes"],
        3,
        0,
        ["no database called \"dve\"", "did you mean \"dev\""]
    ),
    row!(
        "unknown runbook",
        [Nothing],
        &["run", "refersh", "prod", "dev", "--yes"],
        3,
        0,
        ["no runbook is called \"refersh\"", "did you mean \"refresh\""]
    ),
    row!(
        "runbook that is not there",
        [Nothing],
        OWN,
        3,
        0,
        ["the runbook cannot be read", "own.toml", "adbctl runbook list"]
    ),
    row!(
        "no configuration there",
        [Nothing],
        &["--config", "./nope.toml", "refresh", "prod", "dev", "--yes"],
        3,
        0,
        ["nope.toml", "adbctl init"]
    ),
    // Runbooks.
    row!(
        "cycle",
        [own!(
            "[[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { database = '{{ steps.b.ocid }}' }\n[[step]]\nid = 'b'\ntitle = 'B'\nrun.describe-database = { database = '{{ steps.a.ocid }}' }\n"
        )],
        OWN,
        3,
        0,
        ["own.toml:13:1: these steps wait for each other: a -> b -> a", "take one of the references"]
    ),
    row!(
        "step that is not there",
        [own!(
            "[[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { database = '{{ steps.clone.ocid }}' }\n[[step]]\nid = 'clones'\ntitle = 'B'\nrun.describe-database = { database = '{{ source.ocid }}' }\n"
        )],
        OWN,
        3,
        0,
        ["own.toml:16:", "clone", "did you mean \"clones\"?"]
    ),
    row!(
        "step that is left out",
        [own!(
            "[[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { database = '{{ source.ocid }}' }\n[[step]]\nid = 'b'\ntitle = 'B'\nrun.describe-database = { database = '{{ steps.a.ocid }}' }\n"
        )],
        &["run", "./own.toml", "prod", "dev", "--yes", "--from", "b"],
        3,
        0,
        ["step b uses {{ steps.a.ocid }}, but step a is left out"]
    ),
    row!(
        "step with two mistakes",
        [own!(
            "[[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { databse = 3 }\n[[step]]\nid = 'b'\ntitle = 3\nrun.manual = { instructions = 'x' }\n"
        )],
        OWN,
        3,
        0,
        ["2 mistakes found", "own.toml:16:", "own.toml:19:"]
    ),
    row!(
        "statement on the source",
        [own!("[[step]]\nid = 'a'\ntitle = 'A'\nrun.plsql = { on = 'source', text = 'begin null; end;' }\n")],
        OWN,
        3,
        0,
        ["step a", "cannot run on the source"]
    ),
    // Source and target.
    row!(
        "production as the target",
        [Nothing],
        &["refresh", "dev", "prod", "--yes"],
        4,
        0,
        ["prod is a production database, and is never a target", "no option changes this"]
    ),
    row!(
        "production under another name",
        [Tail(
            "[database.other]\nrole = 'nonproduction'\nocid = 'ocid1.autonomousdatabase.oc1.uk-london-1.prodexample'\n"
        )],
        &["refresh", "dev", "other", "--yes"],
        4,
        0,
        ["other is a production database, and is never a target"]
    ),
    row!(
        "source and target alike",
        [Nothing],
        &["refresh", "dev", "dev", "--yes"],
        4,
        0,
        ["dev cannot be refreshed from itself"]
    ),
    row!(
        "source and target by two names",
        [Tail(
            "[database.twin]\nrole = 'nonproduction'\nocid = 'ocid1.autonomousdatabase.oc1.uk-london-1.devexample'\n"
        )],
        &["refresh", "twin", "dev", "--yes"],
        4,
        0,
        ["twin and dev are the same database"]
    ),
    row!(
        "nobody to confirm",
        [Nothing],
        &["refresh", "prod", "dev"],
        4,
        0,
        ["nobody is there to confirm", "--dry-run", "--yes"]
    ),
    row!(
        "another name confirmed",
        [Nothing],
        &["refresh", "prod", "dev", "--yes", "--confirm-terminate", "prod"],
        3,
        0,
        ["prod was confirmed to be terminated, and the target is dev"]
    ),
    row!(
        "the parking address of the target",
        [Nothing],
        &["refresh", "prod", "dev", "--yes", "--set", "parking_ip=10.0.2.21"],
        3,
        0,
        ["10.0.2.21 is the address of dev itself", "another, free address"]
    ),
    // Keys.
    row!(
        "world-readable key",
        [KeyMode(0o644)],
        REFRESH,
        3,
        0,
        ["is open to everybody (mode 644)", "chmod 600"]
    ),
    row!(
        "key that is not there",
        [Profile("key_file", "key_file=nowhere.pem")],
        REFRESH,
        3,
        0,
        ["nowhere.pem cannot be read", "check the path in the profile"]
    ),
    row!(
        "key that is a folder",
        [Profile("key_file", "key_file=/")],
        REFRESH,
        3,
        0,
        ["the key file / is no file", "name the file itself"]
    ),
    row!(
        "key without its passphrase",
        [
            File("key.pem", include_str!("../../src/oci/testdata/pkcs8-enc.pem")),
            Profile("key_file", "key_file=HOME/key.pem")
        ],
        REFRESH,
        3,
        0,
        ["is encrypted and there is no passphrase", "key_passphrase under [oci]"]
    ),
    row!(
        "wrong passphrase",
        [
            File("key.pem", include_str!("../../src/oci/testdata/pkcs8-enc.pem")),
            File("phrase", "hunter2hunter2"),
            Profile("key_file", "key_file=HOME/key.pem"),
            Line("region", "region = 'uk-london-1'\nkey_passphrase = { file = 'phrase' }")
        ],
        REFRESH,
        3,
        0,
        ["the passphrase of the key file", "is wrong", "key_passphrase under [oci]"]
    ),
    row!(
        "fingerprint of another key",
        [Profile("fingerprint", "fingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff")],
        REFRESH,
        3,
        0,
        ["has the fingerprint", "must belong together"]
    ),
    row!("no such profile", [Line("profile", "profile = 'OTHER'")], REFRESH, 3, 0, ["OTHER"]),
    row!(
        "no password of the target",
        [Line("password = { file = \"BOX/passwords/dev\" }", "password = { env = 'NOT_SET' }")],
        REFRESH,
        3,
        0,
        ["NOT_SET"]
    ),
    // The cloud.
    row!(
        "clock skew",
        [Fault(r#"{"action":{"skew":{"seconds":900}}}"#)],
        REFRESH,
        8,
        0,
        ["401 NotAuthenticated", "15 min 0 s behind", "set the clock"]
    ),
    row!(
        "404, or not authorised",
        [Fault(
            r#"{"method":"GET","path":"/20160918/*","action":{"status":{"status":404,"code":"NotAuthorizedOrNotFound"}}}"#
        )],
        REFRESH,
        8,
        0,
        [
            "404 NotAuthorizedOrNotFound",
            "it does not exist, or this user may not see it",
            "the policies",
            "opc-request-id"
        ]
    ),
    row!(
        "404 to the clone",
        [Fault(
            r#"{"method":"POST","path":"/20160918/autonomousDatabases","action":{"status":{"status":404,"code":"NotAuthorizedOrNotFound"}}}"#
        )],
        REFRESH,
        5,
        0,
        ["✗ clone", "it does not exist, or this user may not see it"]
    ),
    row!(
        "quota",
        [Fault(r#"{"action":{"quota":{"databases":1}}}"#)],
        REFRESH,
        5,
        0,
        ["✗ clone", "LimitExceeded", "Raise the limit", "--order replace"]
    ),
    row!(
        "name taken",
        [Fault(
            r#"{"method":"POST","path":"/20160918/autonomousDatabases","action":{"status":{"status":400,"code":"InvalidParameter","message":"The name is taken."}}}"#
        )],
        REFRESH,
        5,
        0,
        ["✗ clone", "400 InvalidParameter", "The name is taken", "must become free"]
    ),
    row!(
        "the clone ends TERMINATED",
        [Fault(r#"{"action":{"fail-clone":{"code":"OutOfHostCapacity","message":"no room"}}}"#)],
        REFRESH,
        5,
        1,
        ["✗ clone", "ended FAILED", "OutOfHostCapacity: no room", "then resume"]
    ),
    // Scripts.
    row!(
        "curly quotes",
        [
            File("s.sql", "begin\n  dbms_output.put_line(\u{2018}x\u{2019});\nend;\n/\n"),
            Line("scripts", "scripts = [{ file = 'HOME/s.sql' }]")
        ],
        REFRESH,
        3,
        0,
        ["s.sql:2:", "(U+2018)", "(U+2019)", "a word processor has put it in; type an apostrophe"]
    ),
    row!(
        "script that is not there",
        [Line("scripts", "scripts = [{ file = 'HOME/none.sql' }]")],
        REFRESH,
        3,
        0,
        ["none.sql"]
    ),
    row!(
        "script that needs a terminal",
        [
            File("s.sql", "select 1 from dual;\naccept x\n"),
            Line("scripts", "scripts = [{ file = 'HOME/s.sql' }]")
        ],
        REFRESH,
        3,
        0,
        ["s.sql:2:", "ACCEPT"]
    ),
    row!(
        "ORA- error of a statement",
        [own!(
            "[[step]]\nid = 'a'\ntitle = 'A'\nrun.plsql = { on = 'target', text = 'begin delete from sales.nosuch; end;' }\n"
        )],
        OWN,
        5,
        1,
        ["✗ a", "ORA-00942", "usual cause:", "what to do:"]
    ),
    row!(
        "ORA- error of a query",
        [own!(
            "[[step]]\nid = 'a'\ntitle = 'A'\nrun.query = { on = 'target', text = 'select 1/0 from dual' }\n"
        )],
        OWN,
        5,
        0,
        ["✗ a", "ORA-01476", "what to do:"]
    ),
];

/// A sandbox, and a configuration of its own that points at it and can be bent.
pub(crate) struct Scene {
    /// The sandbox.
    pub rehearsal: Rehearsal,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { rehearsal: Rehearsal::new() }
    }

    pub(crate) fn home(&self) -> &Path {
        self.rehearsal.home()
    }

    fn known(&self, text: &str) -> String {
        text.replace("HOME", self.home().to_str().unwrap())
            .replace("BOX", self.rehearsal.sandbox().to_str().unwrap())
    }

    /// A configuration, a profile and a key of its own, fit for the sandbox.
    pub(crate) fn lay_out(&self) {
        let description = self.rehearsal.description();
        let read = |key: &str| std::fs::read_to_string(description[key].as_str().unwrap()).unwrap();
        let profile = read("oci_config");
        let line = profile.lines().find(|l| l.starts_with("key_file")).unwrap();
        let key = self.home().join("api_key.pem");
        std::fs::copy(line.split_once('=').unwrap().1.trim(), &key).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(self.home().join("adbctl.toml"), read("adbctl_config")).unwrap();
        std::fs::write(self.home().join("oci"), profile).unwrap();
        self.replace("oci", "key_file", &format!("key_file={}", key.display()));
        self.replace("adbctl.toml", "config_file", "config_file = 'HOME/oci'");
        let _ = std::fs::remove_file(self.home().join("own.toml"));
        hands::mend(&self.rehearsal);
    }

    pub(crate) fn replace(&self, file: &str, begins: &str, by: &str) {
        let path = self.home().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let begins = self.known(begins);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line =
            lines.iter_mut().find(|l| l.starts_with(&begins)).unwrap_or_else(|| panic!("{begins}: {text}"));
        *line = self.known(by);
        std::fs::write(path, lines.join("\n")).unwrap();
    }

    fn inflict(&self, broken: &Broken) {
        let config = self.home().join("adbctl.toml");
        match broken {
            Nothing => {}
            Head(line) => {
                let text = std::fs::read_to_string(&config).unwrap();
                std::fs::write(config, format!("{line}\n{text}")).unwrap();
            }
            Tail(tables) => {
                let text = std::fs::read_to_string(&config).unwrap();
                std::fs::write(config, format!("{text}\n{tables}")).unwrap();
            }
            Line(begins, by) => self.replace("adbctl.toml", begins, by),
            Profile(begins, by) => self.replace("oci", begins, by),
            File(name, text) => {
                let path = self.home().join(name);
                std::fs::write(&path, self.known(text)).unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            }
            KeyMode(mode) => {
                let key = self.home().join("api_key.pem");
                std::fs::set_permissions(key, std::fs::Permissions::from_mode(*mode)).unwrap();
            }
            Fault(rule) => hands::fault(&self.rehearsal, &serde_json::from_str(rule).unwrap()),
        }
    }

    fn writes(&self) -> usize {
        hands::writes(&self.rehearsal).len()
    }
}

/// What is wrong with one row, if anything.
fn check(scene: &Scene, row: &Row) -> Result<(), String> {
    scene.lay_out();
    let before = scene.writes();
    for broken in row.broken {
        scene.inflict(broken);
    }
    let ended = scene.rehearsal.run(row.words);
    let sent = scene.writes() - before;
    let mut wrong = Vec::new();
    if ended.code != row.code {
        wrong.push(format!("ended {}, not {}", ended.code, row.code));
    }
    if sent != row.writes {
        wrong.push(format!("{sent} writes, not {}", row.writes));
    }
    let flat: String = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    wrong.extend(row.says.iter().filter(|w| !flat.contains(*w)).map(|w| format!("{w:?} is not said")));
    for never in [SECRET, "\u{1b}", "\r", "panicked", "RUST_BACKTRACE"] {
        if ended.stderr.contains(never) || ended.stdout.contains(never) {
            wrong.push(format!("{never:?} is shown"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let told = ended
        .stderr
        .lines()
        .filter(|l| !l.contains(" ✓ ") && !l.contains(" – ") && !l.contains("did not get"));
    Err(format!("{}: {}\n{}\n", row.name, wrong.join("; "), told.collect::<Vec<_>>().join("\n")))
}

#[test]
fn bad_input_gets_a_clear_error_and_changes_nothing() {
    let scene = Scene::new();
    let before = scene.rehearsal.show("dev");
    let wrong: Vec<String> = ROWS.iter().filter_map(|row| check(&scene, row).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    hands::mend(&scene.rehearsal);
    let after = scene.rehearsal.show("dev");
    for kept in ["id", "dbName", "displayName", "lifecycleState", "privateEndpointIp", "freeformTags"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
}

/// No network at all. All at once, since each takes the time of its retries.
#[test]
fn a_network_that_is_not_there() {
    let scene = Scene::new();
    scene.lay_out();
    let config = std::fs::read_to_string(scene.home().join("adbctl.toml")).unwrap();
    let cases = [
        ("endpoint = 'http://127.0.0.1:9'", "Connection refused", "check the network, the proxy"),
        ("endpoint = 'http://nowhere.invalid'", "error resolving DNS", "check the network, the proxy"),
        ("endpoint = 'http://far.example.com'\nproxy = 'http://127.0.0.1:9'", "because: ", "the proxy"),
    ];
    let endpoint = config.lines().find(|l| l.starts_with("endpoint")).unwrap();
    let children = cases.iter().enumerate().map(|(n, (line, cause, help))| {
        let file = scene.home().join(format!("{n}.toml"));
        std::fs::write(&file, config.replace(endpoint, line)).unwrap();
        let words = ["--config", file.to_str().unwrap(), "refresh", "prod", "dev", "--yes"];
        let child = scene.rehearsal.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        (child.unwrap(), [*cause, *help, "could not be sent", "after 5 attempts"])
    });
    for (child, says) in children.collect::<Vec<_>>() {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(8), "{said}");
        assert!(says.iter().all(|words| said.contains(words)), "{says:?}: {said}");
    }
    assert!(scene.rehearsal.audit().is_empty());
}

/// The table can fail: a row that expects other words, another code or fewer writes is reported.
#[test]
fn the_table_notices() {
    let scene = Scene::new();
    let row = |code, writes, says| Row {
        name: "x",
        broken: &[Nothing],
        words: &["refresh", "dev", "prod", "--yes"],
        code,
        says,
        writes,
    };
    assert!(check(&scene, &row(4, 0, &["never a target"])).is_ok());
    for (row, wanted) in [
        (row(0, 0, &[]), "ended 4, not 0"),
        (row(4, 1, &[]), "0 writes, not 1"),
        (row(4, 0, &["nonsense"]), "\"nonsense\" is not said"),
    ] {
        assert!(check(&scene, &row).unwrap_err().contains(wanted));
    }
}

/// An address that somebody else took in between: the run stops with its reason, and goes on when it is free.
#[test]
fn a_taken_address_is_named_and_the_run_goes_on_when_it_is_free() {
    let rehearsal = Rehearsal::new();
    let dev = rehearsal.show("dev");
    // In another compartment, where the look before the run does not see it.
    let squatter = json!({
        "compartmentId": rehearsal.show("prod")["compartmentId"], "dbName": "SQUATTER", "displayName": "squatter", "adminPassword": "Good-enough-1",
        "computeModel": "ECPU", "computeCount": 2.0, "dataStorageSizeInTBs": 1, "licenseModel": "LICENSE_INCLUDED",
        "dbWorkload": "OLTP", "subnetId": dev["subnetId"], "nsgIds": dev["nsgIds"],
        "privateEndpointLabel": "squatter", "privateEndpointIp": "10.0.2.250",
    });
    let made = hands::send(&rehearsal, &database::create(squatter));
    let id = made["id"].as_str().unwrap();
    let ended = rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(6);
    for words in ["✗ release_address", "10.0.2.250", "must become free", "then resume"] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    hands::cloud(&rehearsal, id, &database::delete(json!(id), Value::Null));
    rehearsal.on_sandbox(&["resume"]).expect(0);
    assert_eq!(rehearsal.show("dev")["privateEndpointIp"], dev["privateEndpointIp"]);
}

/// The old target, terminated, has the name still. It is not taken for the target.
#[test]
fn a_terminated_namesake_is_not_the_target() {
    let rehearsal = Rehearsal::new();
    let first = rehearsal.show("dev")["id"].clone();
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes", "--confirm-terminate", "dev"]).expect(0);
    let namesake = hands::record(&rehearsal, first.as_str().unwrap());
    assert_eq!(
        (&namesake["lifecycleState"], &namesake["displayName"]),
        (&json!("TERMINATED"), &json!("dev"))
    );
    let second = rehearsal.show("dev")["id"].as_str().unwrap().to_owned();
    assert_ne!(first, second.as_str());
    // Where only terminated ones are left, there is no target.
    hands::cloud(&rehearsal, &second, &database::delete(json!(second), Value::Null));
    let before = hands::writes(&rehearsal).len();
    let ended = rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(3);
    for words in ["no database of the compartment is dev", "terminated ones do not count"] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    assert_eq!(hands::writes(&rehearsal).len(), before);
}

/// A journal or a plan that was changed behind adbctl's back is not gone on with, and says which line.
#[test]
fn a_changed_journal_is_not_trusted() {
    let rehearsal = Rehearsal::new();
    hands::fault(&rehearsal, &json!({ "action": { "quota": { "databases": 1 } } }));
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(5);
    hands::mend(&rehearsal);
    let run = rehearsal.newest_run();
    let name = run.file_name().unwrap().to_str().unwrap().to_owned();
    let (journal, plan) = (run.join("journal.jsonl"), run.join("plan.json"));
    let whole = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, whole.replacen("target_before", "source_before", 1)).unwrap();
    let ended = rehearsal.on_sandbox(&["resume", &name]).expect(5);
    assert!(
        ended.stderr.contains("journal.jsonl, line ") && ended.stderr.contains("is not trusted"),
        "{}",
        ended.stderr
    );
    std::fs::write(&journal, &whole).unwrap();
    let good = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, good.replacen("10.0.2.250", "10.0.2.251", 1)).unwrap();
    let ended = rehearsal.on_sandbox(&["resume", &name]).expect(3);
    assert!(ended.stderr.contains("is not the one it began with"), "{}", ended.stderr);
    assert!(ended.stderr.contains("put it back, or begin a new run"), "{}", ended.stderr);
    assert!(hands::writes(&rehearsal).is_empty());
    std::fs::write(&plan, &good).unwrap();
    rehearsal.on_sandbox(&["resume", &name]).expect(0);
}
