//! Bodies that are pulled.

use std::time::{Duration, Instant};

use hearth::config::Transport;
use hearth::serve::Counter;

use crate::client::{Client, request};
use crate::rig::{CHUNK, PATIENCE, Rig, settings, wide};

/// What two kernel socket buffers and our own may hold of a stream that nobody reads.
const IN_FLIGHT_MAX: u64 = 8 * 1024 * 1024;

/// Waits until the sources of `/endless` are asked no more, seen by `witness`, who is served by the same thread.
fn await_standstill(rig: &Rig, witness: &mut Client) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    let mut before = rig.polls();
    let mut still = 0;
    while still < 200 {
        assert!(Instant::now() < deadline, "the source is asked without end");
        assert_eq!(witness.get("/witness").status, 200);
        still = if rig.polls() == before { still + 1 } else { 0 };
        before = rig.polls();
    }
    before
}

pub(crate) fn a_source_is_asked_only_when_the_client_reads(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut witness = Client::tcp(rig.address());
    let mut client = Client::small(rig.address());
    client.send(&request("GET", "/endless"));
    assert_eq!(client.head().status, 200);
    assert_eq!(client.chunk().len(), CHUNK);
    let blocked = await_standstill(&rig, &mut witness);
    let given = blocked * u64::try_from(CHUNK).expect("small");
    assert!(given <= IN_FLIGHT_MAX, "{given} bytes were asked for in advance");
    // One chunk beyond what was given can only come from a source that is asked again.
    for _ in 0..blocked {
        assert_eq!(client.chunk().len(), CHUNK);
    }
    assert!(rig.polls() > blocked);
}

pub(crate) fn a_client_that_never_reads_is_cut_off(transport: Transport) {
    let mut settings = settings(transport, wide());
    settings.write_timeout = Duration::from_millis(200);
    let rig = Rig::with(settings);
    let mut client = Client::small(rig.address());
    client.send(&request("GET", "/endless"));
    rig.dropped.recv_timeout(PATIENCE).expect("the source is dropped");
    rig.await_count(Counter::Closed, 1);
    // On a machine that stands still for long the kernel's own time-out can come first.
    assert_eq!(rig.counters.get(Counter::WriteTimeouts) + rig.counters.get(Counter::Broken), 1);
}

pub(crate) fn a_stream_ends_properly_when_the_server_stops(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut ticking = Client::tcp(rig.address());
    ticking.send(&request("GET", "/ticks"));
    assert_eq!(ticking.head().status, 200);
    let mut quiet = Client::tcp(rig.address());
    quiet.send(&request("GET", "/quiet"));
    assert_eq!(quiet.head().status, 200);
    for _ in 0..10 {
        assert_eq!(ticking.chunk(), b"tick\n");
    }
    rig.server.stop_handle().stop();
    while ticking.chunk() == b"tick\n" {}
    ticking.expect_end();
    assert_eq!(quiet.chunk(), b"");
    quiet.expect_end();
    rig.server.stop().expect("stopped");
}

pub(crate) fn a_stop_does_not_wait_for_a_client_that_does_not_read(transport: Transport) {
    let rig = Rig::new(transport, wide());
    let mut witness = Client::tcp(rig.address());
    let mut client = Client::small(rig.address());
    client.send(&request("GET", "/endless"));
    assert_eq!(client.head().status, 200);
    await_standstill(&rig, &mut witness);
    // The write time-out is longer than a test may wait, so only the stop can end this.
    rig.server.stop().expect("stopped");
    rig.dropped.recv_timeout(PATIENCE).expect("the source is dropped");
    assert_eq!(rig.counters.get(Counter::Closed), 2);
    assert_eq!(rig.counters.get(Counter::WriteTimeouts), 0);
}
