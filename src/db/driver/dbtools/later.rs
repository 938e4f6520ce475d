//! Requests that are not waited for on the line: the service puts their results into a bucket, and a work request says how
//! far it is. They outlast what gateways between here and the service put up with.

use std::time::Duration;

use bytes::BytesMut;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{ANSWER_GRACE, Answer, ToolsSession, input};
use crate::db::error::DbError;
use crate::model::act::{Reply, SqlCall};
use crate::model::{ActionError, Category, NoSecrets, clock};
use crate::oci::database_tools::{self, ResultsPlace};
use crate::oci::work_requests::{Progress, WorkRequest, error_lines};
use crate::oci::{CallContext, Oci, OciError, object_storage};

/// How long the service keeps a result that nobody fetched, behind the end of the statement's time.
const KEPT: Duration = Duration::from_hours(1);

/// How long it is tried to tidy up behind a statement.
const TIDYING: Duration = Duration::from_secs(20);

/// A statement at work.
struct Work<'a> {
    session: &'a ToolsSession,
    call: &'a SqlCall,
    id: String,
    place: ResultsPlace,
}

impl ToolsSession {
    /// Executes a statement whose results go to the bucket; they are fetched from there and deleted.
    pub(super) async fn later(
        &self,
        results: &Value,
        call: &SqlCall,
        binds: &[Value],
        cancel: &CancellationToken,
    ) -> Result<Reply, DbError> {
        let limit = Duration::from_secs(call.limit_seconds.max(1));
        let context = self.context(cancel);
        let bucket = results["bucket"].as_str().unwrap_or_default();
        let namespace = object_storage::namespace_or_own(&self.oci, results["namespace"].as_str()).await;
        let namespace = namespace.map_err(|error| DbError { not_sent: true, ..told(error) })?;
        let run = self.options.run.as_ref().map_or("sql".to_owned(), ToString::to_string);
        let place = ResultsPlace::new(&namespace, bucket, &run);
        // Only a whole result fits into an object.
        let mut input = input(call, binds, 0);
        if input.get("limit").is_some() {
            input["limit"] = json!(-1);
        }
        let until = clock::now() + limit + KEPT;
        let request = database_tools::execute_later(
            json!(self.id),
            input,
            &place,
            call.limit_seconds.max(1),
            &until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        );
        let reply = self.oci.send(&request, &context, &NoSecrets).await;
        let reply = reply.map_err(|error| {
            let lacks = error.code.as_deref() == Some("BucketNotFound");
            let failure = self.not_done(&error, false, call.limit_seconds);
            if lacks { failure.advise(no_bucket(bucket)) } else { failure }
        })?;
        let id = reply.work_request.clone().ok_or_else(|| {
            DbError::new(
                Category::Unknown,
                format!("{} took a statement and named no work request", self.what),
            )
            .advise("the statement may be at work: look before repeating it")
        })?;
        tracing::debug!("{} runs a statement as work request {id}", self.what);
        let work = Work { session: self, call, id, place };
        let answer = match work.wait(limit + ANSWER_GRACE, cancel).await {
            Ok(progress) => work.answer(progress, &context).await,
            Err(error) => {
                if matches!(error.category, Category::Cancelled | Category::TimedOut) {
                    work.break_off().await;
                }
                Err(error)
            }
        };
        work.tidy_up().await;
        Ok(Reply { value: answer?.into_value(), ..reply })
    }
}

impl Work<'_> {
    fn oci(&self) -> &Oci {
        &self.session.oci
    }

    /// Asks until the work request has ended.
    async fn wait(&self, limit: Duration, cancel: &CancellationToken) -> Result<Progress, DbError> {
        let begun = clock::instant();
        let context = self.session.context(cancel);
        let mut asked_for = Duration::ZERO;
        loop {
            let spent = begun.elapsed();
            let pause =
                asked_for.max((spent / 25).clamp(Duration::from_millis(250), Duration::from_secs(30)));
            let over = tokio::select! {
                () = cancel.cancelled() => return Err(self.broken_off()),
                () = tokio::time::sleep(pause.min(limit.saturating_sub(spent))) => begun.elapsed() >= limit,
            };
            let question = database_tools::statement_work(json!(self.id));
            match self.oci().send(&question, &context, &NoSecrets).await {
                Ok(reply) => {
                    let work = WorkRequest::read(&reply.value).map_err(|error| {
                        self.unknown(format!("work request {} cannot be read: {error}", self.id))
                    })?;
                    match work.progress() {
                        Progress::Running => {}
                        ended => return Ok(ended),
                    }
                    asked_for = Duration::from_secs(reply.retry_after.unwrap_or_default())
                        .min(Duration::from_secs(30));
                }
                Err(error) if error.category == Category::Cancelled => return Err(self.broken_off()),
                // The statement is at work whether or not it can be asked about at the moment.
                Err(error) if matches!(error.category, Category::Transient | Category::Throttled) => {
                    tracing::debug!("{error}");
                }
                Err(error) => return Err(self.unknown(error.message.clone())),
            }
            if over {
                return Err(self.late());
            }
        }
    }

    /// What the work request came to.
    async fn answer(&self, progress: Progress, context: &CallContext) -> Result<Answer, DbError> {
        let stored = self.stored(context).await;
        match (progress, stored) {
            // A script that failed may leave its answer all the same, which says more than the work request.
            (_, Ok(Some(value))) => {
                let answer = self.session.read(self.call, &value)?;
                if progress == Progress::Succeeded { Ok(answer) } else { Err(self.failed(context).await) }
            }
            (Progress::Succeeded, Ok(None)) => Err(self.unknown(format!(
                "the result of the statement on {} is not in the bucket {}",
                self.session.what, self.place.bucket
            ))),
            (Progress::Succeeded, Err(error)) => Err(self.unknown(error.message.clone()).because(format!(
                "the result was to stand in {} of the bucket {}",
                self.place.object, self.place.bucket
            ))),
            _ => Err(self.failed(context).await),
        }
    }

    /// The answer as it stands in the bucket, if there is one.
    async fn stored(&self, context: &CallContext) -> Result<Option<Value>, OciError> {
        let ResultsPlace { namespace, bucket, object } = &self.place;
        let request = object_storage::get_object(json!(namespace), json!(bucket), json!(object), Value::Null);
        let mut opened = match self.oci().open(&request, context, &NoSecrets).await {
            Ok(opened) => opened,
            Err(error) if error.status == Some(404) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = BytesMut::new();
        while let Some(chunk) = opened.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            OciError::local(format!(
                "the result of the statement on {} is no JSON: {error}",
                self.session.what
            ))
        })
    }

    /// Why a work request failed, by its errors.
    async fn failed(&self, context: &CallContext) -> DbError {
        let what = &self.session.what;
        let question = database_tools::statement_work_errors(json!(self.id));
        let lines = match self.oci().list(&question, context, &NoSecrets).await {
            Ok(reply) => error_lines(&reply.value),
            Err(error) => vec![format!("its errors cannot be read: {error}")],
        };
        let whole = lines.join("\n");
        if let Some((_, text)) = whole.split_once("ORA-") {
            return DbError::reported(
                &format!("the statement on {what}"),
                &format!("ORA-{text}"),
                None,
                None,
                "",
            )
            .because(format!("work request {}", self.id));
        }
        if whole.starts_with("TimedOut") {
            return self.late();
        }
        let mut failure = DbError::new(Category::Invalid, format!("the statement on {what} did not succeed"))
            .advise("the statement may have been executed: look before repeating it")
            .because(format!("work request {}", self.id));
        failure.causes.extend(lines);
        failure
    }

    /// Asks the service to end the statement.
    async fn break_off(&self) {
        self.tidily(
            "the statement was not broken off",
            &database_tools::cancel_statement_work(json!(self.id)),
        )
        .await;
    }

    /// Takes the result out of the bucket, where it may hold what the database protects.
    async fn tidy_up(&self) {
        let ResultsPlace { namespace, bucket, object } = &self.place;
        let request =
            object_storage::delete_object(json!(namespace), json!(bucket), json!(object), Value::Null);
        self.tidily("the result stays in the bucket until the service deletes it", &request).await;
    }

    async fn tidily(&self, otherwise: &str, request: &crate::model::RestCall) {
        let context = self.session.context(&CancellationToken::new());
        let sent = tokio::time::timeout(TIDYING, self.oci().send(request, &context, &NoSecrets)).await;
        match sent {
            // It is gone, or has just ended.
            Ok(Err(error)) if matches!(error.status, Some(404 | 409)) => {}
            Ok(Err(error)) => tracing::warn!("{otherwise}: {error}"),
            Err(_) => {
                tracing::warn!("{otherwise}: the service did not answer for {}", clock::spoken(TIDYING));
            }
            Ok(Ok(_)) => {}
        }
    }

    fn late(&self) -> DbError {
        let (what, seconds) = (&self.session.what, self.call.limit_seconds);
        DbError::new(Category::TimedOut, format!("the statement on {what} took longer than its {seconds} s"))
            .because(format!("work request {}", self.id))
            .advise("it may go on in the database: look before repeating it; long work belongs into a job that is polled")
    }

    fn broken_off(&self) -> DbError {
        let what = &self.session.what;
        DbError::new(Category::Cancelled, format!("the statement on {what} was broken off on request"))
            .because(format!("work request {}", self.id))
            .advise("it may go on in the database: look before repeating it")
    }

    fn unknown(&self, message: String) -> DbError {
        DbError::new(Category::Unknown, message)
            .because(format!("work request {}", self.id))
            .advise("the statement may have been executed: look before repeating it")
    }
}

fn no_bucket(bucket: &str) -> String {
    format!("make the bucket {bucket}, or name another one in `results` of the database's connect table")
}

fn told(error: OciError) -> DbError {
    let error = ActionError::from(error);
    let mut failure = DbError::new(error.category, error.message);
    failure.causes = error.causes;
    failure.advice = error.advice;
    failure
}
