//! `inspect-wallet`: reads an unpacked wallet and proves it again.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::fetch::whole;
use super::folder::{handshake_act, table};
use crate::actions::domain::{Binding, Domain};
use crate::db::wallet::folder;
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::{Act, ActionError, Call, Effect, Late, Repeat, SecretRef, Times};

/// Reads an unpacked wallet and proves it by a TLS handshake with every address it names.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InspectWallet {
    /// Where it is unpacked: a whole path.
    pub directory: Late<String>,
    /// The wallet's password.
    pub password: Late<SecretRef>,
    /// Where the proof connects to instead of a host, as through a tunnel: `address` or `address:port` by host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_to: Option<Late<BTreeMap<String, String>>>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "aliases", kind: OutputKind::List, doc: "the names in tnsnames.ora" },
    OutputDecl {
        name: "expires",
        kind: OutputKind::Text,
        doc: "when the first of its certificates ends, in UTC",
    },
    OutputDecl {
        name: "proved",
        kind: OutputKind::Flag,
        doc: "whether every address completed a TLS handshake",
    },
];

impl Domain for InspectWallet {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let Some(directory) = self.directory.known() {
            whole(directory, "directory")?;
        }
        let directory = self.directory.to_value();
        let connect_to = table(self.connect_to.as_ref());
        Ok(vec![
            Act {
                key: "read".parse().expect("a word"),
                title: "read the wallet's names".into(),
                effect: Effect::Read,
                times: Times::Once,
                repeat: Repeat::Safe,
                call: Call::Local(LocalCall::Files {
                    work: "read tnsnames.ora".into(),
                    paths: vec![directory.clone()],
                }),
            },
            handshake_act(directory, &self.password.to_value(), connect_to),
        ])
    }
}

impl Action for InspectWallet {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let directory = whole(&cx.arg(&self.directory)?, "directory")?;
            let read = async { Ok(folder::aliases(&folder::descriptors(&directory)?)) };
            let aliases = cx.local("read", Here::nothing(), read).await?.value;
            let proof =
                cx.wait("handshake", Here::nothing(), "the TLS handshake", |_| Look::Ready).await?.value;
            Ok(Finish::Done(Map::from_iter([
                ("aliases".to_owned(), aliases),
                ("expires".to_owned(), proof["expires"].clone()),
                ("proved".to_owned(), json!(true)),
            ])))
        })
    }
}
