//! Rules on private endpoints: the subnet, the address in it, the host label.

use serde_json::{Map, Value};

use crate::sandbox::http::Refusal;
use crate::sandbox::world::World;

fn related(message: String) -> Refusal {
    Refusal::new(400, "RelatedResourceNotAuthorizedOrNotFound", message)
}

/// Checks the network fields of a body and fills in an address. `present` are the fields as they stand now, `own` the
/// database's OCID when it exists already.
pub(super) fn settle_endpoint(
    world: &World,
    body: &mut Map<String, Value>,
    present: &Map<String, Value>,
    own: Option<&str>,
) -> Result<(), Refusal> {
    const NETWORK: [&str; 4] = ["subnetId", "privateEndpointIp", "privateEndpointLabel", "nsgIds"];
    if !NETWORK.iter().any(|name| body.contains_key(*name)) {
        return Ok(());
    }
    let value = |name: &str| {
        body.get(name)
            .or_else(|| present.get(name))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let ends = own.is_some()
        && body.get("privateEndpointLabel").and_then(Value::as_str) == Some("")
        && !body.contains_key("subnetId");
    if ends {
        // An empty label is how a database is made public again.
        for name in NETWORK {
            body.insert(name.to_owned(), Value::Null);
        }
        return Ok(());
    }
    let Some(subnet_id) = value("subnetId") else {
        if body.get("nsgIds").is_some_and(|list| list.as_array().is_some_and(Vec::is_empty)) {
            return Ok(());
        }
        return Err(Refusal::missing("a private endpoint needs subnetId"));
    };
    let subnet = world
        .subnet(&subnet_id)
        .ok_or_else(|| related(format!("the subnet {subnet_id} is not there or not yours to use")))?;
    for group in body.get("nsgIds").and_then(Value::as_array).into_iter().flatten() {
        let id = group.as_str().unwrap_or_default();
        if !world.tenancy.security_groups.iter().any(|known| known == id) {
            return Err(related(format!("the network security group {id} is not there or not yours to use")));
        }
    }
    if let Some(label) = body.get("privateEndpointLabel").and_then(Value::as_str) {
        check_label(world, label, own)?;
    }
    let moved =
        body.contains_key("subnetId") && present.get("subnetId").and_then(Value::as_str) != Some(&subnet_id);
    let kept = if moved { None } else { present.get("privateEndpointIp").and_then(Value::as_str) };
    let wanted = body.get("privateEndpointIp").and_then(Value::as_str).filter(|ip| !ip.is_empty()).or(kept);
    let address = match wanted {
        Some(ip) => {
            check_address(world, &subnet.prefix, &subnet_id, ip, own)?;
            ip.to_owned()
        }
        None => free_address(world, &subnet.prefix, &subnet_id)?,
    };
    body.insert("privateEndpointIp".to_owned(), address.into());
    Ok(())
}

fn check_label(world: &World, label: &str, own: Option<&str>) -> Result<(), Refusal> {
    let shaped = label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.len() <= 63
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !label.ends_with('-');
    if !shaped {
        return Err(Refusal::invalid("privateEndpointLabel has to be a host name's first part"));
    }
    if taken(world, "privateEndpointLabel", label, None, own) {
        return Err(Refusal::invalid(format!("the host name {label} is in use by another private endpoint")));
    }
    Ok(())
}

/// Whether another database has a value or is about to get it.
fn taken(world: &World, field: &str, value: &str, subnet: Option<&str>, own: Option<&str>) -> bool {
    world.tables.databases.values().any(|other| {
        other.exists()
            && own != Some(other.id.as_str())
            && subnet.is_none_or(|id| {
                other.text("subnetId") == Some(id) || other.future_text("subnetId") == Some(id)
            })
            && [other.text(field), other.future_text(field)]
                .into_iter()
                .flatten()
                .any(|held| held.eq_ignore_ascii_case(value))
    })
}

fn check_address(
    world: &World,
    prefix: &str,
    subnet: &str,
    ip: &str,
    own: Option<&str>,
) -> Result<(), Refusal> {
    let last = ip.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.'));
    // The first two addresses and the last are the network's own.
    if !last.and_then(|n| n.parse::<u8>().ok()).is_some_and(|n| (2..255).contains(&n)) {
        return Err(Refusal::invalid(format!(
            "privateEndpointIp {ip} is not an address of the subnet {prefix}.0/24"
        )));
    }
    if taken(world, "privateEndpointIp", ip, Some(subnet), own) {
        return Err(Refusal::invalid(format!("the address {ip} is in use in the subnet")));
    }
    Ok(())
}

fn free_address(world: &World, prefix: &str, subnet: &str) -> Result<String, Refusal> {
    (10..255)
        .map(|last: u8| format!("{prefix}.{last}"))
        .find(|ip| !taken(world, "privateEndpointIp", ip, Some(subnet), None))
        .ok_or_else(|| Refusal::new(400, "LimitExceeded", "the subnet has no free address"))
}
