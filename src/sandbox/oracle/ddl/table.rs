//! CREATE TABLE and CREATE INDEX.

use std::sync::Arc;

use crate::sandbox::oracle::catalogue::{
    Body, Catalogue, Column, Constraint, ConstraintKind, IdentityColumn, Kind, Object, SequenceDefinition,
    StoredType, TableDefinition,
};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{
    Bound, Cache, ColumnDefinition, Constraint as WrittenConstraint, ConstraintKind as WrittenKind,
    CreateIndex, CreateTable, ExpressionKind, Identity, IdentityGeneration, IndexKind, Name, OnDelete,
    SequenceOptions, TableElement,
};
use crate::sandbox::oracle::plan::QueryPlan;
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Type;

impl Machine {
    pub(super) fn create_table(&mut self, create: &CreateTable, text: &str) -> Outcome<String> {
        let (owner, name) = self.new_name(&create.name, "TABLE")?;
        if create.temporary.is_some_and(|temporary| temporary.private) {
            return Err(OracleError::unsupported("create a private temporary table"));
        }
        let query = match &create.as_query {
            Some(query) => Some(self.binder(text).query(query)?),
            None => None,
        };
        let rows = match &query {
            Some(plan) => Some(self.run_query(plan)?),
            None => None,
        };
        let user = self.catalogue.schema(&owner).cloned();
        if let Some(user) = user
            && create.temporary.is_none()
            && !user.quotas.contains_key(&user.tablespace)
            && rows.as_ref().is_some_and(|rows| !rows.is_empty())
            && !self.catalogue.has_system(
                &crate::sandbox::oracle::catalogue::Authority { user: owner.clone(), roles: true },
                "UNLIMITED TABLESPACE",
            )
        {
            return fail(1950, &[&user.tablespace]);
        }
        let id = self.define(|machine, catalogue| {
            Self::check_free(catalogue, &owner, Kind::Table, &name)?;
            let now = machine.now();
            let id = catalogue.new_id();
            let mut table = TableDefinition {
                id,
                owner: owner.clone(),
                name: name.clone(),
                columns: Vec::new(),
                constraints: Vec::new(),
                temporary: create.temporary.map(|temporary| temporary.preserve),
                read_only: false,
                comment: None,
                next_storage: 0,
                analyzed: None,
            };
            machine.column_elements(catalogue, &mut table, &create.elements, query.as_ref())?;
            if table.columns.is_empty() {
                return fail(904, &[": "]);
            }
            machine.store_new_table(catalogue, &table, now)?;
            for element in &create.elements {
                let list: Vec<(Option<&str>, &WrittenConstraint)> = match element {
                    TableElement::Column(column) => {
                        column.constraints.iter().map(|c| (Some(column.name.text.as_str()), c)).collect()
                    }
                    TableElement::Constraint(constraint) => vec![(None, &**constraint)],
                };
                for (column, constraint) in list {
                    machine.add_constraint(catalogue, id, column, constraint, true)?;
                }
            }
            Ok(id)
        })?;
        if let Some(rows) = rows {
            let Some(table) = self.catalogue.table(id).cloned() else { return fail(942, &[]) };
            let target = self.binder("").target_plan(&table)?;
            self.as_statement(|machine| machine.insert_made(&target, rows, None))?;
            self.commit()?;
        }
        Ok("Table created.".into())
    }

    /// Writes a table's object and makes its storage.
    pub(crate) fn store_new_table(
        &mut self,
        catalogue: &mut Catalogue,
        table: &TableDefinition,
        now: i64,
    ) -> Outcome<()> {
        catalogue.put(
            &self.store,
            Object {
                id: table.id,
                owner: table.owner.clone(),
                name: table.name.clone(),
                kind: Kind::Table,
                created: now,
                changed: now,
                valid: true,
                generated: false,
                body: Body::Table(Arc::new(table.clone())),
                depends: Vec::new(),
            },
        )?;
        if table.temporary.is_none() { self.store.create_table(table) } else { Ok(()) }
    }

    fn column_elements(
        &mut self,
        catalogue: &mut Catalogue,
        table: &mut TableDefinition,
        elements: &[TableElement],
        query: Option<&QueryPlan>,
    ) -> Outcome<()> {
        let mut position = 0;
        for element in elements {
            let TableElement::Column(column) = element else { continue };
            let of_query = query.and_then(|plan| plan.columns.get(position)).map(|column| column.of.clone());
            position += 1;
            self.add_column_definition(catalogue, table, column, of_query)?;
        }
        if let Some(plan) = query {
            if position == 0 {
                for column in &plan.columns {
                    if table.column(&column.name).is_some() {
                        return fail(957, &[]);
                    }
                    if column.name.contains(['(', '*', '\'', '+', '|']) {
                        return Err(OracleError::with_text(
                            998,
                            "must name this expression with a column alias",
                        ));
                    }
                    let of = StoredType::of(&column.of).ok_or_else(|| OracleError::new(902, &[]))?;
                    if matches!(column.of, Type::Null) {
                        return fail(1723, &[]);
                    }
                    push_column(table, &column.name, of, !column.nullable);
                }
            } else if position != plan.columns.len() {
                return fail(1730, &[]);
            }
        }
        Ok(())
    }

    /// Adds a column to a definition.
    pub(super) fn add_column_definition(
        &mut self,
        catalogue: &mut Catalogue,
        table: &mut TableDefinition,
        column: &ColumnDefinition,
        of_query: Option<Type>,
    ) -> Outcome<()> {
        if table.column(&column.name.text).is_some() {
            return fail(957, &[]);
        }
        let of = match (&column.data_type, of_query) {
            (Some(written), _) => self.binder("").data_type(written)?,
            (None, Some(of)) => of,
            (None, None) if column.virtual_value.is_some() => Type::NUMBER,
            (None, None) => return fail(902, &[]),
        };
        if let Type::Varchar { length: None, .. } = of
            && column.data_type.is_some()
        {
            return fail(906, &["missing left parenthesis"]);
        }
        if matches!(of, Type::Varchar { length: Some(n), .. } if n > 4000) {
            return fail(910, &["specified length too long for its datatype"]);
        }
        let stored = StoredType::of(&of)
            .ok_or_else(|| OracleError::new(902, &[]).at(column.span.line, column.span.column))?;
        let stored = match &column.data_type {
            Some(written) => stored.national(written),
            None => stored,
        };
        push_column(table, &column.name.text, stored, false);
        let at = table.columns.len() - 1;
        if let Some(default) = &column.default {
            let bound = self.binder(&default.text).stored_expression(&default.text)?;
            if !of.accepts(&bound.of) {
                return fail(932, &[of.error_name(), bound.of.error_name()]);
            }
            table.columns[at].default = Some(default.text.trim().to_owned());
            table.columns[at].default_on_null = default.on_null;
            table.columns[at].not_null |= default.on_null;
        }
        if let Some(identity) = &column.identity {
            if table.columns.iter().any(|column| column.identity.is_some()) {
                return fail(30669, &[]);
            }
            table.columns[at].identity = Some(self.identity(catalogue, table, identity)?);
            table.columns[at].not_null = true;
        }
        if let Some(value) = &column.virtual_value {
            let text = value.to_string();
            table.columns[at].computed = Some(text);
        }
        if column.visible == Some(false) {
            table.columns[at].hidden = true;
        }
        Ok(())
    }

    fn identity(
        &mut self,
        catalogue: &mut Catalogue,
        table: &TableDefinition,
        identity: &Identity,
    ) -> Outcome<IdentityColumn> {
        let id = catalogue.new_id();
        let mut definition = sequence_of(&identity.options, None)?;
        definition.identity = true;
        let now = self.now();
        catalogue.put(
            &self.store,
            Object {
                id,
                owner: table.owner.clone(),
                name: format!("ISEQ$$_{}", table.id),
                kind: Kind::Sequence,
                created: now,
                changed: now,
                valid: true,
                generated: true,
                body: Body::Sequence(definition),
                depends: Vec::new(),
            },
        )?;
        Ok(IdentityColumn {
            generation: if identity.generation == IdentityGeneration::Always {
                "ALWAYS"
            } else {
                "BY DEFAULT"
            }
            .into(),
            on_null: identity.generation == IdentityGeneration::ByDefaultOnNull,
            sequence: id,
        })
    }

    /// Adds a constraint to a stored table and, if `check`, checks the rows there are.
    pub(super) fn add_constraint(
        &mut self,
        catalogue: &mut Catalogue,
        id: i64,
        column: Option<&str>,
        written: &WrittenConstraint,
        check: bool,
    ) -> Outcome<()> {
        let Some(table) = catalogue.table(id).cloned() else { return fail(942, &[]) };
        let mut table = (*table).clone();
        let names = |list: &[crate::sandbox::oracle::language::ast::Ident]| -> Vec<String> {
            match column {
                Some(column) if list.is_empty() => vec![column.to_owned()],
                _ => list.iter().map(|ident| ident.text.clone()).collect(),
            }
        };
        let (kind, columns) = match &written.kind {
            WrittenKind::Null => return Ok(()),
            WrittenKind::NotNull => (ConstraintKind::NotNull, names(&[])),
            WrittenKind::Unique(list) => (ConstraintKind::Unique, names(list)),
            WrittenKind::PrimaryKey(list) => {
                if table.primary_key().is_some() {
                    return fail(2260, &[]);
                }
                (ConstraintKind::Primary, names(list))
            }
            WrittenKind::Check { text, .. } => (
                ConstraintKind::Check(text.trim().to_owned()),
                column.map(|c| vec![c.to_owned()]).unwrap_or_default(),
            ),
            WrittenKind::ForeignKey { columns, table: parent, referenced, on_delete } => {
                let columns = names(columns);
                let (parent, key) = self.parent_key(catalogue, &table, parent, referenced, columns.len())?;
                let rule = match on_delete {
                    None => "NO ACTION",
                    Some(OnDelete::Cascade) => "CASCADE",
                    Some(OnDelete::SetNull) => "SET NULL",
                };
                (ConstraintKind::Foreign { table: parent, key, rule: rule.into() }, columns)
            }
        };
        for column in &columns {
            if table.column(column).is_none() {
                return Err(OracleError::new(904, &[&format!("\"{column}\"")])
                    .at(written.span.line, written.span.column));
            }
        }
        let generated = written.name.is_none();
        let name = match &written.name {
            Some(name) => name.text.clone(),
            None => format!("SYS_C00{}", catalogue.new_id() + 7000),
        };
        if catalogue
            .tables()
            .iter()
            .any(|other| other.owner == table.owner && other.constraint(&name).is_some())
        {
            return fail(2264, &[]);
        }
        if written.state.initially_deferred == Some(true) {
            return Err(OracleError::unsupported("create a constraint that is initially deferred"));
        }
        let enabled = written.state.enabled.unwrap_or(true);
        let constraint = Constraint {
            name,
            kind,
            columns,
            enabled,
            validated: written.state.validated.unwrap_or(enabled),
            generated,
            deferrable: written.state.deferrable == Some(true),
            deferred: false,
            rely: written.state.rely == Some(true),
            changed: self.now(),
            index: None,
        };
        table.constraints.push(constraint);
        let at = table.constraints.len() - 1;
        if enabled {
            self.enforce(catalogue, &mut table, at, check)?;
        }
        refresh_not_null(&mut table);
        let depends = match &table.constraints[at].kind {
            ConstraintKind::Foreign { .. }
            | ConstraintKind::NotNull
            | ConstraintKind::Primary
            | ConstraintKind::Unique => None,
            ConstraintKind::Check(text) => Some(text.clone()),
        };
        let table = Arc::new(table);
        if let Some(text) = depends {
            self.binder(&text).over_table(&table, &text)?;
        }
        self.put_table(catalogue, &table)
    }

    fn parent_key(
        &mut self,
        catalogue: &Catalogue,
        child: &TableDefinition,
        parent: &Name,
        referenced: &[crate::sandbox::oracle::language::ast::Ident],
        count: usize,
    ) -> Outcome<(i64, String)> {
        let owner = parent.qualifier().map_or(child.owner.clone(), |owner| owner.text.clone());
        let Some(object) = catalogue.find_exactly(&owner, Kind::Table, &parent.last().text).cloned() else {
            return fail(942, &[]);
        };
        if object.owner != child.owner
            && !catalogue.has_object(&self.authority, &object, &["REFERENCES"])
            && !catalogue.has_system(&self.authority, "CREATE ANY TABLE")
        {
            return fail(if catalogue.can_see(&self.authority, &object) { 1031 } else { 942 }, &[]);
        }
        let Body::Table(table) = &object.body else { return fail(942, &[]) };
        let wanted: Vec<&str> = referenced.iter().map(|ident| ident.text.as_str()).collect();
        let key = table.constraints.iter().find(|constraint| match constraint.kind {
            ConstraintKind::Primary if wanted.is_empty() => true,
            ConstraintKind::Primary | ConstraintKind::Unique => {
                constraint.columns.len() == wanted.len()
                    && constraint.columns.iter().all(|column| wanted.contains(&column.as_str()))
            }
            _ => false,
        });
        match key {
            Some(key) if key.columns.len() != count => fail(2256, &[]),
            Some(key) => Ok((table.id, key.name.clone())),
            None => fail(2270, &[]),
        }
    }

    /// Writes a changed table back.
    pub(super) fn put_table(
        &mut self,
        catalogue: &mut Catalogue,
        table: &Arc<TableDefinition>,
    ) -> Outcome<()> {
        let Some(object) = catalogue.object(table.id).cloned() else { return fail(942, &[]) };
        let changed = Object {
            body: Body::Table(table.clone()),
            changed: self.now(),
            name: table.name.clone(),
            ..(*object).clone()
        };
        catalogue.put(&self.store, changed)
    }

    pub(super) fn create_index(&mut self, create: &CreateIndex) -> Outcome<String> {
        let object = {
            let mut binder = self.binder("");
            binder.find_relation(&create.table)?
        };
        let Body::Table(table) = &object.body else { return fail(1702, &["a view is not appropriate here"]) };
        let table = table.clone();
        if table.owner != self.authority.user
            && !self.catalogue.has_object(&self.authority, &object, &["INDEX"])
            && self.require_system("CREATE ANY INDEX").is_err()
        {
            return fail(1031, &[]);
        }
        self.require_unlocked(&table)?;
        let (owner, name) = match create.name.qualifier() {
            Some(owner) => (owner.text.clone(), create.name.last().text.clone()),
            None => (self.facts.current_schema.clone(), create.name.last().text.clone()),
        };
        let mut columns = Vec::new();
        let mut functional = false;
        for column in &create.columns {
            match &column.value.kind {
                ExpressionKind::Name(name) if table.column(&name.last().text).is_some() => {
                    columns.push(name.last().text.clone());
                }
                ExpressionKind::Name(name) => {
                    return Err(OracleError::new(904, &[&format!("\"{}\"", name.last().text)])
                        .at(name.span.line, name.span.column));
                }
                _ => {
                    functional = true;
                    columns.push(column.value.to_string());
                }
            }
        }
        let unique = create.kind == IndexKind::Unique;
        if functional && unique {
            return Err(OracleError::unsupported("create a unique index over an expression"));
        }
        self.define(|machine, catalogue| {
            Self::check_free(catalogue, &owner, Kind::Index, &name)?;
            let listed = catalogue.belonging_to(table.id, Kind::Index).iter().any(
                |other| matches!(&other.body, Body::Index { columns: others, .. } if *others == columns),
            );
            if listed {
                return fail(1408, &[]);
            }
            machine
                .make_index(catalogue, &table, &owner, &name, columns, unique, functional, false)
                .map(|_| ())
        })?;
        Ok("Index created.".into())
    }

    /// Makes an index object and its storage; ORA-01452 when duplicates stand in the way.
    #[expect(clippy::too_many_arguments, reason = "an index has that many properties")]
    pub(super) fn make_index(
        &mut self,
        catalogue: &mut Catalogue,
        table: &TableDefinition,
        owner: &str,
        name: &str,
        columns: Vec<String>,
        unique: bool,
        functional: bool,
        generated: bool,
    ) -> Outcome<i64> {
        let id = catalogue.new_id();
        if !functional && table.temporary.is_none() {
            let storage: Vec<u32> =
                columns.iter().filter_map(|c| table.column(c)).map(|at| table.columns[at].storage).collect();
            let nullable =
                columns.iter().filter_map(|c| table.column(c)).any(|at| !table.columns[at].not_null);
            let computed =
                columns.iter().filter_map(|c| table.column(c)).any(|at| table.columns[at].computed.is_some());
            if !computed && !self.store.create_index(id, table, &storage, unique, nullable)? {
                return fail(1452, &["cannot CREATE UNIQUE INDEX; duplicate keys found"]);
            }
        }
        let now = self.now();
        catalogue.put(
            &self.store,
            Object {
                id,
                owner: owner.to_owned(),
                name: name.to_owned(),
                kind: Kind::Index,
                created: now,
                changed: now,
                valid: true,
                generated,
                body: Body::Index { table: table.id, columns, unique, functional },
                depends: Vec::new(),
            },
        )?;
        Ok(id)
    }
}

fn push_column(table: &mut TableDefinition, name: &str, of: StoredType, not_null: bool) {
    table.columns.push(Column {
        name: name.to_owned(),
        of,
        not_null,
        default: None,
        default_on_null: false,
        identity: None,
        computed: None,
        storage: table.next_storage,
        hidden: false,
        comment: None,
    });
    table.next_storage += 1;
}

/// Sets the NOT NULL flags from the constraints.
pub(super) fn refresh_not_null(table: &mut TableDefinition) {
    let required: Vec<String> = table
        .constraints
        .iter()
        .filter(|c| c.enabled && matches!(c.kind, ConstraintKind::NotNull | ConstraintKind::Primary))
        .flat_map(|c| c.columns.clone())
        .collect();
    for column in &mut table.columns {
        column.not_null =
            column.identity.is_some() || column.default_on_null || required.contains(&column.name);
    }
}

/// The definition that sequence options make, on top of an existing one.
pub(super) fn sequence_of(
    options: &SequenceOptions,
    before: Option<&SequenceDefinition>,
) -> Outcome<SequenceDefinition> {
    let step = options.increment_by.or(before.map(|s| s.step)).unwrap_or(1);
    if step == 0 {
        return fail(4002, &["INCREMENT must be a non-zero integer"]);
    }
    let top = 9_999_999_999_999_999_999_999_999_999;
    let bound = |written: Option<Bound>, before: Option<i128>, default: i128| match written {
        Some(Bound::Value(value)) => value,
        Some(Bound::None) => default,
        None => before.unwrap_or(default),
    };
    let minimum = bound(options.min_value, before.map(|s| s.minimum), if step > 0 { 1 } else { -top });
    let maximum = bound(options.max_value, before.map(|s| s.maximum), if step > 0 { top } else { -1 });
    let start =
        options.start_with.or(before.map(|s| s.start)).unwrap_or(if step > 0 { minimum } else { maximum });
    if minimum >= maximum {
        return fail(4004, &["MINVALUE must be less than MAXVALUE"]);
    }
    if options.start_with.is_some_and(|start| start < minimum) {
        return fail(4006, &["START WITH cannot be less than MINVALUE"]);
    }
    if options.start_with.is_some_and(|start| start > maximum) {
        return fail(4008, &["START WITH cannot be more than MAXVALUE"]);
    }
    Ok(SequenceDefinition {
        minimum,
        maximum,
        step,
        start,
        cycle: options.cycle.or(before.map(|s| s.cycle)).unwrap_or(false),
        order: options.order.or(before.map(|s| s.order)).unwrap_or(false),
        cache: match options.cache {
            Some(Cache::Values(count)) => i64::try_from(count).unwrap_or(20),
            Some(Cache::None) => 0,
            None => before.map_or(20, |s| s.cache),
        },
        identity: before.is_some_and(|s| s.identity),
    })
}
