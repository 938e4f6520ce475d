//! Compilation of units: blocks, procedures, packages, triggers, types.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::{Block, Declared, Routine, Unit};
use crate::sandbox::oracle::bind::{Binder, CodeScope, Units, syntax_error};
use crate::sandbox::oracle::catalogue::{
    Authority, Body, Catalogue, Kind, Object, TableDefinition, TriggerDefinition,
};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{self, Rights, StatementKind, UnitBody};
use crate::sandbox::oracle::language::{self, Dialect};
use crate::sandbox::oracle::values::{RecordType, Type};

/// The record of a table's row, hidden columns included.
pub(crate) fn row_record(table: &TableDefinition) -> Arc<RecordType> {
    Arc::new(RecordType {
        name: format!("{}%ROWTYPE", table.name),
        fields: table.columns.iter().map(|column| (column.name.clone(), column.of.to_type())).collect(),
    })
}

/// Compiles an anonymous block.
pub(crate) fn compile_block(binder: &mut Binder<'_>, block: &ast::Block) -> Outcome<Unit> {
    binder.in_sql = false;
    binder.unit = Some(0);
    binder.routines.push(Routine {
        name: String::new(),
        parameters: Vec::new(),
        returns: None,
        slots: 0,
        body: None,
        autonomous: false,
    });
    binder.code.push(CodeScope { blocks: vec![HashMap::new()], slots: 0, name: None });
    let body = binder.block(block);
    let scope = binder.code.pop().unwrap_or_default();
    let body = body?;
    binder.routines[0].slots = scope.slots;
    binder.routines[0].autonomous = binder.is_autonomous(&block.declarations);
    binder.routines[0].body = Some(Arc::new(body));
    Ok(Unit {
        routines: std::mem::take(&mut binder.routines),
        depends: binder.depends.iter().copied().collect(),
        owner: binder.authority.user.clone(),
        ..Unit::default()
    })
}

/// The source of a stored unit as a statement the parser reads.
fn parse_source(object: &Object, text: &str) -> Outcome<UnitBody> {
    let whole = format!("CREATE {text}");
    let statement =
        language::parse_statement(&whole, Dialect::default()).map_err(|error| moved(syntax_error(&error)))?;
    match statement.kind {
        StatementKind::CreateSource(source) => source.body.map_err(|error| moved(syntax_error(&error))),
        _ => Err(OracleError::new(4063, &[&object.name])),
    }
}

/// The place of an error in a source that was parsed behind the word CREATE.
fn moved(mut error: OracleError) -> OracleError {
    if error.line == 1 && error.column > 7 {
        error.column -= 7;
    }
    error
}

/// Compiles a stored unit, or answers it as broken with its error.
pub(crate) fn compile_stored(catalogue: &Arc<Catalogue>, units: &mut Units, id: i64) -> Outcome<Arc<Unit>> {
    let Some(object) = catalogue.object(id).cloned() else {
        return Err(OracleError::new(4043, &[&id.to_string()]));
    };
    if units.in_progress.contains(&id) {
        return Err(OracleError::unsupported(format!(
            "compile {}.{}, which depends on itself",
            object.owner, object.name
        )));
    }
    units.in_progress.push(id);
    let result = compile_object(catalogue, units, &object);
    units.in_progress.pop();
    let unit = match result {
        Ok(unit) => unit,
        Err(error) => Unit {
            broken: Some(error),
            owner: object.owner.clone(),
            name: object.name.clone(),
            id,
            is_package: object.kind == Kind::Package,
            ..Unit::default()
        },
    };
    let unit = Arc::new(unit);
    units.compiled.insert(id, unit.clone());
    Ok(unit)
}

fn source_of(object: &Object) -> Outcome<&str> {
    match &object.body {
        Body::Source { text, .. } => Ok(text),
        _ => Err(OracleError::new(4043, &[&object.name])),
    }
}

fn compile_object(catalogue: &Arc<Catalogue>, units: &mut Units, object: &Arc<Object>) -> Outcome<Unit> {
    let text = source_of(object)?.to_owned();
    let parsed = parse_source(object, &text)?;
    let owner = Authority { user: object.owner.clone(), roles: false };
    let mut binder = Binder::new(catalogue.clone(), units, owner, &object.owner, &format!("CREATE {text}"));
    binder.in_sql = false;
    binder.unit = Some(object.id);
    let mut unit = Unit {
        id: object.id,
        owner: object.owner.clone(),
        name: object.name.clone(),
        changed: object.changed,
        ..Unit::default()
    };
    match parsed {
        UnitBody::Subprogram(subprogram) => {
            unit.invoker = subprogram.rights == Some(Rights::CurrentUser);
            let number = binder.declare_routine(&subprogram)?;
            binder.package.insert(object.name.clone(), Declared::Routines(vec![number]));
            binder.define_routine(&subprogram, number)?;
        }
        UnitBody::Package { rights, declarations, .. } => {
            unit.is_package = true;
            unit.invoker = rights == Some(Rights::CurrentUser);
            binder.package_declarations(&declarations, &mut unit)?;
            unit.members = binder.package.clone();
            package_body(&mut binder, object, &mut unit)?;
        }
        UnitBody::PackageBody { .. } => {
            let Some(specification) = catalogue.find_exactly(&object.owner, Kind::Package, &object.name)
            else {
                return Err(OracleError::compilation(
                    1,
                    1,
                    &format!("PLS-00201: identifier '{}' must be declared", object.name),
                ));
            };
            let compiled = compile_stored(catalogue, units, specification.id)?;
            return match &compiled.broken {
                Some(error) => Err(error.clone()),
                None => Ok(unit),
            };
        }
        UnitBody::Trigger(trigger) => {
            let Body::Source { trigger: Some(definition), .. } = &object.body else {
                return Err(OracleError::new(4063, &[&object.name]));
            };
            trigger_unit(&mut binder, &trigger, definition, &mut unit)?;
        }
        UnitBody::Type(definition) => {
            let of = binder.type_definition(&object.name, &definition, true)?;
            unit.members.insert(object.name.clone(), Declared::Type(of));
        }
    }
    unit.routines = std::mem::take(&mut binder.routines);
    unit.depends = binder.depends.iter().copied().collect();
    Ok(unit)
}

/// Compiles the body of a package on top of its specification.
fn package_body(binder: &mut Binder<'_>, object: &Arc<Object>, unit: &mut Unit) -> Outcome<()> {
    let Some(body) = binder.catalogue.find_exactly(&object.owner, Kind::PackageBody, &object.name).cloned()
    else {
        return Ok(());
    };
    let text = source_of(&body)?.to_owned();
    let parsed = match parse_source(&body, &text) {
        Ok(parsed) => parsed,
        Err(error) => {
            unit.broken = Some(error);
            return Ok(());
        }
    };
    let UnitBody::PackageBody { declarations, initialization, .. } = parsed else { return Ok(()) };
    let before = std::mem::replace(&mut binder.text, format!("CREATE {text}"));
    let result = (|| {
        binder.package_declarations(&declarations, unit)?;
        if let Some(block) = &initialization {
            binder.code.push(CodeScope { blocks: vec![HashMap::new()], slots: 0, name: None });
            let compiled = binder.block(block);
            let scope = binder.code.pop().unwrap_or_default();
            unit.slots = scope.slots;
            unit.initialization = Some(Arc::new(compiled?));
        }
        Ok(())
    })();
    binder.text = before;
    if let Err(error) = result {
        // Callers still bind against the specification; running anything is what fails.
        unit.broken = Some(error);
    }
    Ok(())
}

/// Compiles a trigger: its rows are the variables `:OLD` and `:NEW` of its one routine.
pub(crate) fn trigger_unit(
    binder: &mut Binder<'_>,
    trigger: &ast::CreateTrigger,
    definition: &TriggerDefinition,
    unit: &mut Unit,
) -> Outcome<()> {
    let mut names = HashMap::new();
    let boolean = |slot| Declared::Variable { slot, of: Type::Boolean, constant: true };
    if let Some(table) = definition.table.and_then(|id| binder.catalogue.object(id).cloned()) {
        binder.note(&table);
        if definition.each_row {
            let row = match &table.body {
                Body::Table(table) => row_record(table),
                _ => Arc::new(RecordType {
                    name: table.name.clone(),
                    fields: binder.relation_columns(&table)?,
                }),
            };
            for (slot, name) in [(0, &definition.old), (1, &definition.new)] {
                let declared =
                    Declared::Variable { slot, of: Type::Record(row.clone()), constant: slot == 0 };
                names.insert(format!(":{name}"), declared.clone());
                names.insert(name.clone(), declared);
            }
        }
    }
    for (slot, name) in [(2, "INSERTING"), (3, "UPDATING"), (4, "DELETING")] {
        names.insert(name.to_owned(), boolean(slot));
    }
    binder.routines.push(Routine {
        name: unit.name.clone(),
        parameters: Vec::new(),
        returns: None,
        slots: 5,
        body: None,
        autonomous: false,
    });
    binder.code.push(CodeScope { blocks: vec![names.clone()], slots: 5, name: None });
    let result = (|| {
        let condition = match &trigger.when {
            Some(when) => Some(binder.condition(when)?),
            None => None,
        };
        // Inside the body the rows are known with a colon only.
        if let Some(scope) = binder.code.last_mut() {
            scope.blocks[0].retain(|name, _| name.starts_with(':') || name.ends_with("ING"));
            scope.blocks.push(HashMap::new());
        }
        let body = match &trigger.body {
            ast::TriggerBody::Block(block) => binder.block(block)?,
            ast::TriggerBody::Invalid(error) => return Err(syntax_error(error)),
            ast::TriggerBody::Call(_) => {
                return Err(OracleError::unsupported("run a trigger that is a CALL"));
            }
        };
        Ok((condition, body))
    })();
    let scope = binder.code.pop().unwrap_or_default();
    let (condition, body): (_, Block) = result?;
    unit.variables = vec![(Type::Boolean, condition)];
    binder.routines[0].slots = scope.slots;
    if let ast::TriggerBody::Block(block) = &trigger.body {
        binder.routines[0].autonomous = binder.is_autonomous(&block.declarations);
    }
    binder.routines[0].body = Some(Arc::new(body));
    Ok(())
}
