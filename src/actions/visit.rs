//! `visit`: looks whether a page of a database answers.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, look, shown};
use super::sql::act_of;
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::Method;
use crate::model::{Act, ActionError, Category, Late, RestCall, Service};

/// Looks whether a page that a database serves answers. A page that leads on to another one, such as a sign-in, answers.
/// Where an application is not found (404), the schemas that its workspace may use are looked up: without its parsing schema
/// among them APEX does not find it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Visit {
    /// The address; nothing where the service names none.
    pub address: Late<Option<String>>,
    /// For an application: the connection on which its workspace is looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// For an application: its workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<Late<String>>,
    /// For an application: its parsing schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Late<String>>,
}

const GET: &str = "get";
const SCHEMAS: &str = "schemas";

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "answers", kind: OutputKind::Flag, doc: "whether the page answers" },
    OutputDecl {
        name: "said",
        kind: OutputKind::Text,
        doc: "`answers`, or what came instead, with what was found out about it",
    },
];

impl Domain for Visit {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let address = self.address.to_value();
        let mut acts = Vec::new();
        if !address.is_null() {
            let call = RestCall {
                binary: true,
                ..RestCall::new(Service::Direct, Method::Get, vec![address.clone()])
            };
            acts.push(
                look(GET, format!("ask for the page {}", shown(&address)), call).maybe("it has an address"),
            );
        }
        if let (Some(on), Some(workspace)) = (&self.on, &self.workspace) {
            let to = binding.connection(on)?;
            let arguments = json!({ "workspace": workspace.to_value() });
            let act = act_of(SCHEMAS, "apex/workspace_schemas", &arguments, binding, to)?;
            acts.push(act.maybe("the page is not found"));
        }
        Ok(acts)
    }
}

impl Visit {
    /// What the workspace of an application that is not found may use.
    async fn of_workspace(&self, cx: &StepCx) -> Result<String, ActionError> {
        let (Some(workspace), Some(schema)) = (&self.workspace, &self.schema) else {
            return Ok("there is no such page".into());
        };
        let (workspace, schema) = (cx.arg(workspace)?, cx.arg(schema)?);
        let reply = cx.perform(SCHEMAS, Here::nothing()).await?;
        let rows = reply.value["rows"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
        Ok(explained(&workspace, &schema, &names))
    }
}

/// Why an application of this workspace and parsing schema may not be found.
fn explained(workspace: &str, schema: &str, may_use: &[&str]) -> String {
    match may_use {
        [] => format!("APEX_WORKSPACE_SCHEMAS has no schemas of a workspace {workspace}"),
        names if names.contains(&schema) => format!(
            "APEX_WORKSPACE_SCHEMAS lets {workspace} use {schema}, so that is not the reason: look at the application's alias and \
             whether it is available"
        ),
        names => format!(
            "APEX_WORKSPACE_SCHEMAS does not let {workspace} use {schema}, only {}; give it with APEX_INSTANCE_ADMIN.ADD_SCHEMA",
            names.join(", ")
        ),
    }
}

impl Action for Visit {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let said = match cx.arg(&self.address)? {
                None => "the service names no address for it".to_owned(),
                Some(_) => match cx.perform(GET, Here::nothing()).await {
                    Ok(_) => "answers".to_owned(),
                    Err(error) if error.category == Category::Cancelled => return Err(error),
                    Err(error) if error.category == Category::NotFound => {
                        format!("404: {}", self.of_workspace(cx).await?)
                    }
                    Err(error) => error.message,
                },
            };
            Ok(Finish::Done(Map::from_iter([
                ("answers".to_owned(), json!(said == "answers")),
                ("said".to_owned(), Value::String(said)),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_found_has_a_reason() {
        fn check(may_use: &[&str], wanted: &str) {
            let said = explained("SALES_DEV", "APP", may_use);
            assert!(said.contains(wanted), "{said}");
        }
        check(&[], "no schemas of a workspace SALES_DEV");
        check(&["OTHER", "APP"], "so that is not the reason");
        check(&["OTHER"], "does not let SALES_DEV use APP, only OTHER");
    }
}
