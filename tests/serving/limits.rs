//! Numbers that hold.

use hearth::config::{Limits, Transport};
use hearth::serve::Counter;

use crate::client::{Client, request};
use crate::rig::{PATIENCE, Rig, wide};

pub(crate) fn one_address_gets_its_share_of_connections(transport: Transport) {
    let rig = Rig::new(transport, Limits { connections_per_address: 2, ..wide() });
    let mut first = Client::tcp(rig.address());
    assert_eq!(first.get("/1").status, 200);
    let mut second = Client::tcp(rig.address());
    assert_eq!(second.get("/2").status, 200);
    let mut third = Client::tcp(rig.address());
    assert_eq!(third.answer().status, 503);
    third.expect_end();
    assert_eq!(rig.counters.get(Counter::AddressFull), 1);
    drop(first);
    rig.await_count(Counter::Closed, 1);
    assert_eq!(Client::tcp(rig.address()).get("/3").status, 200);
}

pub(crate) fn too_many_requests_are_told_when_to_come_back(transport: Transport) {
    let rig = Rig::new(transport, Limits { requests_per_second: 2, ..wide() });
    let mut client = Client::tcp(rig.address());
    client.send(&request("GET", "/").repeat(50));
    let answers: Vec<_> = (0..50).map(|_| client.answer()).collect();
    assert!(answers[..2].iter().all(|answer| answer.status == 200));
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|answer| answer.header("retry-after") == Some("1")));
    assert_eq!(rig.counters.get(Counter::TooManyRequests), u64::try_from(refused.len()).expect("small"));
}

pub(crate) fn a_head_may_be_as_long_as_configured_and_no_longer(transport: Transport) {
    let limit = 16_384;
    let rig = Rig::new(transport, Limits { header_bytes: limit, ..wide() });
    // A line and headers of so many bytes, with the empty line at their end.
    let head = |bytes: usize| {
        let (front, end) = ("GET /fits HTTP/1.1\r\nHost: localhost\r\nX-Long: ", "\r\n\r\n");
        format!("{front}{}{end}", "a".repeat(bytes - front.len() - end.len()))
    };
    let limit = usize::try_from(limit).expect("small");
    for bytes in [limit - 64, limit - 1] {
        let mut client = Client::tcp(rig.address());
        client.send(&head(bytes));
        assert_eq!(client.answer().text(), "/fits", "{bytes} bytes");
    }
    assert_eq!(rig.counters.get(Counter::HeadTooLarge), 0);
    for (count, bytes) in [(1, limit + 1), (2, limit + 64)] {
        let mut client = Client::tcp(rig.address());
        client.send(&head(bytes));
        assert_eq!(client.head().status, 431, "{bytes} bytes");
        rig.await_count(Counter::HeadTooLarge, count);
    }
}

pub(crate) fn a_silent_connection_is_closed(transport: Transport) {
    let rig = Rig::new(transport, Limits { idle_timeout_ms: 100, ..wide() });
    Client::tcp(rig.address()).expect_end();
    rig.await_count(Counter::IdleTimeouts, 1);
}

pub(crate) fn a_connection_without_further_requests_is_closed(transport: Transport) {
    // A machine that stands still can let the time-out pass before the request is sent; a longer one then serves.
    for idle_timeout_ms in [200, 2_000, 20_000] {
        let rig = Rig::new(transport, Limits { idle_timeout_ms, ..wide() });
        let mut client = Client::tcp(rig.address());
        let sent = client.try_send(request("GET", "/").as_bytes());
        if sent.is_ok() && !client.has_ended() {
            assert_eq!(client.answer().status, 200);
            client.expect_end();
            return rig.await_count(Counter::IdleTimeouts, 1);
        }
    }
    panic!("no request arrived within twenty seconds");
}

pub(crate) fn streams_have_a_number_of_places(transport: Transport) {
    let rig = Rig::new(transport, Limits { stream_clients: 1, ..wide() });
    let mut first = Client::tcp(rig.address());
    first.send(&request("GET", "/ticks"));
    assert_eq!(first.head().status, 200);
    assert_eq!(first.chunk(), b"tick\n");
    let mut second = Client::tcp(rig.address());
    assert_eq!(second.get("/ticks").status, 503);
    rig.dropped.recv_timeout(PATIENCE).expect("the refused source is dropped");
    assert_eq!(second.get("/plain").text(), "/plain");
    first.reset();
    rig.dropped.recv_timeout(PATIENCE).expect("the first source is dropped");
    rig.await_count(Counter::Closed, 1);
    second.send(&request("GET", "/ticks"));
    assert_eq!(second.head().status, 200);
}
