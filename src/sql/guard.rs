//! The identity guard: the first thing every block does that writes.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::error::SqlError;
use super::header::Side;
use super::quote::text_expression;
use super::template::{Rendered, Template};
use crate::model::act::{Bind, BindKind, Direction, Returns};
use crate::model::{Effect, Ocid, Repeat, RunId, StepId, late};

/// The bind that carries the OCID of the planned database into every guarded block.
pub const DATABASE_BIND: &str = "adbctl_database";

/// The bind that says with which error a guard refused.
pub const REFUSED_BIND: &str = "refused";

/// Where the guarded block stands in the guard's text.
const MARKER: &str = "/* adbctl:body */";
/// What a database keeps of an action's name, in bytes.
const LONGEST_ACTION: usize = 64;

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    Template::load("guard/identity", include_str!("../../sql/guard/identity.sql"))
        .expect("the guard is part of the program, and a test loads it")
});

/// What the guard compares with, and who is at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    database: Value,
    denied: Vec<Ocid>,
    run: RunId,
    step: StepId,
    part: Side,
}

impl Guard {
    /// A guard for the database with this OCID (late values possible), denying these production databases.
    pub fn new(database: Value, denied: Vec<Ocid>, run: RunId, step: StepId) -> Self {
        Self { database, denied, run, step, part: Side::Target }
    }

    /// The guard for a database that plays this part; it decides for templates of either side.
    #[must_use]
    pub fn on(mut self, part: Side) -> Self {
        self.part = part;
        self
    }

    /// The part that a template of this side has before this guard.
    pub(super) fn side_of(&self, side: Side) -> Side {
        if side == Side::Any { self.part } else { side }
    }

    pub(super) fn bind(&self) -> Bind {
        Bind {
            name: DATABASE_BIND.to_owned(),
            kind: BindKind::Varchar2,
            direction: Direction::In,
            value: self.database.clone(),
        }
    }

    fn arguments(&self, side: Side) -> Map<String, Value> {
        // The few writes a source needs go to a production database; all others stay denied even then.
        let own = self.database.as_str().filter(|_| side == Side::Source);
        let denied: Vec<&str> = self
            .denied
            .iter()
            .map(Ocid::as_str)
            .filter(|ocid| !own.is_some_and(|own| own.eq_ignore_ascii_case(ocid)))
            .collect();
        let action: String = self.step.as_str().chars().take(LONGEST_ACTION).collect();
        let mut arguments = Map::new();
        arguments.insert("denied".into(), json!(denied));
        arguments.insert("module".into(), json!(format!("adbctl {}", self.run)));
        arguments.insert("action".into(), json!(action));
        arguments.insert("together".into(), json!(if side == Side::Source { "YES" } else { "NO" }));
        arguments.insert(DATABASE_BIND.into(), self.database.clone());
        arguments
    }
}

/// The block with the guard before it.
pub(super) fn wrap(block: &str, guard: &Guard, side: Side) -> Result<String, SqlError> {
    let text = TEMPLATE.open_guard(&guard.arguments(side))?;
    // Values stand before the marker only, so the last one is the guard's own.
    let (before, after) = text.rsplit_once(MARKER).ok_or_else(|| SqlError::Render {
        template: TEMPLATE.name().to_owned(),
        message: "the guard has no place for the block".into(),
    })?;
    Ok(format!("{before}{}{after}", block.trim_end()))
}

/// A statement of any kind (DDL, an operator's own), run by `execute immediate` behind the guard.
///
/// # Errors
/// The text holds control characters other than line ends and tabs.
pub fn guarded_statement(
    statement: &str,
    effect: Effect,
    side: Side,
    guard: &Guard,
    limit_seconds: u64,
) -> Result<Rendered, SqlError> {
    let mut binds = vec![guard.bind()];
    let expression = statement_expression(statement, "adbctl_statement", &mut binds)?;
    let block = format!("begin\n  execute immediate {expression};\nend;");
    Ok(Rendered {
        text: wrap(&block, guard, side)?,
        binds,
        side,
        effect,
        repeat: Repeat::Probe,
        returns: Returns::Nothing,
        limit_seconds,
    })
}

/// A block that does nothing behind the guard: it shows whether the guard lets work for this database through.
///
/// # Errors
/// None that the guard's own template could have.
pub fn guarded_nothing(guard: &Guard, side: Side) -> Result<Rendered, SqlError> {
    Ok(Rendered {
        text: wrap("begin\n  null;\nend;", guard, side)?,
        binds: vec![guard.bind()],
        side,
        effect: Effect::Read,
        repeat: Repeat::Safe,
        returns: Returns::Nothing,
        limit_seconds: 60,
    })
}

/// A block that does nothing behind a guard that is to refuse it: it ends well either way, and its out bind
/// [`REFUSED_BIND`] says the error's number, or nothing where the guard let it through.
///
/// # Errors
/// None that the guard's own template could have.
pub fn guarded_refusal(guard: &Guard, side: Side) -> Result<Rendered, SqlError> {
    let mut rendered = guarded_nothing(guard, side)?;
    rendered.text = format!(
        "begin\n{}\nexception\n  when others then\n    :{REFUSED_BIND} := sqlcode;\nend;",
        rendered.text
    );
    rendered.binds.push(Bind {
        name: REFUSED_BIND.to_owned(),
        kind: BindKind::Number,
        direction: Direction::Out,
        value: Value::Null,
    });
    Ok(rendered)
}

/// The statement as an expression; one that is too long for a literal becomes a CLOB bind of this name.
pub(super) fn statement_expression(
    statement: &str,
    bind: &str,
    binds: &mut Vec<Bind>,
) -> Result<String, SqlError> {
    if let Ok(expression) = text_expression(statement) {
        return Ok(expression);
    }
    if let Some(bad) = statement.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(SqlError::Render {
            template: "statement".into(),
            message: format!("the statement holds the control character {bad:?}"),
        });
    }
    binds.push(Bind {
        name: bind.to_owned(),
        kind: BindKind::Clob,
        direction: Direction::In,
        value: late::protect(Value::String(statement.to_owned())),
    });
    Ok(format!(":{bind}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::act::TOO_EARLY;

    const DEV: &str = "ocid1.autonomousdatabase.oc1.uk-london-1.dev.example";
    const PROD: &str = "ocid1.autonomousdatabase.oc1.uk-london-1.prod.example";

    pub(in super::super) fn guard(database: &str) -> Guard {
        Guard::new(
            json!(database),
            vec![PROD.parse().unwrap()],
            "20260519t211000-k3fa".parse().unwrap(),
            "disable_jobs".parse().unwrap(),
        )
    }

    #[test]
    fn a_statement_behind_the_guard() {
        let rendered = guarded_statement(
            "create table t (a char(1) default 'x')",
            Effect::Write,
            Side::Target,
            &guard(DEV),
            60,
        )
        .unwrap();
        insta::assert_snapshot!(rendered.text);
        assert_eq!(rendered.binds, [guard(DEV).bind()]);
    }

    #[test]
    fn production_is_denied_except_where_a_source_is_written_to() {
        fn check(side: Side, database: &str, denied: bool) {
            let text = wrap("begin null; end;", &guard(database), side).unwrap();
            assert_eq!(text.contains(&PROD.to_uppercase()), denied, "{side:?} {database}");
            assert!(text.contains("adbctl_here <> upper(:adbctl_database)"));
            let too_early = TOO_EARLY.replace("ORA", "");
            assert!(text.contains(&format!("raise_application_error({too_early}, ")));
        }
        check(Side::Target, DEV, true);
        check(Side::Target, PROD, true);
        check(Side::Source, PROD, false);
        check(Side::Source, DEV, true);
    }

    #[test]
    fn a_block_cannot_pretend_to_be_the_marker() {
        let text = wrap("begin x('/* adbctl:body */'); end;", &guard(DEV), Side::Target).unwrap();
        assert!(text.trim_end().ends_with("begin x('/* adbctl:body */'); end;\nend;"), "{text}");
    }

    #[test]
    fn long_statements_travel_as_a_bind() {
        let long = format!("begin\n{}end;", "  null; -- {{ not late }}\n".repeat(2000));
        let rendered = guarded_statement(&long, Effect::Write, Side::Target, &guard(DEV), 60).unwrap();
        assert!(rendered.text.contains("execute immediate :adbctl_statement;"));
        assert_eq!(late::unprotect(rendered.binds[1].value.clone()), json!(long));
        assert!(guarded_statement("a\u{0}", Effect::Write, Side::Target, &guard(DEV), 60).is_err());
    }
}
