//! `check-addresses`: looks whether private addresses and host labels are free, before anything rests on them.

use std::net::IpAddr;

use futures::future::BoxFuture;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, look, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Category, Late, Ocid};
use crate::oci::database as calls;

/// Looks whether another database of a compartment has one of these private addresses or host labels. Databases of other
/// compartments, and what is not a database, are not seen: the service has the last word.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckAddresses {
    /// OCID of the compartment whose databases are looked at: the first hundred.
    pub compartment: Late<Ocid>,
    /// OCID of the database that may have them.
    pub except: Late<Ocid>,
    /// OCID of the subnet that the addresses are in.
    pub subnet: Late<Ocid>,
    /// The subnet's addresses, such as 10.0.2.0/24, where they are known: each address must be one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<Late<Option<String>>>,
    /// The addresses; null and empty ones are left out.
    pub addresses: Late<Vec<Option<String>>>,
    /// The host labels, likewise.
    pub labels: Late<Vec<Option<String>>>,
}

const OUTPUTS: &[OutputDecl] = &[OutputDecl {
    name: "looked_at",
    kind: OutputKind::Number,
    doc: "how many other databases were looked at; nothing if the service does not list them",
}];

impl Domain for CheckAddresses {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let id = self.compartment.to_value();
        Ok(vec![look("list", format!("list the databases of {}", shown(&id)), calls::list(id))])
    }
}

/// What is asked of the databases of a compartment.
#[derive(Debug)]
struct Question {
    except: String,
    subnet: String,
    addresses: Vec<String>,
    labels: Vec<String>,
}

impl Question {
    /// The number of other databases, none of which stands in the way.
    fn answer(&self, databases: &[Value]) -> Result<usize, ActionError> {
        let is_other = |one: &&Value| {
            let gone = matches!(one["lifecycleState"].as_str(), Some("TERMINATED" | "TERMINATING"));
            !gone && !one["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&self.except))
        };
        let others: Vec<&Value> = databases.iter().filter(is_other).collect();
        for one in &others {
            let has = |field: &str, wanted: &[String]| {
                let found = one[field].as_str()?;
                wanted.iter().find(|wanted| wanted.eq_ignore_ascii_case(found)).cloned()
            };
            let address = if one["subnetId"] == self.subnet.as_str() {
                has("privateEndpointIp", &self.addresses)
            } else {
                None
            };
            let label = has("privateEndpointLabel", &self.labels);
            let taken = address.map(|ip| format!("address {ip}"));
            if let Some(what) = taken.or_else(|| label.map(|label| format!("host label {label}"))) {
                let (name, id) = (shown(&one["displayName"]), shown(&one["id"]));
                return Err(ActionError::invalid(format!("the {what} is in use by database {name} ({id})"))
                    .advise(
                        "nothing was changed for it. Begin anew with another one, or let that database have another one \
                         and resume",
                    ));
            }
        }
        Ok(others.len())
    }
}

/// Looks whether what was given are addresses, and of the subnet.
fn fitting(addresses: &[String], cidr: Option<&str>) -> Result<(), ActionError> {
    let subnet: Option<IpNet> = cidr.and_then(|text| text.parse().ok());
    for text in addresses {
        let wrong = match (text.parse::<IpAddr>(), subnet) {
            (Err(_), _) => format!("{text:?} is no address"),
            (Ok(address), Some(subnet)) if !subnet.contains(&address) => {
                format!("the address {text} is not in the subnet, whose addresses are {subnet}")
            }
            _ => continue,
        };
        let advice = "nothing was changed for it; begin anew with a free address of the subnet";
        return Err(ActionError::invalid(wrong).advise(advice));
    }
    Ok(())
}

fn given(list: Vec<Option<String>>) -> Vec<String> {
    list.into_iter().flatten().filter(|text| !text.is_empty()).collect()
}

impl Action for CheckAddresses {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let question = Question {
                except: cx.arg(&self.except)?.to_string(),
                subnet: cx.arg(&self.subnet)?.to_string(),
                addresses: given(cx.arg(&self.addresses)?),
                labels: given(cx.arg(&self.labels)?),
            };
            let cidr = self.cidr.as_ref().map(|cidr| cx.arg(cidr)).transpose()?.flatten();
            fitting(&question.addresses, cidr.as_deref())?;
            let looked_at = match cx.perform("list", Here::nothing()).await {
                Ok(reply) => json!(question.answer(reply.value.as_array().map_or(&[], Vec::as_slice))?),
                Err(error) if matches!(error.category, Category::NotFound | Category::Denied) => {
                    cx.say(format!("whether the addresses are free is not known: {}", error.message)).await;
                    Value::Null
                }
                Err(error) => return Err(error),
            };
            Ok(Finish::Done(Map::from_iter([("looked_at".to_owned(), looked_at)])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address_of_the_subnet() {
        fn check(address: &str, cidr: Option<&str>, wanted: &str) {
            let said = fitting(&[address.to_owned()], cidr).err().map(|error| error.message);
            assert_eq!(said.as_deref().unwrap_or_default(), wanted, "{address} in {cidr:?}");
        }
        check("10.0.2.44", Some("10.0.2.0/24"), "");
        check("10.0.3.1", None, "");
        check(
            "10.0.3.1",
            Some("10.0.2.0/24"),
            "the address 10.0.3.1 is not in the subnet, whose addresses are 10.0.2.0/24",
        );
        check("10.0.2", Some("10.0.2.0/24"), "\"10.0.2\" is no address");
        check("somewhere", None, "\"somewhere\" is no address");
    }

    #[test]
    fn who_stands_in_the_way() {
        fn check(other: &Value, wanted: &str) {
            let question = Question {
                except: "ocid1.dev.example".into(),
                subnet: "net".into(),
                addresses: given(vec![Some("10.0.2.44".into()), None, Some(String::new())]),
                labels: given(vec![Some("dev-db".into()), None]),
            };
            let own =
                json!({ "id": "OCID1.DEV.example", "subnetId": "net", "privateEndpointIp": "10.0.2.44" });
            let found = question.answer(&[own, other.clone()]);
            let said = found.map_or_else(|error| error.message, |count| format!("{count} others"));
            assert_eq!(said, wanted, "{other}");
        }
        let of = |more: Value| {
            let mut one =
                json!({ "id": "ocid1.other.example", "displayName": "other", "lifecycleState": "STOPPED" });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one
        };
        let taken = json!({ "subnetId": "net", "privateEndpointIp": "10.0.2.44" });
        check(&of(taken.clone()), "the address 10.0.2.44 is in use by database other (ocid1.other.example)");
        let gone = json!({ "lifecycleState": "TERMINATED" });
        let mut over = of(taken);
        over.as_object_mut().unwrap().extend(gone.as_object().unwrap().clone());
        check(&over, "0 others");
        check(&of(json!({ "subnetId": "another", "privateEndpointIp": "10.0.2.44" })), "1 others");
        check(
            &of(json!({ "subnetId": "another", "privateEndpointLabel": "DEV-DB" })),
            "the host label dev-db is in use by database other (ocid1.other.example)",
        );
        check(&of(json!({ "subnetId": null, "privateEndpointLabel": "" })), "1 others");
    }
}
