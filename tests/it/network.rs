//! Where the new target stands in the network: as recorded, or as given.

use adbctl::oci::database;
use serde_json::{Value, json};

use crate::orders::{Colleague, as_planned, flat, plain, refresh, refused, writes};
use crate::support::{Ended, Rehearsal, json};

const SUBNET: &str = "ocid1.subnet.oc1.uk-london-1.devexample";
const SPARE: &str = "ocid1.subnet.oc1.uk-london-1.devspareexample";
const GROUP: &str = "ocid1.networksecuritygroup.oc1.uk-london-1.devappexample";

/// A rehearsal in which `dev` is public, with an access list.
fn public() -> (Rehearsal, Colleague) {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let id = rehearsal.show("dev")["id"].clone();
    colleague.change(&id, json!({ "privateEndpointLabel": "" }));
    colleague.change(&id, json!({ "whitelistedIps": ["203.0.113.0/24"] }));
    (rehearsal, colleague)
}

/// A refresh that is given a network.
fn refresh_to(rehearsal: &Rehearsal, network: &Value, more: &[&str]) -> Ended {
    let network = format!("network={network}");
    refresh(rehearsal, &[&["--set", network.as_str(), "--report", "json=report.json"], more].concat())
}

/// What `dev` has of the network now, as far as `wanted` names it, after a run that sent what its plan said.
#[track_caller]
fn stands(rehearsal: &Rehearsal, wanted: &Value) {
    stands_in_the_end(rehearsal, wanted);
    as_planned(rehearsal);
}

/// What `dev` has of the network now.
#[track_caller]
fn stands_in_the_end(rehearsal: &Rehearsal, wanted: &Value) {
    let found = rehearsal.show("dev");
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&found[name], value, "{name} of {found}");
    }
    let report = json(&rehearsal.home().join("report.json"));
    let checks = report["checks"].as_array().unwrap();
    let kept = checks.iter().find(|check| check["id"] == "address_kept").unwrap();
    assert_eq!(kept["status"], "passed", "{kept}");
    assert_eq!(report["verdict"], "done");
}

/// The steps that moved one of the two databases in the network.
fn moves(rehearsal: &Rehearsal) -> Vec<String> {
    let steps = writes(rehearsal).into_iter().map(|line| line["step"].as_str().unwrap().to_owned());
    steps.filter(|step| ["release_address", "take_address", "unpark_old"].contains(&step.as_str())).collect()
}

#[test]
fn another_address_label_and_groups_need_no_parking() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    let network =
        json!({ "privateEndpointIp": "10.0.2.44", "privateEndpointLabel": "dev-two", "nsgIds": [GROUP] });
    // The plan shows what will be sent.
    let set = format!("network={network}");
    let words = plain(&["refresh", "prod", "dev", "--set", &set, "--set", "parking_ip=", "--dry-run"]);
    let plan = rehearsal.on_sandbox(&words).expect(0).stdout;
    let create = plan.split("clone: ").nth(1).unwrap();
    for part in [r#""privateEndpointIp": "10.0.2.44""#, r#""privateEndpointLabel": "dev-two""#, SUBNET, GROUP]
    {
        assert!(create.contains(part), "{part} is not in the plan:\n{create}");
    }
    assert!(plan.contains("dev-two"), "{plan}");
    refresh_to(&rehearsal, &network, &["--set", "parking_ip="]).expect(0);
    stands(&rehearsal, &network);
    stands(&rehearsal, &json!({ "subnetId": SUBNET, "isMtlsConnectionRequired": true }));
    assert!(moves(&rehearsal).is_empty());
    let old = colleague.get(&before["id"]);
    assert_eq!(
        (&old["privateEndpointIp"], &old["privateEndpointLabel"]),
        (&json!("10.0.2.21"), &json!("dev-db"))
    );
    let verified = rehearsal.on_sandbox(&["verify", "dev"]).expect(0);
    assert!(verified.stdout.contains("Verdict: done"), "{}", verified.stdout);
}

#[test]
fn the_same_label_in_another_subnet() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    refresh_to(&rehearsal, &json!({ "subnetId": SPARE }), &["--set", "parking_ip="]).expect(0);
    stands(&rehearsal, &json!({ "subnetId": SPARE, "privateEndpointLabel": "dev-db" }));
    let ip = rehearsal.show("dev")["privateEndpointIp"].clone();
    assert!(ip.as_str().unwrap().starts_with("10.0.3."), "{ip}");
    assert_eq!(moves(&rehearsal), ["release_address", "take_address"], "only the label is handed over");
    let old = colleague.get(&before["id"]);
    assert_eq!(old["privateEndpointIp"], "10.0.2.21", "the old one keeps its address");
    assert_ne!(old["privateEndpointLabel"], "dev-db");
}

#[test]
fn the_same_address_under_another_label() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    let network = json!({ "privateEndpointLabel": "dev-two" });
    refused(
        &rehearsal,
        &["--set", &format!("network={network}"), "--set", "parking_ip="],
        &["10.0.2.21", "no parking address", "another address in `network`"],
    );
    refresh_to(&rehearsal, &network, &[]).expect(0);
    stands(&rehearsal, &json!({ "privateEndpointIp": "10.0.2.21", "privateEndpointLabel": "dev-two" }));
    assert_eq!(moves(&rehearsal), ["release_address", "take_address", "unpark_old"]);
    let old = colleague.get(&before["id"]);
    assert_eq!(old["privateEndpointLabel"], "dev-db", "the old one keeps its label");
    assert!(!["10.0.2.21", "10.0.2.250"].contains(&old["privateEndpointIp"].as_str().unwrap()), "{old}");
}

#[test]
fn a_public_target_gets_a_private_endpoint() {
    let (rehearsal, _) = public();
    let network =
        json!({ "subnetId": SUBNET, "privateEndpointIp": "10.0.2.44", "privateEndpointLabel": "dev-new" });
    refresh_to(&rehearsal, &network, &["--set", "parking_ip="]).expect(0);
    stands(&rehearsal, &network);
    let list = rehearsal.show("dev")["whitelistedIps"].clone();
    assert!(list.is_null() || list == json!([]), "the access list belonged to the public endpoint: {list}");
    assert!(moves(&rehearsal).is_empty());
}

#[test]
fn a_private_target_becomes_public() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    let bare = r#"network={ privateEndpointLabel = "" }"#;
    refused(&rehearsal, &["--set", bare], &["is to become public", "no access list"]);
    let network = json!({ "privateEndpointLabel": "", "whitelistedIps": ["203.0.113.0/24"] });
    refresh_to(&rehearsal, &network, &["--set", "parking_ip="]).expect(0);
    let wanted = json!({ "whitelistedIps": ["203.0.113.0/24"], "subnetId": null, "privateEndpointIp": null,
        "privateEndpointLabel": null, "isMtlsConnectionRequired": true });
    stands(&rehearsal, &wanted);
    assert_eq!(colleague.get(&before["id"])["privateEndpointIp"], "10.0.2.21");
}

#[test]
fn replace_puts_the_clone_there_at_once() {
    let rehearsal = Rehearsal::new();
    let network = json!({ "privateEndpointIp": "10.0.2.44", "isMtlsConnectionRequired": false });
    let order = ["--order", "replace", "--confirm-terminate", "dev", "--set", "backup_days=0"];
    refresh_to(&rehearsal, &network, &[&order[..], &["--set", "parking_ip="]].concat()).expect(0);
    stands(&rehearsal, &network);
    stands(&rehearsal, &json!({ "subnetId": SUBNET, "privateEndpointLabel": "dev-db" }));
    let public = json!({ "privateEndpointLabel": "", "whitelistedIps": ["203.0.113.0/24"] });
    refresh_to(&rehearsal, &public, &order).expect(0);
    assert!(rehearsal.show("dev")["subnetId"].is_null());
    let private = json!({ "subnetId": SPARE, "privateEndpointLabel": "dev-db" });
    refresh_to(&rehearsal, &private, &order).expect(0);
    assert_eq!(rehearsal.show("dev")["privateEndpointLabel"], "dev-db");
}

/// A plan names addresses, so it does not hold any more once the target has moved.
#[test]
fn a_sealed_plan_does_not_outlive_a_move() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    rehearsal.on_sandbox(&plain(&["plan", "refresh", "prod", "dev", "-o", "plan.json"])).expect(0);
    let dev = rehearsal.show("dev");
    colleague.change(&dev["id"], json!({ "subnetId": SUBNET, "privateEndpointIp": "10.0.2.44" }));
    let ended = rehearsal.on_sandbox(&["apply", "plan.json", "--yes"]).expect(4);
    assert!(
        flat(&ended.stderr).contains("what the service says of source or target changed"),
        "{}",
        ended.stderr
    );
    assert!(writes(&rehearsal).is_empty());
}

#[test]
fn mistakes_are_told_before_anything_moves() {
    let (rehearsal, _) = public();
    let check = |network: &str, wanted: &[&str]| {
        refused(&rehearsal, &["--set", &format!("network={network}")], wanted);
    };
    check(
        r#"{ subnetID = "x" }"#,
        &["parameter network has no member \"subnetID\"", "did you mean \"subnetId\"?"],
    );
    check(r#"{ nsgIds = "x" }"#, &["parameter network has a member nsgIds that must be a list"]);
    check(r#"{ isMtlsConnectionRequired = "no" }"#, &["must be true or false"]);
    check(
        r#"{ privateEndpointIp = "10.0.2.44" }"#,
        &["privateEndpointIp is given for a database without a private endpoint"],
    );
    check(r#"{ privateEndpointLabel = "", subnetId = "x" }"#, &["a public one has no subnetId"]);
}

#[test]
fn an_address_that_somebody_has() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let dev = rehearsal.show("dev");
    let squatter = colleague.squatter("prod", "10.0.2.44");
    let network = json!({ "privateEndpointIp": "10.0.2.44" });
    let ended = refresh_to(&rehearsal, &network, &[]).expect(5);
    let said = flat(&ended.stdout);
    assert!(said.contains("the address 10.0.2.44 is in use in the subnet"), "{said}");
    assert!(
        said.contains("an address that is in use must become free") && said.contains("give another"),
        "{said}"
    );
    assert_eq!(rehearsal.show("dev")["id"], dev["id"]);
    colleague.send(&database::delete(squatter.clone(), Value::Null));
    colleague.rest(&squatter);
    rehearsal.on_sandbox(&["resume", "--report", "json=report.json"]).expect(0);
    stands_in_the_end(&rehearsal, &network);
}

/// What the compartment shows of a clash is found before anything is changed, in either order.
#[test]
fn a_clash_is_found_before_anything_moves() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let squatter = colleague.squatter("dev", "10.0.2.44");
    let replace = ["--order", "replace", "--confirm-terminate", "dev"];
    let taken = "in use by database squatter";
    for (network, more, what) in [
        (json!({ "privateEndpointIp": "10.0.2.44" }), &[][..], "the address 10.0.2.44"),
        (json!({ "privateEndpointIp": "10.0.2.44" }), &replace[..], "the address 10.0.2.44"),
        (json!({ "privateEndpointLabel": "squat" }), &replace[..], "the host label squat"),
        (json!({}), &["--set", "parking_ip=10.0.2.44"][..], "the address 10.0.2.44"),
    ] {
        let ended = refresh_to(&rehearsal, &network, more).expect(5);
        let said = flat(&ended.stdout);
        for part in [what, taken, squatter.as_str().unwrap(), "Begin anew with another one"] {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
        assert!(writes(&rehearsal).is_empty());
    }
}

/// A parking address that can never do is noticed before anything moves, not when the old database is half moved.
#[test]
fn a_parking_address_of_nowhere() {
    let rehearsal = Rehearsal::new();
    for (address, what) in [
        ("10.9.9.9", "the address 10.9.9.9 is not in the subnet, whose addresses are 10.0.2.0/24"),
        ("10.0.2", "\"10.0.2\" is no address"),
    ] {
        let ended =
            refresh_to(&rehearsal, &json!({}), &["--set", &format!("parking_ip={address}")]).expect(5);
        let said = flat(&ended.stdout);
        for part in [what, "begin anew with a free address of the subnet"] {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
        assert!(writes(&rehearsal).is_empty());
    }
}

/// The network is recorded with its VCN, and one who may not see it goes on without.
#[test]
fn the_vcn_is_recorded() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let shown = rehearsal.on_sandbox(&["show", "dev"]).expect(0).stdout;
    assert!(shown.contains("VCN                 ocid1.vcn.oc1.uk-london-1.devexample"), "{shown}");
    let seen = |rehearsal: &Rehearsal| {
        let report = json(&rehearsal.home().join("report.json"));
        let steps = report["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == "target_network").unwrap()["outputs"].clone()
    };
    refresh_to(&rehearsal, &json!({}), &[]).expect(0);
    let outputs = seen(&rehearsal);
    assert_eq!(
        (&outputs["vcn"], &outputs["note"]),
        (&json!("ocid1.vcn.oc1.uk-london-1.devexample"), &Value::Null)
    );
    let denied =
        json!({ "status": 404, "code": "NotAuthorizedOrNotFound", "message": "Authorization failed" });
    colleague
        .fault(&json!({ "method": "GET", "path": "/20160918/subnets/*", "action": { "status": denied } }));
    let shown = rehearsal.on_sandbox(&["show", "dev"]).expect(0).stdout;
    assert!(shown.contains("VCN                 not shown"), "{shown}");
    refresh_to(&rehearsal, &json!({}), &[]).expect(0);
    let outputs = seen(&rehearsal);
    assert_eq!(outputs["vcn"], Value::Null);
    assert!(outputs["note"].as_str().unwrap().contains("Authorization failed"), "{outputs}");
}
