//! The network as the databases see it: which hosts there are, and who answers what a database sends.
//!
//! A request is answered by the code that answers signed ones, on the thread of the database. No request waits for a
//! database while it holds the world, so a database may wait for the world.

use std::fmt::Debug;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use bytes::Bytes;
use jiff::Timestamp;

use super::dispatch::Shared;
use super::faults::{self, Action};
use super::http::{Answer, Call, Refusal};
use super::oracle::{WebAnswer, WebRequest};
use super::world::World;
use super::{auth_tokens, storage};
use crate::model::clock;

/// The network outside of a database.
pub(crate) trait Network: Debug + Send + Sync {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// When no host of that name is known, or the connection ends.
    fn send(&self, request: &WebRequest) -> Result<WebAnswer, String>;
}

/// The regions whose hosts have names.
const REGIONS: &str = "af-casablanca-1 af-johannesburg-1 ap-batam-1 ap-chuncheon-1 ap-delhi-1 ap-hyderabad-1 ap-kulai-2 \
    ap-melbourne-1 ap-mumbai-1 ap-osaka-1 ap-seoul-1 ap-singapore-1 ap-singapore-2 ap-sydney-1 ap-tokyo-1 ca-montreal-1 \
    ca-toronto-1 eu-amsterdam-1 eu-frankfurt-1 eu-madrid-1 eu-madrid-3 eu-marseille-1 eu-milan-1 eu-paris-1 \
    eu-stockholm-1 eu-turin-1 eu-zurich-1 il-jerusalem-1 me-abudhabi-1 me-dubai-1 me-jeddah-1 me-riyadh-1 \
    mx-monterrey-1 mx-queretaro-1 sa-bogota-1 sa-santiago-1 sa-saopaulo-1 sa-valparaiso-1 sa-vinhedo-1 uk-cardiff-1 \
    uk-london-1 us-ashburn-1 us-chicago-1 us-phoenix-1 us-saltlake-2 us-sanjose-1";

/// Whether a region of the realm is called so.
pub(crate) fn is_region(name: &str) -> bool {
    REGIONS.split_whitespace().any(|region| region == name)
}

/// A host that is there.
#[derive(Debug, PartialEq, Eq)]
struct Host<'a> {
    /// Its region; none for the sandbox's own origin, which has every service.
    region: Option<&'a str>,
    swift: bool,
    /// The namespace that the host's name begins with.
    namespace: Option<&'a str>,
}

fn host_of<'a>(origin: &str, host: &'a str) -> Option<Host<'a>> {
    const DOMAIN: &str = ".oraclecloud.com";
    const DEDICATED: &str = ".oci.customer-oci.com";
    let port = origin.rsplit(':').next().unwrap_or_default();
    if let Some(("127.0.0.1" | "localhost", asked)) = host.split_once(':')
        && asked == port
    {
        return Some(Host { region: None, swift: false, namespace: None });
    }
    let host = host.strip_suffix(":443").unwrap_or(host);
    let region = |name: &'a str| is_region(name).then_some(Some(name));
    if let Some(rest) = host.strip_suffix(DEDICATED) {
        let (namespace, name) = rest.split_once(".objectstorage.")?;
        return Some(Host { region: region(name)?, swift: false, namespace: Some(namespace) });
    }
    let rest = host.strip_suffix(DOMAIN)?;
    if let Some(name) = rest.strip_prefix("swiftobjectstorage.") {
        return Some(Host { region: region(name)?, swift: true, namespace: None });
    }
    Some(Host { region: region(rest.strip_prefix("objectstorage.")?)?, swift: false, namespace: None })
}

impl Network for Shared {
    fn send(&self, request: &WebRequest) -> Result<WebAnswer, String> {
        let (scheme, rest) =
            request.url.split_once("://").ok_or_else(|| format!("{} is no address", request.url))?;
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        let target = format!("/{path}");
        let origin = self.world().base_url.clone();
        let host = host_of(&origin, name)
            .filter(|host| (scheme == "https") == host.region.is_some())
            .ok_or_else(|| format!("the host {name} cannot be reached"))?;
        let swift = host.swift || (host.region.is_none() && target.starts_with("/v1/"));
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|error| error.to_string())?;
        let native = if swift { storage::swift::native_target(&target) } else { None };
        let mut call = Call::new(
            method,
            native.as_ref().map_or(target.as_str(), |(_, native)| native),
            headers(&request.headers),
            Bytes::from(request.body.clone()),
        );
        let thing = native.map(|(thing, _)| thing);
        let dir = self.world().dir.clone();
        if storage::stores_bytes(&call) {
            let received = storage::receive_bytes(&dir, &call.headers, &call.body);
            call.received = Some(received.map_err(|error| error.to_string())?);
        }
        let found = answer(self, &host, swift, thing, &call, request.login.as_ref());
        if let Some(received) = &call.received {
            received.forget_unless_taken(&dir);
        }
        let found = found?;
        let found = match thing {
            Some(thing) => storage::swift::answer(&call.method, thing, found),
            None => found,
        };
        let found = storage::swift::without_body(&call.method, found);
        let headers =
            found.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let body = match found.excerpt {
            Some(excerpt) => excerpt.whole().map_err(|error| error.to_string())?,
            None => found.body.to_vec(),
        };
        Ok(WebAnswer { status: found.status, headers, body })
    }
}

fn headers(list: &[(String, String)]) -> HeaderMap {
    list.iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        })
        .collect()
}

/// Carries a call out, faults first.
fn answer(
    shared: &Shared,
    host: &Host<'_>,
    swift: bool,
    thing: Option<storage::swift::Thing>,
    call: &Call,
    login: Option<&(String, String)>,
) -> Result<Answer, String> {
    let actions = faults::take(&mut shared.world(), call.method.as_str(), &call.path);
    for action in &actions {
        if let Action::Slow { seconds } = action {
            std::thread::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 3600.0)));
        }
    }
    let broken = || "the connection was closed without an answer".to_owned();
    if actions.iter().any(|action| matches!(action, Action::Drop { after: false })) {
        return Err(broken());
    }
    if let Some(answer) = actions.iter().find_map(faults::answer) {
        return Ok(answer);
    }
    let now = clock::now();
    let mut world = shared.world();
    storage::settle(&mut world, now);
    let decided = match thing {
        None if swift => Err(Refusal::new(404, "NotFound", "Swift paths are /v1/NAMESPACE/BUCKET/OBJECT")),
        Some(thing) => storage::swift::check(call, thing),
        None => Ok(()),
    };
    let answer = decided
        .and_then(|()| carry_out(&mut world, host, swift, call, login, now))
        // With a user and a token the service speaks as Swift does, where an archived object is forbidden.
        .map_err(
            |refusal| {
                if refusal.code == "NotRestored" { Refusal { status: 403, ..refusal } } else { refusal }
            },
        )
        .unwrap_or_else(|refusal| refusal.answer());
    if let Err(error) = world.commit(None) {
        let text = format!("the sandbox cannot write its state: {error}");
        return Ok(Refusal::new(500, "InternalServerError", text).answer());
    }
    drop(world);
    if actions.iter().any(|action| matches!(action, Action::Drop { after: true })) {
        return Err(broken());
    }
    Ok(answer)
}

fn carry_out(
    world: &mut World,
    host: &Host<'_>,
    swift: bool,
    call: &Call,
    login: Option<&(String, String)>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let parts = call.parts();
    if let Some((user, token)) = login {
        auth_tokens::verify(world, user, token)?;
    } else if swift {
        return Err(Refusal::unauthenticated("Swift needs a user and an auth token"));
    }
    let elsewhere = host.region.is_some_and(|region| region != world.tenancy.region);
    match parts.as_slice() {
        // Swift knows the tenancy by its namespace, and another one has no such user.
        ["n", namespace, ..] if swift && *namespace != world.tenancy.namespace => {
            Err(Refusal::unauthenticated("the namespace is another tenancy's"))
        }
        ["n", namespace, ..] if host.namespace.is_some_and(|own| own != *namespace) => {
            Err(Refusal::new(404, "NamespaceNotFound", "the namespace is not that of the host's name"))
        }
        ["n", namespace, "b", bucket, ..] if elsewhere && *namespace == world.tenancy.namespace => {
            Err(storage::bucket_not_found(bucket))
        }
        ["p", ..] if elsewhere => Err(Refusal::new(404, "NotFound", "there is no such request here")),
        ["n", rest @ ..] => {
            if login.is_none() && !storage::is_public(world, call, rest) {
                return Err(match rest {
                    [_, "b", bucket, ..] => storage::bucket_not_found(bucket),
                    _ => Refusal::unauthenticated("there is no authorization"),
                });
            }
            storage::route(world, call, rest, now)
        }
        ["p", rest @ ..] => storage::route_preauthenticated(world, call, rest, now),
        _ => Err(Refusal::new(404, "NotFound", "the databases reach Object Storage and nothing else here")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        fn check(host: &str, wanted: Option<(Option<&str>, bool)>) {
            let found = host_of("http://127.0.0.1:8080", host).map(|host| (host.region, host.swift));
            assert_eq!(found, wanted, "{host}");
        }
        check("objectstorage.uk-london-1.oraclecloud.com", Some((Some("uk-london-1"), false)));
        check("objectstorage.uk-london-1.oraclecloud.com:443", Some((Some("uk-london-1"), false)));
        check("swiftobjectstorage.us-ashburn-1.oraclecloud.com", Some((Some("us-ashburn-1"), true)));
        check("space.objectstorage.uk-london-1.oci.customer-oci.com", Some((Some("uk-london-1"), false)));
        check("127.0.0.1:8080", Some((None, false)));
        check("localhost:8080", Some((None, false)));
        check("127.0.0.1:8081", None);
        check("127.0.0.1", None);
        check("objectstorage.uk-lodnon-1.oraclecloud.com", None);
        check("objectstorage.uk-london-1.example.com", None);
        check("www.example.com", None);
    }
}
