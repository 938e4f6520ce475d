//! Sending a call: sign, send, understand the answer, repeat where that is safe.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::auth::{Auth, Wire};
use super::error::{OciError, Refusal, Sending};
use super::http::http_client;
use super::open::Opened;
use super::options::{Network, OciOptions};
use super::payload::Payload;
use super::profile::{Environment, Identity, Profile};
use super::region::Endpoints;
use super::request::{Prepared, insert, prepare, stores_object, takes_retry_token};
use super::retry::{RetryPolicy, chance, pause, repeatable};
use super::signing::{SignedBody, Signer, ToSign, http_date, request_id};
use crate::model::act::{Method, Reply};
use crate::model::{Category, RestCall, RunId, SecretSource, Service, StepId, Token, clock, environment};

/// The client of the cloud. Cheap to clone; all clones share one HTTP client and one session.
#[derive(Clone, Debug)]
pub struct Oci {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    network: Network,
    fixed: Option<Endpoints>,
    /// The region that the configuration names, whether or not another endpoint stands in for it.
    region: Option<String>,
    /// Made with the first call: an instance without a configured region has to ask for it.
    wire: OnceCell<Wire>,
    auth: Auth,
    retry: RetryPolicy,
    read_limit: Duration,
}

/// On whose behalf a call is sent.
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    /// The run.
    pub run: Option<RunId>,
    /// The step.
    pub step: Option<StepId>,
    /// The retry token, sent where the service knows one for the call.
    pub token: Option<Token>,
    /// The body of a call whose body is bytes.
    pub body: Option<Payload>,
    /// Breaks off the request and the pauses between attempts.
    pub cancel: CancellationToken,
    /// How long the answer may take, where it is a statement's and not the service's own.
    pub read_limit: Option<Duration>,
}

/// An answer and where its list goes on.
#[derive(Debug)]
struct Answer {
    reply: Reply,
    next_page: Option<String>,
}

impl Oci {
    /// Reads configuration and key and makes the HTTP client. Nothing is sent yet.
    ///
    /// # Errors
    /// Configuration, key, endpoint, proxy or CA file are wrong.
    pub fn new(options: &OciOptions) -> Result<Self, OciError> {
        Self::with_environment(options, &environment::variable)
    }

    fn with_environment(options: &OciOptions, environment: Environment<'_>) -> Result<Self, OciError> {
        let profile = Profile::resolve(options, environment)?;
        let fixed = match (&profile.endpoint, &profile.region, &profile.identity) {
            (Some(origin), _, _) => Some(Endpoints::at(origin)?),
            (None, Some(region), _) => Some(Endpoints::of_region(region)),
            (None, None, Identity::Instance { .. }) => None,
            (None, None, _) => {
                return Err(OciError::local("no region is known")
                    .advise("set region in adbctl.toml, in the profile, or OCI_CLI_REGION"));
            }
        };
        let region = profile.region.clone();
        let loopback = fixed.as_ref().is_some_and(Endpoints::is_loopback);
        let http = http_client(options, profile.ca_bundle.as_deref(), loopback)?;
        let network = Network {
            proxy: options.proxy.clone(),
            pinned: options.pinned.clone(),
            ca_bundle: profile.ca_bundle.clone(),
        };
        let (wire, auth) = (OnceCell::new(), Auth::new(profile.identity));
        let (retry, read_limit) = (options.retry, options.read_limit);
        let inner = Inner { http, network, fixed, region, wire, auth, retry, read_limit };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The origin of Object Storage as databases reach it: the region's own, whatever endpoint this client uses.
    ///
    /// # Errors
    /// No region is known.
    pub fn storage_origin(&self) -> Result<String, OciError> {
        match (&self.inner.region, &self.inner.fixed) {
            (Some(region), _) => Ok(Endpoints::of_region(region).origin(Service::ObjectStorage)),
            (None, Some(endpoints @ Endpoints::Region { .. })) => {
                Ok(endpoints.origin(Service::ObjectStorage))
            }
            (None, _) => {
                Err(OciError::local("no region is known, and a database reaches its bucket by region")
                    .advise("set region under [oci] in adbctl.toml"))
            }
        }
    }

    /// When and how often calls are repeated.
    pub fn retry(&self) -> RetryPolicy {
        self.inner.retry
    }

    /// The process's HTTP client, for the drivers that speak HTTP to a database.
    pub fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    /// How connections leave this machine, for the drivers that make their own.
    pub fn network(&self) -> &Network {
        &self.inner.network
    }

    pub(super) async fn wire(&self) -> Result<&Wire, OciError> {
        let inner = &self.inner;
        inner
            .wire
            .get_or_try_init(|| async {
                let http = inner.http.clone();
                let endpoints = match (&inner.fixed, &inner.auth) {
                    (Some(endpoints), _) => endpoints.clone(),
                    (None, Auth::Instance(instance)) => instance.endpoints(&http).await?,
                    (None, _) => return Err(OciError::bug("a client without a region was made")),
                };
                Ok(Wire { http, endpoints })
            })
            .await
    }

    /// Sends one call and gives its answer. Secrets inside the call are asked of `secrets` at the last moment.
    ///
    /// # Errors
    /// The service refused, was not reached, or the call is not complete.
    ///
    /// # Cancel safety
    /// Dropping it, or cancelling through the context, may leave a request on its way: whether the service took it up is
    /// then not known.
    pub async fn send(
        &self,
        call: &RestCall,
        context: &CallContext,
        secrets: &dyn SecretSource,
    ) -> Result<Reply, OciError> {
        self.answer(call, context, secrets).await.map(|answer| answer.reply)
    }

    /// Sends a list call and follows its pages; the answer holds all items. Lists come as bare arrays, as an object
    /// with `items`, or as Object Storage's object with `objects` and `prefixes`.
    ///
    /// # Errors
    /// Those of [`Self::send`], of any page.
    ///
    /// # Cancel safety
    /// It only reads.
    pub async fn list(
        &self,
        call: &RestCall,
        context: &CallContext,
        secrets: &dyn SecretSource,
    ) -> Result<Reply, OciError> {
        let mut page = call.clone();
        let mut first = self.answer(&page, context, secrets).await?;
        let mut whole = first.reply.value.take();
        let mut next = next_query(first.next_page.take(), &whole);
        while let Some((name, value)) = next {
            page.query.retain(|(key, _)| *key != name);
            page.query.push((name.to_owned(), Value::String(value)));
            let more = self.answer(&page, context, secrets).await?;
            next = next_query(more.next_page, &more.reply.value);
            append(&mut whole, more.reply.value);
        }
        if let Some(map) = whole.as_object_mut() {
            map.shift_remove("nextStartWith");
        }
        first.reply.value = whole;
        Ok(first.reply)
    }

    /// Sends one call and hands its answer over as soon as the headers have come, so that the body need not be in
    /// memory. Refusals are repeated as by [`Self::send`]; a body that breaks off later is the caller's to ask for again.
    ///
    /// # Errors
    /// Those of [`Self::send`].
    ///
    /// # Cancel safety
    /// That of [`Self::send`].
    pub async fn open(
        &self,
        call: &RestCall,
        context: &CallContext,
        secrets: &dyn SecretSource,
    ) -> Result<Opened, OciError> {
        match self.repeated(call, context, secrets, Form::Open).await? {
            Got::Open(opened) => Ok(opened),
            Got::Whole(_) => Err(OciError::bug("an answer was read that was to be left open")),
        }
    }

    async fn answer(
        &self,
        call: &RestCall,
        context: &CallContext,
        secrets: &dyn SecretSource,
    ) -> Result<Answer, OciError> {
        match self.repeated(call, context, secrets, Form::Whole).await? {
            Got::Whole(answer) => Ok(*answer),
            Got::Open(_) => Err(OciError::bug("an answer was left open that was to be read")),
        }
    }

    async fn repeated(
        &self,
        call: &RestCall,
        context: &CallContext,
        secrets: &dyn SecretSource,
        form: Form,
    ) -> Result<Got, OciError> {
        let wire = self.wire().await?;
        let mut prepared = prepare(call, context.body.clone(), &wire.endpoints, secrets).await?;
        let token = context.token.as_ref().filter(|_| takes_retry_token(call));
        if let Some(token) = token {
            insert(&mut prepared.headers, "opc-retry-token", token.as_str())?;
        }
        insert(&mut prepared.headers, "user-agent", &user_agent(context))?;
        let repeatable = repeatable(call, token.is_some());
        let started = clock::instant();
        let mut attempt = 0;
        let mut renewed = false;
        loop {
            attempt += 1;
            let outcome = tokio::select! {
                () = context.cancel.cancelled() => Err(OciError::cancelled(&prepared.shown).into()),
                outcome = self.attempt(wire, call, &prepared, form, context.read_limit) => outcome,
            };
            let error = match outcome {
                Ok(Got::Open(mut opened)) => {
                    opened.cancel = context.cancel.clone();
                    return Ok(Got::Open(opened));
                }
                Ok(whole) => return Ok(whole),
                Err(Failed { error, refused }) => {
                    if let (Some(key_id), false) = (&refused, renewed) {
                        renewed = true;
                        if self.inner.auth.renew(wire, key_id).await? {
                            continue;
                        }
                    }
                    let broken = prepared.body.as_ref().and_then(|body| body.payload.broken());
                    broken.unwrap_or(error).at(call.service, &prepared.shown).after(attempt)
                }
            };
            let spent = started.elapsed();
            let Some(wait) = pause(&error, repeatable, &self.inner.retry, attempt, spent, chance()) else {
                return Err(error);
            };
            tracing::debug!("{error}; next attempt in {} ms", wait.as_millis());
            tokio::select! {
                () = context.cancel.cancelled() => return Err(OciError::cancelled(&prepared.shown).after(attempt)),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn attempt(
        &self,
        wire: &Wire,
        call: &RestCall,
        prepared: &Prepared,
        form: Form,
        limit: Option<Duration>,
    ) -> Result<Got, Failed> {
        let signer = match prepared.service {
            Service::Direct => None,
            _ => Some(self.inner.auth.signer(wire).await?),
        };
        let id = request_id();
        let request = self.request(call, prepared, signer.as_deref(), &id)?;
        let limit = limit.unwrap_or(self.inner.read_limit);
        let mut answer =
            within(sending_limit(limit, prepared), &prepared.shown, wire.http.execute(request)).await?;
        let status = answer.status().as_u16();
        tracing::debug!("{} answered {status}", prepared.shown);
        if form == Form::Open && (200..300).contains(&status) {
            let (shown, cancel) = (prepared.shown.clone(), CancellationToken::new());
            return Ok(Got::Open(Opened { answer, limit, shown, cancel }));
        }
        let headers = AnswerHeaders::read(answer.headers());
        let all = answer.headers().clone();
        let promised = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let mut body = BytesMut::new();
        while let Some(chunk) = within(limit, &prepared.shown, answer.chunk()).await? {
            if promised.max(body.len() + chunk.len()) > MOST_WHOLE {
                return Err(too_long(&prepared.shown, promised).into());
            }
            body.extend_from_slice(&chunk);
        }
        let body = body.freeze();
        // A page that leads on to another one, such as a sign-in, has answered; nothing follows it.
        let leads_on = prepared.service == Service::Direct && (300..400).contains(&status);
        if (200..300).contains(&status)
            || leads_on
            || (status == 304 && prepared.headers.contains_key("if-none-match"))
        {
            return Ok(Got::Whole(Box::new(understand(prepared, status, headers, &all, body)?)));
        }
        let error = OciError::from(Refusal {
            service: prepared.service,
            request: &prepared.shown,
            status,
            body: &body,
            request_id: headers.request_id.or(Some(id)),
            date: headers.date,
            now: clock::now(),
            retry_after: headers.retry_after,
        });
        let refused = signer.filter(|_| status == 401).map(|s| s.key_id.clone());
        Err(Failed { error, refused })
    }

    fn request(
        &self,
        call: &RestCall,
        prepared: &Prepared,
        signer: Option<&Signer>,
        id: &str,
    ) -> Result<reqwest::Request, OciError> {
        let method = match prepared.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut headers = prepared.headers.clone();
        if let Some(signer) = signer {
            let date = http_date(clock::now());
            let body = prepared.body.as_ref().filter(|_| !stores_object(call));
            let authorization = signer.authorization(&ToSign {
                method: &prepared.method.as_str().to_ascii_lowercase(),
                target: &prepared.target,
                host: Some(&prepared.authority),
                date: &date,
                body: body.map(|body| SignedBody {
                    length: body.payload.in_memory().map_or(0, Bytes::len),
                    content_type: &body.content_type,
                    sha256: body.sha256.as_deref().unwrap_or_default(),
                }),
            })?;
            insert(&mut headers, "date", &date)?;
            insert(&mut headers, "opc-request-id", id)?;
            insert(
                &mut headers,
                "opc-client-retries",
                if self.inner.retry.attempts > 1 { "true" } else { "false" },
            )?;
            insert(&mut headers, "authorization", &authorization)?;
        }
        let mut request = reqwest::Request::new(method, prepared.url.clone());
        *request.headers_mut() = headers;
        if let Some(body) = &prepared.body {
            *request.body_mut() = Some(body.payload.body());
        }
        Ok(request)
    }
}

/// The most bytes of an answer that is read whole; what is longer is fetched as a file.
const MOST_WHOLE: usize = 32 * 1024 * 1024;

fn too_long(shown: &str, promised: usize) -> OciError {
    let length = if promised > 0 { format!("{promised} bytes") } else { "too many bytes".to_owned() };
    OciError::local(format!("the answer to {shown} has {length}, and is read whole only up to {MOST_WHOLE}"))
        .advise("look whether this is the object that was meant; `adbctl object get` fetches one of any size")
}

/// The outcome of a transfer, or a failure if nothing came for `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    shown: &str,
    work: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, OciError> {
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(|e| not_answered(shown, e)),
        Err(elapsed) => Err(OciError::unreachable(Sending::Lost, shown, &elapsed)
            .because(format!("nothing came for {}", clock::spoken(limit)))
            .advise("if it stays, check the network between here and the service")),
    }
}

/// How an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Whole,
    Open,
}

/// How it came.
#[derive(Debug)]
enum Got {
    Whole(Box<Answer>),
    Open(Opened),
}

/// A failed attempt; `refused` is the key id that got a 401.
struct Failed {
    error: OciError,
    refused: Option<String>,
}

impl From<OciError> for Failed {
    fn from(error: OciError) -> Self {
        Self { error, refused: None }
    }
}

/// The headers of an answer that have a meaning everywhere.
#[derive(Debug, Default)]
pub(super) struct AnswerHeaders {
    pub(super) request_id: Option<String>,
    pub(super) date: Option<Timestamp>,
    pub(super) retry_after: Option<u64>,
    etag: Option<String>,
    work_request: Option<String>,
    next_page: Option<String>,
}

impl AnswerHeaders {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            headers.get(name).and_then(|v| v.to_str().ok()).filter(|v| !v.is_empty()).map(str::to_owned)
        };
        let date = text("date").and_then(|d| httpdate::parse_http_date(&d).ok());
        let date = date.and_then(|d| Timestamp::try_from(d).ok());
        Self {
            request_id: text("opc-request-id"),
            date,
            retry_after: text("retry-after").and_then(|v| seconds(&v, date)),
            etag: text("etag"),
            work_request: text("opc-work-request-id"),
            next_page: text("opc-next-page"),
        }
    }
}

/// `Retry-After` is a number of seconds or a time.
fn seconds(value: &str, date: Option<Timestamp>) -> Option<u64> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(seconds);
    }
    let until = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
    let from = date.unwrap_or_else(clock::now);
    u64::try_from(until.as_second() - from.as_second()).ok()
}

fn understand(
    prepared: &Prepared,
    status: u16,
    headers: AnswerHeaders,
    all: &HeaderMap,
    body: Bytes,
) -> Result<Answer, OciError> {
    let json = all
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("application/json"));
    let (value, bytes) = if prepared.binary {
        (header_object(all), Some(body))
    } else if body.is_empty() {
        let object_storage = prepared.service == Service::ObjectStorage;
        (if object_storage { header_object(all) } else { Value::Null }, None)
    } else {
        match serde_json::from_slice(&body) {
            Ok(value) => (value, None),
            // A page of a database is text or bytes; a cloud service that promises JSON has to keep it.
            Err(_) if prepared.service == Service::Direct && !json => (header_object(all), Some(body)),
            Err(e) => {
                return Err(OciError::local(format!("the answer to {} is no JSON: {e}", prepared.shown))
                    .category(Category::Unknown)
                    .advise("check that the endpoint is the service and not a gateway's page"));
            }
        }
    };
    let reply = Reply {
        value,
        bytes,
        etag: headers.etag,
        request_id: headers.request_id,
        work_request: headers.work_request,
        retry_after: headers.retry_after,
        status,
    };
    Ok(Answer { reply, next_page: headers.next_page })
}

/// The answer's headers as an object: for answers that have nothing else to say.
fn header_object(headers: &HeaderMap) -> Value {
    let texts = headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), Value::String(value.to_str().ok()?.to_owned())))
    });
    Value::Object(texts.collect::<Map<_, _>>())
}

fn next_query(page: Option<String>, body: &Value) -> Option<(&'static str, String)> {
    let start = || body.get("nextStartWith").and_then(Value::as_str).map(|s| ("start", s.to_owned()));
    page.map(|page| ("page", page)).or_else(start)
}

fn append(whole: &mut Value, more: Value) {
    match (whole, more) {
        (Value::Array(items), Value::Array(further)) => items.extend(further),
        (Value::Object(whole), Value::Object(more)) => {
            for (key, value) in more {
                match (whole.get_mut(&key), value) {
                    (Some(Value::Array(items)), Value::Array(further)) => items.extend(further),
                    (None, value) => {
                        whole.insert(key, value);
                    }
                    (Some(_), _) => {}
                }
            }
        }
        _ => {}
    }
}

/// The time for sending a body and getting the first bytes of the answer: slow lines carry at least this many bytes a
/// second.
fn sending_limit(read_limit: Duration, prepared: &Prepared) -> Duration {
    const SLOWEST: u64 = 64 * 1024;
    let length = prepared.body.as_ref().map_or(0, |body| body.payload.length());
    read_limit + Duration::from_secs(length / SLOWEST)
}

/// A failure of the transport: whether the request can have arrived decides about repeats.
pub(super) fn not_answered(shown: &str, error: reqwest::Error) -> OciError {
    let sending = if error.is_connect() || error.is_builder() { Sending::NotSent } else { Sending::Lost };
    // The address may hold what the call hides; its path stands in `shown` where it may be seen.
    let error = error.without_url();
    if bad_certificate(&error) {
        return OciError::unreachable(sending, shown, &error).category(Category::Invalid).advise(
            "the far side's certificate is not trusted or is for another name: name its authority with a CA bundle, and keep \
             the service's host name (pin the address instead of writing it into the endpoint)",
        );
    }
    let advice = if error.is_connect() {
        "check the network, the proxy, and that the region's or endpoint's host can be reached from here"
    } else {
        "if it stays, check the network between here and the service"
    };
    OciError::unreachable(sending, shown, &error).advise(advice)
}

/// Whether the connection failed because of the far side's certificate, which no repeat mends.
fn bad_certificate(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(next) = cause {
        if next.to_string().contains("invalid peer certificate") {
            return true;
        }
        cause = next.source();
    }
    false
}

fn user_agent(context: &CallContext) -> String {
    let name = concat!("adbctl/", env!("CARGO_PKG_VERSION"));
    match (&context.run, &context.step) {
        (Some(run), Some(step)) => format!("{name} (run {run}; step {step})"),
        (Some(run), None) => format!("{name} (run {run})"),
        (None, Some(step)) => format!("{name} (step {step})"),
        (None, None) => name.to_owned(),
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
pub(crate) mod tests;
