//! Regions, realms and the addresses of services, as data.

use super::error::OciError;
use crate::model::Service;

/// Second-level domain of the commercial realm, and of regions nobody has heard of yet.
const COMMERCIAL: &str = "oraclecloud.com";

/// Regions of other realms, with the domain of the realm.
const OTHER_REALMS: &[(&str, &[&str])] = &[
    (
        "oraclegovcloud.com",
        &["us-langley-1", "us-luke-1", "us-gov-ashburn-1", "us-gov-chicago-1", "us-gov-phoenix-1"],
    ),
    ("oraclegovcloud.uk", &["uk-gov-london-1", "uk-gov-cardiff-1"]),
    ("oraclecloud8.com", &["ap-chiyoda-1", "ap-ibaraki-1"]),
    ("oraclecloud9.com", &["me-dcc-muscat-1", "me-ibri-1"]),
    ("oraclecloud10.com", &["ap-dcc-canberra-1"]),
    (
        "oraclecloud14.com",
        &[
            "eu-dcc-milan-1",
            "eu-dcc-milan-2",
            "eu-dcc-dublin-1",
            "eu-dcc-dublin-2",
            "eu-dcc-rating-1",
            "eu-dcc-rating-2",
        ],
    ),
    ("oraclecloud15.com", &["ap-dcc-gazipur-1"]),
    ("oraclecloud.eu", &["eu-madrid-2", "eu-frankfurt-2"]),
    ("oraclecloud20.com", &["eu-jovanovac-1"]),
    ("oraclecloud21.com", &["me-dcc-doha-1", "me-alrayyan-1"]),
    ("oraclecloud23.com", &["us-somerset-1", "us-thames-1"]),
    ("oraclecloud24.com", &["eu-dcc-zurich-1", "eu-crissier-1"]),
    ("oraclecloud26.com", &["me-abudhabi-3", "me-alain-1"]),
    ("oraclecloud29.com", &["me-abudhabi-2", "me-abudhabi-4"]),
    ("oraclecloud35.com", &["ap-seoul-2", "ap-suwon-1", "ap-chuncheon-2"]),
    ("oraclecloud42.com", &["us-ashburn-2", "us-newark-1"]),
    ("oraclecloud51.com", &["eu-budapest-1"]),
    ("oraclecloud52.com", &["sa-riodejaneiro-1"]),
];

/// Short codes and the identifiers they stand for.
const SHORT_CODES: &[(&str, &str)] = &[
    ("ams", "eu-amsterdam-1"),
    ("fra", "eu-frankfurt-1"),
    ("zrh", "eu-zurich-1"),
    ("lhr", "uk-london-1"),
    ("cwl", "uk-cardiff-1"),
    ("cdg", "eu-paris-1"),
    ("mrs", "eu-marseille-1"),
    ("lin", "eu-milan-1"),
    ("nrq", "eu-turin-1"),
    ("mad", "eu-madrid-1"),
    ("orf", "eu-madrid-3"),
    ("arn", "eu-stockholm-1"),
    ("iad", "us-ashburn-1"),
    ("phx", "us-phoenix-1"),
    ("sjc", "us-sanjose-1"),
    ("ord", "us-chicago-1"),
    ("aga", "us-saltlake-2"),
    ("yyz", "ca-toronto-1"),
    ("yul", "ca-montreal-1"),
    ("qro", "mx-queretaro-1"),
    ("mty", "mx-monterrey-1"),
    ("gru", "sa-saopaulo-1"),
    ("vcp", "sa-vinhedo-1"),
    ("scl", "sa-santiago-1"),
    ("vap", "sa-valparaiso-1"),
    ("bog", "sa-bogota-1"),
    ("jed", "me-jeddah-1"),
    ("ruh", "me-riyadh-1"),
    ("dxb", "me-dubai-1"),
    ("auh", "me-abudhabi-1"),
    ("mtz", "il-jerusalem-1"),
    ("jnb", "af-johannesburg-1"),
    ("lej", "af-casablanca-1"),
    ("bom", "ap-mumbai-1"),
    ("hyd", "ap-hyderabad-1"),
    ("onm", "ap-delhi-1"),
    ("sin", "ap-singapore-1"),
    ("xsp", "ap-singapore-2"),
    ("hsg", "ap-batam-1"),
    ("jbp", "ap-kulai-2"),
    ("nrt", "ap-tokyo-1"),
    ("kix", "ap-osaka-1"),
    ("icn", "ap-seoul-1"),
    ("yny", "ap-chuncheon-1"),
    ("syd", "ap-sydney-1"),
    ("mel", "ap-melbourne-1"),
    ("ric", "us-gov-ashburn-1"),
    ("pia", "us-gov-chicago-1"),
    ("tus", "us-gov-phoenix-1"),
    ("lfi", "us-langley-1"),
    ("luf", "us-luke-1"),
    ("ltn", "uk-gov-london-1"),
    ("brs", "uk-gov-cardiff-1"),
];

/// Base paths that people leave at the end of an endpoint.
const BASE_PATHS: [&str; 6] = ["/20160918", "/20190301", "/20180608", "/20201005", "/20230222", "/v1"];

/// Where the services are: of a region, or all at one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoints {
    /// Region and second-level domain, or a whole domain in the place of both.
    Region {
        /// Identifier such as `uk-london-1`, or a whole domain.
        region: String,
        /// Domain of the realm; `None` when `region` is a whole domain.
        domain: Option<String>,
    },
    /// One origin for all, without a trailing slash.
    Origin(String),
}

impl Endpoints {
    /// The endpoints of a region, given by identifier, short code or whole domain.
    pub fn of_region(region: &str) -> Self {
        let region = identifier(region);
        let domain = (!region.contains('.')).then(|| domain_of(&region).to_owned());
        Self::Region { region, domain }
    }

    /// The endpoints of a region whose realm the metadata service has named.
    pub fn of_region_in(region: &str, domain: &str) -> Self {
        Self::Region { region: region.to_ascii_lowercase(), domain: Some(domain.to_ascii_lowercase()) }
    }

    /// One origin for all services; a base path or slash at its end is dropped.
    ///
    /// # Errors
    /// The text is no http or https address.
    pub fn at(origin: &str) -> Result<Self, OciError> {
        let mut text = origin.trim().trim_end_matches('/');
        for base in BASE_PATHS {
            text = text.strip_suffix(base).unwrap_or(text).trim_end_matches('/');
        }
        let wrong = || {
            OciError::local(format!("the endpoint {origin:?} is no address"))
                .advise("write it like https://host or http://127.0.0.1:8080")
        };
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let plain = url.host_str().is_some()
            && matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        if !plain {
            return Err(wrong());
        }
        Ok(Self::Origin(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The origin of a service, without base path and trailing slash. [`Service::Direct`] has none.
    pub fn origin(&self, service: Service) -> String {
        let (region, domain) = match self {
            _ if service == Service::Direct => return String::new(),
            Self::Origin(origin) => return origin.clone(),
            Self::Region { region, domain } => (region, domain),
        };
        let name = match service {
            Service::Database => "database",
            Service::WorkRequests | Service::Network => "iaas",
            Service::ObjectStorage => "objectstorage",
            Service::Secrets => "secrets.vaults",
            Service::Vaults => "vaults",
            Service::DatabaseTools | Service::DatabaseToolsRuntime => "dbtools",
            Service::Auth => "auth",
            Service::Direct => "",
        };
        let later =
            [Service::Secrets, Service::Vaults, Service::DatabaseTools, Service::DatabaseToolsRuntime];
        let infix = if later.contains(&service) { "oci." } else { "" };
        match domain {
            Some(domain) => format!("https://{name}.{region}.{infix}{domain}"),
            None => format!("https://{name}.{region}"),
        }
    }

    /// Whether everything is on this machine, where no proxy belongs in between.
    pub fn is_loopback(&self) -> bool {
        let Self::Origin(origin) = self else { return false };
        match url::Url::parse(origin).ok().and_then(|u| u.host().map(|h| h.to_owned())) {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

/// The region's identifier in lower case, short codes looked up.
pub fn identifier(region: &str) -> String {
    let lower = region.trim().to_ascii_lowercase();
    SHORT_CODES.iter().find(|(code, _)| *code == lower).map_or(lower, |(_, full)| (*full).to_owned())
}

fn domain_of(region: &str) -> &'static str {
    OTHER_REALMS
        .iter()
        .find(|(_, regions)| regions.contains(&region))
        .map_or(COMMERCIAL, |(domain, _)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services() {
        fn check(region: &str, service: Service, wanted: &str) {
            assert_eq!(Endpoints::of_region(region).origin(service), wanted);
        }
        check("uk-london-1", Service::Database, "https://database.uk-london-1.oraclecloud.com");
        check("LHR", Service::WorkRequests, "https://iaas.uk-london-1.oraclecloud.com");
        check("fra", Service::ObjectStorage, "https://objectstorage.eu-frankfurt-1.oraclecloud.com");
        check("iad", Service::Secrets, "https://secrets.vaults.us-ashburn-1.oci.oraclecloud.com");
        check("iad", Service::Vaults, "https://vaults.us-ashburn-1.oci.oraclecloud.com");
        check("lhr", Service::DatabaseTools, "https://dbtools.uk-london-1.oci.oraclecloud.com");
        check("ltn", Service::DatabaseToolsRuntime, "https://dbtools.uk-gov-london-1.oci.oraclegovcloud.uk");
        check("eu-madrid-2", Service::Auth, "https://auth.eu-madrid-2.oraclecloud.eu");
        check("ltn", Service::Database, "https://database.uk-gov-london-1.oraclegovcloud.uk");
        check("eu-dcc-milan-2", Service::Database, "https://database.eu-dcc-milan-2.oraclecloud14.com");
        check("xx-new-9", Service::Database, "https://database.xx-new-9.oraclecloud.com");
        check("cell.example.com", Service::Database, "https://database.cell.example.com");
    }

    #[test]
    fn origins() {
        fn check(origin: &str, wanted: Option<&str>) {
            let found = Endpoints::at(origin).ok().map(|e| e.origin(Service::Database));
            assert_eq!(found.as_deref(), wanted, "{origin}");
        }
        check("http://127.0.0.1:8080", Some("http://127.0.0.1:8080"));
        check("https://db.example.com/20160918/", Some("https://db.example.com"));
        check("https://gw.example.com/oci/", Some("https://gw.example.com/oci"));
        check("ftp://db.example.com", None);
        check("db.example.com", None);
        check("https://u@db.example.com", None);
        assert!(Endpoints::at("http://127.0.0.1:1").unwrap().is_loopback());
        assert!(Endpoints::at("http://[::1]:1").unwrap().is_loopback());
        assert!(!Endpoints::at("https://db.example.com").unwrap().is_loopback());
    }

    #[test]
    fn each_short_code_and_region_stands_once() {
        let mut codes: Vec<_> = SHORT_CODES.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), SHORT_CODES.len());
        let all: Vec<_> = OTHER_REALMS.iter().flat_map(|(_, regions)| regions.iter()).collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
    }
}
