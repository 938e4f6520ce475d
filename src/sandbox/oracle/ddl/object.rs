//! Views, sequences, synonyms, links, directories, stored source.

use std::sync::Arc;

use super::table::sequence_of;
use crate::sandbox::oracle::bind::syntax_error;
use crate::sandbox::oracle::catalogue::{
    Body, Catalogue, Kind, Object, ObjectGrant, SourceError, StoredType, TriggerDefinition,
};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{
    AlterTrigger, CommentTarget, CreateSequence, CreateSource, CreateSynonym, CreateView, DatabaseLinkUser,
    DmlEvent, Name, ObjectKind, SequenceOptions, SystemScope, TriggerEvent, TriggerTiming, UnitBody,
    ViewRestriction,
};
use crate::sandbox::oracle::plsql;
use crate::sandbox::oracle::run::Machine;

impl Machine {
    fn fresh_object(
        &mut self,
        catalogue: &mut Catalogue,
        owner: &str,
        name: &str,
        kind: Kind,
        body: Body,
    ) -> Object {
        let now = self.now();
        let before = catalogue.find_exactly(owner, kind, name).cloned();
        Object {
            id: before.as_ref().map_or_else(|| catalogue.new_id(), |object| object.id),
            owner: owner.to_owned(),
            name: name.to_owned(),
            kind,
            created: before.as_ref().map_or(now, |object| object.created),
            changed: now.max(before.as_ref().map_or(now, |object| object.changed + 1)),
            valid: true,
            generated: false,
            body,
            depends: Vec::new(),
        }
    }

    /// Puts a new or replacing object; ORA-00955 when the name is taken by something else.
    fn place_object(&mut self, catalogue: &mut Catalogue, object: Object, replace: bool) -> Outcome<()> {
        if let Some(before) = catalogue.find(&object.owner, object.kind, &object.name).cloned() {
            if !replace || before.kind != object.kind {
                return fail(955, &[]);
            }
            catalogue.invalidate_dependents(&self.store, before.id)?;
        }
        catalogue.put(&self.store, object)
    }

    pub(super) fn create_view(&mut self, create: &CreateView) -> Outcome<String> {
        let (owner, name) = self.new_name(&create.name, "VIEW")?;
        if matches!(create.restriction, Some(ViewRestriction::CheckOption { .. })) {
            return Err(OracleError::unsupported("create a view WITH CHECK OPTION"));
        }
        let authority = crate::sandbox::oracle::catalogue::Authority { user: owner.clone(), roles: false };
        let catalogue = self.catalogue.clone();
        let mut binder = crate::sandbox::oracle::bind::Binder::new(
            catalogue,
            &mut self.units,
            authority,
            &owner,
            &create.text,
        );
        binder.in_view = true;
        let parsed = crate::sandbox::oracle::language::parse_query(
            &create.text,
            crate::sandbox::oracle::language::Dialect::default(),
        )
        .map_err(|error| syntax_error(&error))?;
        let bound = binder.query(&parsed);
        let depends: Vec<i64> = binder.depends.iter().copied().collect();
        let (columns, valid) = match bound {
            Ok(plan) => {
                if !create.columns.is_empty() && create.columns.len() != plan.columns.len() {
                    return fail(1730, &[]);
                }
                let mut list: Vec<(String, StoredType)> = Vec::new();
                for (at, column) in plan.columns.iter().enumerate() {
                    let name = create
                        .columns
                        .get(at)
                        .map_or_else(|| column.name.clone(), |ident| ident.text.clone());
                    if list.iter().any(|(other, _)| *other == name) {
                        return fail(957, &[]);
                    }
                    if create.columns.is_empty() && name.contains(['(', '\'', '+', '*', '|']) {
                        return Err(OracleError::with_text(
                            998,
                            "must name this expression with a column alias",
                        ));
                    }
                    list.push((name, StoredType::of(&column.of).ok_or_else(|| OracleError::new(902, &[]))?));
                }
                (list, true)
            }
            Err(_) if create.force => (Vec::new(), false),
            Err(error) => return Err(error),
        };
        self.define(|machine, catalogue| {
            let body = Body::View {
                columns: columns.clone(),
                text: create.text.clone(),
                read_only: matches!(create.restriction, Some(ViewRestriction::ReadOnly)),
                comment: None,
            };
            let mut object = machine.fresh_object(catalogue, &owner, &name, Kind::View, body);
            object.depends.clone_from(&depends);
            object.valid = valid;
            machine.units.views.remove(&object.id);
            machine.place_object(catalogue, object, create.or_replace)
        })?;
        Ok("View created.".into())
    }

    pub(super) fn create_sequence(&mut self, create: &CreateSequence) -> Outcome<String> {
        let (owner, name) = self.new_name(&create.name, "SEQUENCE")?;
        let definition = sequence_of(&create.options, None)?;
        self.define(|machine, catalogue| {
            let object = machine.fresh_object(
                catalogue,
                &owner,
                &name,
                Kind::Sequence,
                Body::Sequence(definition.clone()),
            );
            machine.place_object(catalogue, object, false)
        })?;
        Ok("Sequence created.".into())
    }

    pub(super) fn alter_sequence(&mut self, name: &Name, options: &SequenceOptions) -> Outcome<String> {
        let object = self.existing(name, Kind::Sequence, "ALTER", OracleError::new(2289, &[]))?;
        let Body::Sequence(before) = &object.body else { return fail(2289, &[]) };
        if before.identity {
            return fail(32793, &[]);
        }
        if options.start_with.is_some() && !options.restart {
            return fail(2283, &["cannot alter starting sequence number"]);
        }
        let definition = sequence_of(options, Some(before))?;
        self.define(|machine, catalogue| {
            if options.restart {
                let first = options.start_with.unwrap_or(if definition.step > 0 {
                    definition.minimum
                } else {
                    definition.maximum
                });
                machine.store.set_sequence(object.id, first)?;
            } else if definition.step != before.step
                && let Some(next) = machine.store.sequence(object.id)?
            {
                machine.store.set_sequence(object.id, next - before.step + definition.step)?;
            }
            let body = Body::Sequence(definition.clone());
            catalogue.put(&machine.store, Object { body, changed: machine.now(), ..(*object).clone() })
        })?;
        Ok("Sequence altered.".into())
    }

    pub(super) fn create_synonym(&mut self, create: &CreateSynonym) -> Outcome<String> {
        let (owner, name) = if create.public {
            self.require_system("CREATE PUBLIC SYNONYM")?;
            ("PUBLIC".to_owned(), create.name.last().text.clone())
        } else {
            self.new_name(&create.name, "SYNONYM")?
        };
        let target_owner = create
            .target
            .qualifier()
            .map_or_else(|| self.facts.current_schema.clone(), |owner| owner.text.clone());
        let body = Body::Synonym {
            owner: target_owner,
            name: create.target.last().text.clone(),
            link: create.target.link.clone(),
        };
        self.define(|machine, catalogue| {
            let object = machine.fresh_object(catalogue, &owner, &name, Kind::Synonym, body);
            machine.place_object(catalogue, object, create.or_replace)
        })?;
        Ok("Synonym created.".into())
    }

    pub(super) fn create_directory(&mut self, name: &str, path: &str, replace: bool) -> Outcome<String> {
        self.require_system("CREATE ANY DIRECTORY")?;
        let body = Body::Directory { path: path.to_owned() };
        self.define(|machine, catalogue| {
            let object = machine.fresh_object(catalogue, "SYS", name, Kind::Directory, body);
            machine.place_object(catalogue, object, replace)?;
            let made = catalogue.find_exactly("SYS", Kind::Directory, name).map(|object| object.id);
            let creator = machine.authority.user.clone();
            if creator != "SYS"
                && let Some(object) = made
            {
                for privilege in ["READ", "WRITE"] {
                    let grant = ObjectGrant {
                        grantee: creator.clone(),
                        object,
                        privilege: privilege.to_owned(),
                        grantor: "SYS".to_owned(),
                        grantable: true,
                        hierarchy: false,
                    };
                    catalogue.grant_object(&machine.store, grant)?;
                }
            }
            Ok(())
        })?;
        Ok("Directory created.".into())
    }

    pub(super) fn create_link(
        &mut self,
        public: bool,
        name: &Name,
        user: Option<&DatabaseLinkUser>,
        using: Option<&str>,
    ) -> Outcome<String> {
        // Nobody on an Autonomous Database may; its own package makes links.
        if self.authority.user != "SYS" {
            return fail(1031, &[]);
        }
        let full = name.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
        let user = match user {
            Some(DatabaseLinkUser::Fixed { user, .. }) => Some(user.text.clone()),
            _ => None,
        };
        self.place_link(public, &full, user, using)
    }

    /// Puts a link into the current schema, or among the public ones.
    pub(crate) fn place_link(
        &mut self,
        public: bool,
        full: &str,
        user: Option<String>,
        using: Option<&str>,
    ) -> Outcome<String> {
        self.require_system(if public { "CREATE PUBLIC DATABASE LINK" } else { "CREATE DATABASE LINK" })?;
        let owner = if public { "PUBLIC".to_owned() } else { self.facts.current_schema.clone() };
        let body = Body::DatabaseLink { user, host: using.map(str::to_owned) };
        self.define(|machine, catalogue| {
            if catalogue.find(&owner, Kind::DatabaseLink, full).is_some() {
                return fail(2011, &[]);
            }
            let object = machine.fresh_object(catalogue, &owner, full, Kind::DatabaseLink, body);
            machine.place_object(catalogue, object, false)
        })?;
        Ok("Database link created.".into())
    }

    pub(super) fn comment(&mut self, on: &CommentTarget, text: &str) -> Outcome<String> {
        let (name, column) = match on {
            CommentTarget::Table(name) => (name.clone(), None),
            CommentTarget::Column(name) => {
                let mut table = name.clone();
                let column = table.parts.pop();
                (table, column)
            }
        };
        let object = self.binder("").find_relation(&name)?;
        if !self.catalogue.has_object(&self.authority, &object, &["ALTER"]) {
            self.require_system("COMMENT ANY TABLE")?;
        }
        let value = (!text.is_empty()).then(|| text.to_owned());
        self.define(|machine, catalogue| {
            let mut changed = (*object).clone();
            match &mut changed.body {
                Body::Table(table) => {
                    let mut copy = (**table).clone();
                    match &column {
                        None => copy.comment.clone_from(&value),
                        Some(column) => {
                            let Some(at) = copy.column(&column.text) else {
                                return fail(904, &[&format!("\"{}\"", column.text)]);
                            };
                            copy.columns[at].comment.clone_from(&value);
                        }
                    }
                    *table = Arc::new(copy);
                }
                Body::View { comment, .. } => comment.clone_from(&value),
                _ => {}
            }
            catalogue.put(&machine.store, changed)
        })?;
        Ok("Comment created.".into())
    }

    /// CREATE PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TRIGGER, TYPE.
    pub(super) fn create_source(&mut self, create: &CreateSource) -> Outcome<String> {
        let (kind, privilege) = match create.object {
            ObjectKind::Procedure => (Kind::Procedure, "PROCEDURE"),
            ObjectKind::Function => (Kind::Function, "PROCEDURE"),
            ObjectKind::Package => (Kind::Package, "PROCEDURE"),
            ObjectKind::PackageBody => (Kind::PackageBody, "PROCEDURE"),
            ObjectKind::Trigger => (Kind::Trigger, "TRIGGER"),
            ObjectKind::Type => (Kind::Type, "TYPE"),
            _ => return Err(OracleError::unsupported("create this kind of object")),
        };
        let (owner, name) = self.new_name(&create.name, privilege)?;
        let trigger = match &create.body {
            Ok(UnitBody::Trigger(trigger)) => Some(self.trigger_heading(trigger, &owner)?),
            Err(error) if kind == Kind::Trigger => return Err(syntax_error(error)),
            _ => None,
        };
        let id = self.define(|machine, catalogue| {
            let body = Body::Source { text: create.source.clone(), errors: Vec::new(), trigger };
            if let Some(before) = catalogue.find_exactly(&owner, kind, &name)
                && !create.or_replace
            {
                return fail(if kind == Kind::Trigger { 4081 } else { 955 }, &[&before.name]);
            }
            let object = machine.fresh_object(catalogue, &owner, &name, kind, body);
            let id = object.id;
            machine.place_object(catalogue, object, create.or_replace)?;
            Ok(id)
        })?;
        let maintained = self.catalogue.user(&owner).is_some_and(|user| user.maintained);
        let valid = if maintained && kind == Kind::Package { true } else { self.compile_object(id)? };
        let noun = kind.word();
        let noun = format!("{}{}", &noun[..1], noun[1..].to_lowercase());
        Ok(if valid {
            format!("{noun} created.")
        } else {
            format!("Warning: {noun} created with compilation errors.")
        })
    }

    fn trigger_heading(
        &mut self,
        trigger: &crate::sandbox::oracle::language::ast::CreateTrigger,
        owner: &str,
    ) -> Outcome<TriggerDefinition> {
        let timing = match trigger.timing {
            TriggerTiming::Before => "BEFORE",
            TriggerTiming::After => "AFTER",
            TriggerTiming::InsteadOf => "INSTEAD OF",
        };
        let mut heading = TriggerDefinition {
            table: None,
            timing: timing.into(),
            events: Vec::new(),
            columns: Vec::new(),
            each_row: false,
            enabled: trigger.enabled,
            when: trigger.when_text.clone(),
            description: trigger.description.clone(),
            body: trigger.body_text.clone(),
            old: "OLD".into(),
            new: "NEW".into(),
            scope: None,
        };
        match &trigger.event {
            TriggerEvent::Dml { events, table, old, new, for_each_row } => {
                let mut binder = self.binder("");
                owner.clone_into(&mut binder.schema);
                let object = binder.find_relation(table)?;
                if object.owner != self.authority.user
                    && !self.catalogue.has_system(&self.authority, "CREATE ANY TRIGGER")
                {
                    return fail(1031, &[]);
                }
                if (object.kind == Kind::View) != (trigger.timing == TriggerTiming::InsteadOf) {
                    return fail(
                        if object.kind == Kind::View { 25001 } else { 25002 },
                        &[if object.kind == Kind::View {
                            "cannot create this trigger type on this type of view"
                        } else {
                            "cannot create INSTEAD OF triggers on tables"
                        }],
                    );
                }
                heading.table = Some(object.id);
                heading.each_row = *for_each_row || trigger.timing == TriggerTiming::InsteadOf;
                for event in events {
                    heading.events.push(match event {
                        DmlEvent::Insert => "INSERT".into(),
                        DmlEvent::Delete => "DELETE".into(),
                        DmlEvent::Update(columns) => {
                            heading.columns.extend(columns.iter().map(|column| column.text.clone()));
                            "UPDATE".into()
                        }
                    });
                }
                if let Some(old) = old {
                    heading.old.clone_from(&old.text);
                }
                if let Some(new) = new {
                    heading.new.clone_from(&new.text);
                }
            }
            TriggerEvent::System { events, scope } => {
                self.require_system("ADMINISTER DATABASE TRIGGER")?;
                heading.events.clone_from(events);
                heading.scope = Some(
                    match scope {
                        SystemScope::Database => "DATABASE",
                        SystemScope::PluggableDatabase => "PLUGGABLE DATABASE",
                        SystemScope::Schema(_) => "SCHEMA",
                    }
                    .into(),
                );
            }
        }
        Ok(heading)
    }

    /// Compiles a stored object and records its state; answers whether it is valid.
    pub(crate) fn compile_object(&mut self, id: i64) -> Outcome<bool> {
        let Some(object) = self.catalogue.object(id).cloned() else { return fail(4043, &[""]) };
        self.units.compiled.remove(&id);
        self.units.views.remove(&id);
        let (error, depends) = match object.kind {
            Kind::View => match self.binder("").view_plan(&object) {
                Ok(_) => (None, object.depends.clone()),
                Err(error) => (Some(error), object.depends.clone()),
            },
            Kind::PackageBody => {
                if let Some(specification) =
                    self.catalogue.find_exactly(&object.owner, Kind::Package, &object.name)
                {
                    let specification = specification.id;
                    self.units.compiled.remove(&specification);
                    let unit = self.unit(specification)?;
                    (unit.broken.clone(), unit.depends.clone())
                } else {
                    let text = format!("PLS-00201: identifier '{}' must be declared", object.name);
                    (Some(OracleError::compilation(1, 14, &text)), Vec::new())
                }
            }
            _ => {
                let unit = plsql::compile_stored(&self.catalogue, &mut self.units, id)?;
                // A broken body does not break its specification.
                let own = if object.kind == Kind::Package && !unit.members.is_empty() {
                    None
                } else {
                    unit.broken.clone()
                };
                (own, unit.depends.clone())
            }
        };
        if let Some(error) = &error
            && error.code == 3001
        {
            return Err(error.clone());
        }
        let errors = error.iter().flat_map(source_errors).collect::<Vec<_>>();
        let valid = errors.is_empty();
        self.define(|machine, catalogue| {
            let Some(object) = catalogue.object(id).cloned() else { return fail(4043, &[""]) };
            let mut changed = (*object).clone();
            changed.valid = valid;
            changed.depends = depends.iter().copied().filter(|other| *other != id).collect();
            if let Body::Source { errors: list, .. } = &mut changed.body {
                list.clone_from(&errors);
            }
            catalogue.put(&machine.store, changed)
        })?;
        Ok(valid)
    }

    pub(super) fn compile_statement(&mut self, object: ObjectKind, name: &Name) -> Outcome<String> {
        let kind = match object {
            ObjectKind::Procedure => Kind::Procedure,
            ObjectKind::Function => Kind::Function,
            ObjectKind::Package => Kind::Package,
            ObjectKind::Trigger => Kind::Trigger,
            ObjectKind::View => Kind::View,
            ObjectKind::Type => Kind::Type,
            _ => return Err(OracleError::unsupported("compile this kind of object")),
        };
        let missing = OracleError::new(4043, &[&name.last().text]);
        let found = self.existing(name, kind, "ALTER", missing)?;
        let mut valid = self.compile_object(found.id)?;
        if kind == Kind::Package
            && let Some(body) = self.catalogue.find_exactly(&found.owner, Kind::PackageBody, &found.name)
        {
            let body = body.id;
            valid = self.compile_object(body)? && valid;
        }
        let noun = kind.word();
        let noun = format!("{}{}", &noun[..1], noun[1..].to_lowercase());
        Ok(if valid {
            format!("{noun} altered.")
        } else {
            format!("Warning: {noun} altered with compilation errors.")
        })
    }

    pub(super) fn alter_trigger(&mut self, name: &Name, action: &AlterTrigger) -> Outcome<String> {
        let missing = OracleError::new(4080, &[&name.last().text]);
        let object = self.existing(name, Kind::Trigger, "ALTER", missing)?;
        let enable = match action {
            AlterTrigger::Enable => true,
            AlterTrigger::Disable => false,
            AlterTrigger::RenameTo(_) => return Err(OracleError::unsupported("rename a trigger")),
        };
        self.define(|machine, catalogue| machine.set_trigger(catalogue, &object, enable))?;
        Ok("Trigger altered.".into())
    }
}

/// The lines of `USER_ERRORS` that an error makes.
fn source_errors(error: &OracleError) -> Vec<SourceError> {
    let mut list = Vec::new();
    let mut place = (error.line.max(1), error.column.max(1));
    for line in error.text.lines() {
        if let Some(rest) = line.strip_prefix("ORA-06550: line ") {
            let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
            let next = |part: Option<&str>| part.and_then(|p| p.parse().ok()).unwrap_or(1);
            place = (next(numbers.next()), next(numbers.next()));
            // The source begins behind the word CREATE.
            if place.0 == 1 && place.1 > 7 {
                place.1 -= 7;
            }
        } else if !line.is_empty() && !line.starts_with('\u{1}') {
            list.push(SourceError { line: place.0, column: place.1, text: line.to_owned() });
        }
    }
    list
}
