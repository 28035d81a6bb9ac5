//! How the stream is asked for, and what a client's coming and going does to the lane.

use hearth::serve::{Body, Method, StatusCode};

use crate::rig::{Machine, OWNER, anyone, ask, given, stream};

#[test]
fn a_rate_that_is_none_is_refused_with_the_range() {
    let machine = Machine::new();
    let routes = machine.routes();
    for hz in ["0", "0.09", "1000.1", "1001", "-1", "ten", "", "1e2", "inf", "NaN"] {
        let answer = ask(&routes, anyone(), &Method::GET, Some(&format!("hz={hz}")), "");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hz}");
        let Body::Bytes(sentence) = answer.body else { panic!("{hz} is streamed") };
        let sentence = std::str::from_utf8(&sentence).unwrap();
        assert!(sentence.contains("from 0.1 to 1000"), "{sentence}");
        assert_eq!(sentence.matches('\n').count(), 1, "{sentence}");
    }
    for query in ["rate=1", "hz=1&hz=1", "hz=%zz"] {
        assert_eq!(ask(&routes, anyone(), &Method::GET, Some(query), "").status, StatusCode::BAD_REQUEST);
    }
    for query in [None, Some("hz=0.1"), Some("hz=1000"), Some("hz=33.3")] {
        assert_eq!(ask(&routes, anyone(), &Method::GET, query, "").status, StatusCode::OK, "{query:?}");
    }
}

#[test]
fn the_range_ends_at_the_rate_that_the_owner_allows_now() {
    let machine = Machine::new();
    let routes = machine.routes();
    let status = |hz: &str| ask(&routes, anyone(), &Method::GET, Some(hz), "").status;
    for (max_hz, allowed, refused) in
        [(100, "hz=100", "hz=100.1"), (1000, "hz=1000", "hz=1001"), (1, "hz=1", "hz=2")]
    {
        machine.view.lanes[0].wanted.limit(1, max_hz);
        assert_eq!(status(allowed), StatusCode::OK, "{allowed} of {max_hz}");
        let answer = ask(&routes, anyone(), &Method::GET, Some(refused), "");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{refused} of {max_hz}");
        let Body::Bytes(sentence) = answer.body else { panic!("{refused} is streamed") };
        let sentence = std::str::from_utf8(&sentence).unwrap();
        assert!(sentence.contains(&format!("from 0.1 to {max_hz}, not")), "{sentence}");
        assert_eq!(sentence.matches('\n').count(), 1, "{sentence}");
    }
}

#[test]
fn the_form_is_chosen_by_accept() {
    let machine = Machine::new();
    let routes = machine.routes();
    for (accept, media) in [
        ("", "text/event-stream"),
        ("*/*", "text/event-stream"),
        ("application/vnd.hearth.postcard", "application/vnd.hearth.postcard"),
    ] {
        let answer = ask(&routes, anyone(), &Method::GET, None, accept);
        assert_eq!(answer.headers["content-type"], media, "{accept}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let answer = ask(&routes, anyone(), &Method::GET, None, "application/json");
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
    let answer = ask(&routes, anyone(), &Method::POST, None, "");
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn the_lane_runs_as_fast_as_its_fastest_client_while_that_is_there() {
    let machine = Machine::new();
    let routes = machine.routes();
    let head = ask(&routes, anyone(), &Method::HEAD, Some("hz=1000"), "");
    assert_eq!(head.status, StatusCode::OK);
    drop(head);
    assert_eq!(machine.wanted_hz(), 0, "who asks for the head alone speeds nothing up");
    let mut slow = stream(&routes, anyone(), "hz=33.3", "");
    let mut fast = stream(&routes, OWNER, "hz=1000", "");
    assert_eq!(machine.wanted_hz(), 0);
    given(&mut *slow, machine.at(0));
    assert_eq!(machine.wanted_hz(), 34);
    given(&mut *fast, machine.at(0));
    assert_eq!(machine.wanted_hz(), 1000);
    drop(fast);
    assert_eq!(machine.wanted_hz(), 34);
    drop(slow);
    assert_eq!(machine.wanted_hz(), 0);
}
