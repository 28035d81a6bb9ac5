//! Non-blocking sockets watched by the runtime's epoll.

use std::future::Future;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use socket2::{SockAddr, SockRef, Socket};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// A piece of a request that is read at one go; on the stack, so an idle connection holds no buffer.
const READ_SIZE: usize = 4096;

/// Runs `serve` to its end.
pub(super) fn run(serve: impl Future<Output = ()>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve);
    Ok(())
}

/// A socket in the runtime's epoll. The type inside says connected TCP, but watching a descriptor knows neither family
/// nor state, and the runtime's general type for it cannot be had without `unsafe`.
pub(crate) struct Watched(TcpStream);

impl Watched {
    /// Watches `socket`, which becomes non-blocking. To be called on the runtime's thread.
    pub(crate) fn new(socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        TcpStream::from_std(socket.into()).map(Self)
    }

    /// Takes the next connection, blocking like every new socket, from a listener.
    pub(crate) async fn accept(&self) -> io::Result<(Socket, SockAddr)> {
        loop {
            self.0.readable().await?;
            match self.0.try_io(Interest::READABLE, || SockRef::from(&self.0).accept()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                accepted => return accepted,
            }
        }
    }

    pub(super) fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
        SockRef::from(&self.0).shutdown(how)
    }

    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        limit: usize,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        let mut piece = [0; READ_SIZE];
        let piece = &mut piece[..limit.min(READ_SIZE)];
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(piece) {
                Ok(count) => {
                    take(&piece[..count]);
                    return Poll::Ready(Ok(count));
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    pub(super) fn poll_write(&self, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write_vectored(pieces) {
                Err(error) if is_passing(&error) => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

/// Whether trying again is right: the runtime has noted that the socket is not ready, or a signal came between.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
