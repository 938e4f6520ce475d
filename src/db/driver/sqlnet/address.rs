//! Where a connection leads: descriptors, `host:port/service`, `tcps://…` and aliases become a list of places to try.

use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::db::error::DbError;
use crate::db::wallet::tnsnames::{self, Node};
use crate::model::environment;

/// What Oracle's own clients take where no port is said.
const USUAL_PORT: u16 = 1521;
/// How long one place may take until it is connected, where the descriptor does not say it.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// Descriptors of the service say 20 times 3 seconds; whoever waits for a database asks again himself.
const MOST_ROUNDS: u32 = 2;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Everything that one connection may try.
#[derive(Debug)]
pub(in crate::db::driver) struct Route {
    /// The places in the order in which they are tried.
    pub(in crate::db::driver) places: Vec<Place>,
    /// How often all of them are tried, at least once.
    pub(in crate::db::driver) rounds: u32,
    /// The pause before each further round.
    pub(in crate::db::driver) pause: Duration,
}

/// One listener, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::db::driver) struct Place {
    /// The host, to whose name the certificate must belong.
    pub(in crate::db::driver) host: String,
    /// The port.
    pub(in crate::db::driver) port: u16,
    /// Whether TLS is spoken there.
    pub(in crate::db::driver) tls: bool,
    /// An HTTP proxy on the way: host and port.
    pub(in crate::db::driver) proxy: Option<(String, u16)>,
    /// What the server's certificate is compared with.
    pub(in crate::db::driver) rule: NameRule,
    /// How long connecting may take, TLS included.
    pub(in crate::db::driver) limit: Duration,
    /// What the listener is asked for, as it stands in a descriptor.
    pub(in crate::db::driver) connect_data: String,
    /// The service, for people.
    pub(in crate::db::driver) service: String,
}

/// What the server's certificate is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::db::driver) enum NameRule {
    /// The host's name.
    Host,
    /// This subject (`ssl_server_cert_dn`).
    Subject(String),
    /// Nothing: `ssl_server_dn_match=no`. Its issuer must be known all the same.
    Nothing,
}

/// What an address is read with.
#[derive(Clone, Copy, Debug)]
pub(in crate::db::driver) struct Around<'a> {
    /// The database, for people.
    pub(in crate::db::driver) database: &'a str,
    /// The wallet's `tnsnames.ora`, where there is a wallet.
    pub(in crate::db::driver) tnsnames: Option<&'a str>,
    /// Whether there is a wallet: an address without a protocol means TLS then.
    pub(in crate::db::driver) wallet: bool,
}

/// Reads an address.
///
/// # Errors
/// It is no address, or an alias that the wallet does not have.
pub(in crate::db::driver) fn read(text: &str, around: Around<'_>) -> Result<Route, DbError> {
    let text = text.trim();
    let wrong = |why: &str| {
        DbError::invalid(format!("the address {text:?} of {} {why}", around.database)).advise(
            "it is a connect descriptor, host:port/service, tcps://host:port/service, or an alias of the wallet",
        )
    };
    if text.starts_with('(') {
        let node = tnsnames::descriptor(text).map_err(|e| wrong(&format!("cannot be read: {}", e.what)))?;
        return of_node(&node).map_err(|why| wrong(&why));
    }
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(wrong("is no address"));
    }
    if !text.contains(['/', ':']) {
        return alias(text, around);
    }
    let node = easy(text, around.wallet).map_err(|why| wrong(&why))?;
    of_node(&node).map_err(|why| wrong(&why))
}

fn alias(alias: &str, around: Around<'_>) -> Result<Route, DbError> {
    let unknown = |why: String, advice: String| DbError::invalid(why).advise(advice);
    let Some(file) = around.tnsnames else {
        return Err(unknown(
            format!("the address {alias:?} of {} is an alias, and there is no tnsnames.ora to look it up in", around.database),
            "configure a wallet whose tnsnames.ora has it, or write host:port/service or the whole descriptor".into(),
        ));
    };
    let broken =
        |e: tnsnames::TnsError| unknown(format!("the wallet's {e}"), "download the wallet again".into());
    match tnsnames::look_up(file, alias).map_err(broken)? {
        Ok(node) => of_node(&node).map_err(|why| {
            unknown(format!("{alias} in the wallet's tnsnames.ora {why}"), "download the wallet again".into())
        }),
        Err(names) if names.is_empty() => {
            Err(unknown("the wallet's tnsnames.ora names no service".into(), "download the wallet again".into()))
        }
        Err(names) => Err(unknown(
            format!("the wallet's tnsnames.ora has no {alias}; it has {}", names.join(", ")),
            "take one of these; a wallet from before a renaming has the old names, and is to be downloaded again".into(),
        )),
    }
}

/// The places of a descriptor's tree.
fn of_node(node: &Node) -> Result<Route, String> {
    let lists = node.members("description_list");
    let descriptions: Vec<&Node> =
        node.members("description").chain(lists.flat_map(|list| list.members("description"))).collect();
    let first = *descriptions.first().ok_or("has no description")?;
    let mut places = Vec::new();
    for description in &descriptions {
        collect(description, &mut places)?;
    }
    if places.is_empty() {
        return Err("has no address".into());
    }
    let count = number(first, "retry_count")?.unwrap_or(0);
    let pause = seconds(first, "retry_delay")?.unwrap_or(LONGEST_PAUSE);
    Ok(Route {
        places,
        rounds: u32::try_from(count).unwrap_or(MOST_ROUNDS).saturating_add(1).min(MOST_ROUNDS),
        pause: pause.min(LONGEST_PAUSE),
    })
}

fn collect(description: &Node, places: &mut Vec<Place>) -> Result<(), String> {
    let data = description.members("connect_data").next().ok_or("has no connect_data")?;
    let service = data.word("service_name").or_else(|| data.word("sid")).ok_or("names no service")?;
    let security = description.members("security").next();
    let word = |name: &str| security.and_then(|s| s.word(name)).or_else(|| description.word(name));
    let compared = match word("ssl_server_dn_match") {
        Some(answer) => ["yes", "on", "true"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)),
        None => true,
    };
    let rule = match (compared, word("ssl_server_cert_dn")) {
        (false, _) => NameRule::Nothing,
        (true, Some(subject)) => NameRule::Subject(subject.to_owned()),
        (true, None) => NameRule::Host,
    };
    let limit = match seconds(description, "transport_connect_timeout")? {
        Some(limit) => limit,
        None => seconds(description, "connect_timeout")?.unwrap_or(CONNECT_LIMIT),
    };
    let lists = description.members("address_list");
    for address in description.members("address").chain(lists.flat_map(|list| list.members("address"))) {
        let host =
            address.word("host").filter(|host| !host.is_empty()).ok_or("has an address without a host")?;
        let port = match address.word("port") {
            Some(port) => port.parse().map_err(|_| format!("has the port {port:?}, which is none"))?,
            None => USUAL_PORT,
        };
        let tls = match address.word("protocol").unwrap_or("tcp").to_ascii_lowercase().as_str() {
            "tcp" => false,
            "tcps" => true,
            other => return Err(format!("uses the protocol {other}, which this driver does not speak")),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let given = address.word("https_proxy").or_else(|| description.word("https_proxy"));
        let proxy = match given {
            Some(proxy) => {
                let at = address.word("https_proxy_port").or_else(|| description.word("https_proxy_port"));
                let at = at.unwrap_or("80");
                let at = at.parse().map_err(|_| format!("has the proxy port {at:?}, which is none"))?;
                Some((proxy.to_owned(), at))
            }
            None if tls => proxy_of_environment(&host, &|name| environment::variable(name)),
            None => None,
        };
        places.push(Place {
            host,
            port,
            tls,
            proxy,
            rule: rule.clone(),
            limit,
            connect_data: format!("(connect_data={data})"),
            service: service.to_owned(),
        });
    }
    Ok(())
}

fn number(node: &Node, name: &str) -> Result<Option<u64>, String> {
    let Some(word) = node.word(name) else { return Ok(None) };
    word.trim().parse().map(Some).map_err(|_| format!("says {name}={word}, which is no number"))
}

/// A time: seconds, or with a unit behind the number.
fn seconds(node: &Node, name: &str) -> Result<Option<Duration>, String> {
    let Some(word) = node.word(name) else { return Ok(None) };
    let lower = word.trim().to_ascii_lowercase();
    let units = [("ms", 0.001), ("sec", 1.0), ("min", 60.0), ("hr", 3600.0)];
    let unit = units.iter().find(|(unit, _)| lower.ends_with(unit));
    let digits = unit.map_or(lower.as_str(), |(unit, _)| lower.trim_end_matches(unit)).trim();
    let value: f64 = digits.parse().map_err(|_| format!("says {name}={word}, which is no time"))?;
    let length = Duration::try_from_secs_f64(value * unit.map_or(1.0, |(_, factor)| *factor));
    length
        .map(|length| Some(length).filter(|l| !l.is_zero()))
        .map_err(|_| format!("says {name}={word}, which is no time"))
}

/// `[protocol://]host[:port]/service[:server][/instance][?name=value&…]` as the tree of a descriptor.
fn easy(text: &str, wallet: bool) -> Result<Node, String> {
    let (protocol, rest) = match text.split_once("://") {
        Some((protocol, rest)) => (protocol.to_ascii_lowercase(), rest),
        None => (if wallet { "tcps" } else { "tcp" }.to_owned(), text.trim_start_matches('/')),
    };
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let (place, path) = rest.split_once('/').ok_or("names no service")?;
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.to_owned()),
        _ => (place, USUAL_PORT.to_string()),
    };
    let mut parts = path.split('/');
    let service = parts.next().unwrap_or_default();
    let (service, server) = service.split_once(':').map_or((service, None), |(s, server)| (s, Some(server)));
    if host.is_empty() || service.is_empty() {
        return Err("names no host or no service".into());
    }
    let mut data = vec![("service_name", service.to_owned())];
    data.extend(server.filter(|s| !s.is_empty()).map(|server| ("server", server.to_owned())));
    data.extend(
        parts.next().filter(|i| !i.is_empty()).map(|instance| ("instance_name", instance.to_owned())),
    );
    let mut description = vec![
        list("address", &[("protocol", protocol), ("host", host.to_owned()), ("port", port)]),
        list("connect_data", &data),
    ];
    for (name, value) in
        query.split('&').filter(|pair| !pair.is_empty()).map(|p| p.split_once('=').unwrap_or((p, "")))
    {
        const KNOWN: [&str; 8] = [
            "retry_count",
            "retry_delay",
            "transport_connect_timeout",
            "connect_timeout",
            "https_proxy",
            "https_proxy_port",
            "ssl_server_dn_match",
            "ssl_server_cert_dn",
        ];
        let name = name.to_ascii_lowercase();
        if !KNOWN.contains(&name.as_str()) {
            return Err(format!(
                "says {name}, which is not read there: configure the wallet beside the address"
            ));
        }
        let value = percent_decode_str(value).decode_utf8_lossy().trim_matches('"').to_owned();
        description.push((name, Node::Text(value, 0..0)));
    }
    Ok(Node::List(vec![("description".to_owned(), Node::List(description))]))
}

fn list(name: &str, members: &[(&str, String)]) -> (String, Node) {
    let members = members.iter().map(|(name, value)| ((*name).to_owned(), Node::Text(value.clone(), 0..0)));
    (name.to_owned(), Node::List(members.collect()))
}

/// The proxy that the environment names for a host: `HTTPS_PROXY` unless `NO_PROXY` or this machine itself is meant.
fn proxy_of_environment(host: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<(String, u16)> {
    let any = |name: &str| variable(&name.to_lowercase()).or_else(|| variable(name));
    let here = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let proxy = any("HTTPS_PROXY").filter(|_| !here)?;
    let spared = any("NO_PROXY").unwrap_or_default().split(',').map(str::trim).any(|pattern| {
        let suffix = pattern.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        let lower = host.to_ascii_lowercase();
        pattern == "*" || (!suffix.is_empty() && (lower == suffix || lower.ends_with(&format!(".{suffix}"))))
    });
    if spared {
        return None;
    }
    let url = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    let url = url::Url::parse(&url).ok().filter(|url| url.scheme() == "http")?;
    Some((url.host_str()?.to_owned(), url.port().unwrap_or(80)))
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
