//! Moves one request out and one answer in: limits, deadlines, and what a broken exchange means for a write.
//!
//! Knows nothing of mappings. Redirects are not followed (an answer from elsewhere is no answer), requests are never
//! repeated here, and no message holds an address's query, a header's value or a body.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use thiserror::Error;
use tokio_util::io::ReaderStream;

use super::HttpOptions;
use super::gate::Gate;
use crate::pure::exchange::{Answer, Body, Part, Request};
use crate::pure::mapping::calls::Method;
use crate::words::clock::Deadline;
use crate::words::limits;
use crate::words::outcome::Failure;
use crate::words::side::SystemName;

/// How an exchange broke.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum TransportError {
    /// Nothing left this machine: surely not applied.
    #[error("{says}")]
    NeverSent {
        /// What was seen.
        says: String,
    },
    /// It was sent, at least in part, and no whole answer came back.
    #[error("{says}")]
    Lost {
        /// What was seen.
        says: String,
    },
    /// An answer came that is not read to its end because it is too large.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// Our own disk refused.
    #[error("the spool: {says}")]
    Spool {
        /// What was seen.
        says: String,
    },
}

impl TransportError {
    /// What it means for a read.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::NeverSent { says } | Self::Lost { says } => Failure::Unreachable { says },
            Self::TooLarge { .. } | Self::Spool { .. } => Failure::BadAnswer { says: self.to_string() },
        }
    }
}

/// The one HTTP client of a system.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    gate: Gate,
    call_timeout: Duration,
    file_timeout: Duration,
}

impl Transport {
    pub(super) fn new(system: &SystemName, options: &HttpOptions) -> Result<Self, reqwest::Error> {
        // Installed once a process; a second installation is refused and changes nothing.
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::trace!(%system, "the TLS provider is installed already");
        }
        let client = Client::builder()
            .user_agent(&options.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle_timeout)
            .build()?;
        Ok(Self {
            client,
            gate: Gate::new(options.per_second, options.concurrency),
            call_timeout: options.call_timeout,
            file_timeout: options.file_timeout,
        })
    }

    /// Sends a request and reads its whole answer, up to `limit` bytes. `file` is what [`Body::File`] stands for.
    pub(super) async fn exchange(
        &self,
        request: &Request,
        file: Option<(&Path, u64)>,
        limit: usize,
    ) -> Result<Answer, TransportError> {
        self.exchange_by(request, file, limit, None).await
    }

    /// The same, unless a moment has passed when its turn comes: then nothing is sent.
    pub(super) async fn exchange_by(
        &self,
        request: &Request,
        file: Option<(&Path, u64)>,
        limit: usize,
        begin_by: Option<Deadline>,
    ) -> Result<Answer, TransportError> {
        let _pass = self.gate.enter().await;
        if begin_by.is_some_and(|deadline| deadline.has_passed()) {
            return Err(TransportError::NeverSent { says: "the claim grew too old to send".to_owned() });
        }
        let budget = if file.is_some() { self.file_timeout } else { self.call_timeout };
        let prepared = self.prepare(request, file).await?;
        within(budget, async {
            let response = prepared.send().await.map_err(broken)?;
            let (status, headers) = head(&response);
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
    /// memory like those of [`Self::exchange`], and nothing is written.
    pub(super) async fn stream_into(
        &self,
        request: &Request,
        sink: &mut super::spool::Sink,
        limit: u64,
    ) -> Result<Answer, TransportError> {
        let _pass = self.gate.enter().await;
        let prepared = self.prepare(request, None).await?;
        within(self.file_timeout, async {
            let response = prepared.send().await.map_err(broken)?;
            let (status, headers) = head(&response);
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

fn head(response: &Response) -> (u16, Vec<(String, String)>) {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    (response.status().as_u16(), headers)
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
mod tests {
    use axum::Router;
    use axum::body::Body as AxumBody;
    use axum::extract::Multipart;
    use axum::http::HeaderMap as AxumHeaders;
    use axum::response::Redirect;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use url::Url;

    use super::*;
    use crate::doors::connector::http::spool::Sink;

    fn transport() -> Transport {
        let options = HttpOptions { call_timeout: Duration::from_millis(400), ..HttpOptions::default() };
        Transport::new(&SystemName::from("test"), &options).unwrap()
    }

    fn request(method: Method, url: &str, body: Body) -> Request {
        Request { method, url: Url::parse(url).unwrap(), headers: vec![], body }
    }

    async fn serve(router: Router) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        base
    }

    /// A server that reads a request and then answers with these bytes and hangs up.
    async fn raw(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let read = socket.read(&mut buffer).await.unwrap();
                assert!(read > 0);
                socket.write_all(answer).await.unwrap();
            }
        });
        base
    }

    #[tokio::test]
    async fn only_a_failed_connect_is_never_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = format!("http://{}/secret?key=SECRET", listener.local_addr().unwrap());
        drop(listener);
        let error = transport().exchange(&request(Method::Post, &closed, Body::Empty), None, 10).await.unwrap_err();
        assert!(matches!(error, TransportError::NeverSent { .. }), "{error:?}");
        assert!(!error.to_string().contains("SECRET"), "{error}");

        let plain = raw(b"HTTP/1.1 200 OK\r\n\r\n").await.replace("http:", "https:");
        let error = transport().exchange(&request(Method::Post, &plain, Body::Empty), None, 10).await.unwrap_err();
        assert!(matches!(error, TransportError::NeverSent { .. }), "a failed handshake: {error:?}");

        let cut: &[&[u8]] = &[
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\"",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
            b"gibberish\r\n\r\n",
        ];
        for answer in cut {
            let url = raw(answer).await;
            let error = transport().exchange(&request(Method::Post, &url, Body::Empty), None, 99).await.unwrap_err();
            assert!(matches!(error, TransportError::Lost { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_silent_server_is_lost_when_the_budget_ends() {
        let base = serve(Router::new().route("/", post(std::future::pending::<()>))).await;
        let error = transport().exchange(&request(Method::Post, &base, Body::Empty), None, 10).await.unwrap_err();
        assert!(matches!(error, TransportError::Lost { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_and_a_redirect_is_an_answer() {
        let endless = || async {
            AxumBody::from_stream(futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1000])))
        };
        let router = Router::new()
            .route("/endless", get(endless))
            .route("/away", get(|| async { Redirect::temporary("http://127.0.0.1:1/") }));
        let base = serve(router).await;
        let url = format!("{base}/endless");
        let error = transport().exchange(&request(Method::Get, &url, Body::Empty), None, 5000).await.unwrap_err();
        assert_eq!(error, TransportError::TooLarge { limit: 5000 });
        let url = format!("{base}/away");
        let answer = transport().exchange(&request(Method::Get, &url, Body::Empty), None, 5000).await.unwrap();
        assert_eq!(answer.status, 307);
    }

    #[tokio::test]
    async fn files_are_streamed_with_their_length_alone_and_in_forms() {
        let spool = tempfile::tempdir().unwrap();
        let mut sink = Sink::begin(spool.path()).await.unwrap();
        sink.write(&vec![7; 100_000]).await.unwrap();
        let kept = sink.keep(spool.path()).await.unwrap();
        let router = Router::new()
            .route(
                "/raw",
                post(|headers: AxumHeaders, body: bytes::Bytes| async move {
                    format!("{} {}", headers["content-length"].to_str().unwrap(), body.len())
                }),
            )
            .route(
                "/form",
                post(|mut form: Multipart| async move {
                    let mut seen = String::new();
                    while let Some(field) = form.next_field().await.unwrap() {
                        let name = field.file_name().map(str::to_owned);
                        let length = field.bytes().await.unwrap().len();
                        seen.push_str(&format!("{name:?} {length};"));
                    }
                    seen
                }),
            );
        let base = serve(router).await;
        let file = Some((kept.path.as_path(), kept.size));
        let raw = request(Method::Post, &format!("{base}/raw"), Body::File);
        let answer = transport().exchange(&raw, file, 1000).await.unwrap();
        assert_eq!(String::from_utf8(answer.body).unwrap(), "100000 100000");
        let parts = vec![
            Part::Text { name: "a".into(), text: "xyz".into() },
            Part::File { name: "f".into(), file_name: "đơn.pdf".into(), media_type: "application/pdf".into() },
        ];
        let form = request(Method::Post, &format!("{base}/form"), Body::Multipart(parts));
        let answer = transport().exchange(&form, file, 1000).await.unwrap();
        assert_eq!(String::from_utf8(answer.body).unwrap(), "None 3;Some(\"đơn.pdf\") 100000;");
        let error = transport().exchange(&raw, None, 1000).await.unwrap_err();
        assert!(matches!(error, TransportError::NeverSent { .. }));
    }

    #[tokio::test]
    async fn a_download_goes_to_the_spool_and_an_error_page_does_not() {
        let spool = tempfile::tempdir().unwrap();
        let router = Router::new().route("/file", get(|| async { vec![1_u8; 5000] }));
        let base = serve(router).await;
        let mut sink = Sink::begin(spool.path()).await.unwrap();
        let url = format!("{base}/file");
        let answer = transport().stream_into(&request(Method::Get, &url, Body::Empty), &mut sink, 5000).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(sink.keep(spool.path()).await.unwrap().size, 5000);
        let mut sink = Sink::begin(spool.path()).await.unwrap();
        let over = transport().stream_into(&request(Method::Get, &url, Body::Empty), &mut sink, 4999).await;
        assert_eq!(over.unwrap_err(), TransportError::TooLarge { limit: 4999 });
        let mut sink = Sink::begin(spool.path()).await.unwrap();
        let url = format!("{base}/nothing");
        let answer = transport().stream_into(&request(Method::Get, &url, Body::Empty), &mut sink, 10).await.unwrap();
        assert_eq!(answer.status, 404);
        assert_eq!(sink.keep(spool.path()).await.unwrap().size, 0);
    }
}
