//! Large bodies are written into memory that is kept: scraped once a second, a server that takes and gives back some
//! hundred kilobytes each time tears its heap into pieces.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Bodies kept for the next answers; what more clients read at the same time is freed.
const KEPT: usize = 2;
/// Larger ones are not kept: they were asked for once.
const KEPT_BYTES_MAX: usize = 256 * 1024;

/// Memory for bodies.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies {
    free: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A body that is sent, and whose memory goes back afterwards.
struct Sent {
    bytes: Vec<u8>,
    home: Bodies,
}

impl Bodies {
    /// An empty body with room for `bytes` at least.
    pub(super) fn take(&self, bytes: usize) -> Vec<u8> {
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut body = kept.unwrap_or_default();
        body.clear();
        body.reserve(bytes);
        body
    }

    /// The body as it is sent.
    pub(super) fn send(&self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Sent { bytes, home: self.clone() })
    }
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut free = self.home.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT && bytes.capacity() <= KEPT_BYTES_MAX {
            free.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_was_sent_is_the_memory_of_the_next() {
        let bodies = Bodies::default();
        let mut body = bodies.take(1000);
        body.extend_from_slice(b"one");
        let place = body.as_ptr();
        let sent = bodies.send(body);
        assert_eq!(sent, b"one".as_slice());
        let part = sent.slice(1..);
        drop(sent);
        let other = bodies.take(10);
        assert_ne!(other.as_ptr(), place, "a part of it is still being sent");
        drop(part);
        let next = bodies.take(10);
        assert_eq!((next.as_ptr(), next.len()), (place, 0));
        assert!(next.capacity() >= 1000);
    }

    #[test]
    fn no_more_is_kept_than_two_clients_need() {
        let bodies = Bodies::default();
        let sent: Vec<Bytes> = (0..5).map(|_| bodies.send(bodies.take(100))).collect();
        drop(sent);
        drop(bodies.send(Vec::with_capacity(KEPT_BYTES_MAX + 1)));
        let free = bodies.free.lock().unwrap();
        assert_eq!(free.len(), KEPT);
        assert!(free.iter().all(|body| body.capacity() <= KEPT_BYTES_MAX));
    }
}
