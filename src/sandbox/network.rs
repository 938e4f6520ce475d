//! The network service: the sample subnets, to be read only.

use serde_json::json;

use super::http::{Answer, Call, Refusal};
use super::world::{Subnet, World};

/// Answers a call under `/20160918/subnets`, given the segments behind that.
pub(crate) fn route(world: &World, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", [id]) => {
            let subnet = world.subnet(id).ok_or_else(Refusal::not_found)?;
            Ok(Answer::json(200, &view(world, subnet)).header("etag", subnet.kind_id("etag")))
        }
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no such call in the network service")),
    }
}

fn view(world: &World, subnet: &Subnet) -> serde_json::Value {
    let prefix = &subnet.prefix;
    json!({
        "id": subnet.id,
        "compartmentId": subnet.compartment,
        "vcnId": vcn(world, subnet),
        "displayName": format!("subnet {prefix}.0"),
        "cidrBlock": format!("{prefix}.0/24"),
        "ipv4CidrBlocks": [format!("{prefix}.0/24")],
        "availabilityDomain": null,
        "dhcpOptionsId": subnet.kind_id("dhcpoptions"),
        "dnsLabel": null,
        "subnetDomainName": null,
        "lifecycleState": "AVAILABLE",
        "prohibitInternetIngress": true,
        "prohibitPublicIpOnVnic": true,
        "routeTableId": subnet.kind_id("routetable"),
        "securityListIds": [subnet.kind_id("securitylist")],
        "virtualRouterIp": format!("{prefix}.1"),
        "virtualRouterMac": "00:00:17:00:00:01",
        "timeCreated": "2026-01-12T08:00:00.000Z",
        "freeformTags": {},
        "definedTags": {},
    })
}

/// Each compartment has one network.
fn vcn(world: &World, subnet: &Subnet) -> String {
    let name = subnet.compartment.rsplit('.').next().unwrap_or_default();
    format!("ocid1.vcn.oc1.{}.{name}", world.tenancy.region)
}

impl Subnet {
    /// The OCID of something that belongs to the subnet, told by its kind.
    fn kind_id(&self, kind: &str) -> String {
        self.id.replacen(".subnet.", &format!(".{kind}."), 1)
    }
}
