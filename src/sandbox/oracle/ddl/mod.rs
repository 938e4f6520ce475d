//! Statements that change the dictionary, and the small ones about session and transaction.
//!
//! *Owns*: what each of them checks and changes.
//! *Never*: keeps a half-made change: a statement that fails leaves the dictionary as it was.
//! *Start reading at*: `execute_other`.
//! *To add one*: an arm there, a function in the file of its kind.

mod alter;
mod drop;
mod key;
mod object;
mod security;
mod table;

pub(super) use security::check_password;

use std::sync::Arc;

use super::catalogue::{Catalogue, Kind, Object, TableDefinition};
use super::error::{OracleError, Outcome as Answer, fail};
use super::language::ast::{AlterSession, Name, SettingValue, Statement, StatementKind};
use super::run::Machine;
use super::session::{Effect, Outcome, OutcomeKind};

fn done(kind: OutcomeKind, feedback: &str) -> Outcome {
    let (directions, returned) = (Vec::new(), Vec::new());
    Outcome { kind, rows: None, affected: 0, feedback: feedback.into(), directions, returned }
}

impl Machine {
    /// Runs a statement that is neither query, DML nor block.
    pub(crate) fn execute_other(&mut self, statement: &Statement, text: &str) -> Answer<Outcome> {
        self.observe(text, Effect::Write);
        match &statement.kind {
            StatementKind::Commit { .. } => {
                self.commit()?;
                Ok(done(OutcomeKind::Transaction, "Commit complete."))
            }
            StatementKind::Rollback { to } => {
                match to {
                    Some(name) => self.rollback_to(&name.text)?,
                    None => self.rollback()?,
                }
                Ok(done(OutcomeKind::Transaction, "Rollback complete."))
            }
            StatementKind::Savepoint(name) => {
                self.savepoint(&name.text)?;
                Ok(done(OutcomeKind::Transaction, "Savepoint created."))
            }
            StatementKind::SetTransaction { .. } => Ok(done(OutcomeKind::Transaction, "Transaction set.")),
            StatementKind::LockTable { tables, .. } => {
                for table in tables {
                    self.binder(text).find_relation(table)?;
                }
                Ok(done(OutcomeKind::Transaction, "Table(s) Locked."))
            }
            StatementKind::AlterSession(alter) => self.alter_session(alter),
            StatementKind::SetRole(_) => Ok(done(OutcomeKind::Session, "Role set.")),
            StatementKind::Call { .. } => Err(OracleError::unsupported("run CALL; write a block")),
            StatementKind::SetConstraints { .. } => Err(OracleError::unsupported("defer constraints")),
            _ => {
                let feedback = self.definition(statement, text)?;
                Ok(done(OutcomeKind::Ddl, &feedback))
            }
        }
    }

    fn alter_session(&mut self, alter: &AlterSession) -> Answer<Outcome> {
        if let AlterSession::Set(list) = alter {
            for (name, value) in list {
                let text = match value {
                    SettingValue::Name(name) => name.text.clone(),
                    SettingValue::String(text) | SettingValue::Number(text) => text.clone(),
                };
                match name.text.as_str() {
                    "NLS_DATE_FORMAT" => self.facts.nls.date = text,
                    "NLS_TIMESTAMP_FORMAT" => self.facts.nls.timestamp = text,
                    "NLS_TIMESTAMP_TZ_FORMAT" => self.facts.nls.timestamp_tz = text,
                    "CURRENT_SCHEMA" => {
                        if self.catalogue.schema(&text).is_none() {
                            return fail(1435, &["user does not exist"]);
                        }
                        self.facts.current_schema = text;
                    }
                    "NLS_LANGUAGE" | "NLS_TERRITORY"
                        if !text.eq_ignore_ascii_case("AMERICAN")
                            && !text.eq_ignore_ascii_case("AMERICA") =>
                    {
                        return Err(OracleError::unsupported(format!("speak {text}")));
                    }
                    "NLS_NUMERIC_CHARACTERS" if text != ".," => {
                        return Err(OracleError::unsupported("use other numeric characters"));
                    }
                    "TIME_ZONE" if !matches!(text.as_str(), "UTC" | "+00:00" | "GMT" | "+0:00") => {
                        return Err(OracleError::unsupported("use a session time zone other than UTC"));
                    }
                    "NLS_LANGUAGE"
                    | "NLS_TERRITORY"
                    | "NLS_NUMERIC_CHARACTERS"
                    | "TIME_ZONE"
                    | "DDL_LOCK_TIMEOUT"
                    | "NLS_LENGTH_SEMANTICS"
                    | "PLSQL_WARNINGS"
                    | "NLS_SORT"
                    | "NLS_COMP"
                    | "OPTIMIZER_MODE"
                    | "STATISTICS_LEVEL" => {}
                    _ => return fail(2248, &[]),
                }
            }
        }
        Ok(done(OutcomeKind::Session, "Session altered."))
    }

    /// Runs a change of the dictionary: commits before and after, all or nothing.
    pub(crate) fn define<T>(
        &mut self,
        act: impl FnOnce(&mut Self, &mut Catalogue) -> Answer<T>,
    ) -> Answer<T> {
        self.commit()?;
        self.store.begin()?;
        self.refresh_catalogue()?;
        let mut changed = (*self.catalogue).clone();
        match act(self, &mut changed) {
            Ok(value) => {
                changed.bump(&self.store)?;
                self.store.commit()?;
                let fresh = Arc::new(changed);
                self.shared.publish(&fresh);
                self.adopt(fresh);
                Ok(value)
            }
            Err(error) => {
                self.store.rollback()?;
                let before = self.shared.current(&self.store)?;
                self.units.compiled.clear();
                self.units.views.clear();
                self.catalogue = before;
                Err(error)
            }
        }
    }

    fn definition(&mut self, statement: &Statement, text: &str) -> Answer<String> {
        match &statement.kind {
            StatementKind::CreateTable(create) => self.create_table(create, text),
            StatementKind::AlterTable { table, actions } => self.alter_table(table, actions, text),
            StatementKind::CreateIndex(create) => self.create_index(create),
            StatementKind::CreateView(create) => self.create_view(create),
            StatementKind::CreateSequence(create) => self.create_sequence(create),
            StatementKind::AlterSequence { sequence, options } => self.alter_sequence(sequence, options),
            StatementKind::CreateSynonym(create) => self.create_synonym(create),
            StatementKind::CreateSource(create) => self.create_source(create),
            StatementKind::Compile { object, name, .. } => self.compile_statement(*object, name),
            StatementKind::AlterTrigger { trigger, action } => self.alter_trigger(trigger, action),
            StatementKind::CreateDirectory { name, path, or_replace } => {
                self.create_directory(&name.text, path, *or_replace)
            }
            StatementKind::CreateDatabaseLink { public, name, user, using } => {
                self.create_link(*public, name, user.as_ref(), using.as_deref())
            }
            StatementKind::Drop(drop) => self.drop_object(drop),
            StatementKind::Truncate { table, cascade, .. } => self.truncate(table, *cascade),
            StatementKind::Rename { .. } => {
                Err(OracleError::unsupported("rename by RENAME; use ALTER TABLE"))
            }
            StatementKind::Comment { on, text } => self.comment(on, text),
            StatementKind::Purge { .. } => Ok("Purge complete.".into()),
            StatementKind::CreateUser { user, options } => self.create_user(user, options),
            StatementKind::AlterUser { user, options } => self.alter_user(user, options),
            StatementKind::CreateRole { role, .. } => self.create_role(role),
            StatementKind::Grant(grant) => self.grant(grant),
            StatementKind::Revoke(revoke) => self.revoke(revoke),
            StatementKind::AlterDatabaseProperty { name, value } => {
                self.require_system("ALTER DATABASE")?;
                let (name, value) = (name.text.clone(), value.clone());
                self.define(|machine, catalogue| catalogue.set(&machine.store, &name, value.as_deref()))?;
                Ok("Database altered.".into())
            }
            StatementKind::AlterSystem(_) => self.alter_system(statement),
            StatementKind::AlterIndex { .. } => Err(OracleError::unsupported("alter an index")),
            _ => Err(OracleError::unsupported("run this statement")),
        }
    }

    /// The schema and name a new object gets; ANY privileges for another schema.
    pub(crate) fn new_name(&self, name: &Name, privilege: &str) -> Answer<(String, String)> {
        let owner =
            name.qualifier().map_or_else(|| self.facts.current_schema.clone(), |owner| owner.text.clone());
        if self.catalogue.schema(&owner).is_none() {
            return fail(1918, &[&owner]);
        }
        let needed = if owner == self.authority.user {
            format!("CREATE {privilege}")
        } else {
            format!("CREATE ANY {privilege}")
        };
        if !self.catalogue.has_system(&self.authority, &needed)
            && !self.catalogue.has_system(&self.authority, &format!("CREATE ANY {privilege}"))
        {
            return fail(1031, &[]);
        }
        if self.catalogue.user(&owner).is_some_and(|user| user.maintained)
            && !self.catalogue.user(&self.authority.user).is_some_and(|user| user.maintained)
        {
            return fail(1031, &[]);
        }
        let plain = &name.last().text;
        if plain.len() > 128 {
            return fail(972, &[]);
        }
        Ok((owner, plain.clone()))
    }

    /// An existing object, and the right to change it.
    pub(crate) fn existing(
        &self,
        name: &Name,
        kind: Kind,
        verb: &str,
        missing: OracleError,
    ) -> Answer<Arc<Object>> {
        let owner =
            name.qualifier().map_or_else(|| self.facts.current_schema.clone(), |owner| owner.text.clone());
        let object = self.catalogue.find_exactly(&owner, kind, &name.last().text).cloned();
        let Some(object) = object else { return Err(missing.at(name.span.line, name.span.column)) };
        if self.catalogue.has_object(&self.authority, &object, &[verb]) {
            return Ok(object);
        }
        if self.catalogue.can_see(&self.authority, &object) { fail(1031, &[]) } else { Err(missing) }
    }

    /// ORA-00054 while another session holds rows of the table locked: a definition takes a whole table for itself.
    pub(crate) fn require_unlocked(&self, table: &TableDefinition) -> Answer<()> {
        let held = |owner: &String, name: &String| *owner == table.owner && *name == table.name;
        let mut others =
            self.shared.live().into_iter().filter(|live| live.sid != self.facts.session_id && !live.killed);
        if others.any(|live| live.locks.iter().any(|(owner, name)| held(owner, name))) {
            return fail(54, &[]);
        }
        Ok(())
    }

    /// A system privilege, or ORA-01031.
    pub(crate) fn require_system(&self, privilege: &str) -> Answer<()> {
        if self.catalogue.has_system(&self.authority, privilege) { Ok(()) } else { fail(1031, &[]) }
    }

    /// Whether a name is free in a schema.
    pub(crate) fn check_free(catalogue: &Catalogue, owner: &str, kind: Kind, name: &str) -> Answer<()> {
        if catalogue.find(owner, kind, name).is_some() { fail(955, &[]) } else { Ok(()) }
    }
}
