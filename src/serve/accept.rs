//! Letting clients in: who gets a place, and what a place's socket is set to.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};
use tokio::task::spawn_local;

use crate::serve::Counter;
use crate::serve::connection;
use crate::serve::handler::{Client, ClientKind};
use crate::serve::service::Service;
use crate::serve::shared::Shared;
use crate::serve::stop::{StopSignal, unless};
use crate::serve::transport::{Stream, Watched};

/// How long accepting rests when the process is out of descriptors or the kernel out of memory.
const REST: Duration = Duration::from_millis(100);

/// A silent peer is asked after this long whether it still lives, then every `KEEPALIVE_INTERVAL`.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;

/// Bytes that may wait in the kernel unsent. A whole scrape fits; a stream to a slow client does not run ahead of it
/// by the megabytes that the kernel would buffer otherwise.
const UNSENT_MAX: u32 = 128 * 1024;

/// What a client without a place is told; it asks for no answer of the routes and no memory.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 43\r\nretry-after: 5\r\nconnection: close\r\n\r\nAll places are taken; please try again soon";

/// Accepts on `listener` until the server stops.
pub(super) async fn accept(listener: Socket, shared: Rc<Shared>, stop: StopSignal) -> io::Result<()> {
    let listener = Watched::new(listener)?;
    match unless(stop.clone().wait(), accept_all(&listener, &shared, &stop)).await {
        None => Ok(()),
        Some(never) => match never {},
    }
}

async fn accept_all(listener: &Watched, shared: &Rc<Shared>, stop: &StopSignal) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((socket, address)) => {
                if admit(socket, address.as_socket(), shared, stop).is_err() {
                    shared.counters.add(Counter::AcceptFailures);
                }
                // A flood of newcomers must not hold up those who are in.
                tokio::task::yield_now().await;
            }
            // The client was gone before its turn came.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
            Err(_no_resources) => {
                shared.counters.add(Counter::AcceptFailures);
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Gives a client a place and a task of its own, or a short refusal.
fn admit(
    socket: Socket,
    address: Option<SocketAddr>,
    shared: &Rc<Shared>,
    stop: &StopSignal,
) -> io::Result<()> {
    let kind = address.map_or(ClientKind::Unix, ClientKind::Tcp);
    let place = match Place::take(kind, shared) {
        Ok(place) => place,
        Err(counter) => {
            shared.counters.add(counter);
            return refuse(&socket);
        }
    };
    if matches!(kind, ClientKind::Tcp(_)) {
        set_tcp_options(&socket, shared.write_timeout * 2)?;
    }
    let stream = Stream::new(socket, shared.backend, &shared.write_buffers)?;
    let client = Client { kind, full_rate: kind == ClientKind::Unix };
    let service = Service::new(client, Rc::clone(shared));
    let (shared, stop) = (Rc::clone(shared), stop.clone());
    spawn_local(async move {
        connection::serve(stream, service, shared, stop).await;
        drop(place);
    });
    Ok(())
}

fn refuse(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    // A new socket's send buffer is empty, so this fits or the client is gone already.
    socket.send(FULL)?;
    socket.shutdown(std::net::Shutdown::Write)
}

fn set_tcp_options(socket: &Socket, dead_after: Duration) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(UNSENT_MAX)?;
    socket.set_tcp_user_timeout(Some(dead_after))?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    socket.set_tcp_keepalive(&keepalive)
}

/// One connection's place, given back when dropped.
struct Place {
    kind: ClientKind,
    shared: Rc<Shared>,
}

impl Place {
    fn take(kind: ClientKind, shared: &Rc<Shared>) -> Result<Self, Counter> {
        let rules = shared.rules();
        let open = shared.open_of(kind);
        if open.get() >= rules.limits.connections {
            return Err(Counter::ServerFull);
        }
        if let ClientKind::Tcp(address) = kind
            && !shared.clients.borrow_mut().connect(address.ip(), rules.limits.connections_per_address)
        {
            return Err(Counter::AddressFull);
        }
        open.set(open.get() + 1);
        shared.counters.add(Counter::Connections);
        if kind == ClientKind::Unix {
            shared.counters.add(Counter::UnixConnections);
        }
        Ok(Self { kind, shared: Rc::clone(shared) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let ClientKind::Tcp(address) = self.kind {
            self.shared.clients.borrow_mut().disconnect(address.ip());
        }
        let open = self.shared.open_of(self.kind);
        open.set(open.get().saturating_sub(1));
        if self.kind == ClientKind::Unix {
            self.shared.counters.add(Counter::UnixClosed);
        }
        self.shared.counters.add(Counter::Closed);
        if self.shared.is_empty() {
            self.shared.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_states_its_own_length() {
        let text = std::str::from_utf8(FULL).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
    }
}
