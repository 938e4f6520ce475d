//! Tables that are not stored: rows made from the dictionary and from the running sessions.
//!
//! Only SYS sees them, by their names; the dictionary views in `seed/` are defined over them.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::fixed_rows::{
    arguments, dependencies, directories, errors, links, locks, object_grants, procedures, sequences,
    sessions, settings, source, synonyms, system_grants, triggers, users, views,
};
use super::model::{Body, ConstraintKind, TableDefinition};
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::pump;
use crate::sandbox::oracle::run::{Machine, Row};
use crate::sandbox::oracle::values::calendar::MICROS;
use crate::sandbox::oracle::values::{Type, Value};

/// A table of made rows. Column letters: T text, N number, D date, Z timestamp with zone, C CLOB.
#[derive(Clone, Copy)]
pub(crate) struct FixedTable {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, char)],
    pub(crate) rows: fn(&mut Machine) -> Outcome<Vec<Row>>,
}

impl std::fmt::Debug for FixedTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// DUAL.
pub(crate) const DUAL: FixedTable =
    FixedTable { name: "DUAL", columns: &[("DUMMY", 'T')], rows: |_| Ok(vec![vec![Value::text("X")]]) };

const TABLES: &[FixedTable] = &[
    FixedTable {
        name: "X$OBJECTS",
        columns: &[
            ("ID", 'N'),
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TYPE", 'T'),
            ("CREATED", 'D'),
            ("CHANGED", 'D'),
            ("STATUS", 'T'),
            ("GENERATED", 'T'),
            ("TEMPORARY", 'T'),
            ("MAINTAINED", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: objects,
    },
    FixedTable {
        name: "X$TABLES",
        columns: &[
            ("ID", 'N'),
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TEMPORARY", 'T'),
            ("READ_ONLY", 'T'),
            ("NUM_ROWS", 'N'),
            ("ANALYZED", 'D'),
            ("COMMENTS", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: tables,
    },
    FixedTable {
        name: "X$COLUMNS",
        columns: &[
            ("ID", 'N'),
            ("OWNER", 'T'),
            ("TABLE_NAME", 'T'),
            ("NAME", 'T'),
            ("POSITION", 'N'),
            ("DATA_TYPE", 'T'),
            ("LENGTH", 'N'),
            ("PRECISION", 'N'),
            ("SCALE", 'N'),
            ("NULLABLE", 'T'),
            ("DEFAULT_TEXT", 'T'),
            ("CHARS", 'N'),
            ("CHAR_USED", 'T'),
            ("HIDDEN", 'T'),
            ("VIRTUAL", 'T'),
            ("IDENTITY", 'T'),
            ("COMMENTS", 'T'),
            ("SEQUENCE_ID", 'N'),
            ("VISIBLE", 'T'),
            ("ON_NULL", 'T'),
        ],
        rows: columns,
    },
    FixedTable {
        name: "X$CONSTRAINTS",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TYPE", 'T'),
            ("TABLE_NAME", 'T'),
            ("CONDITION", 'T'),
            ("R_OWNER", 'T'),
            ("R_NAME", 'T'),
            ("DELETE_RULE", 'T'),
            ("STATUS", 'T'),
            ("DEFERRABLE", 'T'),
            ("VALIDATED", 'T'),
            ("GENERATED", 'T'),
            ("RELY", 'T'),
            ("CHANGED", 'D'),
            ("INDEX_OWNER", 'T'),
            ("INDEX_NAME", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: constraints,
    },
    FixedTable {
        name: "X$CONS_COLUMNS",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TABLE_NAME", 'T'),
            ("COLUMN_NAME", 'T'),
            ("POSITION", 'N'),
            ("VISIBLE", 'T'),
        ],
        rows: constraint_columns,
    },
    FixedTable {
        name: "X$INDEXES",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TABLE_OWNER", 'T'),
            ("TABLE_NAME", 'T'),
            ("UNIQUENESS", 'T'),
            ("TYPE", 'T'),
            ("GENERATED", 'T'),
            ("COLUMN_NAME", 'T'),
            ("POSITION", 'N'),
            ("VISIBLE", 'T'),
        ],
        rows: indexes,
    },
    FixedTable {
        name: "X$TRIGGERS",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TYPE", 'T'),
            ("EVENT", 'T'),
            ("TABLE_OWNER", 'T'),
            ("BASE_TYPE", 'T'),
            ("TABLE_NAME", 'T'),
            ("REFERENCING", 'T'),
            ("WHEN_CLAUSE", 'T'),
            ("STATUS", 'T'),
            ("DESCRIPTION", 'T'),
            ("BODY", 'C'),
            ("VISIBLE", 'T'),
        ],
        rows: triggers,
    },
    FixedTable {
        name: "X$SEQUENCES",
        columns: &[
            ("ID", 'N'),
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("MIN_VALUE", 'N'),
            ("MAX_VALUE", 'N'),
            ("INCREMENT_BY", 'N'),
            ("CYCLE_FLAG", 'T'),
            ("ORDER_FLAG", 'T'),
            ("CACHE_SIZE", 'N'),
            ("LAST_NUMBER", 'N'),
            ("VISIBLE", 'T'),
        ],
        rows: sequences,
    },
    FixedTable {
        name: "X$SYNONYMS",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TABLE_OWNER", 'T'),
            ("TABLE_NAME", 'T'),
            ("DB_LINK", 'T'),
        ],
        rows: synonyms,
    },
    FixedTable {
        name: "X$VIEWS",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TEXT", 'C'),
            ("READ_ONLY", 'T'),
            ("COMMENTS", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: views,
    },
    FixedTable {
        name: "X$PROCEDURES",
        columns: &[
            ("OWNER", 'T'),
            ("OBJECT_NAME", 'T'),
            ("PROCEDURE_NAME", 'T'),
            ("SUBPROGRAM_ID", 'N'),
            ("OVERLOAD", 'N'),
            ("OBJECT_TYPE", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: procedures,
    },
    FixedTable {
        name: "X$SOURCE",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TYPE", 'T'),
            ("LINE", 'N'),
            ("TEXT", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: source,
    },
    FixedTable {
        name: "X$ERRORS",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TYPE", 'T'),
            ("SEQUENCE", 'N'),
            ("LINE", 'N'),
            ("POSITION", 'N'),
            ("TEXT", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: errors,
    },
    FixedTable {
        name: "X$DEPENDENCIES",
        columns: &[
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("TYPE", 'T'),
            ("REFERENCED_OWNER", 'T'),
            ("REFERENCED_NAME", 'T'),
            ("REFERENCED_TYPE", 'T'),
            ("VISIBLE", 'T'),
        ],
        rows: dependencies,
    },
    FixedTable {
        name: "X$USERS",
        columns: &[
            ("NAME", 'T'),
            ("ID", 'N'),
            ("ROLE", 'T'),
            ("STATUS", 'T'),
            ("LOCK_DATE", 'D'),
            ("EXPIRY_DATE", 'D'),
            ("TABLESPACE", 'T'),
            ("CREATED", 'D'),
            ("PROFILE", 'T'),
            ("MAINTAINED", 'T'),
            ("AUTHENTICATION", 'T'),
        ],
        rows: users,
    },
    FixedTable {
        name: "X$OBJECT_GRANTS",
        columns: &[
            ("GRANTEE", 'T'),
            ("OWNER", 'T'),
            ("NAME", 'T'),
            ("GRANTOR", 'T'),
            ("PRIVILEGE", 'T'),
            ("GRANTABLE", 'T'),
            ("HIERARCHY", 'T'),
            ("TYPE", 'T'),
        ],
        rows: object_grants,
    },
    FixedTable {
        name: "X$SYSTEM_GRANTS",
        columns: &[("GRANTEE", 'T'), ("PRIVILEGE", 'T'), ("ADMIN_OPTION", 'T'), ("ROLE", 'T')],
        rows: system_grants,
    },
    FixedTable {
        name: "X$LINKS",
        columns: &[("OWNER", 'T'), ("NAME", 'T'), ("USERNAME", 'T'), ("HOST", 'T'), ("CREATED", 'D')],
        rows: links,
    },
    FixedTable {
        name: "X$DIRECTORIES",
        columns: &[("OWNER", 'T'), ("NAME", 'T'), ("PATH", 'T')],
        rows: directories,
    },
    FixedTable {
        name: "X$SESSIONS",
        columns: &[
            ("SID", 'N'),
            ("SERIAL", 'N'),
            ("USERNAME", 'T'),
            ("LOGON_TIME", 'D'),
            ("MODULE", 'T'),
            ("ACTION", 'T'),
            ("CLIENT_IDENTIFIER", 'T'),
            ("STATUS", 'T'),
        ],
        rows: sessions,
    },
    FixedTable {
        name: "X$LOCKS",
        columns: &[("SID", 'N'), ("USERNAME", 'T'), ("OBJECT_ID", 'N'), ("SINCE", 'D')],
        rows: locks,
    },
    FixedTable { name: "X$SETTINGS", columns: &[("NAME", 'T'), ("VALUE", 'T')], rows: settings },
    FixedTable {
        name: "X$ARGUMENTS",
        columns: &[
            ("OWNER", 'T'),
            ("PACKAGE_NAME", 'T'),
            ("OBJECT_NAME", 'T'),
            ("OBJECT_ID", 'N'),
            ("ARGUMENT_NAME", 'T'),
            ("POSITION", 'N'),
            ("SEQUENCE", 'N'),
            ("DATA_TYPE", 'T'),
            ("IN_OUT", 'T'),
            ("DEFAULTED", 'T'),
            ("OVERLOAD", 'T'),
            ("SUBPROGRAM_ID", 'N'),
            ("VISIBLE", 'T'),
        ],
        rows: arguments,
    },
];

/// The fixed table of a name.
pub(crate) fn find(name: &str) -> Option<FixedTable> {
    TABLES.iter().chain(pump::TABLES).find(|table| table.name == name).copied()
}

pub(super) fn yes(value: bool) -> Value {
    Value::text(if value { "Y" } else { "N" })
}

pub(super) fn either(value: bool, yes: &str, no: &str) -> Value {
    Value::text(if value { yes } else { no })
}

pub(super) fn date(micros: i64) -> Value {
    Value::Date(micros.div_euclid(MICROS))
}

pub(super) fn text(value: &str) -> Value {
    Value::text(value)
}

pub(super) fn visible(machine: &Machine, id: i64) -> Value {
    let who = super::Authority { user: machine.facts.session_user.clone(), roles: true };
    yes(machine.catalogue.object(id).is_some_and(|object| machine.catalogue.can_see(&who, object)))
}

fn objects(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    Ok(catalogue
        .objects()
        .into_iter()
        .map(|object| {
            let temporary = matches!(&object.body, Body::Table(table) if table.temporary.is_some());
            let maintained =
                catalogue.user(&object.owner).is_some_and(|user| user.maintained) || object.owner == "PUBLIC";
            vec![
                Value::integer(object.id),
                text(&object.owner),
                text(&object.name),
                text(object.kind.word()),
                date(object.created),
                date(object.changed),
                either(object.valid, "VALID", "INVALID"),
                yes(object.generated),
                yes(temporary),
                yes(maintained),
                visible(machine, object.id),
            ]
        })
        .collect())
}

fn tables(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    Ok(catalogue
        .tables()
        .into_iter()
        .map(|table| {
            vec![
                Value::integer(table.id),
                text(&table.owner),
                text(&table.name),
                yes(table.temporary.is_some()),
                either(table.read_only, "YES", "NO"),
                table.analyzed.map_or(Value::Null, |(rows, _)| Value::integer(rows)),
                table.analyzed.map_or(Value::Null, |(_, at)| date(at)),
                Value::optional_text(table.comment.as_deref()),
                visible(machine, table.id),
            ]
        })
        .collect())
}

fn column_row(
    machine: &Machine,
    owner: &str,
    table: &str,
    id: i64,
    position: usize,
    column: &super::Column,
) -> Row {
    let of = column.of.to_type();
    let (length, precision, scale, chars) = match &of {
        Type::Varchar { length, .. } => (length.unwrap_or(4000), None, None, *length),
        Type::Char { length, .. } => (*length, None, None, Some(*length)),
        Type::Raw(length) => (length.unwrap_or(2000), None, None, None),
        Type::Number(precision, scale) => (22, precision.map(i64::from), scale.map(i64::from), None),
        Type::Date => (7, None, None, None),
        Type::Timestamp(places) | Type::TimestampTz(places) => (11, None, Some(i64::from(*places)), None),
        _ => (4000, None, None, None),
    };
    let whole = |n: Option<i64>| n.map_or(Value::Null, Value::integer);
    let default = match (&column.identity, &column.computed) {
        (Some(identity), _) => {
            let name =
                machine.catalogue.object(identity.sequence).map(|o| o.name.clone()).unwrap_or_default();
            Some(format!("\"{owner}\".\"{name}\".nextval"))
        }
        (None, Some(computed)) => Some(computed.clone()),
        _ => column.default.clone(),
    };
    vec![
        Value::integer(id),
        text(owner),
        text(table),
        text(&column.name),
        Value::count(position + 1),
        text(&column.of.dictionary_name()),
        Value::integer(i64::from(length)),
        whole(precision),
        whole(scale),
        yes(!column.not_null),
        Value::optional_text(default.as_deref()),
        chars.map_or(Value::integer(0), |n| Value::integer(i64::from(n))),
        if of.is_text() && chars.is_some() { either(column.of.chars, "C", "B") } else { Value::Null },
        either(column.hidden, "YES", "NO"),
        either(column.computed.is_some(), "YES", "NO"),
        column.identity.as_ref().map_or(Value::Null, |identity| text(&identity.generation)),
        Value::optional_text(column.comment.as_deref()),
        column.identity.as_ref().map_or(Value::Null, |identity| Value::integer(identity.sequence)),
        visible(machine, id),
        either(column.default_on_null || column.identity.as_ref().is_some_and(|i| i.on_null), "YES", "NO"),
    ]
}

fn columns(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        match &object.body {
            Body::Table(table) => {
                for (at, column) in table.columns.iter().enumerate() {
                    rows.push(column_row(machine, &table.owner, &table.name, table.id, at, column));
                }
            }
            Body::View { columns, .. } => {
                for (at, (name, of)) in columns.iter().enumerate() {
                    let column = super::Column {
                        name: name.clone(),
                        of: of.clone(),
                        not_null: false,
                        default: None,
                        default_on_null: false,
                        identity: None,
                        computed: None,
                        storage: 0,
                        hidden: false,
                        comment: None,
                    };
                    rows.push(column_row(machine, &object.owner, &object.name, object.id, at, &column));
                }
            }
            _ => {}
        }
    }
    Ok(rows)
}

fn each_table(machine: &Machine) -> Vec<std::sync::Arc<TableDefinition>> {
    machine.catalogue.tables().into_iter().cloned().collect()
}

fn constraints(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for table in each_table(machine) {
        for constraint in &table.constraints {
            let (letter, condition, parent, rule) = match &constraint.kind {
                ConstraintKind::NotNull => {
                    ("C", Some(format!("\"{}\" IS NOT NULL", constraint.columns.join(","))), None, None)
                }
                ConstraintKind::Check(condition) => ("C", Some(condition.clone()), None, None),
                ConstraintKind::Primary => ("P", None, None, None),
                ConstraintKind::Unique => ("U", None, None, None),
                ConstraintKind::Foreign { table, key, rule } => {
                    let owner = machine
                        .catalogue
                        .table(*table)
                        .map(|parent| parent.owner.clone())
                        .unwrap_or_default();
                    ("R", None, Some((owner, key.clone())), Some(rule.clone()))
                }
            };
            let index = constraint.index.and_then(|id| machine.catalogue.object(id));
            rows.push(vec![
                text(&table.owner),
                text(&constraint.name),
                text(letter),
                text(&table.name),
                Value::optional_text(condition.as_deref()),
                Value::optional_text(parent.as_ref().map(|p| p.0.as_str())),
                Value::optional_text(parent.as_ref().map(|p| p.1.as_str())),
                Value::optional_text(rule.as_deref()),
                either(constraint.enabled, "ENABLED", "DISABLED"),
                either(constraint.deferrable, "DEFERRABLE", "NOT DEFERRABLE"),
                either(constraint.validated, "VALIDATED", "NOT VALIDATED"),
                either(constraint.generated, "GENERATED NAME", "USER NAME"),
                if constraint.rely { text("RELY") } else { Value::Null },
                date(constraint.changed),
                index.map_or(Value::Null, |index| text(&index.owner)),
                index.map_or(Value::Null, |index| text(&index.name)),
                visible(machine, table.id),
            ]);
        }
    }
    Ok(rows)
}

fn constraint_columns(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for table in each_table(machine) {
        for constraint in &table.constraints {
            for (at, column) in constraint.columns.iter().enumerate() {
                let position =
                    if matches!(constraint.kind, ConstraintKind::NotNull | ConstraintKind::Check(_)) {
                        Value::Null
                    } else {
                        Value::count(at + 1)
                    };
                rows.push(vec![
                    text(&table.owner),
                    text(&constraint.name),
                    text(&table.name),
                    text(column),
                    position,
                    visible(machine, table.id),
                ]);
            }
        }
    }
    Ok(rows)
}

fn indexes(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let catalogue = machine.catalogue.clone();
    let mut rows = Vec::new();
    for object in catalogue.objects() {
        let Body::Index { table, columns, unique, functional } = &object.body else { continue };
        let Some(table) = catalogue.table(*table) else { continue };
        for (at, column) in columns.iter().enumerate() {
            rows.push(vec![
                text(&object.owner),
                text(&object.name),
                text(&table.owner),
                text(&table.name),
                either(*unique, "UNIQUE", "NONUNIQUE"),
                either(*functional, "FUNCTION-BASED NORMAL", "NORMAL"),
                yes(object.generated),
                text(column),
                Value::count(at + 1),
                visible(machine, table.id),
            ]);
        }
    }
    Ok(rows)
}
