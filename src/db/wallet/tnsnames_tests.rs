use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn seen(text: &str) -> Result<Vec<String>, String> {
    parse(text).map_err(|e| e.to_string()).map(|all| {
        all.iter()
            .map(|d| {
                let matching = d.name_matching.map_or("-", |m| if m { "match" } else { "no match" });
                let dn = d.server_dn.as_deref().unwrap_or("-");
                format!("{} {} {}:{} {} {matching} {dn}", d.alias, d.protocol, d.host, d.port, d.service)
            })
            .collect()
    })
}

#[test]
fn what_is_read() {
    fn check(text: &str, wanted: &[&str]) {
        assert_eq!(seen(text).unwrap(), wanted, "{text}");
    }
    check("", &[]);
    check("# nothing\n\n", &[]);
    check(
        "dev_low = (description=(retry_count=20)(address=(protocol=tcps)(port=1522)(host=adb.example.com))\
         (connect_data=(service_name=x_dev_low.example.com))(security=(ssl_server_dn_match=yes)))",
        &["dev_low tcps adb.example.com:1522 x_dev_low.example.com match -"],
    );
    check(
        "A, B =\r\n  (DESCRIPTION = # here\r\n    (ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCPS)(HOST= h1 )(PORT=1))\r\n\
         # (ADDRESS=(HOST=no))\r\n (ADDRESS=(PROTOCOL=TCP)(HOST=h2)(PORT=2)))\r\n\
         (CONNECT_DATA=(SERVICE_NAME=s))(SECURITY=(SSL_SERVER_DN_MATCH=no)\
         (SSL_SERVER_CERT_DN=\"CN=adb.example.com, O=Example (UK)\")))\r\nC=(DESCRIPTION=(ADDRESS=(HOST=h3)(PORT=3)))",
        &[
            "A tcps h1:1 s no match CN=adb.example.com, O=Example (UK)",
            "A tcp h2:2 s no match CN=adb.example.com, O=Example (UK)",
            "B tcps h1:1 s no match CN=adb.example.com, O=Example (UK)",
            "B tcp h2:2 s no match CN=adb.example.com, O=Example (UK)",
            "C tcp h3:3  - -",
        ],
    );
    check(
        "IFILE = /etc/other.ora\nx = (description_list=(description=(address=(protocol=tcps)(host=a)(port=1)))\
         (description=(address=(protocol=tcps)(host=b)(port=1))))",
        &["x tcps a:1  - -", "x tcps b:1  - -"],
    );
}

#[test]
fn what_is_refused() {
    fn check(text: &str, wanted: &str) {
        assert_eq!(seen(text).unwrap_err(), wanted, "{text}");
    }
    check("x", "tnsnames.ora line 1: a name and = were expected");
    check("\n= (a=b)", "tnsnames.ora line 2: a name and = were expected");
    check("x = (description=(address=(host=h)(port=1))", "tnsnames.ora line 1: a ) is missing");
    check("x = (description=(address=(host=h)(port=1))))", "tnsnames.ora line 1: a ) is too many");
    check("x = host:1522/service", "tnsnames.ora line 1: x has no description");
    check("x = (description=(address=(port=1)))", "tnsnames.ora line 1: x has an address without a host");
    check("x = (description=(address=(host=h)))", "tnsnames.ora line 1: x has an address without a port");
    check(
        "x = (description=(address=(host=h)(port=70000)))",
        "tnsnames.ora line 1: x has an address whose port is no number up to 65535",
    );
    check(
        &format!("x = {}", "(a=".repeat(100_000)),
        "tnsnames.ora line 1: parentheses stand too deep in each other",
    );
}

#[test]
fn only_the_hosts_that_were_asked_for_change() {
    let text = "# adb.example.com stays in comments\na, b = (description=(address=(host=ADB.example.com)(port=1)))\n\
                c = (description=(address=(host=\"adb.example.com\")(port=1)))\nd = (description=(address=(host=other)(port=1)))\n";
    let hosts = BTreeMap::from([("adb.example.com".to_owned(), "10.0.0.5".to_owned())]);
    let (changed, places) = with_hosts(text, &hosts).unwrap();
    assert_eq!(places, 2);
    assert_eq!(
        changed,
        "# adb.example.com stays in comments\na, b = (description=(address=(host=10.0.0.5)(port=1)))\n\
         c = (description=(address=(host=\"10.0.0.5\")(port=1)))\nd = (description=(address=(host=other)(port=1)))\n"
    );
    assert_eq!(with_hosts(text, &BTreeMap::new()).unwrap(), (text.to_owned(), 0));
    let bad = BTreeMap::from([("other".to_owned(), "x)(port=2".to_owned())]);
    assert!(with_hosts(text, &bad).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z =()#\"\\n\\\\,é]{0,200}") {
        let _ = parse(&text);
        let _ = with_hosts(&text, &BTreeMap::from([("a".to_owned(), "b".to_owned())]));
    }

    #[test]
    fn what_is_written_is_read(
        entries in prop::collection::vec(
            ("[a-z][a-z0-9_]{0,10}", "[a-z0-9][a-z0-9.-]{0,20}", 1_u16.., "[a-z0-9_.]{1,20}", any::<bool>()),
            0..6,
        ),
        blank in prop::sample::select(vec!["", " ", "\n  ", "\r\n\t", " # note\n "]),
        loud in any::<bool>(),
    ) {
        let key = |k: &str| if loud { k.to_uppercase() } else { k.to_owned() };
        let mut text = String::new();
        for (alias, host, port, service, matching) in &entries {
            let word = if *matching { "yes" } else { "no" };
            let _ = writeln!(text,
                "{alias}{blank}={blank}({}={blank}({}=({}=tcps){blank}({}={blank}{host}{blank})({}={port})){blank}({}=({}={service}))\
                 ({}=({}={word}){blank})){blank}",
                key("description"), key("address"), key("protocol"), key("host"), key("port"), key("connect_data"),
                key("service_name"), key("security"), key("ssl_server_dn_match"),
            );
        }
        let read = parse(&text).unwrap();
        prop_assert_eq!(read.len(), entries.len());
        for (found, (alias, host, port, service, matching)) in read.iter().zip(&entries) {
            prop_assert_eq!(
                (&found.alias, &found.host, found.port, &found.service, found.name_matching),
                (alias, host, *port, service, Some(*matching))
            );
            prop_assert_eq!(&text[found.at.clone()], host);
        }
        let hosts = entries.iter().map(|(_, host, ..)| (host.clone(), "new.example.com".to_owned())).collect();
        let (changed, places) = with_hosts(&text, &hosts).unwrap();
        prop_assert_eq!(places, entries.len());
        prop_assert!(parse(&changed).unwrap().iter().all(|d| d.host == "new.example.com"));
    }
}
