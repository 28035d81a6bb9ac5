//! The seam to the routes: a request in, a response out.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use std::net::SocketAddr;

use crate::serve::stream::StreamSource;

/// Answers requests. Called on the serving thread: an answer must not block, because everybody waits for it.
pub trait Handler {
    /// The answer to one request. HEAD is to be answered like GET: the body is cut off below.
    fn handle(&self, request: &Request<'_>) -> Response;
}

/// How a client came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// Through the Unix socket: a local user whom the file's mode let in.
    Unix,
    /// Over TCP from this address.
    Tcp(SocketAddr),
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// How the client came in.
    pub kind: ClientKind,
    /// Whether the client may see values at full rate and those meant for the administrator.
    pub full_rate: bool,
}

/// One request. It never has a body.
#[derive(Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, still percent-encoded, beginning with a slash (`*` for `OPTIONS *`).
    pub path: &'a str,
    /// What follows the question mark, still encoded; see [`Query`](crate::serve::Query).
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Who asks.
    pub client: Client,
}

/// What is sent after the head.
pub enum Body {
    /// All of it; sent with its length.
    Bytes(Bytes),
    /// Pieces pulled from a source while the client reads; sent chunked.
    Stream(Box<dyn StreamSource>),
}

/// The answer to a request.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers; length and date are added below.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

impl Response {
    /// An answer with a whole body, not to be guessed at by browsers (`nosniff`).
    pub fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::new(status, content_type, Body::Bytes(body.into()))
    }

    /// A plain sentence for a person; the line end is added.
    pub fn sentence(status: StatusCode, sentence: &str) -> Self {
        let mut text = String::with_capacity(sentence.len() + 1);
        text.push_str(sentence);
        text.push('\n');
        Self::bytes(status, "text/plain; charset=utf-8", text)
    }

    /// An answer whose body is pulled from `source` while the client reads; not to be stored by caches.
    pub fn stream(content_type: &'static str, source: Box<dyn StreamSource>) -> Self {
        Self::new(StatusCode::OK, content_type, Body::Stream(source))
            .with(hyper::header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }

    fn new(status: StatusCode, content_type: &'static str, body: Body) -> Self {
        Self { status, headers: HeaderMap::with_capacity(8), body }
            .with(CONTENT_TYPE, HeaderValue::from_static(content_type))
            .with(hyper::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
    }

    /// Adds a header, replacing one of the same name.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds what a page for a browser needs so that nothing foreign runs in it or around it: `policy` as its
    /// `Content-Security-Policy`, no frames, no referrer, no use by other sites.
    #[must_use]
    pub fn with_page_security(self, policy: &'static str) -> Self {
        self.with(hyper::header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))
            .with(hyper::header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
            .with(hyper::header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
            .with(
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            )
    }
}
