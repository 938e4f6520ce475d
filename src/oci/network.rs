//! Calls of the network service, one of the core services.

use serde_json::{Value, json};

use crate::model::act::Method;
use crate::model::{RestCall, Service};

/// Reads one subnet: its network, its addresses.
pub fn get_subnet(id: Value) -> RestCall {
    RestCall::new(Service::Network, Method::Get, vec![json!("subnets"), id])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_calls_go() {
        let call = get_subnet(json!("ocid1.subnet.oc1.uk-london-1.example"));
        assert_eq!((call.method, call.service), (Method::Get, Service::Network));
        assert_eq!(call.shown_path(), "/20160918/subnets/ocid1.subnet.oc1.uk-london-1.example");
        let london = crate::oci::region::Endpoints::of_region("uk-london-1");
        assert_eq!(london.origin(call.service), "https://iaas.uk-london-1.oraclecloud.com");
    }
}
