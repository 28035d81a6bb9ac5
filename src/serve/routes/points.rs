//! The state of the machine at one point in time: `/metrics`, `/v1/snapshot`, `/v1/schema`.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue, VARY};

use super::accept::{Offer, choose};
use super::{Refusal, Routes};
use crate::encode::exposition::Format;
use crate::encode::{json, wire};
use crate::serve::{Query, Request, Response};

/// The media type of postcard messages.
pub(super) const POSTCARD: &str = wire::MEDIA_TYPE;

/// Room for the exposition of an ordinary machine, so that a body grows at most once or twice.
const TEXT_BYTES: usize = 80 * 1024;

#[derive(Clone, Copy)]
enum Form {
    Postcard,
    Json,
}

const FORMS: [Offer<Form>; 2] =
    [Offer { media: POSTCARD, form: Form::Postcard }, Offer { media: "application/json", form: Form::Json }];
const FORM_NAMES: &str = "application/vnd.hearth.postcard or application/json";

/// `/metrics`: the whole exposition, OpenMetrics for those who ask for it, text 0.0.4 for all others.
pub(super) fn metrics(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    let offers = [
        Offer { media: "text/plain", form: Format::Text },
        Offer { media: "application/openmetrics-text", form: Format::OpenMetrics },
    ];
    let format = choose(request.headers, &offers)
        .ok_or(Refusal::NotAcceptable("text/plain or application/openmetrics-text"))?;
    let mut body = routes.bodies.take(TEXT_BYTES);
    routes.desk(request.client).text(format, &mut body)?;
    Ok(fresh(format.content_type(), routes.bodies.send(body)))
}

/// `/v1/snapshot`: every series' value.
pub(super) fn snapshot(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    let form = choose(request.headers, &FORMS).ok_or(Refusal::NotAcceptable(FORM_NAMES))?;
    let mut desk = routes.desk(request.client);
    let snapshot = desk.snapshot()?;
    let mut body = routes.bodies.take(0);
    match form {
        Form::Json => json::snapshot(snapshot, &mut body),
        Form::Postcard => {
            if let Err(error) = wire::Encoder::default().snapshot(snapshot, &mut body) {
                return Ok(unencoded(&error));
            }
        }
    }
    Ok(fresh(content_type(form), routes.bodies.send(body)))
}

/// `/v1/schema`: what the series mean.
pub(super) fn schema(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    Query::parse(request.query, &[])?;
    let form = choose(request.headers, &FORMS).ok_or(Refusal::NotAcceptable(FORM_NAMES))?;
    let mut desk = routes.desk(request.client);
    let schema = &desk.snapshot()?.schema;
    let mut body = routes.bodies.take(0);
    match form {
        Form::Json => json::schema(schema, &mut body),
        Form::Postcard => {
            if let Err(error) = wire::Encoder::default().schema(schema, &mut body) {
                return Ok(unencoded(&error));
            }
        }
    }
    Ok(fresh(content_type(form), routes.bodies.send(body)))
}

fn content_type(form: Form) -> &'static str {
    match form {
        Form::Postcard => POSTCARD,
        Form::Json => "application/json",
    }
}

/// A body that is true now and not to be kept.
fn fresh(content_type: &'static str, body: Bytes) -> Response {
    Response::bytes(StatusCode::OK, content_type, body)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with(VARY, HeaderValue::from_static("accept"))
}

/// The encoder refused what this program itself made: a fault of the program, said as such.
fn unencoded(error: &wire::EncodeError) -> Response {
    tracing::error!("a message could not be encoded: {error}");
    Response::sentence(StatusCode::INTERNAL_SERVER_ERROR, &format!("not encoded: {error}"))
}
