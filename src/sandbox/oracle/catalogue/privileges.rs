//! Who may do what.

use std::collections::BTreeSet;

use super::directory::Catalogue;
use super::model::{Kind, Object};

/// On whose behalf something is bound or run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    /// The user.
    pub(crate) user: String,
    /// Whether roles count: they do not in definer-rights code.
    pub(crate) roles: bool,
}

impl Catalogue {
    /// The user, PUBLIC and every role granted directly or through a role.
    pub(crate) fn grantees_of(&self, who: &Authority) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = [who.user.clone(), "PUBLIC".to_owned()].into();
        if who.roles {
            let mut waiting: Vec<String> = all.iter().cloned().collect();
            while let Some(next) = waiting.pop() {
                for grant in self.system_grants.iter().filter(|grant| grant.role && grant.grantee == next) {
                    if all.insert(grant.privilege.clone()) {
                        waiting.push(grant.privilege.clone());
                    }
                }
            }
        }
        all
    }

    /// Whether a system privilege is held.
    pub(crate) fn has_system(&self, who: &Authority, privilege: &str) -> bool {
        if who.user == "SYS" {
            return true;
        }
        let grantees = self.grantees_of(who);
        self.system_grants
            .iter()
            .any(|grant| !grant.role && grant.privilege == privilege && grantees.contains(&grant.grantee))
    }

    /// Whether a role is held.
    pub(crate) fn has_role(&self, user: &str, role: &str) -> bool {
        user == "SYS" || self.grantees_of(&Authority { user: user.to_owned(), roles: true }).contains(role)
    }

    /// Whether one of the object privileges (or what implies it) is held.
    pub(crate) fn has_object(&self, who: &Authority, object: &Object, privileges: &[&str]) -> bool {
        if who.user == object.owner || who.user == "SYS" {
            return true;
        }
        let grantees = self.grantees_of(who);
        let granted = self.object_grants.iter().any(|grant| {
            grant.object == object.id
                && privileges.contains(&grant.privilege.as_str())
                && grantees.contains(&grant.grantee)
        });
        granted || privileges.iter().any(|privilege| self.implied(who, object, privilege))
    }

    /// Whether any privilege at all makes the object visible.
    pub(crate) fn can_see(&self, who: &Authority, object: &Object) -> bool {
        if who.user == object.owner || who.user == "SYS" {
            return true;
        }
        let grantees = self.grantees_of(who);
        self.object_grants.iter().any(|grant| grant.object == object.id && grantees.contains(&grant.grantee))
            || ["SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE", "ALTER", "DROP"]
                .iter()
                .any(|privilege| self.implied(who, object, privilege))
    }

    fn implied(&self, who: &Authority, object: &Object, privilege: &str) -> bool {
        let dictionary = self.user(&object.owner).is_some_and(|user| user.maintained);
        if dictionary {
            return matches!(privilege, "SELECT" | "READ") && self.has_system(who, "SELECT ANY DICTIONARY");
        }
        let word = match object.kind {
            Kind::Table | Kind::View => "TABLE",
            Kind::Sequence => "SEQUENCE",
            Kind::Procedure | Kind::Function | Kind::Package | Kind::PackageBody => "PROCEDURE",
            Kind::Trigger => "TRIGGER",
            Kind::Type => "TYPE",
            Kind::Index => "INDEX",
            Kind::Synonym => "SYNONYM",
            Kind::Directory | Kind::DatabaseLink => return false,
        };
        let privilege = if privilege == "READ" { "SELECT" } else { privilege };
        let word =
            if object.kind == Kind::View && matches!(privilege, "ALTER" | "DROP") { "VIEW" } else { word };
        self.has_system(who, &format!("{privilege} ANY {word}"))
    }
}
