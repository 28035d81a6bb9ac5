//! One connection from its first byte to its last.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::server::conn::http1::{Builder, Connection};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::serve::Counter;
use crate::serve::activity::{Activity, Timeouts};
use crate::serve::service::Service;
use crate::serve::shared::Shared;
use crate::serve::stop::StopSignal;
use crate::serve::timer::RuntimeTimer;
use crate::serve::transport::{Io, Stream};

/// How long answers under way may take once the server stops.
pub(super) const DRAIN: Duration = Duration::from_millis(400);

/// What is read and dropped after a refusal, so that the client sees the refusal rather than a reset.
const LINGER_BYTES: usize = 256 * 1024;

/// How long a client may take over that.
const LINGER: Duration = Duration::from_millis(500);

/// hyper asks for at least this much room for a request's head.
const HYPER_BUFFER_MIN: usize = 8192;

/// Why a connection ended.
enum Ending {
    /// hyper is through with it.
    Finished(hyper::Result<()>),
    /// It overstayed.
    Overdue(Counter),
    /// The server stops.
    Stopped,
}

/// Serves `stream` until the client goes, overstays, or the server stops.
pub(super) async fn serve(stream: Stream, service: Service, shared: Rc<Shared>, stop: StopSignal) {
    let stream = Rc::new(stream);
    let activity = Rc::clone(service.activity());
    let limits = service.limits();
    let header_bytes = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    let timeouts = Timeouts::from_limits(limits, shared.write_timeout);
    let connection = Builder::new()
        .timer(RuntimeTimer)
        // The watch below is stricter: it knows an idle connection from a slow head. This one stands behind it.
        .header_read_timeout(timeouts.idle + timeouts.header)
        .half_close(true)
        .max_header_size(header_bytes)
        .max_buf_size(header_bytes.max(HYPER_BUFFER_MIN))
        .serve_connection(Io::new(Rc::clone(&stream), Rc::clone(&activity)), service);
    let ending = drive(connection, &activity, timeouts, stop).await;
    let refused = match &ending {
        Ending::Finished(Err(error)) => note(error, &shared),
        Ending::Overdue(counter) => {
            shared.counters.add(*counter);
            false
        }
        Ending::Finished(Ok(())) | Ending::Stopped => false,
    };
    let finished = matches!(ending, Ending::Finished(_));
    if finished && (refused || activity.has_unread()) {
        linger(&stream).await;
    }
    if stream.cut().is_err() {
        shared.counters.add(Counter::Broken);
    }
    stream.settle().await;
}

/// Polls hyper, the time-outs and the stop together.
async fn drive(
    connection: Connection<Io, Service>,
    activity: &Activity,
    timeouts: Timeouts,
    stop: StopSignal,
) -> Ending {
    let mut connection = pin!(connection);
    let mut stop = pin!(stop.wait());
    let mut alarm = pin!(sleep_until(Instant::now() + timeouts.idle));
    let mut forced_at = None;
    poll_fn(|cx| {
        if forced_at.is_none() && stop.as_mut().poll(cx).is_ready() {
            forced_at = Some(Instant::now() + DRAIN);
            activity.end();
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            return Poll::Ready(Ending::Finished(result));
        }
        if let Some(forced_at) = forced_at {
            if !activity.is_answering() {
                return Poll::Ready(Ending::Stopped);
            }
            return poll_alarm(alarm.as_mut(), cx, || Some((forced_at, ()))).map(|()| Ending::Stopped);
        }
        poll_alarm(alarm.as_mut(), cx, || activity.deadline(&timeouts)).map(Ending::Overdue)
    })
    .await
}

/// Ready when the deadline has passed. Deadlines mostly move away with every request, so the timer is set only when
/// one comes nearer or when the old one has passed: a request that is answered at once touches no timer.
fn poll_alarm<T>(
    mut alarm: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
    deadline: impl Fn() -> Option<(Instant, T)>,
) -> Poll<T> {
    loop {
        let Some((deadline, what)) = deadline() else { return Poll::Pending };
        if alarm.deadline() > deadline || alarm.is_elapsed() {
            alarm.as_mut().reset(deadline);
        }
        ready!(alarm.as_mut().poll(cx));
        if Instant::now() >= deadline {
            return Poll::Ready(what);
        }
    }
}

/// Counts why hyper gave up; whether it refused a request, so that the client may still be sending.
fn note(error: &hyper::Error, shared: &Shared) -> bool {
    let (counter, refused) = if error.is_parse_too_large() {
        (Counter::HeadTooLarge, true)
    } else if error.is_parse() {
        (Counter::Malformed, true)
    } else if error.is_timeout() {
        (Counter::HeaderTimeouts, false)
    } else {
        (Counter::Broken, false)
    };
    shared.counters.add(counter);
    refused
}

/// Ends our half and drops what still comes, within bounds.
async fn linger(stream: &Stream) {
    if stream.finish().is_err() {
        return;
    }
    let drained = timeout(LINGER, async {
        let mut left = LINGER_BYTES;
        while left > 0 {
            match stream.discard(left).await {
                Ok(0) | Err(_) => break,
                Ok(count) => left -= count,
            }
        }
    });
    // Whether it ended in time or not, the connection is cut next.
    match drained.await {
        Ok(()) | Err(_) => {}
    }
}
