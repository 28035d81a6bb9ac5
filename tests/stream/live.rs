//! The stream through real sockets: TCP and Unix, over io_uring and over epoll.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use hearth::config::{Limits, Transport};
use hearth::serve::{Backend, Counters, HostNames, Rules, Server, Settings};

use crate::rig::{Event, Machine, events, names, values};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stream's body, chunk by chunk.
struct Body<R>(BufReader<R>);

impl<R: Read> Body<R> {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn chunk(&mut self) -> Vec<Event> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut chunk = vec![0; length];
        self.0.read_exact(&mut chunk).unwrap();
        assert_eq!(self.line(), "");
        events(&chunk)
    }
}

fn open<S: Read + Write>(mut socket: S) -> Body<S> {
    socket.write_all(b"GET /v1/stream?hz=20 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut body = Body(BufReader::new(socket));
    assert_eq!(body.line(), "HTTP/1.1 200 OK");
    while !body.line().is_empty() {}
    body
}

fn first_and_next<S: Read + Write>(socket: S, machine: &mut Machine, value: i64) -> (String, String) {
    let mut body = open(socket);
    let first = body.chunk();
    assert_eq!(names(&first), ["schema", "full"]);
    machine.tick(u64::try_from(value).unwrap() * 1000, value);
    // On a machine that stands still there are gaps and comments before it.
    let delta = loop {
        if let Some(delta) = body.chunk().into_iter().find(|event| event.0 != "gap") {
            break delta;
        }
    };
    assert_eq!(delta.0, "delta");
    (values(&first[1]).to_owned(), values(&delta).to_owned())
}

fn both_sockets(transport: Transport) {
    let mut machine = Machine::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hearth.sock");
    let settings = Settings {
        listen: vec![([127, 0, 0, 1], 0).into()],
        socket: Some(path.clone()),
        transport,
        rules: Rules { limits: Limits::default(), hosts: HostNames::new("attic", &[]) },
        write_timeout: PATIENCE,
    };
    let server = Server::start(settings, machine.routes(), Arc::new(Counters::default())).unwrap();
    let choice = server.backend();
    if transport == Transport::Auto && choice.backend != Backend::IoUring {
        eprintln!("not checked over io_uring: {}", choice.reason);
    }
    let tcp = TcpStream::connect(server.addresses()[0]).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    let unix = UnixStream::connect(&path).unwrap();
    unix.set_read_timeout(Some(PATIENCE)).unwrap();
    let (full, delta) = first_and_next(tcp, &mut machine, 1);
    assert_eq!(full, "[[0,0],[1,0],[2,0]]");
    assert_eq!(delta, "[[0,1],[1,10],[2,100]]");
    let (full, delta) = first_and_next(unix, &mut machine, 2);
    assert_eq!(full, "[[0,1],[1,10],[2,100],[3,7]]", "the owner sees more");
    assert_eq!(delta, "[[0,2],[1,20],[2,200]]");
    server.stop().unwrap();
    assert_eq!(machine.wanted_hz(), 0, "nobody is left who wants anything");
}

#[test]
fn events_come_through_both_sockets_over_epoll() {
    both_sockets(Transport::Epoll);
}

#[test]
fn events_come_through_both_sockets_over_io_uring_where_it_is_to_be_had() {
    both_sockets(Transport::Auto);
}
