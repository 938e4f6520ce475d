//! `query`, `plsql` and `wait-for-sql`: statements for a database, from templates or an operator's own text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, NamedConnection};
use crate::db::ready;
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::{Returns, SqlCall};
use crate::model::late::secret_of;
use crate::model::{Act, ActionError, Call, Category, Effect, Late, Ocid, Repeat, SecretRef, Times};
use crate::sql::{Guard, Library, Rendered, Side, SqlError, guarded_statement, reads_only};

static LIBRARY: LazyLock<Library> = LazyLock::new(Library::shipped);

/// Runs a query and gives its rows.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Query {
    /// The connection: `source`, `target`, or one that the runbook declares.
    pub on: String,
    /// The template, such as "`jobs/record`".
    #[serde(default)]
    pub template: Option<String>,
    /// The query itself, where there is no template for it. It may only read.
    #[serde(default)]
    pub text: Option<String>,
    /// The template's parameters.
    #[serde(default)]
    pub args: BTreeMap<String, Late<Value>>,
}

/// Runs a PL/SQL block or a statement behind the identity guard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plsql {
    /// The connection: `target`, or one that the runbook declares.
    pub on: String,
    /// The template, such as "`apex/builder_authentication`".
    #[serde(default)]
    pub template: Option<String>,
    /// The statement itself, where there is no template for it.
    #[serde(default)]
    pub text: Option<String>,
    /// The template's parameters.
    #[serde(default)]
    pub args: BTreeMap<String, Late<Value>>,
    /// The template's parameters whose values are secrets.
    #[serde(default)]
    pub secrets: BTreeMap<String, Late<SecretRef>>,
    /// For one of the few writes a source needs: the word by which the source's configuration consents to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

/// Waits until a new database answers SQL: it is called available a while before that.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WaitForSql {
    /// The connection.
    pub on: String,
}

/// The key of the one act that a query or a block is.
pub(super) const STATEMENT: &str = "statement";

const ROWS: &[OutputDecl] = &[
    OutputDecl { name: "rows", kind: OutputKind::List, doc: "the rows, one object each" },
    OutputDecl { name: "count", kind: OutputKind::Number, doc: "how many rows there are" },
    OutputDecl { name: "first", kind: OutputKind::Object, doc: "the first row, or nothing" },
];

const BINDS: &[OutputDecl] = &[
    OutputDecl { name: "binds", kind: OutputKind::Object, doc: "the values of the out binds" },
    OutputDecl { name: "output", kind: OutputKind::List, doc: "the lines of DBMS_OUTPUT" },
];

const ANSWERED: &[OutputDecl] =
    &[OutputDecl { name: "answered", kind: OutputKind::Flag, doc: "true, once the database answers" }];

impl From<SqlError> for ActionError {
    fn from(error: SqlError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// A template or a text, and not both.
enum Source<'a> {
    Template(&'a str),
    Text(&'a str),
}

fn source<'a>(template: Option<&'a String>, text: Option<&'a String>) -> Result<Source<'a>, ActionError> {
    match (template, text) {
        (Some(template), None) => Ok(Source::Template(template)),
        (None, Some(text)) => Ok(Source::Text(text)),
        _ => Err(ActionError::invalid("say either `template` or `text`")),
    }
}

pub(super) fn guard(binding: &Binding<'_>, to: &NamedConnection) -> Guard {
    let part = if to.part == "source" { Side::Source } else { Side::Target };
    guard_for(to.connection.ocid.clone(), binding).on(part)
}

/// The guard of a block that is meant for this database.
pub(super) fn guard_for(database: Value, binding: &Binding<'_>) -> Guard {
    let denied: Vec<Ocid> = binding.facts.production.iter().filter_map(|ocid| ocid.parse().ok()).collect();
    Guard::new(database, denied, binding.facts.run.clone(), binding.step.clone())
}

/// The template with these arguments, ready for the connection.
fn render(
    name: &str,
    args: &BTreeMap<String, Late<Value>>,
    secrets: &BTreeMap<String, Late<SecretRef>>,
    binding: &Binding<'_>,
    to: &NamedConnection,
) -> Result<Rendered, ActionError> {
    let template = LIBRARY.get(name)?;
    let mut arguments: Map<String, Value> = args.iter().map(|(n, v)| (n.clone(), v.to_value())).collect();
    arguments.extend(secrets.iter().map(|(n, v)| (n.clone(), secret_of(&v.to_value()))));
    let rendered = template.render(&arguments, Some(&guard(binding, to)))?;
    let misplaced =
        matches!((rendered.side, to.part.as_str()), (Side::Source, "target") | (Side::Target, "source"));
    if misplaced {
        return Err(ActionError::invalid(format!("template {name} is not for the {}", to.part)));
    }
    Ok(rendered)
}

pub(super) fn act(key: &str, title: String, rendered: Rendered, to: &NamedConnection) -> Act {
    Act {
        key: key.parse().expect("act keys in source are words"),
        title,
        effect: rendered.effect,
        times: Times::Once,
        repeat: rendered.repeat,
        call: Call::Sql(Box::new(SqlCall {
            connection: to.connection.clone(),
            text: rendered.text,
            returns: rendered.returns,
            binds: rendered.binds,
            limit_seconds: rendered.limit_seconds,
            consented: false,
        })),
    }
}

fn purpose(name: &str) -> Result<String, ActionError> {
    let purpose = LIBRARY.get(name)?.header().purpose.clone();
    Ok(purpose.lines().next().unwrap_or(name).trim_end_matches('.').to_owned())
}

impl Domain for Query {
    fn outputs(&self) -> &'static [OutputDecl] {
        ROWS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let to = binding.connection(&self.on)?;
        match source(self.template.as_ref(), self.text.as_ref())? {
            Source::Template(name) => {
                let rendered = render(name, &self.args, &BTreeMap::new(), binding, to)?;
                if rendered.effect != Effect::Read || rendered.returns != Returns::Rows {
                    return Err(
                        ActionError::invalid(format!("template {name} is no query")).advise("use plsql")
                    );
                }
                Ok(vec![act(STATEMENT, purpose(name)?, rendered, to)])
            }
            Source::Text(text) => {
                let rendered = Rendered {
                    text: query_text(text)?,
                    binds: Vec::new(),
                    side: Side::Any,
                    effect: Effect::Read,
                    repeat: Repeat::Safe,
                    returns: Returns::Rows,
                    limit_seconds: 120,
                };
                Ok(vec![act(STATEMENT, format!("query {}", to.connection.database), rendered, to)])
            }
        }
    }
}

/// A query of an operator: it must be one that only reads, and its last semicolon is not part of it.
fn query_text(text: &str) -> Result<String, ActionError> {
    let text = text.trim().trim_end_matches(';').trim_end();
    match reads_only(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(wrong) => {
            Err(ActionError::invalid(wrong).advise("use plsql for statements that change something"))
        }
    }
}

impl Action for Query {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let reply = cx.perform(STATEMENT, Here::nothing()).await?;
            let rows = reply.value["rows"].as_array().cloned().unwrap_or_default();
            Ok(Finish::Done(Map::from_iter([
                ("count".to_owned(), json!(rows.len())),
                ("first".to_owned(), rows.first().cloned().unwrap_or_default()),
                ("rows".to_owned(), Value::Array(rows)),
            ])))
        })
    }
}

impl Domain for Plsql {
    fn outputs(&self) -> &'static [OutputDecl] {
        BINDS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "what a statement changed, only a statement changes back".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let to = binding.connection(&self.on)?;
        match source(self.template.as_ref(), self.text.as_ref())? {
            Source::Template(name) => {
                let rendered = render(name, &self.args, &self.secrets, binding, to)?;
                if rendered.returns == Returns::Rows {
                    return Err(
                        ActionError::invalid(format!("template {name} is a query")).advise("use query")
                    );
                }
                consented(self.consent.as_deref(), binding, to)?;
                let mut act = act(STATEMENT, purpose(name)?, rendered, to);
                if let Call::Sql(sql) = &mut act.call {
                    sql.consented = to.part == "source";
                }
                Ok(vec![act])
            }
            Source::Text(text) => {
                if to.part == "source" {
                    return Err(ActionError::invalid("an own statement cannot run on the source"));
                }
                let rendered =
                    guarded_statement(text, Effect::Write, Side::Target, &guard(binding, to), 300)?;
                Ok(vec![act(
                    STATEMENT,
                    format!("run a statement on {}", to.connection.database),
                    rendered,
                    to,
                )])
            }
        }
    }
}

/// A write on the source needs the word of its configuration, whatever role it has.
pub(super) fn consented(
    word: Option<&str>,
    binding: &Binding<'_>,
    to: &NamedConnection,
) -> Result<(), ActionError> {
    if to.part != "source" {
        return Ok(());
    }
    let name = &to.connection.database;
    let Some(word) = word else {
        return Err(ActionError::invalid(format!(
            "this would write to {name}, the source, without its consent"
        ))
        .advise("name the consent in the step: consent = \"…\""));
    };
    if binding.facts.consents.iter().any(|given| given == word) {
        return Ok(());
    }
    Err(ActionError::invalid(format!(
        "this would write to {name}, whose configuration does not consent to {word}"
    ))
    .advise(format!(
        "write consent = [\"{word}\"] under [database.{name}] in the configuration, or leave this step out"
    )))
}

/// An act that is a template with these arguments, secrets among them.
pub(super) fn act_of(
    key: &str,
    template: &str,
    arguments: &Value,
    binding: &Binding<'_>,
    to: &NamedConnection,
) -> Result<Act, ActionError> {
    let arguments = arguments.as_object().into_iter().flatten();
    let args = arguments.map(|(name, value)| (name.clone(), Late::Known(value.clone()))).collect();
    let rendered = render(template, &args, &BTreeMap::new(), binding, to)?;
    Ok(act(key, purpose(template)?, rendered, to))
}

impl Action for Plsql {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let reply = cx.perform(STATEMENT, Here::nothing()).await?;
            let binds = reply.value["binds"].clone();
            let output = reply.value["output"].as_array().cloned().unwrap_or_default();
            for line in output.iter().filter_map(Value::as_str) {
                cx.say(line).await;
            }
            Ok(Finish::Done(Map::from_iter([
                ("binds".to_owned(), if binds.is_object() { binds } else { json!({}) }),
                ("output".to_owned(), Value::Array(output)),
            ])))
        })
    }
}

impl Domain for WaitForSql {
    fn outputs(&self) -> &'static [OutputDecl] {
        ANSWERED
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let to = binding.connection(&self.on)?;
        Ok(vec![Act {
            key: "ask".parse().expect("a word"),
            title: format!("ask whether {} answers", to.connection.database),
            effect: Effect::Read,
            times: Times::Until { condition: "it answers".into() },
            repeat: Repeat::Safe,
            call: Call::Sql(Box::new(ready::question(to.connection.clone()))),
        }])
    }
}

impl Action for WaitForSql {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            cx.wait_through("ask", Here::nothing(), "the database to answer", |looked| match looked {
                Ok(_) => Look::Ready,
                // A refused password never passes, and asking again would lock the account.
                Err(error) if starting(error) => Look::NotYet {
                    state: error.code.clone().or_else(|| Some("no answer yet".into())),
                    percent: None,
                },
                Err(error) => Look::DeadEnd(error.clone()),
            })
            .await?;
            Ok(Finish::Done(Map::from_iter([("answered".to_owned(), json!(true))])))
        })
    }
}

fn starting(error: &ActionError) -> bool {
    error.category.passes()
        || matches!(error.category, Category::NotFound | Category::TimedOut)
        || matches!(
            error.code.as_deref(),
            Some("ORA-01033" | "ORA-01034" | "ORA-01035" | "ORA-12514" | "ORA-12528")
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_an_operator_only_read() {
        fn check(text: &str, wanted: Result<&str, &str>) {
            let found = query_text(text);
            match wanted {
                Ok(text) => assert_eq!(found.expect("a query"), text),
                Err(why) => assert!(found.expect_err(text).message.contains(why), "{text}"),
            }
        }
        check("select 1 from dual;", Ok("select 1 from dual"));
        check("SELECT 'for update' from dual", Ok("SELECT 'for update' from dual"));
        check("-- a note\nselect 1 from dual", Ok("-- a note\nselect 1 from dual"));
        check(
            "with a as (select 1 x from dual) select x from a",
            Ok("with a as (select 1 x from dual) select x from a"),
        );
        check(
            "with function_of as (select 1 x from dual) select x from function_of",
            Ok("with function_of as (select 1 x from dual) select x from function_of"),
        );
        check(
            "with\n/* x */ function f return number is begin return 1; end; select f from dual",
            Err("code of its own"),
        );
        check(
            "select * from (with function f return number is begin return 1; end; select f from dual)",
            Err("code of its own"),
        );
        check("with Procedure p is begin null; end; select 1 from dual", Err("code of its own"));
        check("select * from orders for  update nowait", Err("locks rows"));
        check("select * from orders for /* x */ update", Err("locks rows"));
        check("delete from orders", Err("begins with select"));
    }
}
