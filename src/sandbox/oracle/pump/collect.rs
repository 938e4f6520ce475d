//! What is there to be exported: every object as an entry with its path and what makes it again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::control::is_control_table;
use super::job::Mode;
use super::{paths, text};
use crate::sandbox::oracle::catalogue::{
    Body, Catalogue, ConstraintKind, Kind, Object, StoredType, TableDefinition, User,
};
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::run::Machine;

/// What makes an object again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Act {
    /// Statements, marked.
    Statements(Vec<String>),
    /// A user with password and quotas.
    User(User),
    Quotas(User),
    Link {
        user: Option<String>,
        host: Option<String>,
    },
    /// The rows of a table: columns with their types, how many rows and bytes.
    Rows {
        columns: Vec<(String, StoredType)>,
        rows: i64,
        bytes: i64,
    },
    /// Row count and moment of the statistics.
    Statistics(i64, i64),
    /// A scheduler job, by column.
    Job(Vec<(String, serde_json::Value)>),
}

/// An object of a dump.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Without the beginning that the mode gives.
    pub(super) path: String,
    pub(super) schema: String,
    pub(super) name: String,
    /// The table or view it hangs on.
    pub(super) base: Option<String>,
    pub(super) act: Act,
    /// Its place in the dump.
    #[serde(skip)]
    pub(super) place: usize,
}

impl Entry {
    /// The last word of the path.
    pub(super) fn kind(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Its name in messages: `TABLE:"HR"."JOBS"`.
    pub(super) fn shown(&self, schema: &str) -> String {
        let kind = self.kind();
        match kind {
            "USER" => format!("{kind}:\"{schema}\""),
            _ if schema.is_empty() => format!("{kind}:\"{}\"", self.name),
            _ => format!("{kind}:\"{schema}\".\"{}\"", self.name),
        }
    }
}

fn entry(path: &str, schema: &str, name: &str, base: Option<&str>, act: Act) -> Entry {
    Entry {
        path: path.to_owned(),
        schema: schema.to_owned(),
        name: name.to_owned(),
        base: base.map(str::to_owned),
        act,
        place: 0,
    }
}

fn one(statement: String) -> Act {
    Act::Statements(vec![statement])
}

/// Every object of some schemas, in the order of an import.
pub(super) fn collect(
    machine: &mut Machine,
    mode: Mode,
    schemas: &BTreeSet<String>,
    users: bool,
) -> Outcome<Vec<Entry>> {
    let catalogue = machine.catalogue.clone();
    let mut entries = Vec::new();
    if users && mode == Mode::Full {
        let roles = catalogue.users().filter(|user| user.role && !user.maintained);
        for role in roles.map(|role| role.name.as_str()) {
            let role_made = one(format!("CREATE ROLE {}", text::quote(role)));
            entries.push(entry(paths::ROLE, "", role, None, role_made));
            granted(&catalogue, "", role, &mut entries);
        }
    }
    if users && mode != Mode::Table {
        for name in schemas {
            if let Some(user) = catalogue.schema(name) {
                user_entries(&catalogue, user, &mut entries);
            }
        }
    }
    for object in catalogue.objects() {
        if !schemas.contains(&object.owner) {
            continue;
        }
        object_entries(machine, &catalogue, object, &mut entries)?;
    }
    if mode != Mode::Table {
        super::journal::scheduler_jobs(machine, schemas, &mut entries)?;
    }
    entries.retain(|entry| paths::belongs(mode, &entry.path));
    entries.sort_by_key(|entry| paths::rank(&entry.path));
    Ok(entries)
}

/// The system privileges and roles that a user or a role has.
fn granted(catalogue: &Catalogue, schema: &str, grantee: &str, entries: &mut Vec<Entry>) {
    for grant in catalogue.system_grants.iter().filter(|grant| grant.grantee == grantee) {
        let path = if grant.role { "ROLE_GRANT" } else { "SYSTEM_GRANT" };
        let statement = text::system_grant(&grant.privilege, grant.role, grantee, grant.admin);
        entries.push(entry(path, schema, &grant.privilege, None, one(statement)));
    }
}

fn user_entries(catalogue: &Catalogue, user: &User, entries: &mut Vec<Entry>) {
    let name = &user.name;
    entries.push(entry("USER", name, name, None, Act::User(user.clone())));
    granted(catalogue, name, name, entries);
    entries.push(entry("DEFAULT_ROLE", name, name, None, Act::Statements(Vec::new())));
    if !user.quotas.is_empty() {
        entries.push(entry("TABLESPACE_QUOTA", name, name, None, Act::Quotas(user.clone())));
    }
}

fn object_entries(
    machine: &mut Machine,
    catalogue: &Catalogue,
    object: &Object,
    entries: &mut Vec<Entry>,
) -> Outcome<()> {
    let (owner, name) = (object.owner.as_str(), object.name.as_str());
    match &object.body {
        Body::Table(table) => table_entries(machine, catalogue, table, entries)?,
        Body::View { columns, text: query, read_only, comment } => {
            let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
            let statement = text::view(object, &names, query, *read_only);
            entries.push(entry("VIEW/VIEW", owner, name, None, one(statement)));
            grants(catalogue, object, "VIEW", entries);
            if let Some(comment) = comment {
                let statement = text::view_comment(object, comment);
                entries.push(entry("VIEW/COMMENT", owner, name, Some(name), one(statement)));
            }
        }
        Body::Sequence(definition) if !definition.identity => {
            let next = machine.store.sequence(object.id)?.unwrap_or(definition.start);
            let statement = text::sequence(object, definition, next);
            entries.push(entry("SEQUENCE/SEQUENCE", owner, name, None, one(statement)));
            grants(catalogue, object, "SEQUENCE", entries);
        }
        Body::Synonym { owner: target, name: of, link } => {
            let statement = text::synonym(object, target, of, link.as_deref());
            entries.push(entry("SYNONYM/SYNONYM", owner, name, None, one(statement)));
        }
        Body::Index { table, columns, unique, functional } => {
            let Some(table) = catalogue.table(*table) else { return Ok(()) };
            let of_key = table.constraints.iter().any(|constraint| constraint.index == Some(object.id));
            if !of_key && !is_control_table(table) {
                let statement = text::index(object, table, columns, *unique, *functional);
                entries.push(entry("TABLE/INDEX/INDEX", owner, name, Some(&table.name), one(statement)));
                if table.analyzed.is_some() {
                    let path = "TABLE/INDEX/STATISTICS/INDEX_STATISTICS";
                    entries.push(entry(path, owner, name, Some(&table.name), Act::Statements(Vec::new())));
                }
            }
        }
        Body::Source { text: source, trigger, .. } => {
            source_entry(catalogue, object, source, trigger.as_ref(), entries);
        }
        Body::DatabaseLink { user, host } => {
            let act = Act::Link { user: user.clone(), host: host.clone() };
            entries.push(entry("DB_LINK", owner, name, None, act));
        }
        _ => {}
    }
    Ok(())
}

fn source_entry(
    catalogue: &Catalogue,
    object: &Object,
    source: &str,
    trigger: Option<&crate::sandbox::oracle::catalogue::TriggerDefinition>,
    entries: &mut Vec<Entry>,
) {
    let (owner, name) = (object.owner.as_str(), object.name.as_str());
    let base = trigger.and_then(|trigger| trigger.table).and_then(|id| catalogue.object(id));
    let path = match object.kind {
        Kind::Package => "PACKAGE/PACKAGE_SPEC",
        Kind::PackageBody => "PACKAGE/PACKAGE_BODY",
        Kind::Function => "FUNCTION/FUNCTION",
        Kind::Procedure => "PROCEDURE/PROCEDURE",
        Kind::Type => "TYPE/TYPE_SPEC",
        Kind::Trigger if base.is_some_and(|base| base.kind == Kind::View) => "VIEW/TRIGGER",
        Kind::Trigger if base.is_some() => "TABLE/TRIGGER",
        _ => return,
    };
    let on = base.map(|base| (base.owner.as_str(), base.name.as_str()));
    let mut statements = vec![text::source(object, source, on)];
    if trigger.is_some_and(|trigger| !trigger.enabled) {
        statements.push(text::disable_trigger(object));
    }
    entries.push(entry(path, owner, name, on.map(|on| on.1), Act::Statements(statements)));
    if matches!(object.kind, Kind::Package | Kind::Function | Kind::Procedure | Kind::Type) {
        grants(catalogue, object, "PACKAGE", entries);
    }
}

fn grants(catalogue: &Catalogue, object: &Object, kind: &str, entries: &mut Vec<Entry>) {
    let path = format!("{kind}/GRANT/OWNER_GRANT/OBJECT_GRANT");
    let is_table = matches!(object.kind, Kind::Table);
    for grant in catalogue.object_grants.iter().filter(|grant| grant.object == object.id) {
        let statement = text::grant(
            &grant.privilege,
            &object.owner,
            &object.name,
            is_table,
            &grant.grantee,
            grant.grantable,
        );
        entries.push(entry(&path, &object.owner, &object.name, Some(&object.name), one(statement)));
    }
}

fn table_entries(
    machine: &mut Machine,
    catalogue: &Catalogue,
    table: &TableDefinition,
    entries: &mut Vec<Entry>,
) -> Outcome<()> {
    if is_control_table(table) {
        return Ok(());
    }
    let (owner, name) = (table.owner.as_str(), table.name.as_str());
    let next = |id| machine.store.sequence(id).ok().flatten();
    let statement = text::create_table(catalogue, table, next);
    entries.push(entry("TABLE/TABLE", owner, name, None, one(statement)));
    if let Some(object) = catalogue.object(table.id) {
        grants(catalogue, object, "TABLE", entries);
    }
    if table.temporary.is_none() {
        let columns: Vec<(String, StoredType)> = table
            .columns
            .iter()
            .filter(|column| column.computed.is_none())
            .map(|column| (column.name.clone(), column.of.clone()))
            .collect();
        let rows = machine.store.count(table)?;
        let width = i64::try_from(columns.len()).unwrap_or(1) * 9 + 3;
        let act = Act::Rows { columns, rows, bytes: rows * width };
        entries.push(entry("TABLE/TABLE_DATA", owner, name, Some(name), act));
    }
    let mut comments = Vec::new();
    comments.extend(table.comment.as_ref().map(|comment| text::comment(table, None, comment)));
    for column in &table.columns {
        comments
            .extend(column.comment.as_ref().map(|comment| text::comment(table, Some(&column.name), comment)));
    }
    if table.read_only {
        entries.push(entry(paths::POST_TABLE, owner, name, Some(name), one(text::read_only(table))));
    }
    if !comments.is_empty() {
        entries.push(entry("TABLE/COMMENT", owner, name, Some(name), Act::Statements(comments)));
    }
    for constraint in &table.constraints {
        let foreign = matches!(constraint.kind, ConstraintKind::Foreign { .. });
        let path = if foreign { "TABLE/CONSTRAINT/REF_CONSTRAINT" } else { "TABLE/CONSTRAINT/CONSTRAINT" };
        if let Some(statement) = text::constraint(catalogue, table, constraint) {
            entries.push(entry(path, owner, &constraint.name, Some(name), one(statement)));
        }
    }
    if let Some((rows, at)) = table.analyzed {
        let act = Act::Statistics(rows, at);
        entries.push(entry("TABLE/STATISTICS/TABLE_STATISTICS", owner, name, Some(name), act));
    }
    Ok(())
}
