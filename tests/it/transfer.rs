//! Objects of many parts, through the binary: broken off and gone on with, faults of the service, a disk that is full,
//! an object that is replaced while it is fetched.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use adbctl::model::act::Method;
use adbctl::model::{NoSecrets, RestCall, Service};
use adbctl::oci::object_storage::{Condition, put_object};
use adbctl::oci::{CallContext, Oci, OciOptions, Payload};
use serde_json::{Value, json};

use crate::orders::flat;
use crate::support::{Ended, Rehearsal};

const MIB: usize = 1024 * 1024;

/// Bytes that look like nothing, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn file(rehearsal: &Rehearsal, name: &str, bytes: &[u8]) -> PathBuf {
    let path = rehearsal.home().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn object(rehearsal: &Rehearsal, words: &[&str]) -> Ended {
    let mut all = vec!["object"];
    all.extend(words);
    rehearsal.on_sandbox(&all)
}

/// The requests to Object Storage of this method whose path has this end, by status.
fn requests(rehearsal: &Rehearsal, method: &str, part: &str) -> Vec<i64> {
    let audit = rehearsal.audit();
    let of = audit.iter().filter(|line| {
        line["method"] == method && line["path"].as_str().is_some_and(|path| path.contains(part))
    });
    of.map(|line| line["status"].as_i64().unwrap()).collect()
}

/// Waits until something is so, for a minute at most.
fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what} did not happen within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "box")
        .collect();
    names.sort();
    names
}

#[test]
fn sizes_around_the_parts_borders_come_back_as_they_went() {
    let rehearsal = Rehearsal::new();
    for (size, parts) in [
        (0, 1),
        (1, 1),
        (10 * MIB - 1, 1),
        (10 * MIB, 1),
        (10 * MIB + 1, 2),
        (20 * MIB, 2),
        (20 * MIB + 1, 3),
    ] {
        let bytes = noise(size as u64, size);
        file(&rehearsal, "there", &bytes);
        let put =
            object(&rehearsal, &["put", "there", "x", "--part-size", "10", "--force", "--output", "json"]);
        let told: Value = serde_json::from_str(&put.expect(0).stdout).unwrap();
        assert_eq!((&told["parts"], &told["size"]), (&json!(parts), &json!(size)), "{size}");
        let got = object(&rehearsal, &["get", "x", "back", "--force", "--output", "json"]).expect(0);
        let told: Value = serde_json::from_str(&got.stdout).unwrap();
        assert_eq!(told["verified"], "crc32c", "{size}");
        assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == bytes, "{size}");

        let mut piped =
            rehearsal.sandbox_command(&["object", "put", "-", "piped", "--force", "--output", "json"]);
        piped.stdin(std::fs::File::open(rehearsal.home().join("there")).unwrap());
        let told: Value =
            serde_json::from_str(&Ended::of(&piped.output().unwrap()).expect(0).stdout).unwrap();
        assert_eq!(told["size"], json!(size), "{size}");
        let back = rehearsal.sandbox_command(&["object", "get", "piped", "-"]).output().unwrap();
        assert!(back.stdout == bytes, "{size} through pipes");
    }
    assert_eq!(names(rehearsal.home()), ["back", "there"]);
}

#[test]
fn faults_of_the_service_do_not_reach_the_data() {
    let rehearsal = Rehearsal::new();
    let bytes = noise(7, 45 * MIB);
    file(&rehearsal, "there", &bytes);
    let faults = [
        json!({"status": {"status": 429}}),
        json!({"status": {"status": 500}}),
        json!({"status": {"status": 503, "html": true}}),
        json!({"drop": {"after": false}}),
        json!({"drop": {"after": true}}),
    ];
    for (index, action) in faults.iter().enumerate() {
        let name = format!("x{index}");
        for method in ["PUT", "POST", "HEAD", "GET"] {
            // The requests in which the answer is lost are those that matter: create, part, commit.
            let path = format!("/n/*/b/*{}*", if method == "POST" { "/u" } else { name.as_str() });
            let after = u64::from(method == "PUT");
            rehearsal.fault(
                &json!({"method": method, "path": path, "after": after, "count": 1, "action": action}),
            );
        }
        let put = object(&rehearsal, &["put", "there", &name, "--part-size", "10"]);
        let put_code = put.code;
        // A POST that got 500 is not repeated unless something holds it; both of ours are held by if-none-match.
        assert_eq!(put_code, 0, "{action}: {}", put.stderr);
        let commit = json!({"method": "POST", "path": format!("*/u/{name}"), "count": 1, "action": action});
        rehearsal.fault(&commit);
        let forced = object(&rehearsal, &["put", "there", &name, "--part-size", "10", "--force"]);
        if action["status"]["status"] == 500 {
            assert_eq!(forced.code, 8, "{action}: {}", forced.stderr);
        } else {
            assert_eq!(forced.code, 0, "{action}: {}", forced.stderr);
        }
        let back = format!("back{index}");
        object(&rehearsal, &["get", &name, &back]).expect(0);
        assert!(std::fs::read(rehearsal.home().join(&back)).unwrap() == bytes, "{action}");
    }
    let rows: Value =
        serde_json::from_str(&object(&rehearsal, &["list", "--output", "json"]).expect(0).stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), faults.len());
    assert!(requests(&rehearsal, "DELETE", "/u/").iter().all(|status| *status == 204));
}

#[test]
fn a_killed_upload_goes_on_and_sends_only_what_is_missing() {
    let rehearsal = Rehearsal::new();
    let bytes = noise(11, 60 * MIB);
    file(&rehearsal, "there", &bytes);
    let put = ["object", "put", "there", "x", "--part-size", "10", "--parallel", "2"];
    for round in 0..2 {
        // The next part is held up, so that there is time to kill.
        let slow = json!({"method": "PUT", "path": "*/u/x", "after": 2, "count": 2,
                          "action": {"slow": {"seconds": 30}}});
        rehearsal.fault(&slow);
        let before = requests(&rehearsal, "PUT", "/u/x").len();
        let mut child =
            rehearsal.sandbox_command(&put).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("two parts", || requests(&rehearsal, "PUT", "/u/x").len() >= before + 2);
        child.kill().unwrap();
        child.wait().unwrap();
        clear(&rehearsal);
        assert_eq!(requests(&rehearsal, "POST", "/u").len(), 1, "one upload was begun, round {round}");
    }
    let ended = rehearsal.on_sandbox(&[&put[..], &["--output", "json"]].concat()).expect(0);
    assert!(ended.stderr.contains("going on with the upload of x"), "{}", ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["parts"], told["kept"].as_u64().unwrap() >= 20 << 20), (&json!(6), true), "{told}");
    object(&rehearsal, &["get", "x", "back"]).expect(0);
    assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == bytes);
}

/// Sends a call of Object Storage as a stranger would.
fn send(rehearsal: &Rehearsal, call: &RestCall, body: Option<Vec<u8>>) {
    let description = rehearsal.description();
    let options = OciOptions {
        config_file: Some(description["oci_config"].as_str().unwrap().into()),
        endpoint: Some(description["oci_endpoint"].as_str().unwrap().into()),
        ..OciOptions::default()
    };
    let oci = Oci::new(&options).unwrap();
    let context = CallContext { body: body.map(Payload::from), ..CallContext::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(oci.send(call, &context, &NoSecrets)).unwrap();
}

/// Moves an object to the archive tier.
fn archive(rehearsal: &Rehearsal, name: &str) {
    let path = ["n", "sandboxspace", "b", "adbctl", "actions", "updateObjectStorageTier"];
    let call = RestCall::new(Service::ObjectStorage, Method::Post, path.map(|part| json!(part)).to_vec())
        .json(json!({"objectName": name, "storageTier": "Archive"}));
    send(rehearsal, &call, None);
}

fn clear(rehearsal: &Rehearsal) {
    rehearsal.run(&["sandbox", "fault", "--clear", "--dir", rehearsal.sandbox().to_str().unwrap()]).expect(0);
}

#[test]
fn another_files_upload_is_left_alone_and_a_failed_one_is_taken_back() {
    let rehearsal = Rehearsal::new();
    file(&rehearsal, "one", &noise(1, 25 * MIB));
    file(&rehearsal, "two", &noise(2, 25 * MIB));
    let refuse = json!({"method": "PUT", "path": "*/u/x", "after": 2, "count": 1,
                        "action": {"status": {"status": 403, "code": "NotAllowed"}}});
    rehearsal.fault(&refuse);
    let kept =
        object(&rehearsal, &["put", "one", "x", "--part-size", "10", "--parallel", "1", "--keep-parts"]);
    let kept = kept.expect(6);
    assert!(kept.stderr.contains("stays in the bucket"), "{}", kept.stderr);
    assert!(kept.stderr.contains("object put one x --part-size 10"), "{}", kept.stderr);
    rehearsal.fault(&refuse);
    let failed = object(&rehearsal, &["put", "two", "x", "--part-size", "10", "--parallel", "1"]).expect(8);
    assert!(failed.stderr.contains("it is left alone"), "{}", failed.stderr);
    assert_eq!(requests(&rehearsal, "DELETE", "/u/x"), [204]);
    let went_on = object(&rehearsal, &["put", "one", "x", "--output", "json"]).expect(0);
    let told: Value = serde_json::from_str(&went_on.stdout).unwrap();
    assert_eq!((&told["parts"], &told["kept"]), (&json!(3), &json!(20 << 20)));
    object(&rehearsal, &["get", "x", "back"]).expect(0);
    assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == noise(1, 25 * MIB));
}

#[test]
fn a_file_that_changes_while_it_is_stored_is_noticed() {
    let rehearsal = Rehearsal::new();
    for (name, shorter) in [("longer", false), ("shorter", true)] {
        let path = file(&rehearsal, name, &noise(3, 30 * MIB));
        let slow = json!({"method": "PUT", "path": format!("*/u/{name}"), "after": 1, "count": 1,
                          "action": {"slow": {"seconds": 1}}});
        rehearsal.fault(&slow);
        let words = ["object", "put", name, "--part-size", "10", "--parallel", "1"];
        let child = rehearsal.sandbox_command(&words).stderr(Stdio::piped()).spawn().unwrap();
        until("a part", || !requests(&rehearsal, "PUT", &format!("/u/{name}")).is_empty());
        let open = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        open.set_len(if shorter { 15 << 20 } else { 31 << 20 }).unwrap();
        let ended = Ended::of(&child.wait_with_output().unwrap()).expect(5);
        assert!(ended.stderr.contains("was changed while it was read"), "{}", ended.stderr);
        assert_eq!(requests(&rehearsal, "DELETE", &format!("/u/{name}")), [204]);
    }
    object(&rehearsal, &["get", "longer"]).expect(4);
    object(&rehearsal, &["get", "longer", "back"]).expect(8);
}

#[cfg(unix)]
#[test]
fn a_download_is_broken_off_killed_and_gone_on_with() {
    let rehearsal = Rehearsal::new();
    let bytes = noise(13, 60 * MIB);
    file(&rehearsal, "there", &bytes);
    object(&rehearsal, &["put", "there", "x", "--part-size", "10"]).expect(0);
    for signal in ["INT", "KILL"] {
        let slow = json!({"method": "GET", "path": "*/o/x", "after": 1, "count": 8,
                          "action": {"slow": {"seconds": 30}}});
        rehearsal.fault(&slow);
        let ranges = rehearsal.home().join("back.part.ranges");
        let before = std::fs::read_to_string(&ranges).unwrap_or_default().lines().count().max(1);
        let words = ["object", "get", "x", "back", "--parallel", "1"];
        let child = rehearsal.sandbox_command(&words).stderr(Stdio::piped()).spawn().unwrap();
        until("a range", || std::fs::read_to_string(&ranges).is_ok_and(|text| text.lines().count() > before));
        let pid = child.id().to_string();
        std::process::Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        let ended = Ended::of(&child.wait_with_output().unwrap());
        if signal == "INT" {
            let ended = ended.expect(7);
            assert!(ended.stderr.contains("are in back.part"), "{}", ended.stderr);
            assert!(ended.stderr.contains("object get x back"), "{}", ended.stderr);
        }
        assert!(!rehearsal.home().join("back").exists());
        clear(&rehearsal);
    }
    let before = requests(&rehearsal, "GET", "/o/x").len();
    let ended = object(&rehearsal, &["get", "x", "back", "--output", "json"]).expect(0);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["kept"], &told["verified"]), (&json!(32 << 20), &json!("crc32c")));
    assert_eq!(requests(&rehearsal, "GET", "/o/x").len(), before + 2);
    assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == bytes);
    assert_eq!(names(rehearsal.home()), ["back", "there"]);
}

#[test]
fn an_object_that_is_replaced_meanwhile_stops_its_download() {
    let rehearsal = Rehearsal::new();
    file(&rehearsal, "one", &noise(17, 40 * MIB));
    file(&rehearsal, "two", &noise(18, 40 * MIB));
    object(&rehearsal, &["put", "one", "x", "--part-size", "10"]).expect(0);
    let slow = json!({"method": "GET", "path": "*/o/x", "after": 1, "count": 1,
                      "action": {"slow": {"seconds": 3}}});
    rehearsal.fault(&slow);
    let words = ["object", "get", "x", "back", "--parallel", "1"];
    let child = rehearsal.sandbox_command(&words).stderr(Stdio::piped()).spawn().unwrap();
    until("a range", || !requests(&rehearsal, "GET", "/o/x").is_empty());
    object(&rehearsal, &["put", "two", "x", "--part-size", "10", "--force"]).expect(0);
    let ended = Ended::of(&child.wait_with_output().unwrap()).expect(5);
    assert!(ended.stderr.contains("was replaced or removed while it was read"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("run it again: it then reads the object that is there now"),
        "{}",
        ended.stderr
    );
    assert!(requests(&rehearsal, "GET", "/o/x").contains(&412));
    assert_eq!(names(rehearsal.home()), ["one", "two"]);
    object(&rehearsal, &["get", "x", "back"]).expect(0);
    assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == noise(18, 40 * MIB));
}

#[test]
fn bytes_that_were_spoilt_on_disk_do_not_pass() {
    let rehearsal = Rehearsal::new();
    file(&rehearsal, "there", &noise(19, 40 * MIB));
    for (name, part) in [("parts", "10"), ("whole", "50")] {
        object(&rehearsal, &["put", "there", name, "--part-size", part]).expect(0);
        let refuse = json!({"method": "GET", "path": format!("*/o/{name}"), "after": 2, "count": 1,
                            "action": {"status": {"status": 403, "code": "NotAllowed"}}});
        rehearsal.fault(&refuse);
        let failed = object(&rehearsal, &["get", name, "back", "--parallel", "1"]).expect(6);
        assert!(failed.stderr.contains("are in back.part"), "{}", failed.stderr);
        let path = rehearsal.home().join("back.part");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[5 * MIB] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let spoilt = object(&rehearsal, &["get", name, "back"]).expect(5);
        assert!(spoilt.stderr.contains("checksum of"), "{}", spoilt.stderr);
        assert_eq!(names(rehearsal.home()), ["there"], "nothing of it stays");
    }
}

#[test]
fn what_is_archived_or_unreachable_is_said() {
    let rehearsal = Rehearsal::new();
    file(&rehearsal, "there", b"x");
    object(&rehearsal, &["put", "there", "cold"]).expect(0);
    archive(&rehearsal, "cold");
    let refused = object(&rehearsal, &["get", "cold", "back"]).expect(4);
    assert!(refused.stderr.contains("archive tier"), "{}", refused.stderr);
    assert!(refused.stderr.contains("restore"), "{}", refused.stderr);
    assert!(object(&rehearsal, &["list"]).expect(0).stdout.contains("cold  (Archive"));

    let gone = rehearsal.home().join("gone.toml");
    let profile = rehearsal.description()["oci_config"].as_str().unwrap().to_owned();
    std::fs::write(&gone, format!("[oci]\nconfig_file = \"{profile}\"\nendpoint = \"http://127.0.0.1:9\"\n"))
        .unwrap();
    let config = gone.to_str().unwrap();
    let words = ["--config", config, "object", "put", "there", "--bucket", "b", "--namespace", "n"];
    let ended = rehearsal.run(&words).expect(8);
    assert!(ended.stderr.contains("check the network"), "{}", ended.stderr);
    assert_eq!(names(rehearsal.home()), ["gone.toml", "there"]);
}

#[test]
fn bytes_that_are_spoilt_on_their_way_do_not_pass() {
    let rehearsal = Rehearsal::new();
    let bytes = noise(23, 12 * MIB);
    file(&rehearsal, "there", &bytes);
    let spoil = |method: &str, path: &str| {
        rehearsal.fault(&json!({"method": method, "path": path, "count": 1, "action": {"spoil": {}}}));
    };
    for (name, part, path, code) in [
        ("parts", "10", "*/u/parts", "UnmatchedContentCRC32C"),
        ("whole", "50", "*/o/whole", "UnmatchedContentMD5"),
    ] {
        let words = ["put", "there", name, "--part-size", part];
        spoil("PUT", path);
        let refused = object(&rehearsal, &words).expect(5);
        for said in ["checksum of", code, "run it again"] {
            assert!(flat(&refused.stderr).contains(said), "{said}: {}", refused.stderr);
        }
        object(&rehearsal, &["get", name, "back"]).expect(8);
        object(&rehearsal, &words).expect(0);
    }
    assert_eq!(requests(&rehearsal, "DELETE", "/u/parts"), [204], "what was stored was taken back");

    // Somebody else stored this one, with the checksum that everybody sends.
    let place = ["sandboxspace", "adbctl", "foreign"].map(|part| json!(part));
    let [namespace, bucket, name] = place;
    let plain = "application/octet-stream";
    let call = put_object(namespace, bucket, name, plain, Value::Null, Condition::Always);
    send(&rehearsal, &call, Some(bytes.clone()));
    for (name, verified) in [("parts", "crc32c"), ("whole", "crc32c"), ("foreign", "md5")] {
        spoil("GET", &format!("*/o/{name}"));
        let refused = object(&rehearsal, &["get", name, "back"]).expect(5);
        assert!(
            flat(&refused.stderr).contains("is not that of the bytes that arrived"),
            "{}",
            refused.stderr
        );
        assert_eq!(names(rehearsal.home()), ["there"], "nothing of it stays");
        spoil("GET", &format!("*/o/{name}"));
        object(&rehearsal, &["get", name, "-"]).expect(5);
        let got = object(&rehearsal, &["get", name, "back", "--output", "json"]).expect(0);
        let told: Value = serde_json::from_str(&got.stdout).unwrap();
        assert_eq!(told["verified"], verified, "{name}");
        assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == bytes, "{name}");
        std::fs::remove_file(rehearsal.home().join("back")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_keeps_what_it_has() {
    let rehearsal = Rehearsal::new();
    let bytes = noise(29, 40 * MIB);
    file(&rehearsal, "there", &bytes);
    object(&rehearsal, &["put", "there", "x"]).expect(0);
    // 20 MiB in the shell's blocks of 512 bytes.
    let limited = r#"trap '' XFSZ; ulimit -f 40960; exec "$@""#;
    let whole = rehearsal.sandbox_command(&["object", "get", "x", "back", "--parallel", "1"]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limited, "sh"]).arg(whole.get_program()).args(whole.get_args());
    shell.env_clear().envs(whole.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = Ended::of(&shell.current_dir(rehearsal.home()).output().unwrap()).expect(6);
    for said in [
        "back.part may not become as large",
        "16.0 MiB",
        "are in back.part",
        "ulimit -f",
        "object get x back",
    ] {
        assert!(flat(&ended.stderr).contains(said), "{said}: {}", ended.stderr);
    }
    assert_eq!(names(rehearsal.home()), ["back.part", "back.part.ranges", "there"]);
    let got = object(&rehearsal, &["get", "x", "back", "--output", "json"]).expect(0);
    let told: Value = serde_json::from_str(&got.stdout).unwrap();
    assert_eq!(told["kept"], json!(16 << 20));
    assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == bytes);
}

#[test]
fn names_of_objects_are_taken_as_they_are() {
    let rehearsal = Rehearsal::new();
    let hard = [
        "Ünïcödé/日本 語.txt",
        "a b",
        "a&b=c",
        r#"it's "quoted""#,
        "100%",
        "a%2Fb",
        "a%20b",
        "#1",
        "why?x=1",
        "a+b",
        "semi;colon,comma",
        r"back\slash",
        "//slashes/",
        "~tilde*star[1]",
        "$HOME `x` <y> | {z}",
    ];
    let names: Vec<String> = hard.iter().map(|name| format!("dir é&?/{name}")).collect();
    let list = |prefix: &str| -> Vec<String> {
        let shown = object(&rehearsal, &["list", prefix, "--output", "json"]).expect(0);
        let rows: Value = serde_json::from_str(&shown.stdout).unwrap();
        rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    // One that would be hit if a name were cut or decoded on its way.
    for near in ["dir é&?/a", "dir é", "dir é&?/a/b", "dir é&?/why", "dir é&?/"] {
        file(&rehearsal, "there", near.as_bytes());
        object(&rehearsal, &["put", "there", near]).expect(0);
    }
    for name in &names {
        file(&rehearsal, "there", name.as_bytes());
        object(&rehearsal, &["put", "there", name]).expect(0);
    }
    for name in &names {
        object(&rehearsal, &["get", name, "back", "--force"]).expect(0);
        assert_eq!(std::fs::read_to_string(rehearsal.home().join("back")).unwrap(), *name);
    }
    assert_eq!(list(&names[8]), [names[8].as_str()]);
    assert_eq!(list("dir é&?/").len(), names.len() + 4);
    let shown = object(&rehearsal, &["list", "dir é&?/"]).expect(0).stdout;
    assert!(names.iter().all(|name| shown.lines().any(|line| line.ends_with(name))), "{shown}");
    object(&rehearsal, &["rm", &names[0], &names[1], "--yes"]).expect(0);
    assert_eq!(list(&names[0]), Vec::<String>::new());
    object(&rehearsal, &["rm", "--prefix", "dir é&?/", "--yes"]).expect(0);
    assert_eq!(list(""), ["dir é"]);
    // Parts have addresses of their own.
    file(&rehearsal, "there", &noise(31, 11 * MIB));
    let name = r#"Ü "&?#%2F"#;
    object(&rehearsal, &["put", "there", name, "--part-size", "10"]).expect(0);
    object(&rehearsal, &["get", name, "back", "--force"]).expect(0);
    assert!(std::fs::read(rehearsal.home().join("back")).unwrap() == noise(31, 11 * MIB));
}
