//! The services behind the other kinds of authentication: token refresh, instance principals, instance metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::http::{Answer, Call, Refusal};
use super::identity;
use super::wallet::der_of;
use super::world::{World, note, set_note};

/// The certificates of the one pretend compute instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Instance {
    leaf: String,
    key: String,
    intermediate: String,
}

fn broken(error: impl Into<Box<dyn std::error::Error>>) -> Refusal {
    Refusal::new(500, "InternalServerError", error.into().to_string())
}

/// The instance's certificates, made when they are first asked for because RSA keys take their time.
fn instance(world: &mut World) -> Result<Instance, Refusal> {
    if let Some(known) = note(world, "instance") {
        return serde_json::from_value(known).map_err(broken);
    }
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Sandbox instance authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority_key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(broken)?;
    let intermediate = authority.self_signed(&authority_key).map_err(broken)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "ocid1.instance.oc1.uk-london-1.example");
    params
        .distinguished_name
        .push(DnType::OrganizationalUnitName, format!("opc-tenant:{}", world.tenancy.id));
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(broken)?;
    let leaf = params.signed_by(&key, &Issuer::from_params(&authority, &authority_key)).map_err(broken)?;
    let made = Instance { leaf: leaf.pem(), key: key.serialize_pem(), intermediate: intermediate.pem() };
    set_note(world, "instance", &made);
    Ok(made)
}

/// The calls under `/opc/v2`, the metadata service of an instance. They are not signed.
pub(crate) fn metadata(world: &mut World, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    if call.header("authorization") != Some("Bearer Oracle") {
        return Err(Refusal::new(403, "NotAuthorized", "the header Authorization: Bearer Oracle is missing"));
    }
    let text = |text: String| Ok(Answer::bytes(200, "text/plain", text));
    let region = world.tenancy.region.clone();
    match rest {
        ["identity", "cert.pem"] => text(instance(world)?.leaf),
        ["identity", "key.pem"] => text(instance(world)?.key),
        ["identity", "intermediate.pem"] => text(instance(world)?.intermediate),
        ["instance", "region" | "canonicalRegionName"] => text(region),
        ["instance", "regionInfo"] => Ok(Answer::json(
            200,
            &json!({
                "realmKey": "oc1", "realmDomainComponent": "oraclecloud.com",
                "regionKey": "LHR", "regionIdentifier": region,
            }),
        )),
        _ => Err(Refusal::new(404, "NotFound", "the sandbox's instance has no such metadata")),
    }
}

fn field<'a>(body: &'a serde_json::Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    body.get(name).and_then(Value::as_str).ok_or_else(|| Refusal::missing(format!("{name} is required")))
}

/// An instance asks for a token (`/v1/x509`). The call is verified here, by the instance's certificate.
pub(crate) fn federate(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let leaf = STANDARD
        .decode(field(&body, "certificate")?)
        .map_err(|_| Refusal::invalid("certificate is not base64 without armour and line ends"))?;
    let public_key = STANDARD
        .decode(field(&body, "publicKey")?)
        .map_err(|_| Refusal::invalid("publicKey is not base64 without armour and line ends"))?;
    if !body.get("intermediateCertificates").is_some_and(Value::is_array) {
        return Err(Refusal::missing("intermediateCertificates is required"));
    }
    let own = instance(world)?;
    if der_of(&own.leaf)? != leaf {
        return Err(Refusal::unauthenticated("the certificate is not that of the sandbox's instance"));
    }
    identity::verify_federation(&world.tenancy, call, &leaf, now)?;
    let token = identity::new_token(&world.tenancy, &public_key, crate::model::clock::now(), 20);
    Ok(Answer::json(200, &json!({"token": token})))
}

/// A token is exchanged for a new one (`/v1/authentication/refresh`); the call was verified by the old one.
pub(crate) fn refresh(world: &World, call: &Call) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let now = crate::model::clock::now();
    let key = identity::token_key(&world.tenancy, field(&body, "currentToken")?, now)?;
    Ok(Answer::json(200, &json!({"token": identity::new_token(&world.tenancy, &key, now, 60)})))
}
