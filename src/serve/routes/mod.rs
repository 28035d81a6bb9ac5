//! The routes: what is answered, to whom, in which form.
//!
//! ```text
//! Request ─► ROUTES ─► method, form (Accept), parameters ─► Desk (everyone | owner) ─► encoder ─► Response
//! ```
//!
//! To add one: a row in `ROUTES` and a function `fn(&Routes, &Request) -> Response` in a file of its own.
//! Every route answers at once from what the lanes have published: nothing here reads a device.

mod accept;
mod bodies;
mod created;
mod desk;
mod health;
mod history;
mod pacing;
mod page;
mod points;
mod rings;
mod selector;
mod status;
mod stream;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};

use super::{Client, Handler, QueryError, Request, Response};
use crate::view::{Unsettled, View};
use bodies::Bodies;
use desk::{Desk, Rates};

pub use status::{Facts, Note};

/// One path and what answers it.
struct Route {
    path: &'static str,
    answer: fn(&Routes, &Request<'_>) -> Result<Response, Refusal>,
}

/// Every path there is, in the order of the documentation.
const ROUTES: &[Route] = &[
    Route { path: "/", answer: page::answer },
    Route { path: "/metrics", answer: points::metrics },
    Route { path: "/v1/snapshot", answer: points::snapshot },
    Route { path: "/v1/schema", answer: points::schema },
    Route { path: "/v1/history", answer: history::answer },
    Route { path: "/v1/stream", answer: stream::answer },
    Route { path: "/v1/status", answer: status::answer },
    Route { path: "/healthz", answer: health::healthz },
    Route { path: "/readyz", answer: health::readyz },
];

/// Answers requests from a view of the machine.
pub struct Routes {
    everyone: Window,
    owner: Window,
    rates: Arc<Rates>,
    view: Arc<View>,
    facts: Arc<Facts>,
    bodies: Bodies,
}

/// One audience's desk. Only the serving thread uses it, so it is free whenever it is asked for.
#[derive(Clone)]
struct Window {
    desk: Arc<Mutex<Desk>>,
    energy: Arc<EnergyRefresh>,
}

impl Window {
    fn onto(desk: Desk, energy: Arc<EnergyRefresh>) -> Self {
        Self { desk: Arc::new(Mutex::new(desk)), energy }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.set_refresh_hz(self.energy.get());
        desk
    }
}

/// How often unauthenticated clients see side channels refreshed; the configuration may change it while serving.
#[derive(Debug)]
pub struct EnergyRefresh(AtomicU32);

impl EnergyRefresh {
    /// At most `hz` times a second.
    #[must_use]
    pub fn new(hz: u32) -> Arc<Self> {
        Arc::new(Self(AtomicU32::new(hz)))
    }

    /// At most `hz` times a second from now on.
    pub fn set(&self, hz: u32) {
        // Relaxed suffices: the number stands for itself.
        self.0.store(hz, Ordering::Relaxed);
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why a request has no answer of its own.
enum Refusal {
    /// A parameter is wrong; the sentence says which and what would be right.
    Parameter(String),
    /// None of the forms on offer is accepted; the sentence lists them.
    NotAcceptable(&'static str),
    /// The lanes were publishing at every try.
    Unsettled(Unsettled),
}

impl From<Unsettled> for Refusal {
    fn from(unsettled: Unsettled) -> Self {
        Self::Unsettled(unsettled)
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        Self::Parameter(error.to_string())
    }
}

impl Refusal {
    fn response(self) -> Response {
        match self {
            Self::Parameter(sentence) => Response::sentence(StatusCode::BAD_REQUEST, &sentence),
            Self::NotAcceptable(offers) => {
                let sentence = format!("this is served as {offers}; ask for one of them in Accept");
                Response::sentence(StatusCode::NOT_ACCEPTABLE, &sentence)
            }
            Self::Unsettled(unsettled) => {
                Response::sentence(StatusCode::SERVICE_UNAVAILABLE, &unsettled.to_string())
                    .with(RETRY_AFTER, HeaderValue::from_static("1"))
            }
        }
    }
}

impl Routes {
    /// Routes over `view`; `facts` is what the status says beyond it.
    #[must_use]
    pub fn new(view: &Arc<View>, facts: Arc<Facts>, energy: Arc<EnergyRefresh>) -> Self {
        Self {
            everyone: Window::onto(Desk::everyone(view, energy.get()), Arc::clone(&energy)),
            owner: Window::onto(Desk::owner(view), energy),
            rates: Rates::new(view),
            view: Arc::clone(view),
            facts,
            bodies: Bodies::default(),
        }
    }

    /// What this client may see of the machine.
    fn window(&self, client: Client) -> &Window {
        if client.full_rate { &self.owner } else { &self.everyone }
    }

    fn desk(&self, client: Client) -> MutexGuard<'_, Desk> {
        self.window(client).desk()
    }
}

impl Handler for Routes {
    fn handle(&self, request: &Request<'_>) -> Response {
        let Some(route) = ROUTES.iter().find(|route| route.path == request.path) else {
            let paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
            let sentence = format!("there is no {} here; there is {}", request.path, paths.join(", "));
            return Response::sentence(StatusCode::NOT_FOUND, &sentence);
        };
        if !matches!(*request.method, Method::GET | Method::HEAD) {
            let sentence = format!("{} can only be read: use GET or HEAD", route.path);
            return Response::sentence(StatusCode::METHOD_NOT_ALLOWED, &sentence)
                .with(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        (route.answer)(self, request).unwrap_or_else(Refusal::response)
    }
}
