//! `/v1/stream?hz=…`: the machine live, as server-sent events or as postcard frames.
//!
//! ```text
//!            at every turn
//! Desk ─► snapshot ──────────────┐
//!                                ├─► what differs from what the client has ─► form ─► chunk
//! ring ─► frames (above 20 Hz) ──┘
//! ```
//!
//! Up to [`TURNS_HZ`] a turn is one moment: everything that changed. Above, some turns a second bring each moment since
//! the turn before from the ring, with its own time, and the newest one with everything else.
//! A source is asked only when the socket has taken all, so nothing queues here: a client that reads too slowly finds a
//! gap where moments were left out, and goes on in the present.

mod form;
mod frames;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{HeaderValue, VARY};

use super::accept::{Offer, choose};
use super::desk::{Lease, Rates};
use super::points::POSTCARD;
use super::{Refusal, Routes, Window};
use crate::encode::wire::EncodeError;
use crate::meter::STREAMS;
use crate::serve::{Next, Query, Request, Response, StreamSource};
use crate::snapshot::Snapshot;
use crate::view::{Unsettled, View};
use form::{Form, Media};
use frames::Frames;

/// Moments a second that may be asked for at least; at most it is what the owner lets the lane run at.
const HZ_MIN: f64 = 0.1;

/// Up to this rate each moment is a turn of its own: more often, looking at every series would cost more than it shows.
const TURNS_HZ: f64 = 20.0;

/// The time between turns that bring several moments: 40 turns a second.
const BATCH: Duration = Duration::from_millis(25);

/// A client that has gone is noticed by writing to it: something is sent at least so often.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// When the lanes were publishing at every try.
const RETRY: Duration = Duration::from_millis(2);

const FORMS: [Offer<Media>; 2] = [
    Offer { media: "text/event-stream", form: Media::Events },
    Offer { media: POSTCARD, form: Media::Postcard },
];

/// `/v1/stream`: schema, everything, then what changes.
pub(super) fn answer(routes: &Routes, request: &Request<'_>) -> Result<Response, Refusal> {
    let hz_max = f64::from(routes.rates.max_hz());
    let hz = Query::parse(request.query, &["hz"])?.decimal("hz", HZ_MIN..=hz_max)?.unwrap_or(1.0);
    let media = choose(request.headers, &FORMS)
        .ok_or(Refusal::NotAcceptable("text/event-stream or application/vnd.hearth.postcard"))?;
    let window = routes.window(request.client);
    // While the lanes cannot be read, this is the last moment to say so with a status.
    window.desk().snapshot()?;
    let source = Source {
        window: window.clone(),
        rates: Arc::clone(&routes.rates),
        view: Arc::clone(&routes.view),
        pace: Pace::new(hz),
        sees_paced: request.client.full_rate,
        media,
        out: Vec::new(),
        live: None,
    };
    let content_type = match media {
        Media::Events => "text/event-stream",
        Media::Postcard => POSTCARD,
    };
    Ok(Response::stream(content_type, Box::new(source)).with(VARY, HeaderValue::from_static("accept")))
}

/// How often a client is told what.
#[derive(Clone, Copy)]
struct Pace {
    /// From one turn to the next.
    turn: Duration,
    /// From one moment to the next, in nanoseconds; shorter than a turn if turns bring frames.
    moment_ns: u64,
    brings_frames: bool,
}

impl Pace {
    fn new(hz: f64) -> Self {
        let moment = Duration::from_secs_f64(1.0 / hz);
        let brings_frames = hz > TURNS_HZ;
        let turn = if brings_frames { moment.max(BATCH) } else { moment };
        Self { turn, moment_ns: u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX), brings_frames }
    }

    /// The lane's rate, in whole Hz, that has a tick for every moment.
    fn rate_hz(self) -> u32 {
        // A microsecond less than a second, so that what the moment's length was rounded by does not count as a Hz more.
        let rate_hz = 999_999_000_u64.div_ceil(self.moment_ns);
        u32::try_from(rate_hz).unwrap_or(u32::MAX)
    }
}

/// One client's stream.
struct Source {
    window: Window,
    rates: Arc<Rates>,
    view: Arc<View>,
    pace: Pace,
    sees_paced: bool,
    media: Media,
    out: Vec<u8>,
    /// From the first time it is asked on; for HEAD it never is, and nothing runs faster.
    live: Option<Live>,
}

struct Live {
    /// What the client has, and the moment it was last told.
    sent: Snapshot,
    sent_at: Instant,
    due: Instant,
    frames: Option<Frames>,
    form: Form,
    _lease: Lease,
}

impl StreamSource for Source {
    fn next(&mut self, now: Instant) -> Next {
        let next = match &mut self.live {
            None => self.begin(now),
            Some(live) if now < live.due => return Next::At(live.due),
            Some(_) => self.turn(now),
        };
        next.unwrap_or_else(|error| {
            tracing::error!("a stream ends, since a message could not be encoded: {error}");
            Next::End
        })
    }
}

impl Source {
    fn begin(&mut self, now: Instant) -> Result<Next, EncodeError> {
        // Before the snapshot, so that no frame behind it is missed.
        let follower = if self.pace.brings_frames { self.view.follow(frames::AT_ONCE) } else { None };
        let mut desk = self.window.desk();
        let snapshot = match desk.snapshot() {
            Ok(snapshot) => snapshot,
            Err(Unsettled) => return Ok(Next::At(now + RETRY)),
        };
        let frames =
            follower.map(|follower| Frames::new(follower, self.pace.moment_ns, self.sees_paced, snapshot));
        let mut out = Vec::new();
        let mut form = Form::new(self.media, STREAMS.enter(self.pace.moment_ns));
        form.all(snapshot, &mut out)?;
        self.live = Some(Live {
            sent: snapshot.clone(),
            sent_at: now,
            due: now + self.pace.turn,
            frames,
            form,
            _lease: self.rates.lease(self.pace.rate_hz()),
        });
        Ok(Next::Chunk(Bytes::from(out)))
    }

    /// Brings the client from what it has to the present.
    fn turn(&mut self, now: Instant) -> Result<Next, EncodeError> {
        let Some(live) = &mut self.live else { return Ok(Next::End) };
        let mut desk = self.window.desk();
        let snapshot = match desk.snapshot() {
            Ok(snapshot) => snapshot,
            Err(Unsettled) => return Ok(Next::At(now + RETRY)),
        };
        let missed = live.move_on(now, self.pace.turn);
        let out = &mut self.out;
        out.clear();
        if snapshot.schema.hash != live.sent.schema.hash {
            let left_out = live.frames.as_mut().map_or(missed, |frames| frames.pass_over(snapshot));
            live.form.gap(left_out, out)?;
            live.form.all(snapshot, out)?;
            live.sent.copy_from(snapshot);
        } else if let Some(frames) = &mut live.frames {
            frames.bring(snapshot, &mut live.sent, &mut live.form, out)?;
        } else {
            live.form.gap(missed, out)?;
            live.form.delta(&mut live.sent, snapshot, out)?;
        }
        if out.is_empty() {
            if (now - live.sent_at) + self.pace.turn <= QUIET_MAX {
                return Ok(Next::At(live.due));
            }
            live.form.keep_alive(&live.sent, out)?;
        }
        live.sent_at = now;
        Ok(Next::Chunk(Bytes::copy_from_slice(out)))
    }
}

impl Live {
    /// Sets the next turn, on the grid of the first, and says how many turns were missed.
    fn move_on(&mut self, now: Instant, turn: Duration) -> u64 {
        let (late_ns, turn_ns) = ((now - self.due).as_nanos(), turn.as_nanos().max(1));
        let into_turn = u64::try_from(late_ns % turn_ns).unwrap_or(0);
        self.due = now + (turn - Duration::from_nanos(into_turn));
        u64::try_from(late_ns / turn_ns).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lane_is_asked_for_a_tick_at_every_moment_and_no_more() {
        for (hz, rate_hz) in
            [(0.1, 1), (1.0, 1), (3.0, 3), (20.5, 21), (33.3, 34), (300.0, 300), (999.0, 999), (1000.0, 1000)]
        {
            assert_eq!(Pace::new(hz).rate_hz(), rate_hz, "{hz} Hz");
        }
    }

    #[test]
    fn every_whole_rate_has_its_own() {
        for hz in 1..=1000_u32 {
            assert_eq!(Pace::new(f64::from(hz)).rate_hz(), hz);
        }
    }
}
