//! What ordinary clients rely on.

use std::os::unix::fs::MetadataExt;

use hearth::config::Transport;
use hearth::serve::{Counter, HostNames, Rules};

use crate::client::{Client, request};
use crate::rig::{Rig, settings, wide};

pub(crate) fn a_connection_serves_many_requests(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    for index in 0..20 {
        let path = format!("/{index}");
        let answer = client.get(&path);
        assert_eq!((answer.status, answer.text()), (200, path.as_str()));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(rig.counters.get(Counter::Connections), 1);
    assert_eq!(rig.counters.get(Counter::Requests), 20);
}

pub(crate) fn a_hundred_pipelined_requests_are_answered_in_order(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    let all: String = (0..100).map(|index| request("GET", &format!("/{index}"))).collect();
    client.send(&all);
    for index in 0..100 {
        assert_eq!(client.answer().text(), format!("/{index}"));
    }
}

pub(crate) fn head_is_get_without_its_body(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    client.send(&request("HEAD", "/size?bytes=5000"));
    let answer = client.head();
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("5000")));
    client.send(&request("HEAD", "/endless"));
    assert_eq!(client.head().status, 200);
    assert_eq!(client.get("/next").text(), "/next");
    assert_eq!(rig.polls(), 0, "a body that is not sent is not made");
}

pub(crate) fn a_large_body_arrives_whole(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::small(rig.address());
    for bytes in [0, 1, 60_000, 65_536, 1_000_000] {
        let answer = client.get(&format!("/size?bytes={bytes}"));
        assert_eq!(answer.body.len(), bytes);
        assert!(answer.body.iter().zip((0..=250).cycle()).all(|(have, want)| *have == want), "{bytes}");
    }
}

pub(crate) fn a_half_closed_client_still_gets_its_answer(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    client.send(&request("GET", "/size?bytes=200000"));
    client.send(&request("GET", "/last"));
    client.finish_sending();
    assert_eq!(client.answer().body.len(), 200_000);
    assert_eq!(client.answer().text(), "/last");
    client.expect_end();
}

pub(crate) fn the_unix_socket_serves_at_full_rate_under_any_name_and_goes_at_the_end(transport: Transport) {
    let directory = std::env::temp_dir().join(format!("hearth-serving-{transport:?}-{}", std::process::id()));
    let path = directory.join("run/hearth.sock");
    let mut settings = settings(transport, hearth::config::Limits { requests_per_second: 1, ..wide() });
    settings.socket = Some(path.clone());
    let rig = Rig::with(settings);
    assert_eq!(std::fs::metadata(&path).expect("the file").mode() & 0o7777, 0o660);
    let mut client = Client::unix(&path);
    for _ in 0..20 {
        client.send("GET /who HTTP/1.1\r\nHost: anything.example\r\n\r\n");
        let answer = client.answer();
        assert_eq!((answer.status, answer.text()), (200, "unix true"));
    }
    assert_eq!(Client::tcp(rig.address()).get("/who").text(), "tcp false");
    rig.server.stop().expect("stopped");
    client.expect_end();
    assert_eq!(rig.counters.get(Counter::UnixConnections), 1);
    assert_eq!(rig.counters.get(Counter::Connections), 2);
    assert_eq!(rig.counters.get(Counter::UnixClosed), 1);
    assert!(!path.exists());
    std::fs::remove_dir_all(directory).expect("removed");
}

pub(crate) fn foreign_missing_and_repeated_hosts_are_refused(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut client = Client::tcp(rig.address());
    for (head, status) in [
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: Attic.local:9110\r\n\r\n", 200),
        ("GET http://attic/ HTTP/1.1\r\nHost: attic\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: [::1]:9110\r\n\r\n", 200),
    ] {
        client.send(head);
        assert_eq!(client.answer().status, status, "{head}");
    }
    assert_eq!(rig.counters.get(Counter::HostRefused), 2);
    assert_eq!(rig.counters.get(Counter::HostMissing), 2);
    assert_eq!(rig.counters.get(Counter::Answered4xx), 4);
    assert_eq!(rig.counters.get(Counter::Answered2xx), 3);
}

pub(crate) fn new_rules_hold_for_new_connections(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let ask = "GET / HTTP/1.1\r\nHost: cellar\r\n\r\n";
    let mut early = Client::tcp(rig.address());
    early.send(ask);
    assert_eq!(early.answer().status, 421);
    rig.server.set_rules(Rules { limits: wide(), hosts: HostNames::new("cellar", &[]) });
    let deadline = std::time::Instant::now() + crate::rig::PATIENCE;
    loop {
        let mut late = Client::tcp(rig.address());
        late.send(ask);
        if late.answer().status == 200 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "the new rules never hold");
    }
}

pub(crate) fn an_idle_connection_ends_when_the_server_stops(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut used = Client::tcp(rig.address());
    assert_eq!(used.get("/").status, 200);
    let mut begun = Client::tcp(rig.address());
    begun.send("GET / HTTP/1.1\r\nHo");
    rig.await_count(Counter::Connections, 2);
    rig.server.stop_handle().stop();
    used.expect_end();
    begun.expect_end();
    rig.server.stop().expect("stopped");
    assert_eq!(rig.counters.get(Counter::Closed), 2);
}
