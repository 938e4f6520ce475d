//! Who may do what.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

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

/// What somebody holds by grants.
#[derive(Debug)]
pub(crate) struct Held {
    /// The user, PUBLIC and every role granted directly or through a role.
    grantees: BTreeSet<String>,
    /// System privileges.
    system: HashSet<String>,
    /// Objects with any privilege on them.
    objects: HashSet<i64>,
}

/// What was found to be held since grants changed last: views ask it of every object. A copy of the dictionary remembers
/// nothing.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Vec<(Authority, Arc<Held>)>>);

impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Catalogue {
    fn held(&self, who: &Authority) -> Arc<Held> {
        let mut remembered = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, held)) = remembered.iter().find(|(of, _)| of == who) {
            return Arc::clone(held);
        }
        let held = Arc::new(self.find_held(who));
        remembered.push((who.clone(), Arc::clone(&held)));
        held
    }

    fn find_held(&self, who: &Authority) -> Held {
        let mut grantees: BTreeSet<String> = [who.user.clone(), "PUBLIC".to_owned()].into();
        if who.roles {
            let mut waiting: Vec<String> = grantees.iter().cloned().collect();
            while let Some(next) = waiting.pop() {
                for grant in self.system_grants.iter().filter(|grant| grant.role && grant.grantee == next) {
                    if grantees.insert(grant.privilege.clone()) {
                        waiting.push(grant.privilege.clone());
                    }
                }
            }
        }
        let system =
            self.system_grants.iter().filter(|grant| !grant.role && grantees.contains(&grant.grantee));
        let objects = self.object_grants.iter().filter(|grant| grantees.contains(&grant.grantee));
        Held {
            system: system.map(|grant| grant.privilege.clone()).collect(),
            objects: objects.map(|grant| grant.object).collect(),
            grantees,
        }
    }

    /// The user, PUBLIC and every role granted directly or through a role.
    pub(crate) fn grantees_of(&self, who: &Authority) -> BTreeSet<String> {
        self.held(who).grantees.clone()
    }

    /// Whether a system privilege is held.
    pub(crate) fn has_system(&self, who: &Authority, privilege: &str) -> bool {
        who.user == "SYS" || self.held(who).system.contains(privilege)
    }

    /// Whether a role is held.
    pub(crate) fn has_role(&self, user: &str, role: &str) -> bool {
        user == "SYS" || self.held(&Authority { user: user.to_owned(), roles: true }).grantees.contains(role)
    }

    /// Whether one of the object privileges (or what implies it) is held.
    pub(crate) fn has_object(&self, who: &Authority, object: &Object, privileges: &[&str]) -> bool {
        if who.user == object.owner || who.user == "SYS" {
            return true;
        }
        let held = self.held(who);
        let granted = held.objects.contains(&object.id)
            && self.object_grants.iter().any(|grant| {
                grant.object == object.id
                    && privileges.contains(&grant.privilege.as_str())
                    && held.grantees.contains(&grant.grantee)
            });
        granted || privileges.iter().any(|privilege| self.implied(who, object, privilege))
    }

    /// Whether any privilege at all makes the object visible.
    pub(crate) fn can_see(&self, who: &Authority, object: &Object) -> bool {
        if who.user == object.owner || who.user == "SYS" {
            return true;
        }
        self.held(who).objects.contains(&object.id)
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
