//! Definitions as statements, with the names that a remap may change marked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::sandbox::oracle::catalogue::{
    Body, Catalogue, Constraint, ConstraintKind, Object, SequenceDefinition, TableDefinition,
};
use crate::sandbox::oracle::language::ast::{StatementKind, TriggerEvent, UnitBody};
use crate::sandbox::oracle::language::{Dialect, parse_statement};

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';
const DOT: char = '\u{3}';

/// A name in double quotes.
pub(super) fn quote(name: &str) -> String {
    format!("\"{name}\"")
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
}

/// A schema's name, marked.
pub(super) fn schema(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// An object of a schema, the schema marked.
fn within(owner: &str, name: &str) -> String {
    format!("{}.{}", schema(owner), quote(name))
}

/// A table, marked.
fn table(owner: &str, name: &str) -> String {
    format!("{OPEN}{owner}{DOT}{name}{CLOSE}")
}

/// What names become.
#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    pub(super) schemas: BTreeMap<String, String>,
    /// By plain name, or by schema and name with a dot.
    pub(super) tables: BTreeMap<String, String>,
}

impl Names {
    /// What a schema becomes.
    pub(super) fn schema(&self, name: &str) -> String {
        self.schemas.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// What a table becomes.
    pub(super) fn table(&self, owner: &str, name: &str) -> String {
        let full = format!("{owner}.{name}");
        self.tables.get(&full).or_else(|| self.tables.get(name)).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// A marked text with the names as they become.
    pub(super) fn render(&self, marked: &str) -> String {
        let mut text = String::new();
        let mut rest = marked;
        while let Some(start) = rest.find(OPEN) {
            text.push_str(&rest[..start]);
            let inner = &rest[start + 1..];
            let end = inner.find(CLOSE).unwrap_or(inner.len());
            match inner[..end].split_once(DOT) {
                Some((owner, name)) => {
                    let _ =
                        write!(text, "{}.{}", quote(&self.schema(owner)), quote(&self.table(owner, name)));
                }
                None => text.push_str(&quote(&self.schema(&inner[..end]))),
            }
            rest = inner.get(end + 1..).unwrap_or_default();
        }
        text.push_str(rest);
        text
    }
}

fn options(definition: &SequenceDefinition, next: i128) -> String {
    let mut text = format!(
        "MINVALUE {} MAXVALUE {} INCREMENT BY {} START WITH {next}",
        definition.minimum, definition.maximum, definition.step
    );
    match definition.cache {
        0 => text.push_str(" NOCACHE"),
        count => {
            let _ = write!(text, " CACHE {count}");
        }
    }
    text.push_str(if definition.order { " ORDER" } else { " NOORDER" });
    text.push_str(if definition.cycle { " CYCLE" } else { " NOCYCLE" });
    text
}

/// A sequence that goes on where this one stands.
pub(super) fn sequence(object: &Object, definition: &SequenceDefinition, next: i128) -> String {
    format!("CREATE SEQUENCE {} {}", within(&object.owner, &object.name), options(definition, next))
}

/// A table with its columns, without keys, checks and foreign keys.
pub(super) fn create_table(
    catalogue: &Catalogue,
    of: &TableDefinition,
    next: impl Fn(i64) -> Option<i128>,
) -> String {
    let mut columns = Vec::new();
    for column in &of.columns {
        let mut text = format!("{} {}", quote(&column.name), column.of.to_type());
        if column.hidden {
            text.push_str(" INVISIBLE");
        }
        if let Some(computed) = &column.computed {
            let _ = write!(text, " GENERATED ALWAYS AS ({computed}) VIRTUAL");
        } else if let Some(identity) = &column.identity {
            let null = if identity.on_null { " ON NULL" } else { "" };
            let _ = write!(text, " GENERATED {}{null} AS IDENTITY", identity.generation);
            if let Some(Body::Sequence(definition)) =
                catalogue.object(identity.sequence).map(|object| &object.body)
            {
                let start = next(identity.sequence).unwrap_or(definition.start);
                let _ = write!(text, " ({})", options(definition, start));
            }
        } else if let Some(default) = &column.default {
            let null = if column.default_on_null { " ON NULL" } else { "" };
            let _ = write!(text, " DEFAULT{null} {default}");
        }
        let own = of
            .constraints
            .iter()
            .find(|c| c.kind == ConstraintKind::NotNull && c.columns.first() == Some(&column.name));
        if let Some(constraint) = own {
            if !constraint.generated {
                let _ = write!(text, " CONSTRAINT {}", quote(&constraint.name));
            }
            text.push_str(" NOT NULL");
            text.push_str(if constraint.enabled { "" } else { " DISABLE" });
        }
        columns.push(text);
    }
    let kind = if of.temporary.is_some() { "GLOBAL TEMPORARY TABLE" } else { "TABLE" };
    let mut text = format!("CREATE {kind} {} ({})", table(&of.owner, &of.name), columns.join(", "));
    match of.temporary {
        Some(true) => text.push_str(" ON COMMIT PRESERVE ROWS"),
        Some(false) => text.push_str(" ON COMMIT DELETE ROWS"),
        None => {}
    }
    text
}

/// A constraint of a table, or nothing for what came with the table.
pub(super) fn constraint(
    catalogue: &Catalogue,
    of: &TableDefinition,
    constraint: &Constraint,
) -> Option<String> {
    let body = match &constraint.kind {
        ConstraintKind::NotNull => return None,
        ConstraintKind::Check(condition) => format!("CHECK ({condition})"),
        ConstraintKind::Primary => format!("PRIMARY KEY ({})", list(&constraint.columns)),
        ConstraintKind::Unique => format!("UNIQUE ({})", list(&constraint.columns)),
        ConstraintKind::Foreign { table: parent, key, rule } => {
            let parent = catalogue.table(*parent)?;
            let key = parent.constraint(key)?;
            let rule = if rule == "NO ACTION" { String::new() } else { format!(" ON DELETE {rule}") };
            format!(
                "FOREIGN KEY ({}) REFERENCES {} ({}){rule}",
                list(&constraint.columns),
                table(&parent.owner, &parent.name),
                list(&key.columns)
            )
        }
    };
    let name =
        if constraint.generated { String::new() } else { format!("CONSTRAINT {} ", quote(&constraint.name)) };
    let state = match (constraint.enabled, constraint.validated) {
        (true, true) => " ENABLE",
        (true, false) => " ENABLE NOVALIDATE",
        (false, _) => " DISABLE",
    };
    let deferrable = if constraint.deferrable { " DEFERRABLE" } else { "" };
    let rely = if constraint.rely { " RELY" } else { "" };
    Some(format!("ALTER TABLE {} ADD {name}{body}{deferrable}{rely}{state}", table(&of.owner, &of.name)))
}

/// An index.
pub(super) fn index(
    object: &Object,
    of: &TableDefinition,
    columns: &[String],
    unique: bool,
    functional: bool,
) -> String {
    let columns = columns
        .iter()
        .map(|column| if functional && of.column(column).is_none() { column.clone() } else { quote(column) })
        .collect::<Vec<_>>()
        .join(", ");
    let kind = if unique { "UNIQUE INDEX" } else { "INDEX" };
    format!(
        "CREATE {kind} {} ON {} ({columns})",
        within(&object.owner, &object.name),
        table(&of.owner, &of.name)
    )
}

/// A view, made even if it does not compile.
pub(super) fn view(object: &Object, columns: &[String], query: &str, read_only: bool) -> String {
    let columns = if columns.is_empty() { String::new() } else { format!(" ({})", list(columns)) };
    let end = if read_only { " WITH READ ONLY" } else { "" };
    format!("CREATE FORCE VIEW {}{columns} AS {query}{end}", within(&object.owner, &object.name))
}

/// A synonym.
pub(super) fn synonym(object: &Object, owner: &str, name: &str, link: Option<&str>) -> String {
    let target = match link {
        Some(link) => format!("{}.{}@{link}", quote(owner), quote(name)),
        None => table(owner, name),
    };
    format!("CREATE SYNONYM {} FOR {target}", within(&object.owner, &object.name))
}

/// A stored unit: its heading is marked, its code is as it was written.
pub(super) fn source(object: &Object, text: &str, base: Option<(&str, &str)>) -> String {
    let whole = format!("CREATE {text}");
    let Ok(statement) = parse_statement(&whole, Dialect::default()) else { return whole };
    let StatementKind::CreateSource(create) = &statement.kind else { return whole };
    let mut places =
        vec![(create.name.span.offset, create.name.span.end, within(&object.owner, &object.name))];
    if let (Ok(UnitBody::Trigger(trigger)), Some((owner, name))) = (&create.body, base)
        && let TriggerEvent::Dml { table: on, .. } = &trigger.event
    {
        places.push((on.span.offset, on.span.end, table(owner, name)));
    }
    let mut marked = whole;
    places.sort_by_key(|place| std::cmp::Reverse(place.0));
    for (from, to, with) in places {
        if from < to && marked.get(from..to).is_some() {
            marked.replace_range(from..to, &with);
        }
    }
    marked
}

/// A privilege on an object.
pub(super) fn grant(
    privilege: &str,
    owner: &str,
    name: &str,
    is_table: bool,
    grantee: &str,
    grantable: bool,
) -> String {
    let on = if is_table { table(owner, name) } else { within(owner, name) };
    let to = if grantee == "PUBLIC" { "PUBLIC".to_owned() } else { schema(grantee) };
    let end = if grantable { " WITH GRANT OPTION" } else { "" };
    format!("GRANT {privilege} ON {on} TO {to}{end}")
}

/// A system privilege or role of a user.
pub(super) fn system_grant(privilege: &str, role: bool, grantee: &str, admin: bool) -> String {
    let privilege = if role { quote(privilege) } else { privilege.to_owned() };
    let end = if admin { " WITH ADMIN OPTION" } else { "" };
    format!("GRANT {privilege} TO {}{end}", schema(grantee))
}

/// A comment on a table or one of its columns.
pub(super) fn comment(of: &TableDefinition, column: Option<&str>, comment: &str) -> String {
    let (word, place) = match column {
        Some(column) => ("COLUMN", format!("{}.{}", table(&of.owner, &of.name), quote(column))),
        None => ("TABLE", table(&of.owner, &of.name)),
    };
    format!("COMMENT ON {word} {place} IS '{}'", comment.replace('\'', "''"))
}

/// A comment on a view.
pub(super) fn view_comment(object: &Object, comment: &str) -> String {
    let comment = comment.replace('\'', "''");
    format!("COMMENT ON TABLE {} IS '{comment}'", within(&object.owner, &object.name))
}

/// A table that takes no more changes.
pub(super) fn read_only(of: &TableDefinition) -> String {
    format!("ALTER TABLE {} READ ONLY", table(&of.owner, &of.name))
}

/// The state of a trigger that is switched off.
pub(super) fn disable_trigger(object: &Object) -> String {
    format!("ALTER TRIGGER {} DISABLE", within(&object.owner, &object.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_names_are_remapped() {
        fn check(marked: &str, want: &str) {
            let names = Names {
                schemas: [("HR".to_owned(), "HR2".to_owned())].into(),
                tables: [("JOBS".to_owned(), "JOBS_OLD".to_owned())].into(),
            };
            assert_eq!(names.render(marked), want);
        }
        check(&table("HR", "JOBS"), "\"HR2\".\"JOBS_OLD\"");
        check(&table("X", "Y"), "\"X\".\"Y\"");
        check(&format!("GRANT x TO {}", schema("HR")), "GRANT x TO \"HR2\"");
        check("'HR' is text", "'HR' is text");
    }
}
