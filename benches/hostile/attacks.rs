//! The attacks, all at once over TCP, each from an address of its own: the server's limits are for each address, and
//! one that fills its places shall not keep the others out.

use std::io;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// Attacks `target` from 127.0.0.N until told to stop.
pub(crate) type Attack = fn(target: SocketAddr, from: u8, stop: &AtomicBool);

/// Every attack.
pub(crate) const ATTACKS: [Attack; 7] =
    [idle, slow, pipelining, broken_heads, large_heads, half_closed, broken_bodies];

/// How long an attacker rests between two strokes: it shall be a nuisance, not the whole machine's load.
const REST: Duration = Duration::from_millis(2);

/// How long a stroke waits for anything: what a full server leaves unanswered is no place to stay.
const WAIT: Duration = Duration::from_millis(50);

const REQUEST: &str = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// 1000 connections that say nothing; those that the server closes are opened again.
fn idle(target: SocketAddr, from: u8, stop: &AtomicBool) {
    hold(target, from, stop, 1000, |_| true);
}

/// 100 heads that arrive one byte at a time and never end.
fn slow(target: SocketAddr, from: u8, stop: &AtomicBool) {
    hold(target, from, stop, 100, |stream| stream.write_all(b"G").is_ok());
}

/// 64 requests in a row, whose answers are read afterwards.
fn pipelining(target: SocketAddr, from: u8, stop: &AtomicBool) {
    let batch = REQUEST.repeat(64);
    strike(target, from, stop, |stream| {
        stream.write_all(batch.as_bytes())?;
        drain(stream);
        Ok(())
    });
}

/// Half a head, then a reset: closing a socket with unread input resets its connection.
fn broken_heads(target: SocketAddr, from: u8, stop: &AtomicBool) {
    strike(target, from, stop, |stream| {
        stream.write_all(REQUEST.as_bytes())?;
        stream.write_all(b"GET / HT")?;
        // Its answer arrives and stays unread.
        thread::sleep(REST);
        Ok(())
    });
}

/// A head of 10 MB, or as much of it as the server takes.
fn large_heads(target: SocketAddr, from: u8, stop: &AtomicBool) {
    const PIECES: usize = 160;
    let piece = [b'a'; 64 << 10];
    strike(target, from, stop, |stream| {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ")?;
        (0..PIECES).try_for_each(|_| stream.write_all(&piece))
    });
}

/// A request and an end of sending; the answer is read.
fn half_closed(target: SocketAddr, from: u8, stop: &AtomicBool) {
    strike(target, from, stop, |stream| {
        stream.write_all(REQUEST.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        drain(stream);
        Ok(())
    });
}

/// A stream without an end, reset behind its first bytes.
fn broken_bodies(target: SocketAddr, from: u8, stop: &AtomicBool) {
    strike(target, from, stop, |stream| {
        stream.write_all(b"GET /v1/stream?hz=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut some = [0; 4096];
        // The answer's head, and some of its body.
        stream.read_exact(&mut some)?;
        socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))
    });
}

/// One connection after the other, each with one stroke. A server that refuses or ends it does what it should: the next
/// one comes.
fn strike(
    target: SocketAddr,
    from: u8,
    stop: &AtomicBool,
    stroke: impl Fn(&mut TcpStream) -> io::Result<()>,
) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(mut stream) = connect(target, from) {
            let timed = stream.set_read_timeout(Some(WAIT)).and(stream.set_write_timeout(Some(WAIT)));
            match timed.and_then(|()| stroke(&mut stream)) {
                Ok(()) | Err(_) => {}
            }
        }
        thread::sleep(REST);
    }
}

/// Keeps `count` connections, and does `stroke` to one after the other; where it fails the connection is a new one.
fn hold(
    target: SocketAddr,
    from: u8,
    stop: &AtomicBool,
    count: usize,
    stroke: impl Fn(&mut TcpStream) -> bool,
) {
    let mut held: Vec<Option<TcpStream>> = Vec::new();
    held.resize_with(count, || None);
    while !stop.load(Ordering::Relaxed) {
        for place in &mut held {
            let alive = place.as_mut().is_some_and(|stream| is_open(stream) && stroke(stream));
            if !alive {
                // What a full server refuses is tried again in the next turn.
                *place = connect(target, from).ok();
                thread::sleep(REST);
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
        thread::sleep(REST * 10);
    }
}

/// A connection from 127.0.0.`from`.
fn connect(target: SocketAddr, from: u8) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, from), 0)).into())?;
    socket.connect_timeout(&target.into(), Duration::from_secs(1))?;
    Ok(socket.into())
}

/// Whether the other end has not closed.
fn is_open(stream: &mut TcpStream) -> bool {
    let unblocked = stream.set_nonblocking(true);
    let read = stream.read(&mut [0; 1024]);
    unblocked.is_ok() && matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Reads until all is read, the server has closed, or a second is over.
fn drain(stream: &mut TcpStream) {
    let mut buf = [0; 1 << 16];
    let begun = Instant::now();
    while matches!(stream.read(&mut buf), Ok(1..)) && begun.elapsed() < Duration::from_secs(1) {}
}
