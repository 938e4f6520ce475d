//! Sessions that stand for somebody else's.

use super::Shared;

impl Shared {
    /// Lets somebody hold rows of tables locked until that session is killed: nobody is behind it. The same is done once.
    pub(super) fn hold(&self, detail: &serde_json::Value) {
        let word = |name: &str| detail.get(name).and_then(serde_json::Value::as_str);
        let user = word("user").unwrap_or("ADMIN").to_uppercase();
        let (module, action) = (word("module").map(str::to_owned), word("action").map(str::to_owned));
        let tables = detail.get("tables").and_then(serde_json::Value::as_array);
        let names = tables.into_iter().flatten().filter_map(serde_json::Value::as_str);
        let locks: Vec<_> = names
            .filter_map(|name| name.split_once('.'))
            .map(|(owner, table)| (owner.to_uppercase(), table.to_uppercase()))
            .collect();
        let known =
            self.live().iter().any(|live| live.user == user && live.locks == locks && live.module == module);
        if !known {
            let (sid, _) = self.enter(&user);
            let at_work = detail.get("active").and_then(serde_json::Value::as_bool).unwrap_or_default();
            self.change_session(sid, |live| {
                (live.module, live.action, live.locks, live.at_work) = (module, action, locks, at_work);
            });
        }
    }
}
