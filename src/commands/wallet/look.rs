//! What is said of a wallet, and what is wrong with it.

use serde_json::{Value, json};

use crate::db::wallet::contents::{Certificate, Contents, certificates};
use crate::db::wallet::folder::{services, understood};
use crate::db::wallet::handshake::is_address;
use crate::db::wallet::identity::Identity;
use crate::model::{ActionError, Secret, clock};
use crate::report::wrap;

/// How wide a line may be, and where its text begins.
const WIDTH: usize = 80;
const INDENT: usize = 14;
/// A certificate that ends within so many days is worth a word.
const SOON: i64 = 30;

/// A wallet, looked at.
#[derive(Debug)]
pub(super) struct Look {
    /// The files of a wallet that are there.
    pub(super) files: Vec<&'static str>,
    /// Where its names lead, as `alias`, `host`, `port`, `service`.
    pub(super) services: Vec<Value>,
    /// The certificates of `ewallet.pem`, the client's own first.
    pub(super) certificates: Vec<Certificate>,
    /// Whether the password opens it, where one was given.
    pub(super) opens: Option<bool>,
    /// What is wrong: each is a reason not to rely on it.
    pub(super) findings: Vec<String>,
    /// What is worth knowing, and no fault.
    pub(super) notes: Vec<String>,
}

impl Look {
    /// Looks at a wallet.
    pub(super) fn at(contents: &Contents, password: Option<&Secret>) -> Result<Self, ActionError> {
        let mut look = Self {
            files: contents.names(),
            services: Vec::new(),
            certificates: Vec::new(),
            opens: None,
            findings: Vec::new(),
            notes: Vec::new(),
        };
        for name in &contents.ignored {
            look.notes.push(format!("{name} is no wallet's file, and was not looked at"));
        }
        look.addresses(contents)?;
        match contents.file("ewallet.pem") {
            Some(pem) => look.keys(pem, password)?,
            None => look.findings.push(
                "it has no ewallet.pem, so the thin driver cannot use it, and its certificates cannot be read here; \
                 wallets that the service hands out have one: adbctl wallet get DB"
                    .to_owned(),
            ),
        }
        Ok(look)
    }

    fn addresses(&mut self, contents: &Contents) -> Result<(), ActionError> {
        let Some(text) = contents.file("tnsnames.ora") else {
            self.findings.push("it has no tnsnames.ora, so it names no service".to_owned());
            return Ok(());
        };
        let descriptors = understood(text)?;
        let mut addresses: Vec<&str> =
            descriptors.iter().map(|d| d.host.as_str()).filter(|host| is_address(host)).collect();
        addresses.dedup();
        for address in addresses {
            self.findings.push(format!(
                "{address} stands in tnsnames.ora, and the server's certificate is for a name: clients that compare it \
                 refuse to connect; put the full name there, and let DNS or the hosts file lead it to {address}"
            ));
        }
        self.services = services(&descriptors).as_array().cloned().unwrap_or_default();
        Ok(())
    }

    fn keys(&mut self, pem: &[u8], password: Option<&Secret>) -> Result<(), ActionError> {
        self.certificates = certificates(pem)?;
        let now = clock::now();
        for certificate in &self.certificates {
            let what = if certificate.authority {
                "the certificate of its authority"
            } else {
                "its client certificate"
            };
            let days = days_until(certificate);
            if certificate.until < now {
                self.findings.push(format!(
                    "{what} expired at {}: fetch the wallet again, or rotate it first",
                    certificate.until
                ));
            } else if certificate.from > now {
                self.findings.push(format!(
                    "{what} holds from {} on only: look at this machine's clock",
                    certificate.from
                ));
            } else if days <= SOON {
                self.notes.push(format!("{what} ends in {days} days"));
            }
        }
        let Some(password) = password else { return Ok(()) };
        match Identity::open(pem, password) {
            Ok(_) => self.opens = Some(true),
            Err(error) => {
                self.opens = Some(false);
                let error = ActionError::from(error);
                let advice = error.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
                self.findings.push(format!("{}{advice}", error.message));
            }
        }
        Ok(())
    }

    /// Compares it with the wallet that a database has now.
    pub(super) fn compare(&mut self, database: &str, present: &Self) -> bool {
        let own = |look: &Self| look.certificates.first().map(|c| c.fingerprint.clone());
        let names = |look: &Self| -> Vec<(Value, Value)> {
            let mut names: Vec<(Value, Value)> =
                look.services.iter().map(|s| (s["alias"].clone(), s["service"].clone())).collect();
            names.sort_by_key(|(alias, _)| alias.to_string());
            names
        };
        let before = self.findings.len();
        // A part of a wallet may lack either, and then says nothing about it.
        let rotated = own(self).is_some() && own(self) != own(present);
        let renamed = !self.services.is_empty() && names(self) != names(present);
        let found = match (rotated, renamed) {
            (_, true) => format!(
                "the services of {database} have other names now: it was renamed or made anew after this wallet was \
                 fetched; fetch it again: adbctl wallet get {database}"
            ),
            (true, false) => format!(
                "{database} has another wallet now: it was rotated, and this one ends or has ended; fetch it again: \
                 adbctl wallet get {database}"
            ),
            (false, false) => return true,
        };
        self.findings.push(found);
        self.findings.len() == before
    }

    /// Keeps one name only.
    ///
    /// # Errors
    /// It is not there: those that are.
    pub(super) fn only(&mut self, alias: &str) -> Result<(), ActionError> {
        let names: Vec<String> =
            self.services.iter().filter_map(|s| s["alias"].as_str().map(str::to_owned)).collect();
        self.services.retain(|s| s["alias"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(alias)));
        if !self.services.is_empty() {
            return Ok(());
        }
        Err(ActionError::invalid(format!("{alias} is not in the wallet's tnsnames.ora"))
            .advise(format!("the names there: {}", names.join(", "))))
    }

    /// Which drivers can use it, with the file that each reads.
    fn serves(&self) -> Vec<(&'static str, &'static str)> {
        let readers = [("thin", "ewallet.pem"), ("thick", "cwallet.sso"), ("JDBC", "keystore.jks")];
        readers.into_iter().filter(|(_, file)| self.files.contains(file)).collect()
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let certificates: Vec<Value> = self
            .certificates
            .iter()
            .map(|c| {
                json!({
                    "subject": c.subject, "from": c.from.to_string(), "until": c.until.to_string(),
                    "fingerprint": c.fingerprint, "authority": c.authority,
                })
            })
            .collect();
        json!({
            "files": self.files,
            "drivers": self.serves().iter().map(|(driver, _)| *driver).collect::<Vec<_>>(),
            "services": self.services,
            "certificates": certificates,
            "opens": self.opens,
            "findings": self.findings,
            "notes": self.notes,
        })
    }

    /// For people: a heading and what it says, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |heading: &str, text: String| {
            format!("{heading:<12}  {}", wrap(&text, INDENT, WIDTH).trim_start())
        };
        let mut lines = vec![line("files", self.files.join(", "))];
        let serves: Vec<String> =
            self.serves().iter().map(|(driver, file)| format!("{driver} ({file})")).collect();
        let serves = if serves.is_empty() { "no driver".to_owned() } else { serves.join(", ") };
        lines.push(line("serves", serves));
        for certificate in &self.certificates {
            let heading = if certificate.authority { "authority" } else { "client" };
            lines.push(line(heading, certificate.subject.clone()));
            let days = days_until(certificate);
            let left =
                if days >= 0 { format!(", {days} days from now") } else { ", which is over".to_owned() };
            lines.push(line("  until", format!("{}{left}", certificate.until)));
            if !certificate.authority {
                lines.push(line("  SHA-256", certificate.fingerprint.clone()));
            }
        }
        if let Some(opens) = self.opens {
            lines.push(line(
                "password",
                if opens { "opens ewallet.pem" } else { "does not open ewallet.pem" }.to_owned(),
            ));
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let widest = self.services.iter().map(|s| text(&s["alias"]).len()).max().unwrap_or(0);
        for (n, service) in self.services.iter().enumerate() {
            let heading = if n == 0 { "services" } else { "" };
            let alias = text(&service["alias"]);
            lines.push(line(
                heading,
                format!("{alias:<widest$}  {}:{}", text(&service["host"]), service["port"]),
            ));
        }
        lines
    }
}

fn days_until(certificate: &Certificate) -> i64 {
    (certificate.until.as_second() - clock::now().as_second()).div_euclid(24 * 60 * 60)
}
