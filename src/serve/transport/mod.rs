//! Bytes between hyper and a socket, over io_uring or epoll.
//!
//! Listeners are watched by the runtime's epoll in both cases: a connection lives for many requests, so accepting is
//! rare; an accept under way in the ring would have to be cancelled at every stop; and tokio-uring's own Unix
//! listener sets `SO_REUSEPORT`, which kernels since 6.13 refuse for Unix sockets. What a connection reads and writes
//! goes through the backend.

mod epoll;
mod uring;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};

use crate::config::Transport;
use crate::serve::activity::Activity;

pub(super) use epoll::Watched;
pub(super) use uring::WriteBuffers;

/// What moves the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The kernel's io_uring.
    IoUring,
    /// epoll and non-blocking sockets.
    Epoll,
}

/// The backend in use, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendChoice {
    /// The backend.
    pub backend: Backend,
    /// One sentence for the log and the status.
    pub reason: String,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IoUring => "io-uring",
            Self::Epoll => "epoll",
        })
    }
}

/// Runs `serve` to its end on a runtime of this thread, over the backend that `wanted` allows.
///
/// # Errors
/// The kernel's answer when io_uring is demanded and refused, or when there is no runtime to be had at all.
pub(super) fn run<F: Future<Output = ()>>(
    wanted: Transport,
    serve: impl FnOnce(BackendChoice) -> F,
) -> io::Result<()> {
    let choice = choose(wanted, uring::probe)?;
    match choice.backend {
        Backend::IoUring => uring::run(serve(choice)),
        Backend::Epoll => epoll::run(serve(choice)),
    }
}

/// Decides for a backend; `probe` tells whether io_uring can be had.
fn choose(wanted: Transport, probe: impl FnOnce() -> io::Result<()>) -> io::Result<BackendChoice> {
    let (backend, reason) = match wanted {
        Transport::Epoll => (Backend::Epoll, "the configuration asks for epoll".to_owned()),
        Transport::IoUring => {
            probe()?;
            (Backend::IoUring, "the configuration asks for io_uring".to_owned())
        }
        Transport::Auto => match probe() {
            Ok(()) => (Backend::IoUring, "the kernel offers io_uring".to_owned()),
            Err(error) => (Backend::Epoll, uring::refusal(&error)),
        },
    };
    Ok(BackendChoice { backend, reason })
}

/// One connection's socket. Shared between hyper and the connection's watch, on one thread.
pub(super) enum Stream {
    Uring(uring::RingStream),
    Epoll(Watched),
}

impl Stream {
    /// Takes over an accepted, blocking socket.
    pub(super) fn new(
        socket: socket2::Socket,
        backend: Backend,
        buffers: &Rc<WriteBuffers>,
    ) -> io::Result<Self> {
        match backend {
            Backend::IoUring => Ok(Self::Uring(uring::RingStream::new(socket, Rc::clone(buffers)))),
            Backend::Epoll => Watched::new(socket).map(Self::Epoll),
        }
    }

    /// Gives at most `limit` bytes that came to `take`; none at the end of the stream.
    fn poll_read(
        &self,
        cx: &mut Context<'_>,
        limit: usize,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Uring(stream) => stream.poll_read(cx, limit, take),
            Self::Epoll(stream) => stream.poll_read(cx, limit, take),
        }
    }

    fn poll_write(&self, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Uring(stream) => stream.poll_write(cx, pieces),
            Self::Epoll(stream) => stream.poll_write(cx, pieces),
        }
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Uring(stream) => stream.poll_flush(cx),
            Self::Epoll(_) => Poll::Ready(Ok(())),
        }
    }

    /// Tells the client that nothing more will come.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.shut(std::net::Shutdown::Write)
    }

    /// Cuts the connection: whatever waits on the socket comes back at once.
    pub(super) fn cut(&self) -> io::Result<()> {
        self.shut(std::net::Shutdown::Both)
    }

    fn shut(&self, how: std::net::Shutdown) -> io::Result<()> {
        let result = match self {
            Self::Uring(stream) => stream.shutdown(how),
            Self::Epoll(stream) => stream.shutdown(how),
        };
        match result {
            // The client was faster.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            other => other,
        }
    }

    /// Reads and drops what the client still sends; how many bytes that were, 0 at the end.
    pub(super) async fn discard(&self, limit: usize) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx, limit, |_dropped: &[u8]| ())).await
    }

    /// Waits until the kernel has given back every buffer of ours. To be called after [`Stream::cut`], which makes
    /// that happen at once.
    pub(super) async fn settle(&self) {
        match self {
            Self::Uring(stream) => stream.settle().await,
            Self::Epoll(_) => {}
        }
    }
}

/// A stream as hyper wants it; tells the connection's activity what moves.
pub(super) struct Io {
    stream: Rc<Stream>,
    activity: Rc<Activity>,
}

impl Io {
    pub(super) fn new(stream: Rc<Stream>, activity: Rc<Activity>) -> Self {
        Self { stream, activity }
    }
}

impl Read for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut out: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let limit = out.remaining();
        let count = ready!(self.stream.poll_read(cx, limit, |bytes| out.put_slice(bytes)))?;
        if count > 0 {
            self.activity.bytes_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn is_write_vectored(&self) -> bool {
        // hyper then leaves bodies where they are instead of copying them behind the head.
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream.poll_write(cx, pieces);
        match polled {
            Poll::Pending => self.activity.write_blocked(),
            Poll::Ready(_) => self.activity.write_moved(),
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.stream.poll_flush(cx);
        match &polled {
            Poll::Pending => self.activity.write_blocked(),
            Poll::Ready(_) => self.activity.flushed(),
        }
        polled
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_ref().get_ref().stream.poll_flush(cx))?;
        Poll::Ready(self.stream.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `errno` values of the kernel's `include/uapi/asm-generic/errno-base.h` and `errno.h`.
    const EPERM: i32 = 1;
    const ENOSYS: i32 = 38;

    #[test]
    fn a_refused_ring_falls_back_to_epoll_and_says_why() {
        for (errno, cause) in [(ENOSYS, "the kernel has none"), (EPERM, "io_uring_disabled")] {
            let choice = choose(Transport::Auto, || Err(io::Error::from_raw_os_error(errno)))
                .expect("epoll is always there");
            assert_eq!(choice.backend, Backend::Epoll);
            assert!(choice.reason.contains(cause), "{}", choice.reason);
        }
    }

    #[test]
    fn a_demanded_ring_that_is_refused_is_an_error() {
        let error = choose(Transport::IoUring, || Err(io::Error::from_raw_os_error(EPERM)))
            .expect_err("no silent fallback");
        assert_eq!(error.raw_os_error(), Some(EPERM));
    }

    #[test]
    fn epoll_is_taken_without_asking_for_a_ring() {
        let choice = choose(Transport::Epoll, || panic!("asked")).expect("epoll is always there");
        assert_eq!(choice.backend, Backend::Epoll);
    }
}
