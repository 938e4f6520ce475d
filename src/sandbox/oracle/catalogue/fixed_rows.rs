//! Rows of the fixed tables about code, users and sessions.

#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::fixed::{date, either, text, visible, yes};
use super::model::{Body, Kind};
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::language::ast::{DeclarationKind, StatementKind, UnitBody};
use crate::sandbox::oracle::language::{Dialect, parse_statement};
use crate::sandbox::oracle::pump;
use crate::sandbox::oracle::run::{Machine, Row};
use crate::sandbox::oracle::values::{Type, Value};

pub(super) fn triggers(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        let Body::Source { trigger: Some(trigger), .. } = &object.body else { continue };
        let base = trigger.table.and_then(|id| catalogue.object(id));
        let kind = match (&trigger.scope, trigger.timing.as_str(), trigger.each_row) {
            (Some(_), "BEFORE", _) => "BEFORE EVENT".to_owned(),
            (Some(_), _, _) => "AFTER EVENT".to_owned(),
            (None, "INSTEAD OF", _) => "INSTEAD OF".to_owned(),
            (None, timing, true) => format!("{timing} EACH ROW"),
            (None, timing, false) => format!("{timing} STATEMENT"),
        };
        rows.push(vec![
            text(&object.owner),
            text(&object.name),
            text(&kind),
            text(&trigger.events.join(" OR ")),
            base.map_or_else(|| text("SYS"), |base| text(&base.owner)),
            base.map_or_else(
                || Value::optional_text(trigger.scope.as_deref()),
                |base| text(base.kind.word()),
            ),
            base.map_or(Value::Null, |base| text(&base.name)),
            text(&format!("REFERENCING NEW AS {} OLD AS {}", trigger.new, trigger.old)),
            Value::optional_text(trigger.when.as_deref()),
            either(trigger.enabled, "ENABLED", "DISABLED"),
            text(&trigger.description),
            text(&trigger.body),
            visible(machine, object.id),
        ]);
    }
    Ok(rows)
}

pub(super) fn sequences(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        let Body::Sequence(sequence) = &object.body else { continue };
        let last = machine.store.sequence(object.id)?.unwrap_or(sequence.start);
        let number = |n: i128| {
            crate::sandbox::oracle::values::Number::parse(&n.to_string()).map_or(Value::Null, Value::Number)
        };
        rows.push(vec![
            Value::integer(object.id),
            text(&object.owner),
            text(&object.name),
            number(sequence.minimum),
            number(sequence.maximum),
            number(sequence.step),
            yes(sequence.cycle),
            yes(sequence.order),
            Value::integer(sequence.cache),
            number(last),
            visible(machine, object.id),
        ]);
    }
    Ok(rows)
}

pub(super) fn synonyms(machine: &mut Machine) -> Outcome<Vec<Row>> {
    Ok(machine
        .catalogue
        .objects()
        .into_iter()
        .filter_map(|object| match &object.body {
            Body::Synonym { owner, name, link } => Some(vec![
                text(&object.owner),
                text(&object.name),
                text(owner),
                text(name),
                Value::optional_text(link.as_deref()),
            ]),
            _ => None,
        })
        .collect())
}

pub(super) fn views(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    Ok(catalogue
        .objects()
        .into_iter()
        .filter_map(|object| match &object.body {
            Body::View { text: query, read_only, comment, .. } => Some(vec![
                text(&object.owner),
                text(&object.name),
                text(query),
                yes(*read_only),
                comment.as_deref().map_or(Value::Null, text),
                visible(machine, object.id),
            ]),
            _ => None,
        })
        .collect())
}

pub(super) fn source(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        let Body::Source { text: source, .. } = &object.body else { continue };
        let seen = visible(machine, object.id);
        for (at, line) in source.split('\n').enumerate() {
            let line = format!("{line}\n");
            rows.push(vec![
                text(&object.owner),
                text(&object.name),
                text(object.kind.word()),
                Value::count(at + 1),
                text(&line),
                seen.clone(),
            ]);
        }
    }
    Ok(rows)
}

/// Packages, what their specifications offer, and functions and procedures of their own.
pub(super) fn procedures(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        let Body::Source { text: source, .. } = &object.body else { continue };
        if !matches!(object.kind, Kind::Package | Kind::Function | Kind::Procedure) {
            continue;
        }
        let seen = visible(machine, object.id);
        let mut add = |name: Option<&str>, number: usize, overload: Option<usize>| {
            rows.push(vec![
                text(&object.owner),
                text(&object.name),
                name.map_or(Value::Null, text),
                Value::count(number),
                overload.map_or(Value::Null, Value::count),
                text(object.kind.word()),
                seen.clone(),
            ]);
        };
        add(None, usize::from(object.kind != Kind::Package), None);
        let names = if object.kind == Kind::Package { offered(source) } else { Vec::new() };
        for (at, name) in names.iter().enumerate() {
            let same = |list: &[String]| list.iter().filter(|other| *other == name).count();
            let overload = (same(&names) > 1).then(|| same(&names[..=at]));
            add(Some(name), at + 1, overload);
        }
    }
    Ok(rows)
}

/// The names of the subprograms that the text of a package specification declares; none where it does not parse.
fn offered(source: &str) -> Vec<String> {
    let Ok(statement) = parse_statement(&format!("CREATE {source}"), Dialect::default()) else {
        return Vec::new();
    };
    let StatementKind::CreateSource(create) = statement.kind else { return Vec::new() };
    let Ok(UnitBody::Package { declarations, .. }) = create.body else { return Vec::new() };
    let names = declarations.into_iter().filter_map(|declaration| match declaration.kind {
        DeclarationKind::Subprogram(subprogram) => Some(subprogram.name.last().text.clone()),
        _ => None,
    });
    names.collect()
}

pub(super) fn errors(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        let Body::Source { errors, .. } = &object.body else { continue };
        for (at, error) in errors.iter().enumerate() {
            rows.push(vec![
                text(&object.owner),
                text(&object.name),
                text(object.kind.word()),
                Value::count(at + 1),
                Value::integer(i64::from(error.line)),
                Value::integer(i64::from(error.column)),
                text(&error.text),
                visible(machine, object.id),
            ]);
        }
    }
    Ok(rows)
}

/// What views and code refer to, as it was found when they were compiled.
pub(super) fn dependencies(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        for found in object.depends.iter().filter_map(|id| catalogue.object(*id)) {
            rows.push(vec![
                text(&object.owner),
                text(&object.name),
                text(object.kind.word()),
                text(&found.owner),
                text(&found.name),
                text(found.kind.word()),
                visible(machine, object.id),
            ]);
        }
    }
    Ok(rows)
}

pub(super) fn users(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let now = machine.now();
    Ok(machine
        .catalogue
        .users()
        .map(|user| {
            let expired = user.expired || user.expires.is_some_and(|at| at <= now);
            let status = match (expired, user.locked.is_some()) {
                (false, false) => "OPEN",
                (true, false) => "EXPIRED",
                (false, true) => "LOCKED",
                (true, true) => "EXPIRED & LOCKED",
            };
            vec![
                text(&user.name),
                Value::integer(user.id),
                yes(user.role),
                text(status),
                user.locked.map_or(Value::Null, date),
                user.expires.map_or(Value::Null, date),
                text(&user.tablespace),
                date(user.created),
                text(&user.profile),
                yes(user.maintained),
                either(user.verifier.is_some(), "PASSWORD", "NONE"),
            ]
        })
        .collect())
}

pub(super) fn object_grants(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    Ok(catalogue
        .object_grants
        .iter()
        .filter_map(|grant| {
            let object = catalogue.object(grant.object)?;
            Some(vec![
                text(&grant.grantee),
                text(&object.owner),
                text(&object.name),
                text(&grant.grantor),
                text(&grant.privilege),
                either(grant.grantable, "YES", "NO"),
                either(grant.hierarchy, "YES", "NO"),
                text(if object.kind == Kind::PackageBody { "PACKAGE" } else { object.kind.word() }),
            ])
        })
        .collect())
}

pub(super) fn system_grants(machine: &mut Machine) -> Outcome<Vec<Row>> {
    Ok(machine
        .catalogue
        .system_grants
        .iter()
        .map(|grant| {
            vec![
                text(&grant.grantee),
                text(&grant.privilege),
                either(grant.admin, "YES", "NO"),
                yes(grant.role),
            ]
        })
        .collect())
}

pub(super) fn links(machine: &mut Machine) -> Outcome<Vec<Row>> {
    Ok(machine
        .catalogue
        .objects()
        .into_iter()
        .filter_map(|object| match &object.body {
            Body::DatabaseLink { user, host } => Some(vec![
                text(&object.owner),
                text(&object.name),
                Value::optional_text(user.as_deref()),
                Value::optional_text(host.as_deref()),
                date(object.created),
            ]),
            _ => None,
        })
        .collect())
}

pub(super) fn directories(machine: &mut Machine) -> Outcome<Vec<Row>> {
    Ok(machine
        .catalogue
        .objects()
        .into_iter()
        .filter_map(|object| match &object.body {
            Body::Directory { path } => Some(vec![text(&object.owner), text(&object.name), text(path)]),
            _ => None,
        })
        .collect())
}

pub(super) fn sessions(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let mut rows: Vec<Row> = machine
        .shared
        .live()
        .into_iter()
        .map(|live| {
            vec![
                Value::integer(live.sid),
                Value::integer(live.serial),
                text(&live.user),
                date(live.since),
                Value::optional_text(live.module.as_deref()),
                Value::optional_text(live.action.as_deref()),
                Value::optional_text(live.client_identifier.as_deref()),
                text(if live.killed {
                    "KILLED"
                } else if live.at_work || live.sid == machine.facts.session_id {
                    "ACTIVE"
                } else {
                    "INACTIVE"
                }),
            ]
        })
        .collect();
    for job in pump::live(machine)? {
        for (sid, kind) in job.processes() {
            let module = if kind == "MASTER" { "Data Pump Master" } else { "Data Pump Worker" };
            rows.push(vec![
                Value::integer(sid),
                Value::integer(1),
                text(&job.owner),
                date(job.begun),
                text(module),
                text(&job.name),
                Value::Null,
                text("ACTIVE"),
            ]);
        }
    }
    Ok(rows)
}

pub(super) fn locks(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for live in machine.shared.live() {
        for (owner, name) in &live.locks {
            let Some(table) = machine.catalogue.find_exactly(owner, Kind::Table, name) else { continue };
            rows.push(vec![
                Value::integer(live.sid),
                text(&live.user),
                Value::integer(table.id),
                date(live.since),
            ]);
        }
    }
    Ok(rows)
}

pub(super) fn settings(machine: &mut Machine) -> Outcome<Vec<Row>> {
    Ok(machine.catalogue.settings.iter().map(|(name, value)| vec![text(name), text(value)]).collect())
}

pub(super) fn arguments(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        if !matches!(object.kind, Kind::Procedure | Kind::Function | Kind::Package) {
            continue;
        }
        let seen = visible(machine, object.id);
        let Ok(unit) = machine.unit(object.id) else { continue };
        let package = (object.kind == Kind::Package).then(|| object.name.clone());
        let mut public: Vec<usize> = unit
            .members
            .values()
            .filter_map(|declared| match declared {
                crate::sandbox::oracle::plsql::code::Declared::Routines(list) => Some(list.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        public.sort_unstable();
        if package.is_none() {
            public.push(0);
        }
        for number in public {
            let Some(routine) = unit.routines.get(number) else { continue };
            let overloads = unit.routines.iter().filter(|other| other.name == routine.name).count();
            let overload = if overloads > 1 {
                Value::text(
                    (unit.routines[..=number].iter().filter(|other| other.name == routine.name).count())
                        .to_string(),
                )
            } else {
                Value::Null
            };
            let mut push = |name: Option<&str>, position: usize, of: &Type, mode: &str, defaulted: bool| {
                let sequence = if routine.returns.is_some() { position + 1 } else { position };
                rows.push(vec![
                    text(&object.owner),
                    Value::optional_text(package.as_deref()),
                    text(&routine.name),
                    Value::integer(object.id),
                    Value::optional_text(name),
                    Value::count(position),
                    Value::count(sequence),
                    text(&of.catalogue_name()),
                    text(mode),
                    yes(defaulted),
                    overload.clone(),
                    Value::count(number + 1),
                    seen.clone(),
                ]);
            };
            if let Some(of) = &routine.returns {
                push(None, 0, of, "OUT", false);
            }
            for (at, parameter) in routine.parameters.iter().enumerate() {
                use crate::sandbox::oracle::language::ast::ParameterMode;
                let mode = match parameter.mode {
                    ParameterMode::In => "IN",
                    ParameterMode::Out => "OUT",
                    ParameterMode::InOut => "IN/OUT",
                };
                push(Some(&parameter.name), at + 1, &parameter.of, mode, parameter.default.is_some());
            }
        }
    }
    Ok(rows)
}
