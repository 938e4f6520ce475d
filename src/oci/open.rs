//! An answer whose body is read piece by piece.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::client::within;
use super::error::OciError;

/// A successful answer whose headers have come and whose body is still on its way.
#[derive(Debug)]
pub struct Opened {
    pub(super) answer: reqwest::Response,
    pub(super) limit: Duration,
    pub(super) shown: String,
    pub(super) cancel: CancellationToken,
}

impl Opened {
    /// The HTTP status, which is a success.
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The next bytes; nothing at the end of the body.
    ///
    /// # Errors
    /// The connection broke, nothing came for the time limit, or it was broken off on request. What came before is good.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OciError> {
        tokio::select! {
            () = self.cancel.cancelled() => Err(OciError::cancelled(&self.shown)),
            chunk = within(self.limit, &self.shown, self.answer.chunk()) => chunk,
        }
    }

    /// The failure of a body that ended before its promised length.
    pub fn cut_short(&self, got: u64, wanted: u64) -> OciError {
        OciError::cut_short(&self.shown, got, wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{client, quick};
    use super::super::{CallContext, object_storage};
    use crate::model::NoSecrets;
    use serde_json::{Value, json};
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    #[tokio::test]
    async fn bodies_are_read_piece_by_piece_after_refusals_were_repeated() {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(503);
        Mock::given(any()).respond_with(busy).up_to_n_times(2).mount(&server).await;
        let answer = ResponseTemplate::new(200).insert_header("etag", "e1").set_body_bytes(vec![7; 100_000]);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let oci = client(&server.uri(), quick());
        let call = object_storage::get_object(json!("n"), json!("b"), json!("o"), Value::Null);
        let mut opened = oci.open(&call, &CallContext::default(), &NoSecrets).await.unwrap();
        assert_eq!((opened.status(), opened.header("etag")), (200, Some("e1")));
        let mut got = 0;
        while let Some(bytes) = opened.chunk().await.unwrap() {
            assert!(bytes.iter().all(|byte| *byte == 7));
            got += bytes.len();
        }
        assert_eq!(got, 100_000);
    }
}
