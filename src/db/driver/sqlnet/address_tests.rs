use super::*;

const FILE: &str = "dev_low = (description=(retry_count=20)(retry_delay=3)(address=(protocol=tcps)(port=1522)\
    (host=adb.example.com))(connect_data=(service_name=dev_low.adb.example.com))(security=(ssl_server_dn_match=yes)))\n\
    dev_high=(description=(address=(protocol=tcps)(port=1522)(host=10.0.0.1))(connect_data=(service_name=h)))";

fn around(tnsnames: Option<&'static str>) -> Around<'static> {
    Around { database: "dev", tnsnames, wallet: tnsnames.is_some() }
}

#[test]
fn addresses() {
    fn check(text: &str, wanted: Result<&[(&str, u16, bool, &str)], &str>) {
        match (read(text, around(Some(FILE))), wanted) {
            (Ok(route), Ok(wanted)) => {
                let found: Vec<_> = route
                    .places
                    .iter()
                    .map(|p| (p.host.as_str(), p.port, p.tls, p.service.as_str()))
                    .collect();
                assert_eq!(found, wanted, "{text}");
            }
            (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{text}: {error}"),
            (found, wanted) => panic!("{text}: {found:?} instead of {wanted:?}"),
        }
    }
    check("dev_low", Ok(&[("adb.example.com", 1522, true, "dev_low.adb.example.com")]));
    check("DEV_HIGH", Ok(&[("10.0.0.1", 1522, true, "h")]));
    check("dev_tp", Err("has no dev_tp; it has dev_low, dev_high"));
    check("h.example.com:1522/s", Ok(&[("h.example.com", 1522, true, "s")]));
    check("tcp://h.example.com/s:dedicated/i", Ok(&[("h.example.com", 1521, false, "s")]));
    check("tcps://[::1]:1/s?retry_count=3", Ok(&[("::1", 1, true, "s")]));
    check("tcps://h:1/s?wallet_location=/w", Err("says wallet_location"));
    check(
        "(DESCRIPTION_LIST=(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=a)(PORT=1))(ADDRESS=(PROTOCOL=tcps)\
         (HOST=b)(PORT=2)))(CONNECT_DATA=(SERVICE_NAME=x)))(DESCRIPTION=(ADDRESS=(HOST=c)(PORT=3))(CONNECT_DATA=(SID=y))))",
        Ok(&[("a", 1, false, "x"), ("b", 2, true, "x"), ("c", 3, false, "y")]),
    );
    check("(description=(address=(host=a)(port=x))(connect_data=(service_name=s)))", Err("which is none"));
    check("(description=(address=(host=a)(port=1))", Err("cannot be read"));
    check("(description=(address=(host=a)(port=1)))", Err("no connect_data"));
    check("(description=(address=(protocol=ipc)(host=a))(connect_data=(sid=s)))", Err("protocol ipc"));
    check("host:port/", Err("no service"));
    check("", Err("is no address"));
    let Err(without) = read("dev_low", around(None)) else { panic!("an alias without a file") };
    assert!(without.to_string().contains("no tnsnames.ora"), "{without}");
}

#[test]
fn what_a_descriptor_says_beside_its_addresses() {
    fn check(inside: &str, wanted: (NameRule, u32, u64, &str)) {
        let text = format!(
            "(description=(address=(protocol=tcps)(host=h)(port=1))\
             (connect_data=(service_name=s)(server=dedicated)(x=\"a(b\")){inside})"
        );
        let route = read(&text, around(None)).unwrap();
        let place = &route.places[0];
        assert_eq!(
            (place.rule.clone(), route.rounds, place.limit.as_secs()),
            (wanted.0, wanted.1, wanted.2),
            "{inside}"
        );
        assert_eq!(place.connect_data, wanted.3);
    }
    let data = "(connect_data=(service_name=s)(server=dedicated)(x=\"a(b\"))";
    check("", (NameRule::Host, 1, 15, data));
    check("(security=(ssl_server_dn_match=NO))", (NameRule::Nothing, 1, 15, data));
    check("(retry_count=20)(connect_timeout=5)", (NameRule::Host, 2, 5, data));
    check(
        "(transport_connect_timeout=2 min)(security=(ssl_server_cert_dn=\"CN=a, O=b\"))",
        (NameRule::Subject("CN=a, O=b".into()), 1, 120, data),
    );
}

#[test]
fn proxies() {
    fn check(host: &str, variables: &[(&str, &str)], wanted: Option<(&str, u16)>) {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let found = proxy_of_environment(host, &variable);
        assert_eq!(found, wanted.map(|(host, port)| (host.to_owned(), port)), "{host} {variables:?}");
    }
    let proxy = ("HTTPS_PROXY", "http://proxy.example.com:3128");
    check("a.example.com", &[proxy], Some(("proxy.example.com", 3128)));
    check("a.example.com", &[("https_proxy", "proxy.example.com")], Some(("proxy.example.com", 80)));
    check("a.example.com", &[proxy, ("NO_PROXY", "x.com, .example.com")], None);
    check("a.example.com", &[proxy, ("no_proxy", "ple.com")], Some(("proxy.example.com", 3128)));
    check("localhost", &[proxy], None);
    check("127.0.0.1", &[proxy], None);
    check("a.example.com", &[("HTTPS_PROXY", "socks5://p")], None);
    check("a.example.com", &[], None);
    let named = "(description=(address=(protocol=tcp)(https_proxy=p)(https_proxy_port=8080)(host=h)(port=1))\
        (connect_data=(service_name=s)))";
    assert_eq!(read(named, around(None)).unwrap().places[0].proxy, Some(("p".to_owned(), 8080)));
}
