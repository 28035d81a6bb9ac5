//! Whether Hearth works: `/healthz` for who would restart it, `/readyz` for who would send it clients.

use hyper::StatusCode;

use super::{Refusal, Routes};
use crate::serve::{Query, Request, Response};

/// A steady lane whose newest tick is older than this is stuck: it ticks ten times a second at least.
const STUCK_NS: u64 = 5_000_000_000;

/// `/healthz`: 200 while the steady lane ticks, 503 with the reason when it does not.
pub(super) fn healthz(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    let newest_ns = routes.desk(request.client).snapshot()?.monotonic_ns;
    let age_ns = routes.facts.now_ns().saturating_sub(newest_ns);
    Ok(if age_ns <= STUCK_NS {
        Response::sentence(StatusCode::OK, "ok")
    } else {
        let sentence = format!("the sampling lane has not ticked for {} s", age_ns / 1_000_000_000);
        Response::sentence(StatusCode::SERVICE_UNAVAILABLE, &sentence)
    })
}

/// `/readyz`: 200 once the steady lane has published its first values.
pub(super) fn readyz(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    let mut desk = routes.desk(request.client);
    let snapshot = desk.snapshot()?;
    let seen = snapshot.schema.series().any(|(index, _)| snapshot.reading(index).is_ok());
    Ok(if seen {
        Response::sentence(StatusCode::OK, "ready")
    } else {
        Response::sentence(StatusCode::SERVICE_UNAVAILABLE, "no sensor has been read yet")
    })
}
