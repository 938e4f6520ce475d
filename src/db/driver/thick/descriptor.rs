//! The descriptor that Oracle's library is given: the places that this program read, with the wallet beside each.

use std::fmt::Write as _;

use camino::Utf8Path;

use crate::db::driver::sqlnet::address::{NameRule, Place, Route};

/// The places of a route as one descriptor; they are tried in this order.
pub(super) fn of(route: &Route, wallet: Option<&Utf8Path>) -> String {
    let places: String = route.places.iter().map(|place| description(place, route, wallet)).collect();
    match route.places.len() {
        1 => places,
        _ => format!("(description_list=(load_balance=off)(failover=on){places})"),
    }
}

fn description(place: &Place, route: &Route, wallet: Option<&Utf8Path>) -> String {
    let Place { host, port, tls, proxy, rule, limit, connect_data, .. } = place;
    let mut text = String::from("(description=");
    if route.rounds > 1 {
        let pause = route.pause.as_secs().max(1);
        let _ = write!(text, "(retry_count={})(retry_delay={pause})", route.rounds - 1);
    }
    let _ = write!(text, "(transport_connect_timeout={})", limit.as_secs().max(1));
    let protocol = if *tls { "tcps" } else { "tcp" };
    let _ = write!(text, "(address=(protocol={protocol})(host={host})(port={port})");
    if let Some((proxy, port)) = proxy {
        let _ = write!(text, "(https_proxy={proxy})(https_proxy_port={port})");
    }
    let _ = write!(text, "){connect_data}");
    if *tls {
        text.push_str("(security=");
        match rule {
            NameRule::Host => text.push_str("(ssl_server_dn_match=yes)"),
            NameRule::Subject(subject) => {
                let _ = write!(text, "(ssl_server_dn_match=yes)(ssl_server_cert_dn=\"{subject}\")");
            }
            NameRule::Nothing => text.push_str("(ssl_server_dn_match=no)"),
        }
        if let Some(wallet) = wallet {
            let _ = write!(text, "(my_wallet_directory=\"{wallet}\")");
        }
        text.push(')');
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::driver::sqlnet::address::{Around, read};

    #[test]
    fn descriptors() {
        fn check(address: &str, wallet: Option<&str>, wanted: &str) {
            let around = Around { database: "dev", tnsnames: None, wallet: wallet.is_some() };
            let route = read(address, around).unwrap();
            assert_eq!(of(&route, wallet.map(Utf8Path::new)), wanted, "{address}");
        }
        check(
            "127.0.0.1:1521/free",
            None,
            "(description=(transport_connect_timeout=15)(address=(protocol=tcp)(host=127.0.0.1)(port=1521))\
             (connect_data=(service_name=free)))",
        );
        check(
            "tcps://127.0.0.1:1522/s_low",
            Some("/w"),
            "(description=(transport_connect_timeout=15)(address=(protocol=tcps)(host=127.0.0.1)(port=1522))\
             (connect_data=(service_name=s_low))(security=(ssl_server_dn_match=yes)(my_wallet_directory=\"/w\")))",
        );
        check(
            "(description=(retry_count=20)(retry_delay=3)(address=(protocol=tcps)(port=1522)(host=adb.example.com)\
             (https_proxy=proxy.example.com)(https_proxy_port=80))(connect_data=(service_name=s))(security=\
             (ssl_server_cert_dn=\"CN=adb.example.com, O=Example\")))",
            Some("/w x"),
            "(description=(retry_count=1)(retry_delay=1)(transport_connect_timeout=15)(address=(protocol=tcps)\
             (host=adb.example.com)(port=1522)(https_proxy=proxy.example.com)(https_proxy_port=80))(connect_data=\
             (service_name=s))(security=(ssl_server_dn_match=yes)(ssl_server_cert_dn=\"CN=adb.example.com, O=Example\")\
             (my_wallet_directory=\"/w x\")))",
        );
        check(
            "(description=(address=(protocol=tcps)(port=1)(host=127.0.0.1))(address=(protocol=tcp)(port=2)(host=127.0.0.1))\
             (connect_data=(sid=s))(security=(ssl_server_dn_match=off)))",
            None,
            "(description_list=(load_balance=off)(failover=on)(description=(transport_connect_timeout=15)(address=\
             (protocol=tcps)(host=127.0.0.1)(port=1))(connect_data=(sid=s))(security=(ssl_server_dn_match=no)))\
             (description=(transport_connect_timeout=15)(address=(protocol=tcp)(host=127.0.0.1)(port=2))\
             (connect_data=(sid=s))))",
        );
    }
}
