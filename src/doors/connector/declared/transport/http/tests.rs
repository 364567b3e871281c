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
use crate::doors::connector::declared::spool::Sink;

fn transport() -> Client {
    let options = CallOptions { call_timeout: Duration::from_millis(400), ..CallOptions::default() };
    Client::new(&SystemName::from("test"), &options).unwrap()
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
    let error =
        transport().exchange_by(&request(Method::Post, &closed, Body::Empty), None, 10, None).await.unwrap_err();
    assert!(matches!(error, TransportError::NeverSent { .. }), "{error:?}");
    assert!(!error.to_string().contains("SECRET"), "{error}");

    let plain = raw(b"HTTP/1.1 200 OK\r\n\r\n").await.replace("http:", "https:");
    let error = transport().exchange_by(&request(Method::Post, &plain, Body::Empty), None, 10, None).await.unwrap_err();
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
        let error =
            transport().exchange_by(&request(Method::Post, &url, Body::Empty), None, 99, None).await.unwrap_err();
        assert!(matches!(error, TransportError::Lost { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_silent_server_is_lost_when_the_budget_ends() {
    let base = serve(Router::new().route("/", post(std::future::pending::<()>))).await;
    let error = transport().exchange_by(&request(Method::Post, &base, Body::Empty), None, 10, None).await.unwrap_err();
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
    let error = transport().exchange_by(&request(Method::Get, &url, Body::Empty), None, 5000, None).await.unwrap_err();
    assert_eq!(error, TransportError::TooLarge { limit: 5000 });
    let url = format!("{base}/away");
    let answer = transport().exchange_by(&request(Method::Get, &url, Body::Empty), None, 5000, None).await.unwrap();
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
    let answer = transport().exchange_by(&raw, file, 1000, None).await.unwrap();
    assert_eq!(String::from_utf8(answer.body).unwrap(), "100000 100000");
    let parts = vec![
        Part::Text { name: "a".into(), text: "xyz".into() },
        Part::File { name: "f".into(), file_name: "đơn.pdf".into(), media_type: "application/pdf".into() },
    ];
    let form = request(Method::Post, &format!("{base}/form"), Body::Multipart(parts));
    let answer = transport().exchange_by(&form, file, 1000, None).await.unwrap();
    assert_eq!(String::from_utf8(answer.body).unwrap(), "None 3;Some(\"đơn.pdf\") 100000;");
    let error = transport().exchange_by(&raw, None, 1000, None).await.unwrap_err();
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
