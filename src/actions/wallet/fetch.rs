//! `fetch-wallet`: downloads a database's wallet, unpacks it, and proves it.
//!
//! The download changes nothing on the database, so it is repeated freely: after a crash the step begins anew. Only
//! the unpacking is journalled.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::folder::{handshake_act, table};
use crate::actions::domain::{Binding, Domain, look, shown};
use crate::db::wallet::archive::Wallet;
use crate::db::wallet::{folder, handshake, tnsnames};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::late::secret_of;
use crate::model::{Act, ActionError, Call, Effect, Late, Ocid, Repeat, SecretRef, Times};
use crate::oci::database as calls;

/// Downloads a database's wallet, checks it, unpacks it for its owner only, and proves it by a TLS handshake with
/// every address it names.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FetchWallet {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The password that the wallet gets: at least 8 characters with a letter and a digit or special character.
    pub password: Late<SecretRef>,
    /// Where it is unpacked: a whole path. A wallet that is there already is replaced; anything else there is refused.
    pub directory: Late<String>,
    /// Where its zip is kept, for applications and SQL Developer: a whole path. Empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<Late<String>>,
    /// Hosts to replace in tnsnames.ora: the old name, and what stands there instead. Rarely right: the server's
    /// certificate belongs to the full name, so an IP put there does not match it. The wallet is then written all the
    /// same, `proved` is false, and clients that compare the name refuse to connect. Let DNS or the hosts file lead the
    /// name to the IP instead; where only the proof needs another way, say `connect-to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_addresses: Option<Late<BTreeMap<String, Late<String>>>>,
    /// Where the proof connects to instead of a host, as through a tunnel: `address` or `address:port` by host. The
    /// files stay as they are, and the certificate must still be the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_to: Option<Late<BTreeMap<String, String>>>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "directory", kind: OutputKind::Text, doc: "where the wallet is unpacked" },
    OutputDecl { name: "zip", kind: OutputKind::Text, doc: "where its zip is, or nothing" },
    OutputDecl { name: "aliases", kind: OutputKind::List, doc: "the names in tnsnames.ora" },
    OutputDecl {
        name: "services",
        kind: OutputKind::List,
        doc: "alias, host, port and service of each address",
    },
    OutputDecl {
        name: "expires",
        kind: OutputKind::Text,
        doc: "when the first of its certificates ends, in UTC",
    },
    OutputDecl { name: "fingerprint", kind: OutputKind::Text, doc: "SHA-256 of the client's certificate" },
    OutputDecl {
        name: "proved",
        kind: OutputKind::Flag,
        doc: "whether every address completed a TLS handshake",
    },
];

/// A path that means the same on resume, wherever that is started.
pub(super) fn whole(path: &str, what: &str) -> Result<Utf8PathBuf, ActionError> {
    let path = Utf8PathBuf::from(path);
    let plain = !path.components().any(|c| matches!(c, camino::Utf8Component::ParentDir));
    if path.is_absolute() && plain {
        Ok(path)
    } else {
        Err(ActionError::invalid(format!("{what} {path:?} is no whole path"))
            .advise("write it from the root on and without `..`, so that a resumed run finds it again"))
    }
}

impl FetchWallet {
    /// The zip's place, where one is wanted; late values count as wanted.
    fn zip_value(&self) -> Option<Value> {
        self.zip.as_ref().filter(|zip| zip.known().is_none_or(|z| !z.is_empty())).map(Late::to_value)
    }

    fn hosts(&self, cx: &StepCx) -> Result<BTreeMap<String, String>, ActionError> {
        let hosts = self.host_addresses.as_ref().map(|hosts| cx.arg(hosts)).transpose()?.unwrap_or_default();
        hosts.iter().map(|(old, new)| Ok((old.clone(), cx.arg(new)?))).collect()
    }

    fn zip_path(&self, cx: &StepCx) -> Result<Option<Utf8PathBuf>, ActionError> {
        let zip = self.zip.as_ref().map(|zip| cx.arg(zip)).transpose()?;
        zip.filter(|zip| !zip.is_empty()).map(|zip| whole(&zip, "zip")).transpose()
    }
}

impl Domain for FetchWallet {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never {
            why: "the wallet before it is worth nothing once the database has another name".into(),
        }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let zip = self.zip_value();
        if let Some(directory) = self.directory.known() {
            whole(directory, "directory")?;
        }
        if let Some(zip) = self.zip.as_ref().and_then(Late::known).filter(|zip| !zip.is_empty()) {
            whole(zip, "zip")?;
        }
        let id = self.database.to_value();
        let mut download = calls::generate_wallet(id.clone(), secret_of(&self.password.to_value()));
        download.sensitive = true;
        let mut work =
            "check every name in the zip, unpack it with mode 0600 in a directory of mode 0700".to_owned();
        if zip.is_some() {
            work.push_str(", and pack it again");
        }
        match &self.host_addresses {
            Some(Late::Known(hosts)) => {
                for (old, new) in hosts {
                    work = format!("{work}; in tnsnames.ora put {} for {old}", shown(&new.to_value()));
                }
            }
            Some(late) => {
                work = format!("{work}; in tnsnames.ora replace hosts by {}", shown(&late.to_value()));
            }
            None => {}
        }
        let paths = std::iter::once(self.directory.to_value()).chain(zip).collect();
        Ok(vec![
            look("download", format!("download the wallet of {}", shown(&id)), download),
            Act {
                key: "unpack".parse().expect("a word"),
                title: "unpack the wallet".into(),
                effect: Effect::Write,
                times: Times::Once,
                repeat: Repeat::Safe,
                call: Call::Local(LocalCall::Files { work, paths }),
            },
            handshake_act(
                self.directory.to_value(),
                &self.password.to_value(),
                table(self.connect_to.as_ref()),
            ),
        ])
    }
}

/// What the unpacking is to do, with nothing late in it.
#[derive(Debug)]
pub(super) struct Unpacking {
    pub(super) directory: Utf8PathBuf,
    pub(super) zip: Option<Utf8PathBuf>,
    pub(super) hosts: BTreeMap<String, String>,
}

impl Unpacking {
    /// Whether an IP is put where a name stood.
    pub(super) fn puts_an_address(&self) -> bool {
        self.hosts.values().any(|host| handshake::is_address(host))
    }

    /// Checks the zip, changes what was asked for, and puts the wallet into its place.
    ///
    /// # Errors
    /// The zip is no good wallet, or the disk refuses.
    pub(super) fn run(&self, bytes: &[u8]) -> Result<Value, ActionError> {
        let mut wallet = Wallet::from_zip(bytes)?;
        let mut replaced = 0;
        let mut unknown = Vec::new();
        if !self.hosts.is_empty() {
            let text = String::from_utf8_lossy(wallet.file("tnsnames.ora")).into_owned();
            let named = folder::understood(wallet.file("tnsnames.ora"))?;
            let is_there = |host: &str| named.iter().any(|d| d.host.eq_ignore_ascii_case(host));
            unknown = self.hosts.keys().filter(|host| !is_there(host)).collect();
            let (changed, places) = tnsnames::with_hosts(&text, &self.hosts).map_err(|e| {
                ActionError::invalid(format!("no host can be replaced: {e}"))
                    .advise("look at host-addresses, or leave it out")
            })?;
            wallet.replace("tnsnames.ora", changed.into_bytes());
            replaced = places;
        }
        let descriptors = folder::understood(wallet.file("tnsnames.ora"))?;
        wallet.unpack(&self.directory)?;
        if let Some(zip) = &self.zip {
            wallet.write_zip(zip)?;
        }
        Ok(json!({
            "aliases": folder::aliases(&descriptors),
            "services": folder::services(&descriptors),
            "ignored": wallet.ignored,
            "replaced": replaced,
            "unknown": unknown,
        }))
    }
}

impl Action for FetchWallet {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let unpacking = Unpacking {
                directory: whole(&cx.arg(&self.directory)?, "directory")?,
                zip: self.zip_path(cx)?,
                hosts: self.hosts(cx)?,
            };
            let reply = cx.perform("download", Here::nothing()).await?;
            let bytes = reply.bytes.unwrap_or_default();
            let unpacked = cx.local("unpack", Here::nothing(), async { unpacking.run(&bytes) }).await?.value;
            for name in unpacked["ignored"].as_array().into_iter().flatten() {
                cx.say(format!("the zip also holds {name}, which is no wallet's file; it was not unpacked"))
                    .await;
            }
            for host in unpacked["unknown"].as_array().into_iter().flatten() {
                let hosts = unpacked["services"].as_array().into_iter().flatten().map(|s| shown(&s["host"]));
                let hosts = hosts.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
                cx.say(format!(
                    "no address in tnsnames.ora has the host {}, so nothing was put in its place; its hosts are {hosts}",
                    shown(host)
                ))
                .await;
            }
            if !unpacking.hosts.is_empty() {
                let places = &unpacked["replaced"];
                cx.say(format!(
                    "as asked, {places} hosts in tnsnames.ora were replaced; the server's name is still compared with \
                     its certificate"
                ))
                .await;
            }
            let proof =
                match cx.wait("handshake", Here::nothing(), "the TLS handshake", |_| Look::Ready).await {
                    Ok(reply) => reply.value,
                    // Asked for, and known beforehand to match no certificate: what it means is said, and what the run has
                    // reached is not thrown away for it.
                    Err(error) if handshake::is_name_mismatch(&error) && unpacking.puts_an_address() => {
                        cx.say(format!("the wallet is written, and not proved: {}", error.message)).await;
                        if let Some(advice) = &error.advice {
                            cx.say(advice.clone()).await;
                        }
                        Value::Null
                    }
                    Err(error) => return Err(error),
                };
            Ok(Finish::Done(Map::from_iter([
                ("directory".to_owned(), json!(unpacking.directory)),
                ("zip".to_owned(), json!(unpacking.zip)),
                ("aliases".to_owned(), unpacked["aliases"].clone()),
                ("services".to_owned(), unpacked["services"].clone()),
                ("expires".to_owned(), proof["expires"].clone()),
                ("fingerprint".to_owned(), proof["fingerprint"].clone()),
                ("proved".to_owned(), json!(!proof.is_null())),
            ])))
        })
    }
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
