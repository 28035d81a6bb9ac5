//! Clients that mean no good, or do not know better.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use hearth::config::{Limits, Transport};
use hearth::serve::Counter;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::client::{Client, request};
use crate::rig::{PATIENCE, Rig, wide};

pub(crate) fn a_slow_head_is_cut_off_while_others_are_served(transport: Transport) {
    let rig = Rig::new(transport, Limits { header_timeout_ms: 100, ..wide() });
    let mut good = Client::tcp(rig.address());
    let mut slow = Client::tcp(rig.address());
    slow.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    assert_eq!(good.get("/good").text(), "/good");
    slow.expect_end();
    rig.await_count(Counter::HeaderTimeouts, 1);
    assert_eq!(good.get("/still").text(), "/still");
}

/// A byte now and then does not move the end of a head's time: the drip goes on until the server ends it.
pub(crate) fn a_head_that_drips_is_cut_off_all_the_same(transport: Transport) {
    let rig = Rig::new(transport, Limits { header_timeout_ms: 200, ..wide() });
    let mut drip = Client::tcp(rig.address());
    drip.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    let deadline = Instant::now() + PATIENCE;
    while rig.counters.get(Counter::HeaderTimeouts) == 0 {
        assert!(Instant::now() < deadline, "every byte moves the end on");
        // Far more often than the time-out, so that one counted from the last byte would never come.
        match drip.try_send(b"a") {
            Ok(()) => std::thread::park_timeout(Duration::from_millis(20)),
            Err(_closed) => break,
        }
    }
    rig.await_count(Counter::HeaderTimeouts, 1);
    assert_eq!(Client::tcp(rig.address()).get("/next").text(), "/next");
}

pub(crate) fn a_ten_megabyte_header_is_refused(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ");
    let piece = vec![b'a'; 64 * 1024];
    // The server answers and closes long before it has all.
    let refused = (0..160).any(|_| client.try_send(&piece).is_err());
    assert!(refused, "the server read ten megabytes of header");
    assert_eq!(client.head().status, 431);
    rig.await_count(Counter::HeadTooLarge, 1);
    assert_eq!(Client::tcp(rig.address()).get("/next").text(), "/next");
}

pub(crate) fn a_thousand_idle_sockets_take_their_places_and_no_more(transport: Transport) {
    let places = idle_sockets();
    let connections = u32::try_from(places).expect("small");
    let rig = Rig::new(transport, Limits { connections, ..wide() });
    let mut idle: Vec<TcpStream> =
        (0..places).map(|_| TcpStream::connect(rig.address()).expect("connected")).collect();
    let refused = Client::tcp(rig.address()).head();
    assert_eq!((refused.status, refused.header("connection")), (503, Some("close")));
    rig.await_count(Counter::ServerFull, 1);
    idle.truncate(places - 2);
    rig.await_count(Counter::Closed, 2);
    assert_eq!(Client::tcp(rig.address()).get("/good").text(), "/good");
}

/// A thousand, or what the limit on open files leaves; both ends are in this process.
fn idle_sockets() -> usize {
    const WANTED: u64 = 1000;
    const SPARE: u64 = 200;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the limit");
    let files = hard.min(2 * WANTED + SPARE);
    setrlimit(Resource::RLIMIT_NOFILE, files, hard).expect("up to the hard limit is allowed");
    let sockets = (files - SPARE) / 2;
    if sockets < WANTED {
        eprintln!("only {sockets} idle sockets: the hard limit on open files is {hard}");
    }
    usize::try_from(sockets).expect("small")
}

pub(crate) fn a_reset_in_the_body_ends_its_source(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    client.send(&request("GET", "/endless"));
    assert_eq!(client.head().status, 200);
    assert!(!client.chunk().is_empty());
    client.reset();
    rig.dropped.recv_timeout(PATIENCE).expect("the source is dropped");
    rig.await_count(Counter::Closed, 1);
    assert_eq!(Client::tcp(rig.address()).get("/next").text(), "/next");
}

pub(crate) fn a_body_on_get_is_refused_and_the_connection_closed(transport: Transport) {
    let rig = Rig::new(transport, wide());
    for framing in
        ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
    {
        let mut client = Client::tcp(rig.address());
        client.send(&format!("GET / HTTP/1.1\r\nHost: localhost\r\n{framing}"));
        let answer = client.answer();
        assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
        client.expect_end();
    }
    rig.await_count(Counter::BodyRefused, 2);
    let mut client = Client::tcp(rig.address());
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
    assert_eq!(client.answer().status, 405);
    client.expect_end();
}

pub(crate) fn nonsense_is_a_bad_request(transport: Transport) {
    let rig = Rig::new(transport, wide());
    for (index, nonsense) in
        ["\x16\x03\x01\x02\x00\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nBad Name: 1\r\n\r\n"]
            .iter()
            .enumerate()
    {
        let mut client = Client::tcp(rig.address());
        client.send(nonsense);
        assert_eq!(client.head().status, 400, "{nonsense:?}");
        rig.await_count(Counter::Malformed, u64::try_from(index).expect("small") + 1);
    }
}
