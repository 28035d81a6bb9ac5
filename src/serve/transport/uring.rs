//! Sockets over io_uring.
//!
//! The kernel reads into and writes from buffers that it owns while an operation is under way, so bytes are copied
//! once on their way in (a request is small) and once on their way out. Dropping an operation does not cancel it:
//! a connection is cut with shutdown(2) first, which completes its operations, and then they are awaited.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use socket2::Socket;
use tokio_uring::buf::{BoundedBuf, Slice};
use tokio_uring::net::TcpStream;
use tokio_uring::{BufResult, InFlightOneshot, WriteData, WriteTransform};

/// Submission places of the ring. A full ring is submitted early, so this bounds no client.
const RING_ENTRIES: u32 = 256;

/// What a connection reads at one go, and all that it holds while idle.
const READ_SIZE: usize = 2048;

/// What one write takes at most, so that a client that does not read holds no more of us.
const WRITE_SIZE: usize = 64 * 1024;

/// Write buffers kept for the next write; a busy moment's others are freed.
const WRITE_BUFFERS_KEPT: usize = 2;

/// Write buffers of all connections of the thread. A connection holds one only while it writes.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffers {
    free: RefCell<Vec<Vec<u8>>>,
}

impl WriteBuffers {
    fn take(&self) -> Vec<u8> {
        self.free.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(WRITE_SIZE))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        let mut free = self.free.borrow_mut();
        if free.len() < WRITE_BUFFERS_KEPT {
            buffer.clear();
            free.push(buffer);
        }
    }
}

/// Whether the kernel lets this process read and write sockets through a ring: one byte goes there and back.
///
/// # Errors
/// What the kernel said.
pub(super) fn probe() -> io::Result<()> {
    // Set-up and submission may be refused apart, and tokio-uring takes a refused submission badly.
    tokio_uring::uring_builder().build(2)?.submit()?;
    let (near, far) = std::os::unix::net::UnixStream::pair()?;
    let near = TcpStream::from_std(OwnedFd::from(near).into());
    runtime()?.block_on(async {
        let (written, _) = near.write(b"?".as_slice()).submit().await;
        written?;
        let mut byte = [0];
        (&far).read_exact(&mut byte)?;
        (&far).write_all(&byte)?;
        let (read, _) = near.read(Vec::with_capacity(1)).await;
        read.map(drop)
    })
}

/// Why io_uring is not used, as a sentence.
pub(super) fn refusal(error: &io::Error) -> String {
    let cause = match error.kind() {
        io::ErrorKind::Unsupported => "the kernel has none",
        io::ErrorKind::PermissionDenied => {
            "it is forbidden (sysctl kernel.io_uring_disabled, or the service's system call filter)"
        }
        io::ErrorKind::OutOfMemory => "there is too little lockable memory (RLIMIT_MEMLOCK)",
        _ => "the kernel refused it",
    };
    format!("io_uring is not available: {cause}: {error}")
}

fn runtime() -> io::Result<tokio_uring::Runtime> {
    tokio_uring::Runtime::new(tokio_uring::builder().entries(RING_ENTRIES))
}

/// Runs `serve` to its end.
pub(super) fn run(serve: impl Future<Output = ()>) -> io::Result<()> {
    runtime()?.block_on(serve);
    Ok(())
}

type ReadUnderWay = Pin<Box<dyn Future<Output = BufResult<usize, Vec<u8>>>>>;
type Piece = Slice<Vec<u8>>;
type WriteUnderWay = InFlightOneshot<WriteData<Piece>, WriteTransform<Piece>>;

/// The reading half: an operation under way, or bytes that came and were not taken yet.
#[derive(Default)]
struct Reading {
    under_way: Option<ReadUnderWay>,
    buffer: Vec<u8>,
    taken: usize,
}

/// A connected socket. The type of the stream inside says TCP, but reading, writing and shutting down know no
/// address family, and tokio-uring has no common type.
pub(crate) struct RingStream {
    stream: Rc<TcpStream>,
    reading: RefCell<Reading>,
    writing: RefCell<Option<WriteUnderWay>>,
    failed: Cell<bool>,
    buffers: Rc<WriteBuffers>,
}

impl RingStream {
    pub(super) fn new(socket: Socket, buffers: Rc<WriteBuffers>) -> Self {
        Self {
            stream: Rc::new(TcpStream::from_std(socket.into())),
            reading: RefCell::default(),
            writing: RefCell::default(),
            failed: Cell::new(false),
            buffers,
        }
    }

    pub(super) fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
        self.stream.shutdown(how)
    }

    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        limit: usize,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        let mut reading = self.reading.borrow_mut();
        if reading.taken == reading.buffer.len() {
            ready!(self.poll_fill(&mut reading, cx))?;
        }
        let come = &reading.buffer[reading.taken..];
        let count = come.len().min(limit);
        take(&come[..count]);
        reading.taken += count;
        Poll::Ready(Ok(count))
    }

    fn poll_fill(&self, reading: &mut Reading, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Reading { under_way, buffer, taken } = reading;
        let operation = under_way.get_or_insert_with(|| {
            let stream = Rc::clone(&self.stream);
            let mut space = std::mem::take(buffer);
            space.clear();
            space.reserve_exact(READ_SIZE);
            *taken = 0;
            Box::pin(async move { stream.read(space).await })
        });
        let (result, filled) = ready!(operation.as_mut().poll(cx));
        *under_way = None;
        *buffer = filled;
        Poll::Ready(result.map(drop))
    }

    pub(super) fn poll_write(&self, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        let mut buffer = self.buffers.take();
        for piece in pieces {
            let room = WRITE_SIZE - buffer.len();
            buffer.extend_from_slice(&piece[..piece.len().min(room)]);
        }
        let count = buffer.len();
        if count == 0 {
            self.buffers.give_back(buffer);
            return Poll::Ready(Ok(0));
        }
        self.submit(buffer.slice(..count));
        Poll::Ready(Ok(count))
    }

    /// Waits until the kernel's send buffer has taken the last write.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut writing = self.writing.borrow_mut();
            let Some(operation) = writing.as_mut() else { return Poll::Ready(self.still_whole()) };
            let (result, piece) = ready!(Pin::new(operation).poll(cx));
            *writing = None;
            drop(writing);
            let (start, end) = (piece.begin(), piece.end());
            let buffer = piece.into_inner();
            match result {
                Ok(count) if count > 0 && start + count < end => {
                    self.submit(buffer.slice(start + count..end));
                }
                Ok(count) if count > 0 => self.buffers.give_back(buffer),
                Ok(_) => return self.fail(buffer, io::ErrorKind::WriteZero.into()),
                Err(error) => return self.fail(buffer, error),
            }
        }
    }

    fn submit(&self, piece: Piece) {
        self.writing.replace(Some(self.stream.write(piece).submit()));
    }

    /// Bytes were lost that hyper believes to be sent: nothing may follow them.
    fn fail(&self, buffer: Vec<u8>, error: io::Error) -> Poll<io::Result<()>> {
        self.failed.set(true);
        self.buffers.give_back(buffer);
        Poll::Ready(Err(error))
    }

    fn still_whole(&self) -> io::Result<()> {
        if self.failed.get() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    }

    /// Waits for the operations under way; the socket must have been shut down.
    pub(super) async fn settle(&self) {
        poll_fn(|cx| {
            let mut reading = self.reading.borrow_mut();
            let read_settled = reading.under_way.is_none() || self.poll_fill(&mut reading, cx).is_ready();
            let write_settled = self.poll_flush(cx).is_ready();
            if read_settled && write_settled { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
