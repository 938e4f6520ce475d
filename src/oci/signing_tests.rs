use super::*;
use serde_json::Value;

const KEY: &str = include_str!("testdata/pkcs8.pem");

/// Each request was signed by Oracle's own Python client with the same key and date.
#[test]
fn signatures_match_the_peer_byte_for_byte() {
    let vectors: Value = serde_json::from_str(include_str!("testdata/signatures.json")).unwrap();
    let key = PrivateKey::from_pem(KEY, None, "test key").unwrap();
    let signer = Signer { key_id: vectors["key_id"].as_str().unwrap().to_owned(), key: Arc::new(key) };
    let requests = vectors["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 8);
    for request in requests {
        let text = |name: &str| request[name].as_str().unwrap();
        let url = url::Url::parse(text("url")).unwrap();
        let host = url.port().map_or_else(
            || url.host_str().unwrap().to_owned(),
            |port| format!("{}:{port}", url.host_str().unwrap()),
        );
        let method = text("method").to_ascii_lowercase();
        let signed_body = matches!(method.as_str(), "post" | "put") && request["object"] == false;
        let body = request["body"].as_str().unwrap_or_default();
        let sha256 = body_digest(body.as_bytes());
        if signed_body {
            assert_eq!(request["x_content_sha256"], sha256, "{}", text("name"));
        }
        let authorization = signer
            .authorization(&ToSign {
                method: &method,
                target: text("target"),
                host: Some(&host),
                date: text("date"),
                body: signed_body.then_some(SignedBody {
                    length: body.len(),
                    content_type: text("content_type"),
                    sha256: &sha256,
                }),
            })
            .unwrap();
        assert_eq!(authorization, text("authorization"), "{}", text("name"));
    }
}

#[test]
fn the_text_has_one_line_a_header() {
    let sha256 = body_digest(b"");
    let request = ToSign {
        method: "post",
        target: "/v1/x509",
        host: None,
        date: "Sat, 21 Nov 2026 02:00:00 GMT",
        body: Some(SignedBody { length: 0, content_type: "application/json", sha256: &sha256 }),
    };
    let (names, text) = signing_text(&request);
    assert_eq!(names, "date (request-target) content-length content-type x-content-sha256");
    assert_eq!(
        text,
        "date: Sat, 21 Nov 2026 02:00:00 GMT\n(request-target): post /v1/x509\ncontent-length: 0\n\
         content-type: application/json\nx-content-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    );
}

#[test]
fn dates_and_request_ids() {
    let at: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
    assert_eq!(http_date(at), "Sat, 21 Nov 2026 02:00:00 GMT");
    let id = request_id();
    assert_eq!(id.len(), 32);
    assert!(id.chars().all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c)));
    assert_ne!(id, request_id());
}
