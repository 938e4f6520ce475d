//! DROP and TRUNCATE.

use std::sync::Arc;

use crate::sandbox::oracle::catalogue::{Body, Catalogue, Kind, Object};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{DropStatement, Name, ObjectKind};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

impl Machine {
    pub(super) fn drop_object(&mut self, drop: &DropStatement) -> Outcome<String> {
        let plain = drop.name.last().text.clone();
        let unknown = OracleError::new(4043, &[&plain]);
        let (kind, word, missing) = match drop.object {
            ObjectKind::Table => (Kind::Table, "Table", OracleError::new(942, &[])),
            ObjectKind::View => (Kind::View, "View", OracleError::new(942, &[])),
            ObjectKind::Sequence => (Kind::Sequence, "Sequence", OracleError::new(2289, &[])),
            ObjectKind::Index => (Kind::Index, "Index", OracleError::new(1418, &[])),
            ObjectKind::Procedure => (Kind::Procedure, "Procedure", unknown),
            ObjectKind::Function => (Kind::Function, "Function", unknown),
            ObjectKind::Package => (Kind::Package, "Package", unknown),
            ObjectKind::PackageBody => (Kind::PackageBody, "Package body", unknown),
            ObjectKind::Trigger => (Kind::Trigger, "Trigger", OracleError::new(4080, &[&plain])),
            ObjectKind::Type => (Kind::Type, "Type", unknown),
            ObjectKind::Synonym => (Kind::Synonym, "Synonym", OracleError::new(1434, &[])),
            ObjectKind::User => return self.drop_user(&plain, drop.cascade),
            ObjectKind::Role => return self.drop_role(&plain),
            ObjectKind::PublicSynonym => {
                self.require_system("DROP PUBLIC SYNONYM")?;
                return self.drop_owned(
                    "PUBLIC",
                    Kind::Synonym,
                    &plain,
                    &OracleError::new(1432, &[]),
                    "Synonym",
                );
            }
            ObjectKind::DatabaseLink | ObjectKind::PublicDatabaseLink => {
                let full =
                    drop.name.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
                let owner = if drop.object == ObjectKind::PublicDatabaseLink {
                    "PUBLIC".to_owned()
                } else {
                    self.facts.current_schema.clone()
                };
                return self.drop_owned(
                    &owner,
                    Kind::DatabaseLink,
                    &full,
                    &OracleError::new(2024, &[]),
                    "Database link",
                );
            }
            ObjectKind::Directory => {
                self.require_system("DROP ANY DIRECTORY")?;
                return self.drop_owned("SYS", Kind::Directory, &plain, &unknown, "Directory");
            }
            ObjectKind::TypeBody => return Err(OracleError::unsupported("drop a type body")),
        };
        let object = match self.existing(&drop.name, kind, "DROP", missing) {
            Ok(object) => object,
            Err(_) if drop.if_exists => return Ok(format!("{word} dropped.")),
            Err(error) => return Err(error),
        };
        if self.catalogue.user(&object.owner).is_some_and(|user| user.maintained)
            && self.authority.user != "SYS"
        {
            return fail(1031, &[]);
        }
        self.define(|machine, catalogue| machine.drop_one(catalogue, &object, drop.cascade))?;
        Ok(format!("{word} dropped."))
    }

    fn drop_owned(
        &mut self,
        owner: &str,
        kind: Kind,
        name: &str,
        missing: &OracleError,
        word: &str,
    ) -> Outcome<String> {
        let Some(object) = self.catalogue.find_exactly(owner, kind, name).cloned() else {
            return Err(missing.clone());
        };
        self.define(|machine, catalogue| catalogue.remove(&machine.store, object.id))?;
        Ok(format!("{word} dropped."))
    }

    /// Drops an object and what belongs to it.
    pub(crate) fn drop_one(
        &mut self,
        catalogue: &mut Catalogue,
        object: &Arc<Object>,
        cascade: bool,
    ) -> Outcome<()> {
        match &object.body {
            Body::Table(table) => {
                self.require_unlocked(table)?;
                for (child, foreign) in catalogue.references_to(table.id) {
                    if child.id == table.id {
                        continue;
                    }
                    if !cascade {
                        return fail(2449, &[]);
                    }
                    let mut changed = (*child).clone();
                    changed.constraints.retain(|c| c.name != foreign);
                    self.put_table(catalogue, &Arc::new(changed))?;
                }
                for column in &table.columns {
                    if let Some(identity) = &column.identity {
                        catalogue.remove(&self.store, identity.sequence)?;
                    }
                }
                let belongings: Vec<i64> = catalogue
                    .belonging_to(table.id, Kind::Index)
                    .into_iter()
                    .chain(catalogue.belonging_to(table.id, Kind::Trigger))
                    .map(|o| o.id)
                    .collect();
                for id in belongings {
                    catalogue.remove(&self.store, id)?;
                }
                if table.temporary.is_none() {
                    self.store.drop_table(table)?;
                }
            }
            Body::Sequence(sequence) if sequence.identity => return fail(32794, &[]),
            Body::Index { .. } => {
                let enforcing = catalogue
                    .tables()
                    .iter()
                    .any(|t| t.constraints.iter().any(|c| c.enabled && c.index == Some(object.id)));
                if enforcing {
                    return fail(2429, &[]);
                }
                self.store.drop_index(object.id)?;
            }
            Body::Source { .. } if object.kind == Kind::Package => {
                if let Some(body) =
                    catalogue.find_exactly(&object.owner, Kind::PackageBody, &object.name).cloned()
                {
                    catalogue.remove(&self.store, body.id)?;
                }
            }
            _ => {}
        }
        catalogue.remove(&self.store, object.id)
    }

    pub(super) fn truncate(&mut self, name: &Name, cascade: bool) -> Outcome<String> {
        let object = self.existing(name, Kind::Table, "DROP", OracleError::new(942, &[]))?;
        let Body::Table(table) = &object.body else { return fail(942, &[]) };
        if cascade {
            return Err(OracleError::unsupported("truncate with CASCADE"));
        }
        let referenced = self.catalogue.references_to(table.id).iter().any(|(child, foreign)| {
            child.id != table.id && child.constraint(foreign).is_some_and(|c| c.enabled)
        });
        if referenced {
            return fail(2266, &[]);
        }
        self.require_unlocked(table)?;
        self.commit()?;
        self.prepare_temporary(table)?;
        self.store.begin()?;
        self.store.clear(table)?;
        self.commit()?;
        Ok("Table truncated.".into())
    }

    fn drop_user(&mut self, name: &str, cascade: bool) -> Outcome<String> {
        self.require_system("DROP USER")?;
        let Some(user) = self.catalogue.schema(name).cloned() else { return fail(1918, &[name]) };
        if user.maintained {
            return fail(1031, &[]);
        }
        if self.shared.live().iter().any(|live| live.user == name && live.sid != self.facts.session_id) {
            return fail(1940, &[]);
        }
        let owned: Vec<Arc<Object>> =
            self.catalogue.objects().into_iter().filter(|o| o.owner == name).cloned().collect();
        if !owned.is_empty() && !cascade {
            return fail(1922, &[name]);
        }
        self.define(|machine, catalogue| {
            for object in &owned {
                if object.kind != Kind::Index
                    && catalogue.object(object.id).is_some()
                    && !matches!(&object.body, Body::Sequence(s) if s.identity)
                {
                    machine.drop_one(catalogue, object, true)?;
                }
            }
            for object in &owned {
                if catalogue.object(object.id).is_some() {
                    catalogue.remove(&machine.store, object.id)?;
                }
            }
            catalogue.remove_user(&machine.store, name)
        })?;
        for table in ["SCHEDULER$_JOB", "CREDENTIAL$"] {
            self.drop_rows_of(table, name)?;
        }
        Ok("User dropped.".into())
    }

    /// What a dropped user had of things that are rows of the dictionary.
    fn drop_rows_of(&mut self, table: &str, owner: &str) -> Outcome<()> {
        let Some(table) = self.catalogue.sys_table(table) else { return Ok(()) };
        let Some(at) = table.column("OWNER") else { return Ok(()) };
        let rows = self.store.scan(&table, &[(at, Value::text(owner))], None)?;
        self.store.begin()?;
        for (number, _) in rows {
            self.store.delete(&table, number)?;
        }
        self.commit()
    }

    fn drop_role(&mut self, name: &str) -> Outcome<String> {
        self.require_system("DROP ANY ROLE")?;
        if !self.catalogue.user(name).is_some_and(|user| user.role) {
            return fail(1919, &[name]);
        }
        self.define(|machine, catalogue| catalogue.remove_user(&machine.store, name))?;
        Ok("Role dropped.".into())
    }
}
