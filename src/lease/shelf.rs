//! Where leases lie.

use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::record::{Lease, Seen};
use crate::model::act::Reply;
use crate::model::{NoSecrets, RestCall, RunId};
use crate::oci::object_storage::{self, Condition};
use crate::oci::{CallContext, Oci, OciError};

/// A place of named objects that are changed under conditions: of two who store an object under the same condition, one
/// is told that the condition does not hold.
pub trait Shelf: Send + Sync {
    /// Reads the lease on a target, with the service's times. None is there: nothing.
    fn read<'a>(&'a self, target: &'a str) -> BoxFuture<'a, Result<Option<Seen>, OciError>>;

    /// Stores the lease on its target. Gives the new entity tag, or nothing where the condition does not hold.
    fn write<'a>(
        &'a self,
        lease: &'a Lease,
        condition: Condition,
    ) -> BoxFuture<'a, Result<Option<String>, OciError>>;

    /// Removes the lease on a target that has this entity tag. Gives whether it was there.
    fn remove<'a>(&'a self, target: &'a str, etag: &'a str) -> BoxFuture<'a, Result<bool, OciError>>;
}

/// Leases in a bucket of Object Storage, under `PREFIXleases/TARGET.json`.
#[derive(Clone, Debug)]
pub struct Bucket {
    cloud: Oci,
    namespace: String,
    name: String,
    prefix: String,
    run: Option<RunId>,
}

impl Bucket {
    /// Leases in this bucket, whose names begin with `prefix`. Without a namespace the tenancy's own is asked for.
    ///
    /// # Errors
    /// The namespace was asked for and not told.
    pub async fn open(
        cloud: Oci,
        namespace: Option<String>,
        bucket: String,
        prefix: String,
    ) -> Result<Self, OciError> {
        let namespace = object_storage::namespace_or_own(&cloud, namespace.as_deref()).await?;
        Ok(Self { cloud, namespace, name: bucket, prefix, run: None })
    }

    /// On behalf of a run, which the service's own log then names.
    #[must_use]
    pub fn of_run(self, run: RunId) -> Self {
        Self { run: Some(run), ..self }
    }

    /// Where the lease on a target lies, for people.
    pub fn shown(&self, target: &str) -> String {
        format!("{}/{}/{}", self.namespace, self.name, self.object(target))
    }

    /// The bucket and its namespace, for people.
    pub fn name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn folder(&self) -> String {
        format!("{}leases/", self.prefix)
    }

    fn object(&self, target: &str) -> String {
        format!("{}{target}.json", self.folder())
    }

    fn place(&self, target: &str) -> (Value, Value, Value) {
        (json!(self.namespace), json!(self.name), json!(self.object(target)))
    }

    async fn send(&self, call: &RestCall, body: Option<Bytes>) -> Result<Reply, OciError> {
        let context =
            CallContext { run: self.run.clone(), body: body.map(Into::into), ..CallContext::default() };
        self.cloud.send(call, &context, &NoSecrets).await
    }

    /// Asks whether the bucket is there.
    ///
    /// # Errors
    /// It is not, or not to be seen.
    pub async fn there(&self) -> Result<(), OciError> {
        self.send(&object_storage::head_bucket(json!(self.namespace), json!(self.name)), None).await.map(drop)
    }

    /// The targets that have a lease, in order.
    ///
    /// # Errors
    /// The bucket cannot be listed.
    pub async fn targets(&self) -> Result<Vec<String>, OciError> {
        let folder = self.folder();
        let call =
            object_storage::list_objects(json!(self.namespace), json!(self.name), json!(folder.as_str()));
        let context = CallContext { run: self.run.clone(), ..CallContext::default() };
        let listed = self.cloud.list(&call, &context, &NoSecrets).await?;
        let objects = listed.value["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names = objects.iter().filter_map(|object| object["name"].as_str());
        let mut targets: Vec<String> = names
            .filter_map(|name| name.strip_prefix(&folder)?.strip_suffix(".json"))
            .filter(|target| !target.contains('/'))
            .map(str::to_owned)
            .collect();
        targets.sort();
        Ok(targets)
    }
}

impl Shelf for Bucket {
    fn read<'a>(&'a self, target: &'a str) -> BoxFuture<'a, Result<Option<Seen>, OciError>> {
        Box::pin(async move {
            let (namespace, bucket, object) = self.place(target);
            let call = object_storage::get_object(namespace, bucket, object, Value::Null);
            match self.send(&call, None).await {
                Ok(reply) => seen(&reply).map(Some),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn write<'a>(
        &'a self,
        lease: &'a Lease,
        condition: Condition,
    ) -> BoxFuture<'a, Result<Option<String>, OciError>> {
        Box::pin(async move {
            let bytes = serde_json::to_vec_pretty(lease).map_err(|e| OciError::bug(e.to_string()))?;
            let (namespace, bucket, object) = self.place(&lease.target);
            let call = object_storage::put_object(
                namespace,
                bucket,
                object,
                "application/json",
                Value::Null,
                condition,
            );
            match self.send(&call, Some(bytes.into())).await {
                Ok(reply) => reply.etag.map(Some).ok_or_else(untagged),
                Err(error) if error.status == Some(412) || is_missing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn remove<'a>(&'a self, target: &'a str, etag: &'a str) -> BoxFuture<'a, Result<bool, OciError>> {
        Box::pin(async move {
            let (namespace, bucket, object) = self.place(target);
            let call = object_storage::delete_object(namespace, bucket, object, json!(etag));
            match self.send(&call, None).await {
                Ok(_) => Ok(true),
                Err(error) if error.status == Some(412) || is_missing(&error) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }
}

/// The object is not there; a bucket that is not there has another code.
fn is_missing(error: &OciError) -> bool {
    error.status == Some(404) && error.code.as_deref() == Some("ObjectNotFound")
}

fn untagged() -> OciError {
    OciError::local("the service gave no entity tag for a lease")
        .advise("without one a lease cannot be held: check what stands between here and the service")
}

/// A lease out of the answer that brought it.
fn seen(reply: &Reply) -> Result<Seen, OciError> {
    let time = |name: &str| -> Option<Timestamp> {
        Timestamp::try_from(httpdate::parse_http_date(reply.value[name].as_str()?).ok()?).ok()
    };
    Ok(Seen {
        lease: Lease::read(reply.bytes.as_deref().unwrap_or_default()),
        etag: reply.etag.clone().ok_or_else(untagged)?,
        renewed: time("last-modified"),
        now: time("date"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_the_services_own() {
        fn check(headers: &Value, renewed: Option<&str>, now: Option<&str>) {
            let reply = Reply {
                value: headers.clone(),
                bytes: Some(Bytes::from_static(b"{}")),
                etag: Some("e".into()),
                ..Reply::default()
            };
            let seen = seen(&reply).unwrap();
            let text = |t: Option<Timestamp>| t.map(|t| t.to_string());
            assert_eq!((text(seen.renewed).as_deref(), text(seen.now).as_deref()), (renewed, now));
            assert!(seen.lease.is_err());
        }
        check(
            &json!({"date": "Tue, 19 May 2026 21:12:00 GMT", "last-modified": "Tue, 19 May 2026 21:10:00 GMT"}),
            Some("2026-05-19T21:10:00Z"),
            Some("2026-05-19T21:12:00Z"),
        );
        check(&json!({"date": "yesterday"}), None, None);
        assert!(super::seen(&Reply::default()).is_err(), "without an entity tag");
    }
}
