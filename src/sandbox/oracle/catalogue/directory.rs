//! The dictionary in memory, and every change of it written to the file at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::model::{Body, ConstraintKind, Kind, Object, ObjectGrant, SystemGrant, TableDefinition, User};
use super::privileges::Remembered;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::storage::Store;

/// The dictionary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    /// Grows with every change.
    pub(crate) version: i64,
    next_id: i64,
    objects: HashMap<i64, Arc<Object>>,
    names: HashMap<(String, u8, String), i64>,
    users: BTreeMap<String, Arc<User>>,
    pub(crate) object_grants: Vec<ObjectGrant>,
    pub(crate) system_grants: Vec<SystemGrant>,
    /// Database properties and the identity.
    pub(crate) settings: BTreeMap<String, String>,
    pub(super) held: Remembered,
}

fn read<T: DeserializeOwned>(text: &str) -> Outcome<T> {
    serde_json::from_str(text)
        .map_err(|error| OracleError::with_text(600, &format!("the dictionary is damaged: {error}")))
}

fn write<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("documents have text keys only")
}

impl Catalogue {
    /// Reads the dictionary of a file.
    pub(crate) fn load(store: &Store) -> Outcome<Self> {
        let mut catalogue = Self { next_id: 1, ..Self::default() };
        for (key, document) in store.documents()? {
            match key.split_once('/').map_or(key.as_str(), |(space, _)| space) {
                "o" => catalogue.remember(read(&document)?),
                "u" => {
                    let user: User = read(&document)?;
                    catalogue.users.insert(user.name.clone(), Arc::new(user));
                }
                "g" => catalogue.object_grants.push(read(&document)?),
                "s" => catalogue.system_grants.push(read(&document)?),
                "p" => {
                    catalogue.settings.insert(key[2..].to_owned(), document);
                }
                "version" => catalogue.version = document.parse().unwrap_or_default(),
                "next" => catalogue.next_id = document.parse().unwrap_or(1),
                _ => {}
            }
        }
        Ok(catalogue)
    }

    /// The version in the file.
    pub(crate) fn stored_version(store: &Store) -> Outcome<i64> {
        Ok(store.document("version")?.and_then(|text| text.parse().ok()).unwrap_or_default())
    }

    fn remember(&mut self, object: Object) {
        self.names.insert((object.owner.clone(), object.kind.space(), object.name.clone()), object.id);
        self.objects.insert(object.id, Arc::new(object));
    }

    /// Counts the version up; the last act of every change.
    pub(crate) fn bump(&mut self, store: &Store) -> Outcome<()> {
        self.version += 1;
        store.put_document("version", Some(&self.version.to_string()))?;
        store.put_document("next", Some(&self.next_id.to_string()))
    }

    /// A new object number.
    pub(crate) fn new_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    /// Writes an object, new or changed.
    pub(crate) fn put(&mut self, store: &Store, object: Object) -> Outcome<()> {
        if let Some(old) = self.objects.get(&object.id) {
            let key = (old.owner.clone(), old.kind.space(), old.name.clone());
            self.names.remove(&key);
        }
        store.put_document(&format!("o/{}", object.id), Some(&write(&object)))?;
        self.remember(object);
        Ok(())
    }

    /// Removes an object and the privileges on it.
    pub(crate) fn remove(&mut self, store: &Store, id: i64) -> Outcome<()> {
        self.held = Remembered::default();
        if let Some(old) = self.objects.remove(&id) {
            self.names.remove(&(old.owner.clone(), old.kind.space(), old.name.clone()));
        }
        store.put_document(&format!("o/{id}"), None)?;
        let (gone, kept) =
            std::mem::take(&mut self.object_grants).into_iter().partition(|grant| grant.object == id);
        self.object_grants = kept;
        let gone: Vec<ObjectGrant> = gone;
        for grant in gone {
            store.put_document(&grant_key(&grant), None)?;
        }
        self.invalidate_dependents(store, id)
    }

    /// Marks everything that was bound to an object as invalid.
    pub(crate) fn invalidate_dependents(&mut self, store: &Store, id: i64) -> Outcome<()> {
        let mut waiting = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            let dependents: Vec<Arc<Object>> =
                self.objects.values().filter(|object| object.depends.contains(&next)).cloned().collect();
            for dependent in dependents {
                if seen.insert(dependent.id) && dependent.valid {
                    waiting.push(dependent.id);
                    self.put(store, Object { valid: false, ..(*dependent).clone() })?;
                }
            }
        }
        Ok(())
    }

    /// Writes a user or role.
    pub(crate) fn put_user(&mut self, store: &Store, user: User) -> Outcome<()> {
        store.put_document(&format!("u/{}", user.name), Some(&write(&user)))?;
        self.users.insert(user.name.clone(), Arc::new(user));
        Ok(())
    }

    /// Removes a user or role and everything granted to it.
    pub(crate) fn remove_user(&mut self, store: &Store, name: &str) -> Outcome<()> {
        self.held = Remembered::default();
        store.put_document(&format!("u/{name}"), None)?;
        self.users.remove(name);
        for grant in self.object_grants.iter().filter(|grant| grant.grantee == name) {
            store.put_document(&grant_key(grant), None)?;
        }
        self.object_grants.retain(|grant| grant.grantee != name);
        let involved = |grant: &SystemGrant| grant.grantee == name || (grant.role && grant.privilege == name);
        for grant in self.system_grants.iter().filter(|grant| involved(grant)) {
            store.put_document(&system_key(grant), None)?;
        }
        self.system_grants.retain(|grant| !involved(grant));
        Ok(())
    }

    /// Gives an object privilege.
    pub(crate) fn grant_object(&mut self, store: &Store, grant: ObjectGrant) -> Outcome<()> {
        self.held = Remembered::default();
        let same = |old: &ObjectGrant| {
            old.grantee == grant.grantee
                && old.object == grant.object
                && old.privilege == grant.privilege
                && old.grantor == grant.grantor
        };
        let grantable = grant.grantable || self.object_grants.iter().any(|old| same(old) && old.grantable);
        self.object_grants.retain(|old| !same(old));
        let grant = ObjectGrant { grantable, ..grant };
        store.put_document(&grant_key(&grant), Some(&write(&grant)))?;
        self.object_grants.push(grant);
        Ok(())
    }

    /// Takes object privileges away; answers whether there were any.
    pub(crate) fn revoke_object(
        &mut self,
        store: &Store,
        grantee: &str,
        object: i64,
        privilege: &str,
    ) -> Outcome<bool> {
        self.held = Remembered::default();
        let hit = |grant: &ObjectGrant| {
            grant.grantee == grantee && grant.object == object && grant.privilege == privilege
        };
        let mut found = false;
        for grant in self.object_grants.iter().filter(|grant| hit(grant)) {
            found = true;
            store.put_document(&grant_key(grant), None)?;
        }
        self.object_grants.retain(|grant| !hit(grant));
        Ok(found)
    }

    /// Gives a system privilege or role.
    pub(crate) fn grant_system(&mut self, store: &Store, grant: SystemGrant) -> Outcome<()> {
        self.held = Remembered::default();
        let same = |old: &SystemGrant| old.grantee == grant.grantee && old.privilege == grant.privilege;
        let admin = grant.admin || self.system_grants.iter().any(|old| same(old) && old.admin);
        self.system_grants.retain(|old| !same(old));
        let grant = SystemGrant { admin, ..grant };
        store.put_document(&system_key(&grant), Some(&write(&grant)))?;
        self.system_grants.push(grant);
        Ok(())
    }

    /// Takes a system privilege or role away; answers whether it was there.
    pub(crate) fn revoke_system(&mut self, store: &Store, grantee: &str, privilege: &str) -> Outcome<bool> {
        self.held = Remembered::default();
        let Some(at) =
            self.system_grants.iter().position(|g| g.grantee == grantee && g.privilege == privilege)
        else {
            return Ok(false);
        };
        let grant = self.system_grants.remove(at);
        store.put_document(&system_key(&grant), None)?;
        Ok(true)
    }

    /// Sets or removes a property.
    pub(crate) fn set(&mut self, store: &Store, name: &str, value: Option<&str>) -> Outcome<()> {
        store.put_document(&format!("p/{name}"), value)?;
        match value {
            Some(value) => self.settings.insert(name.to_owned(), value.to_owned()),
            None => self.settings.remove(name),
        };
        Ok(())
    }

    /// An object by number.
    pub(crate) fn object(&self, id: i64) -> Option<&Arc<Object>> {
        self.objects.get(&id)
    }

    /// An object by owner and name within the name space of a kind.
    pub(crate) fn find(&self, owner: &str, kind: Kind, name: &str) -> Option<&Arc<Object>> {
        let id = self.names.get(&(owner.to_owned(), kind.space(), name.to_owned()))?;
        self.objects.get(id)
    }

    /// The same, and of that kind only.
    pub(crate) fn find_exactly(&self, owner: &str, kind: Kind, name: &str) -> Option<&Arc<Object>> {
        self.find(owner, kind, name).filter(|object| object.kind == kind)
    }

    /// A table of the dictionary itself.
    pub(crate) fn sys_table(&self, name: &str) -> Option<Arc<TableDefinition>> {
        match &self.find_exactly("SYS", Kind::Table, name)?.body {
            Body::Table(table) => Some(table.clone()),
            _ => None,
        }
    }

    /// A table by number.
    pub(crate) fn table(&self, id: i64) -> Option<&Arc<TableDefinition>> {
        match &self.objects.get(&id)?.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    /// All objects, by number.
    pub(crate) fn objects(&self) -> Vec<&Arc<Object>> {
        let mut list: Vec<_> = self.objects.values().collect();
        list.sort_by_key(|object| object.id);
        list
    }

    /// All tables.
    pub(crate) fn tables(&self) -> Vec<&Arc<TableDefinition>> {
        self.objects()
            .into_iter()
            .filter_map(|object| match &object.body {
                Body::Table(table) => Some(table),
                _ => None,
            })
            .collect()
    }

    /// The objects of a kind that belong to a table: indexes and triggers, in order of creation.
    pub(crate) fn belonging_to(&self, table: i64, kind: Kind) -> Vec<&Arc<Object>> {
        let mut list: Vec<_> = self
            .objects
            .values()
            .filter(|object| object.kind == kind)
            .filter(|object| match &object.body {
                Body::Index { table: of, .. } => *of == table,
                Body::Source { trigger: Some(trigger), .. } => trigger.table == Some(table),
                _ => false,
            })
            .collect();
        list.sort_by_key(|object| object.id);
        list
    }

    /// The foreign keys that point at a table: the child table and the constraint's name.
    pub(crate) fn references_to(&self, table: i64) -> Vec<(Arc<TableDefinition>, String)> {
        let mut list = Vec::new();
        for child in self.tables() {
            for constraint in &child.constraints {
                if matches!(&constraint.kind, ConstraintKind::Foreign { table: parent, .. } if *parent == table)
                {
                    list.push((child.clone(), constraint.name.clone()));
                }
            }
        }
        list
    }

    /// A user or role.
    pub(crate) fn user(&self, name: &str) -> Option<&Arc<User>> {
        self.users.get(name)
    }

    /// All users and roles.
    pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// A schema, not a role.
    pub(crate) fn schema(&self, name: &str) -> Option<&Arc<User>> {
        self.users.get(name).filter(|user| !user.role)
    }
}

fn grant_key(grant: &ObjectGrant) -> String {
    format!("g/{}/{}/{}/{}", grant.grantee, grant.object, grant.privilege, grant.grantor)
}

fn system_key(grant: &SystemGrant) -> String {
    format!("s/{}/{}", grant.grantee, grant.privilege)
}
