//! Moves one request out and one answer in: limits, deadlines, and what a broken exchange means for a write.
//!
//! Knows nothing of mappings. Redirects are not followed (an answer from elsewhere is no answer), requests are never
//! repeated here, and no message holds an address's query, a header's value or a body.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity, Response, StatusCode};
use tokio_util::io::ReaderStream;

use super::TransportError;
use super::gate::Gate;
use crate::doors::connector::declared::CallOptions;
use crate::doors::connector::declared::spool::Sink;
use crate::pure::exchange::{Answer, Body, Part, Request};
use crate::pure::mapping::calls::Method;
use crate::words::clock::Deadline;
use crate::words::limits;
use crate::words::side::SystemName;
use crate::words::way::Way;

/// The one HTTP client of a system.
#[derive(Debug)]
pub(in super::super) struct Client {
    client: reqwest::Client,
    gate: Gate,
    call_timeout: Duration,
    file_timeout: Duration,
    /// Whether a forward proxy stands before the system.
    is_proxied: bool,
}

impl Client {
    pub(super) fn new(system: &SystemName, options: &CallOptions) -> Result<Self, reqwest::Error> {
        // Installed once a process; a second installation is refused and changes nothing.
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::trace!(%system, "the TLS provider is installed already");
        }
        let client = reqwest::Client::builder()
            .user_agent(&options.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle_timeout);
        Ok(Self {
            client: on_its_way(client, &options.way)?.build()?,
            is_proxied: options.way.proxy.is_some(),
            gate: Gate::new(options.per_second, options.concurrency),
            call_timeout: options.call_timeout,
            file_timeout: options.file_timeout,
        })
    }

    /// Sends a request and reads its whole answer, up to `limit` bytes. `file` is what [`Body::File`] stands for. Where a
    /// moment has passed when its turn comes, nothing is sent.
    pub(super) async fn exchange_by(
        &self,
        request: &Request,
        file: Option<(&Path, u64)>,
        limit: usize,
        begin_by: Option<Deadline>,
    ) -> Result<Answer, TransportError> {
        let _pass = self.gate.enter().await;
        if begin_by.is_some_and(|deadline| deadline.has_passed()) {
            return Err(TransportError::too_old());
        }
        let budget = if file.is_some() { self.file_timeout } else { self.call_timeout };
        let prepared = self.prepare(request, file).await?;
        within(budget, async {
            let response = prepared.send().await.map_err(broken)?;
            let (status, headers) = self.head(&response)?;
            let mut body = Vec::new();
            let mut chunks = response.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(lost)?;
                if body.len() + chunk.len() > limit {
                    return Err(TransportError::TooLarge { limit: limit as u64 });
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer { status, headers, body })
        })
        .await
    }

    /// Sends a request and streams a 2xx answer's body into `sink`, up to `limit` bytes. Other answers are read into
    /// memory like those of [`Self::exchange_by`], and nothing is written.
    pub(super) async fn stream_into(
        &self,
        request: &Request,
        sink: &mut Sink,
        limit: u64,
    ) -> Result<Answer, TransportError> {
        let _pass = self.gate.enter().await;
        let prepared = self.prepare(request, None).await?;
        within(self.file_timeout, async {
            let response = prepared.send().await.map_err(broken)?;
            let (status, headers) = self.head(&response)?;
            let is_file = (200..300).contains(&status);
            let limit = if is_file { limit } else { limits::MAX_ANSWER_BYTES as u64 };
            let mut body = Vec::new();
            let mut length = 0_u64;
            let mut chunks = response.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(lost)?;
                length += chunk.len() as u64;
                if length > limit {
                    return Err(TransportError::TooLarge { limit });
                }
                if is_file {
                    sink.write(&chunk).await.map_err(spool)?;
                } else {
                    body.extend_from_slice(&chunk);
                }
            }
            Ok(Answer { status, headers, body })
        })
        .await
    }

    /// Status and headers of an answer. What the proxy wants of us is no answer of the system, which was never asked.
    fn head(&self, response: &Response) -> Result<(u16, Vec<(String, String)>), TransportError> {
        let status = response.status();
        if self.is_proxied && status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(TransportError::NeverSent { says: "the proxy does not take our login".to_owned() });
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        Ok((status.as_u16(), headers))
    }

    async fn prepare(
        &self,
        request: &Request,
        file: Option<(&Path, u64)>,
    ) -> Result<reqwest::RequestBuilder, TransportError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let unsendable = || TransportError::NeverSent { says: format!("the header `{name}` can't be sent") };
            let key = HeaderName::try_from(name.as_str()).map_err(|_| unsendable())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| unsendable())?;
            value.set_sensitive(true);
            headers.append(key, value);
        }
        let builder = self.client.request(method, request.url.clone());
        let builder = match &request.body {
            Body::Empty => builder,
            Body::Bytes(bytes) => builder.body(bytes.clone()),
            Body::File => {
                let (path, size) = file.ok_or_else(no_file)?;
                headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
                builder.body(stream(path).await?)
            }
            Body::Multipart(parts) => {
                let mut form = reqwest::multipart::Form::new();
                for part in parts {
                    form = match part {
                        Part::Text { name, text } => form.text(name.clone(), text.clone()),
                        Part::File { name, file_name, media_type } => {
                            let (path, size) = file.ok_or_else(no_file)?;
                            let part = reqwest::multipart::Part::stream_with_length(stream(path).await?, size)
                                .file_name(file_name.clone())
                                .mime_str(media_type)
                                .map_err(|_| TransportError::NeverSent { says: "no media type".to_owned() })?;
                            form.part(name.clone(), part)
                        }
                    };
                }
                builder.multipart(form)
            }
        };
        Ok(builder.headers(headers))
    }
}

/// Trust, identity and proxy. The environment of the process names no proxy here: the config does.
fn on_its_way(client: ClientBuilder, way: &Way) -> Result<ClientBuilder, reqwest::Error> {
    let mut client = client.no_proxy();
    if !way.authorities.is_empty() {
        let authorities = way.authorities.iter().map(|certificate| Certificate::from_der(certificate));
        client = client.tls_certs_only(authorities.collect::<Result<Vec<_>, _>>()?);
    }
    if let Some(identity) = &way.identity {
        client = client.identity(Identity::from_pem(identity.reveal().as_bytes())?);
    }
    if let Some(proxy) = &way.proxy {
        let mut through = reqwest::Proxy::all(&proxy.url)?;
        if let Some((user, password)) = &proxy.login {
            through = through.basic_auth(user, password.reveal());
        }
        client = client.proxy(through);
    }
    Ok(client)
}

fn no_file() -> TransportError {
    TransportError::NeverSent { says: "the call sends a file, but the write has none".to_owned() }
}

async fn stream(path: &Path) -> Result<reqwest::Body, TransportError> {
    let file = tokio::fs::File::open(path).await;
    let file = file.map_err(|error| TransportError::NeverSent { says: format!("the spooled file: {error}") })?;
    Ok(reqwest::Body::wrap_stream(ReaderStream::new(file)))
}

async fn within<T>(
    budget: Duration,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    match tokio::time::timeout(budget, work).await {
        Ok(result) => result,
        Err(_) => Err(TransportError::Lost { says: format!("no whole answer within {} s", budget.as_secs_f32()) }),
    }
}

/// Only a connection that never came to be is surely nothing sent.
fn broken(error: reqwest::Error) -> TransportError {
    if error.is_connect() || error.is_builder() {
        TransportError::NeverSent { says: words(error) }
    } else {
        lost(error)
    }
}

fn lost(error: reqwest::Error) -> TransportError {
    TransportError::Lost { says: words(error) }
}

#[expect(clippy::needless_pass_by_value, reason = "called by map_err")]
fn spool(error: std::io::Error) -> TransportError {
    TransportError::Spool { says: error.to_string() }
}

/// The error with its causes, without the address: its query may hold a secret.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut says = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let inner_says = inner.to_string();
        if !says.contains(&inner_says) {
            says.push_str(": ");
            says.push_str(&inner_says);
        }
        cause = inner.source();
    }
    says.chars().take(limits::MAX_SAYS_CHARS).collect()
}

#[cfg(test)]
mod tests;
