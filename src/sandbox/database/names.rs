//! Rules on names and sizes.

use serde_json::{Map, Value};

use super::record::Database;
use crate::sandbox::http::Refusal;
use crate::sandbox::world::World;

/// Checks a database name's shape and that nobody else has it or is about to.
pub(super) fn check_name(world: &World, name: &str, own: Option<&str>) -> Result<(), Refusal> {
    let shaped = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name.len() <= 30;
    if !shaped {
        return Err(Refusal::invalid(
            "dbName has to begin with a letter and to hold letters and digits only, at most 30",
        ));
    }
    let taken = world.tables.databases.values().any(|other| {
        other.exists()
            && own != Some(other.id.as_str())
            && (other.name().eq_ignore_ascii_case(name)
                || other.future_text("dbName").is_some_and(|future| future.eq_ignore_ascii_case(name)))
    });
    if taken {
        return Err(Refusal::invalid(format!("the database name {name} is in use in this tenancy")));
    }
    Ok(())
}

fn whole(body: &Map<String, Value>, name: &str, low: i64, high: i64) -> Result<(), Refusal> {
    match body.get(name).and_then(Value::as_i64) {
        Some(number) if !(low..=high).contains(&number) => {
            Err(Refusal::invalid(format!("{name} has to be from {low} to {high}")))
        }
        _ => Ok(()),
    }
}

/// Checks compute, storage and other numbers of a body, for a new or an existing database.
pub(super) fn check_sizes(body: &Map<String, Value>, existing: Option<&Database>) -> Result<(), Refusal> {
    whole(body, "dataStorageSizeInTBs", 1, 384)?;
    whole(body, "dataStorageSizeInGBs", 20, 393_216)?;
    whole(body, "backupRetentionPeriodInDays", 1, 60)?;
    whole(body, "autoRefreshFrequencyInSeconds", 3600, 604_800)?;
    whole(body, "autoRefreshPointLagInSeconds", 0, 604_800)?;
    whole(body, "inMemoryPercentage", 0, 70)?;
    if body.contains_key("dataStorageSizeInTBs") && body.contains_key("dataStorageSizeInGBs") {
        return Err(Refusal::invalid("send dataStorageSizeInTBs or dataStorageSizeInGBs, not both"));
    }
    if body.contains_key("cpuCoreCount")
        && (body.contains_key("computeCount") || body.contains_key("computeModel"))
    {
        return Err(Refusal::invalid("cpuCoreCount does not go with computeModel and computeCount"));
    }
    if body.contains_key("ocpuCount") {
        return Err(Refusal::invalid("ocpuCount is for dedicated infrastructure"));
    }
    let model = body.get("computeModel").and_then(Value::as_str);
    let count = body.get("computeCount").and_then(Value::as_f64);
    if existing.is_none() && model.is_some() != count.is_some() {
        return Err(Refusal::missing("computeModel and computeCount have to be sent together"));
    }
    let model =
        model.or_else(|| existing.and_then(|database| database.text("computeModel"))).unwrap_or("ECPU");
    if let Some(count) = count {
        let least = if model == "ECPU" { 2.0 } else { 1.0 };
        if count < least || count.fract() != 0.0 || count > 512.0 {
            return Err(Refusal::invalid(format!(
                "computeCount has to be a whole number from {least} for {model}"
            )));
        }
    }
    for name in ["displayName", "privateEndpointLabel"] {
        if body.get(name).and_then(Value::as_str).is_some_and(|text| text.len() > 255) {
            return Err(Refusal::invalid(format!("{name} is too long")));
        }
    }
    let edition = body.contains_key("databaseEdition") || body.contains_key("byolComputeCountLimit");
    let byol = body
        .get("licenseModel")
        .and_then(Value::as_str)
        .or_else(|| existing.and_then(|database| database.text("licenseModel")))
        .is_none_or(|licence| licence == "BRING_YOUR_OWN_LICENSE");
    if edition && !byol {
        return Err(Refusal::invalid("databaseEdition goes with licenseModel BRING_YOUR_OWN_LICENSE only"));
    }
    Ok(())
}

/// The list with which an access list is cleared is empty afterwards.
pub(super) fn normal_access_list(body: &mut Map<String, Value>) -> Result<(), Refusal> {
    let Some(list) = body.get("whitelistedIps").and_then(Value::as_array) else { return Ok(()) };
    let entries: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    if entries == [""] {
        body.insert("whitelistedIps".to_owned(), Value::Array(Vec::new()));
        return Ok(());
    }
    for entry in entries {
        let address = entry.split_once('/').map_or(entry, |(address, _)| address);
        let known = entry.starts_with("ocid1.vcn.") || address.parse::<std::net::IpAddr>().is_ok();
        let bits = entry.split_once('/').is_none_or(|(_, bits)| bits.parse::<u8>().is_ok_and(|n| n <= 128));
        if !known || (!entry.starts_with("ocid1.") && !bits) {
            return Err(Refusal::invalid(format!(
                "whitelistedIps: {entry:?} is no address, CIDR block or VCN"
            )));
        }
    }
    Ok(())
}
