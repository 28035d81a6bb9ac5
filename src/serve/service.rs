//! From hyper's request to the handler's answer: what is refused before the routes see it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use crate::config::Limits;
use crate::serve::Counter;
use crate::serve::activity::Activity;
use crate::serve::handler::{Body, Client, ClientKind, Request, Response};
use crate::serve::shared::{Rules, Shared};
use crate::serve::stream::Outgoing;

/// The service of one connection.
pub(super) struct Service {
    client: Client,
    rules: Rc<Rules>,
    activity: Rc<Activity>,
    shared: Rc<Shared>,
}

impl Service {
    pub(super) fn new(client: Client, shared: Rc<Shared>) -> Self {
        Self { client, rules: shared.rules(), activity: Rc::new(Activity::new()), shared }
    }

    pub(super) fn activity(&self) -> &Rc<Activity> {
        &self.activity
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.rules.limits
    }

    fn answer(&self, head: &Parts, has_body: bool) -> Response {
        self.shared.counters.add(Counter::Requests);
        if let ClientKind::Tcp(address) = self.client.kind {
            if let Err(wait) = self.shared.request(address.ip(), self.rules.limits.requests_per_second) {
                self.shared.counters.add(Counter::TooManyRequests);
                return too_many(wait);
            }
            if let Err(fault) = self.rules.hosts.check(head) {
                self.shared.counters.add(fault.counter());
                return fault.response();
            }
        }
        // Nothing here takes a body; on other methods than these the routes refuse the method.
        if has_body && matches!(head.method, Method::GET | Method::HEAD) {
            self.shared.counters.add(Counter::BodyRefused);
            return Response::sentence(StatusCode::PAYLOAD_TOO_LARGE, "GET and HEAD requests take no body.");
        }
        self.shared.handler.handle(&Request {
            method: &head.method,
            path: head.uri.path(),
            query: head.uri.query(),
            headers: &head.headers,
            client: self.client,
        })
    }

    /// A stream takes one of the places for streams, or is refused.
    fn admit(&self, response: Response) -> (Response, Option<StreamPlace>) {
        if matches!(response.body, Body::Bytes(_)) {
            return (response, None);
        }
        match StreamPlace::take(&self.shared, self.rules.limits.stream_clients) {
            Some(place) => (response, Some(place)),
            None => {
                self.shared.counters.add(Counter::StreamsFull);
                let full = Response::sentence(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "All places for streams are taken; try again later.",
                );
                (full.with(RETRY_AFTER, HeaderValue::from_static("5")), None)
            }
        }
    }
}

impl hyper::service::Service<hyper::Request<Incoming>> for Service {
    type Response = hyper::Response<Outgoing>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        self.activity.answering();
        let (head, body) = request.into_parts();
        let has_body = !body.is_end_stream();
        if has_body {
            self.activity.leave_unread();
        }
        let response = self.answer(&head, has_body);
        let (response, place) = self.admit(response);
        self.shared.counters.add(class_of(response.status));
        let body = Outgoing::new(response.body, Rc::clone(&self.activity), place);
        let mut answer = hyper::Response::new(body);
        *answer.status_mut() = response.status;
        *answer.headers_mut() = response.headers;
        if has_body {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        ready(Ok(answer))
    }
}

/// What a status is counted as; nothing here answers with 1xx.
fn class_of(status: StatusCode) -> Counter {
    match status.as_u16() {
        ..300 => Counter::Answered2xx,
        300..400 => Counter::Answered3xx,
        400..500 => Counter::Answered4xx,
        500.. => Counter::Answered5xx,
    }
}

fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Response::sentence(StatusCode::TOO_MANY_REQUESTS, "Too many requests from this address; ask less often.")
        .with(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
}

/// One of the places for streams, given back when the stream ends.
pub(super) struct StreamPlace {
    shared: Rc<Shared>,
}

impl StreamPlace {
    fn take(shared: &Rc<Shared>, at_most: u32) -> Option<Self> {
        let taken = shared.streams.get();
        (taken < at_most).then(|| {
            shared.streams.set(taken + 1);
            Self { shared: Rc::clone(shared) }
        })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        self.shared.streams.set(self.shared.streams.get().saturating_sub(1));
    }
}

impl Shared {
    /// Takes one request out of the bucket of `address`.
    fn request(&self, address: IpAddr, per_second: u32) -> Result<(), Duration> {
        self.clients.borrow_mut().request(address, per_second, Instant::now())
    }
}
