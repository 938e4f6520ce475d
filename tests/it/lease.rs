//! One run a target across machines: two state directories stand for two machines, the sandbox's bucket holds the leases.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::equality;
use crate::support::{Ended, Rehearsal, json as read_json};

/// Two machines that share a bucket.
struct Machines {
    rehearsal: Rehearsal,
}

impl Machines {
    /// Whose leases last this long.
    fn new(lease: &str) -> Self {
        let rehearsal = Rehearsal::new();
        let told = rehearsal.description();
        let text = std::fs::read_to_string(told["adbctl_config"].as_str().unwrap()).unwrap();
        let bucket = told["bucket"].as_str().unwrap();
        // The namespace is left out: it is asked for.
        let state = format!("\n[state]\nbucket = \"{bucket}\"\nprefix = \"shared/\"\nlease = \"{lease}\"\n");
        std::fs::write(rehearsal.home().join("machines.toml"), text + &state).unwrap();
        Self { rehearsal }
    }

    /// Under what path the leases lie.
    fn folder(&self) -> String {
        let told = self.rehearsal.description();
        let word = |name: &str| told[name].as_str().unwrap().to_owned();
        format!("/n/{}/b/{}/o/shared/leases/", word("namespace"), word("bucket"))
    }

    fn state(&self, user: &str) -> PathBuf {
        self.rehearsal.home().join(user)
    }

    /// A command on the machine of this user.
    fn command(&self, user: &str, words: &[&str]) -> Command {
        let state = self.state(user);
        let mut all = vec!["--config", "machines.toml", "--state-dir", state.to_str().unwrap()];
        all.extend(words);
        let mut command = self.rehearsal.command(&all);
        command.env("USER", user);
        command
    }

    fn run(&self, user: &str, words: &[&str]) -> Ended {
        let output = self.command(user, words).output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Begins a refresh whose clone hangs in the service for some seconds, and waits until it hangs.
    fn begin(&self, user: &str, seconds: u64) -> Child {
        self.rehearsal.fault(&json!({
            "method": "POST", "path": "/20160918/autonomousDatabases", "count": 1, "action": {"slow": {"seconds": seconds}},
        }));
        let child = self
            .command(user, &["refresh", "prod", "dev", "--yes"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !self.journal(user).contains("\"act-sent\":{\"step\":\"clone\"") {
            assert!(begun.elapsed() < Duration::from_mins(1), "the clone was not sent");
            std::thread::sleep(Duration::from_millis(20));
        }
        child
    }

    fn newest_run(&self, user: &str) -> Option<PathBuf> {
        let runs = std::fs::read_dir(self.state(user).join("runs")).ok()?;
        runs.map(|e| e.unwrap().path()).max()
    }

    fn journal(&self, user: &str) -> String {
        let file = self.newest_run(user).map(|run| run.join("journal.jsonl"));
        file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
    }

    /// The lines in which leases were stored or removed.
    fn lease_lines(&self) -> Vec<Value> {
        let folder = self.folder();
        self.rehearsal.audit().into_iter().filter(|line| equality::is_lease(line, &folder)).collect()
    }

    /// The leases that anybody sees.
    fn leases(&self, user: &str) -> Vec<Value> {
        let listed = self.run(user, &["lock", "list", "--output", "json"]).expect(0);
        let all: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
        all.into_iter().filter(|row| row["kind"] == "lease").collect()
    }

    #[track_caller]
    fn assert_free(&self, user: &str) {
        assert_eq!(self.leases(user), Vec::<Value>::new());
    }
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn end(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The second machine is refused for as long as the first renews its lease, which is longer than the lease lasts.
#[test]
fn of_two_machines_one_works_on_a_target() {
    let machines = Machines::new("5s");
    machines.run("bob", &["refresh", "prod", "dev", "--dry-run"]).expect(0);
    machines.run("bob", &["plan", "refresh", "prod", "dev", "-o", "plan.json"]).expect(0);
    assert_eq!(machines.lease_lines(), Vec::<Value>::new(), "looking takes no lease");

    let first = machines.begin("alice", 12);
    std::thread::sleep(Duration::from_secs(7));
    let run = machines.newest_run("alice").unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let second = machines.run("bob", &["refresh", "prod", "dev", "--yes"]).expect(9);
    says(
        &second.stderr,
        &[
            "somebody else works on dev",
            &format!("run {run} (refresh) of alice@"),
            &format!("process {}", first.id()),
            "since 20",
            "the lease ends at 20",
            "lock release dev",
        ],
    );
    assert!(machines.newest_run("bob").is_none(), "a refused run leaves nothing");
    let applied = machines.run("bob", &["apply", "plan.json", "--yes"]).expect(9);
    says(&applied.stderr, &["somebody else works on dev"]);

    let listed = machines.run("bob", &["lock", "list"]).expect(0);
    says(&listed.stdout, &["dev  lease  run ", &run, "alice@"]);
    assert!(!listed.stdout.contains("on this machine"), "{}", listed.stdout);
    let listed = machines.run("alice", &["lock", "list"]).expect(0);
    says(&listed.stdout, &["dev  on this machine  run ", "dev  lease  run "]);
    let rows = machines.leases("bob");
    assert_eq!((rows[0]["lease"]["run"].as_str(), rows[0]["lapsed"].as_bool()), (Some(&*run), Some(false)));
    let looked = machines.run("bob", &["doctor", "dev"]);
    says(&looked.stdout, &["✓ state bucket", "is there and can be read", "dev is leased by run "]);

    end(first).expect(0);
    machines.assert_free("bob");
    let lines = machines.rehearsal.audit();
    assert!(machines.lease_lines().len() >= 5, "it was renewed: {:#?}", machines.lease_lines());
    assert_eq!(machines.lease_lines().last().unwrap()["method"], "DELETE");
    let strays = equality::strays(&lines, Some(&machines.folder()));
    assert!(strays.is_empty(), "{strays:#?}");
    let plan = read_json(&machines.newest_run("alice").unwrap().join("plan.json"));
    equality::compare(&plan, &machines.rehearsal.audit_of_steps()).unwrap();
}

/// A lease outlives the process that held it: others wait, the run itself goes on at once.
#[test]
fn killed_and_resumed_on_the_same_machine() {
    let machines = Machines::new("1h");
    kill(machines.begin("alice", 1));
    let refused = machines.run("bob", &["refresh", "prod", "dev", "--yes"]).expect(9);
    says(&refused.stderr, &["alice@"]);
    let resumed = machines.run("alice", &["resume"]).expect(0);
    says(&resumed.stderr, &["took this run's own lease on dev again"]);
    says(&resumed.stdout, &["Verdict: done"]);
    machines.assert_free("bob");
}

/// A lease that nobody renews ends by itself.
#[test]
fn a_lapsed_lease_is_taken_over() {
    let machines = Machines::new("5s");
    kill(machines.begin("alice", 1));
    let rows = machines.leases("bob");
    assert_eq!(rows[0]["lapsed"], false);
    std::thread::sleep(Duration::from_secs(7));
    says(&machines.run("bob", &["lock", "list"]).expect(0).stdout, &["lapsed at 20", "not renewed since 20"]);
    let taken = machines.run("bob", &["refresh", "prod", "dev", "--yes"]).expect(0);
    says(&taken.stderr, &["took over the lease on dev of run ", "alice@", "did not end as it should"]);
    machines.assert_free("bob");
}

#[test]
fn a_lease_is_released_by_hand() {
    let machines = Machines::new("1h");
    says(&machines.run("bob", &["lock", "release", "dev"]).expect(0).stderr, &["dev is not locked"]);
    let child = machines.begin("alice", 2);
    // Where the process lives it is to be ended, not bypassed.
    let refused = machines.run("alice", &["lock", "release", "dev", "--yes"]).expect(4);
    says(&refused.stderr, &["is held by the living process", &child.id().to_string()]);
    kill(child);
    let refused = machines.run("bob", &["lock", "release", "dev"]).expect(4);
    says(&refused.stderr, &["the lease on dev is of run ", "alice@", "--yes"]);
    assert_eq!(machines.leases("bob").len(), 1, "nothing was removed");
    let released = machines.run("bob", &["lock", "release", "dev", "--yes"]).expect(0);
    says(&released.stderr, &["released the lease on dev of run ", "alice@"]);
    machines.assert_free("bob");
    machines.run("bob", &["lock", "release", "dve", "--yes"]).expect(3);
}

/// A run whose lease is taken from it stops, and says why; it can be resumed.
#[test]
fn a_run_that_lost_its_lease_stops() {
    let machines = Machines::new("3s");
    let child = machines.begin("alice", 5);
    machines.run("bob", &["lock", "release", "dev", "--yes"]).expect(0);
    let stopped = end(child).expect(7);
    says(
        &stopped.stderr,
        &["the lease on dev is lost: somebody released it", "the lock on the target is lost"],
    );
    says(&stopped.stdout, &["resume "]);
    says(&machines.journal("alice"), &["\"cancel-asked\":{\"reason\":\"lock-lost\"}"]);
    let resumed = machines.run("alice", &["resume"]).expect(0);
    says(&resumed.stdout, &["Verdict: done"]);

    // The other way round: nobody took it, and nobody is reached.
    let machines = Machines::new("3s");
    let child = machines.begin("alice", 6);
    machines.rehearsal.fault(&json!({"method": "PUT", "path": "/n/*", "action": {"drop": {"after": false}}}));
    let stopped = end(child).expect(7);
    says(&stopped.stderr, &["the lease on dev is lost: it could not be renewed for "]);
    machines.assert_free("alice");
}

/// However a run ends, its lease is given back.
#[test]
fn given_back_after_a_failure_and_an_interruption() {
    let machines = Machines::new("1h");
    let create = "/20160918/autonomousDatabases";
    machines
        .rehearsal
        .fault(&json!({"method": "POST", "path": create, "count": 1, "action": {"fail-clone": {}}}));
    machines.run("alice", &["refresh", "prod", "dev", "--yes"]).expect(5);
    machines.assert_free("bob");
    let child = machines.begin("bob", 2);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    end(child).expect(7);
    machines.assert_free("alice");
}

/// Where the bucket cannot be used, no run begins without its lock.
#[test]
fn no_bucket_no_run() {
    let machines = Machines::new("1h");
    let file = machines.rehearsal.home().join("machines.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let bucket = machines.rehearsal.description()["bucket"].as_str().unwrap().to_owned();
    std::fs::write(&file, text.replace(&format!("bucket = \"{bucket}\""), "bucket = \"no-such-bucket\""))
        .unwrap();
    let refused = machines.run("alice", &["refresh", "prod", "dev", "--yes"]).expect(8);
    says(&refused.stderr, &["the lease on dev cannot be taken", "BucketNotFound"]);
    assert!(machines.newest_run("alice").is_none());
    let looked = machines.run("alice", &["doctor", "--output", "json"]);
    assert_ne!(looked.code, 0);
    says(&looked.stdout, &["state bucket", "no-such-bucket"]);
}
