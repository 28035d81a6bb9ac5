//! Bodies that are pulled by the socket.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use crate::serve::activity::Activity;
use crate::serve::handler::Body;
use crate::serve::service::StreamPlace;

/// What a source has to give.
#[derive(Debug)]
pub enum Next {
    /// These bytes, now. Must not be empty.
    Chunk(Bytes),
    /// Nothing before this instant; ask again then. Must lie after the `now` that was passed in.
    At(Instant),
    /// Nothing more: the response ends.
    End,
}

/// Where a streamed body comes from.
///
/// The source is asked only when the socket has taken every byte that it gave before, so whatever it would
/// have given meanwhile is dropped where it arises: a slow client's source sees a later `now` and marks the gap.
/// The source is dropped when the client goes, when the server stops, or after [`Next::End`].
pub trait StreamSource {
    /// What to send at `now`. Must not block.
    fn next(&mut self, now: Instant) -> Next;
}

/// A response's body on its way to hyper.
pub(super) struct Outgoing {
    state: State,
    activity: Rc<Activity>,
    /// Given back when the body ends.
    _place: Option<StreamPlace>,
}

enum State {
    Whole(Bytes),
    Stream { source: Box<dyn StreamSource>, sleep: Option<Pin<Box<Sleep>>>, armed: bool },
    Done,
}

impl Outgoing {
    pub(super) fn new(body: Body, activity: Rc<Activity>, place: Option<StreamPlace>) -> Self {
        let state = match body {
            Body::Bytes(bytes) if bytes.is_empty() => State::Done,
            Body::Bytes(bytes) => State::Whole(bytes),
            Body::Stream(source) => State::Stream { source, sleep: None, armed: false },
        };
        Self { state, activity, _place: place }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.activity.body_done();
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let State::Stream { source, sleep, armed } = &mut this.state else {
            return Poll::Ready(match std::mem::replace(&mut this.state, State::Done) {
                State::Whole(bytes) => Some(Ok(Frame::data(bytes))),
                State::Stream { .. } | State::Done => None,
            });
        };
        if this.activity.is_ending() {
            this.state = State::Done;
            return Poll::Ready(None);
        }
        if this.activity.is_unflushed(cx.waker()) {
            return Poll::Pending;
        }
        loop {
            if *armed && let Some(sleep) = sleep {
                ready!(sleep.as_mut().poll(cx));
                *armed = false;
            }
            match source.next(Instant::now()) {
                Next::Chunk(bytes) => {
                    debug_assert!(!bytes.is_empty(), "a stream source gave an empty chunk");
                    this.activity.chunk_given();
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Next::At(at) => {
                    arm(sleep, at.into());
                    *armed = true;
                }
                Next::End => {
                    this.state = State::Done;
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Whole(bytes) => {
                u64::try_from(bytes.len()).map_or_else(|_| SizeHint::new(), SizeHint::with_exact)
            }
            State::Stream { .. } => SizeHint::new(),
            State::Done => SizeHint::with_exact(0),
        }
    }
}

/// One timer serves a stream for its whole life.
fn arm(sleep: &mut Option<Pin<Box<Sleep>>>, at: tokio::time::Instant) {
    match sleep {
        Some(sleep) => sleep.as_mut().reset(at),
        None => *sleep = Some(Box::pin(tokio::time::sleep_until(at))),
    }
}
