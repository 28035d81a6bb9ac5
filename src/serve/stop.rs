//! Stopping, from any thread.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::watch;

/// Stops the server it came from; may be cloned and used from any thread. Once stopped, a server stays stopped.
#[derive(Debug, Clone)]
pub struct StopHandle {
    sender: Arc<watch::Sender<bool>>,
}

impl StopHandle {
    pub(super) fn new() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)) }
    }

    /// Asks the server to stop: no more connections, answers under way are finished, streams end. Returns at once.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }

    pub(super) fn signal(&self) -> StopSignal {
        StopSignal { receiver: self.sender.subscribe() }
    }
}

/// Where a task waits for the stop.
#[derive(Debug, Clone)]
pub(super) struct StopSignal {
    receiver: watch::Receiver<bool>,
}

impl StopSignal {
    /// Comes back when the server is asked to stop, or when nobody is left who could ask.
    pub(super) async fn wait(mut self) {
        match self.receiver.wait_for(|stopped| *stopped).await {
            Ok(_) | Err(_) => {}
        }
    }
}

/// What `work` gives, or `None` when `stop` comes first.
pub(super) async fn unless<T>(stop: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    let mut stop = pin!(stop);
    let mut work = pin!(work);
    poll_fn(|cx| {
        if stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(cx).map(Some)
    })
    .await
}
