//! What the wallet's steps have in common: the act that proves a wallet.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::late::secret_of;
use crate::model::{Act, Call, Effect, Late, LocalCall, Repeat, Times};

/// A table of addresses as it stands in an act; where none is given, an empty one.
pub(super) fn table(given: Option<&Late<BTreeMap<String, String>>>) -> Value {
    given.map_or_else(|| json!({}), Late::to_value)
}

/// The act that proves a wallet.
pub(super) fn handshake_act(directory: Value, password: &Value, connect_to: Value) -> Act {
    Act {
        key: "handshake".parse().expect("a word"),
        title: "shake hands with the wallet's own key at every address it names".into(),
        effect: Effect::Read,
        times: Times::Until { condition: "every address has completed the handshake".into() },
        repeat: Repeat::Safe,
        call: Call::Local(LocalCall::ProveWallet { directory, password: secret_of(password), connect_to }),
    }
}
