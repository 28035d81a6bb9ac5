//! From the start to the end: signals, the service manager, and a life without rights.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::client::Client;
use crate::manager::Manager;
use crate::running::Plan;

#[test]
fn asked_to_end_it_ends_with_code_0_while_clients_are_connected() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        for transport in ["auto", "epoll"] {
            let hearth = Plan::new().with_socket().with(&["--transport", transport]).start();
            let mut served = hearth.tcp();
            assert_eq!(served.get("/healthz").status, 200);
            let (mut silent, mut halfway, mut local) = (hearth.tcp(), hearth.tcp(), hearth.unix());
            halfway.send("GET /metrics HTTP/1.1\r\nHost: loc");
            assert_eq!(local.get("/healthz").status, 200);
            let socket = hearth.socket.clone();
            assert!(socket.exists(), "the socket is there while it runs");
            hearth.signal(signal);
            for client in [&mut served, &mut silent, &mut halfway, &mut local] {
                client.expect_end();
            }
            let ended = hearth.ended();
            assert_eq!(ended.code, Some(0), "{signal} over {transport}: {}", ended.said);
            assert!(ended.said.contains("ended in good order"), "{signal} over {transport}: {}", ended.said);
            assert!(!socket.exists(), "the socket goes with it");
        }
    }
}

#[test]
fn a_client_that_does_not_read_its_stream_holds_up_no_end() {
    for transport in ["auto", "epoll"] {
        let hearth = Plan::new().with_socket().with(&["--transport", transport, "--rate-hz", "1000"]).start();
        let _stuck = hearth.until("it streams", || {
            let mut stream = UnixStream::connect(&hearth.socket).expect("it listens");
            let request = b"GET /v1/stream?hz=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
            stream.write_all(request).expect("it reads");
            let mut first = [0; 15];
            stream.read_exact(&mut first).expect("it answers");
            // Before the first tick there is nothing to stream.
            (&first == b"HTTP/1.1 200 OK").then_some(stream)
        });
        // Nothing more is read. A second of ticks is far more than its buffers take.
        let ticks = || {
            let metrics = hearth.tcp().get("/metrics");
            let name = "hearth_lane_ticks_total{lane=\"steady\"} ";
            let ticks = metrics.text().lines().find_map(|line| line.strip_prefix(name))?;
            Some(ticks.parse::<f64>().expect("a number"))
        };
        let before = hearth.until("it ticks", ticks);
        hearth.until("a thousand ticks", || ticks().filter(|now| *now >= before + 1000.0));
        let asked = Instant::now();
        hearth.signal(Signal::SIGTERM);
        let ended = hearth.ended();
        let took = asked.elapsed();
        eprintln!("from the signal to the end over {transport}: {took:?}");
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        // What is promised is a second, by the sum of all that is waited for; a machine that runs tests may be slower.
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[test]
fn a_killed_one_leaves_a_socket_that_the_next_replaces() {
    let hearth = Plan::new().with_socket().start();
    let second = Plan::new().with(&["--socket", hearth.socket.to_str().expect("a plain path")]);
    let left = hearth.home().join("left.sock");
    // What a kill leaves behind: a socket file on which nobody answers.
    drop(std::os::unix::net::UnixListener::bind(&left).expect("a socket of the test's own"));
    let third = Plan::new().with(&["--socket", left.to_str().expect("a plain path")]).start();
    assert_eq!(Client::unix(&left).get("/healthz").status, 200);
    drop(third);
    // One that is answered on is not taken away.
    let ended = second.fail();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("another program answers on it"), "{}", ended.said);
    assert_eq!(hearth.unix().get("/healthz").status, 200);
}

#[test]
fn a_service_manager_is_told_of_readiness_reloads_life_and_the_end() {
    let plan = Plan::new();
    let manager = Manager::at(&plan.path("notify"));
    let address = plan.path("notify");
    // A sign of life is due at half the time given.
    let hearth = plan.environment("NOTIFY_SOCKET", address).environment("WATCHDOG_USEC", "100000").start();
    assert_eq!(manager.hears(), "READY=1\nSTATUS=sampling and serving");
    manager.sees_life();
    manager.sees_life();
    hearth.reconfigure("[lanes]\nidle_rate_hz = 20\n");
    hearth.signal(Signal::SIGHUP);
    let said = manager.hears();
    let monotonic = said.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap_or_else(|| panic!("{said:?}"));
    assert!(monotonic.parse::<u64>().is_ok_and(|usec| usec > 0), "{said:?}");
    assert_eq!(manager.hears(), "READY=1\nSTATUS=sampling and serving");
    manager.sees_life();
    hearth.signal(Signal::SIGTERM);
    assert_eq!(manager.hears(), "STOPPING=1");
    assert_eq!(hearth.ended().code, Some(0));
}

#[test]
fn a_watchdog_meant_for_another_process_is_not_fed() {
    let plan = Plan::new();
    let manager = Manager::at(&plan.path("notify"));
    let address = plan.path("notify");
    let hearth = plan
        .environment("NOTIFY_SOCKET", address)
        .environment("WATCHDOG_USEC", "1000")
        .environment("WATCHDOG_PID", "1")
        .start();
    assert_eq!(manager.hears(), "READY=1\nSTATUS=sampling and serving");
    // The lanes go on while the manager hears nothing: the next thing it hears is the end.
    hearth.until("a second of ticks", || {
        let metrics = hearth.tcp().get("/metrics");
        let ticks =
            metrics.text().lines().find(|line| line.starts_with("hearth_lane_ticks_total{lane=\"steady\"}"));
        let (_, ticks) = ticks?.rsplit_once(' ')?;
        (ticks.parse::<f64>().expect("a number") >= 10.0).then_some(())
    });
    hearth.signal(Signal::SIGTERM);
    hearth.expect_said(0, "ended in good order");
    assert_eq!(manager.next(), "STOPPING=1");
}

#[test]
fn without_rights_it_runs_and_names_what_is_missing_with_its_fix() {
    // The limits are set as well, since some systems give them to everybody.
    let hearth = Plan::new()
        .unprivileged()
        .with_socket()
        .through(&["prlimit", "--rtprio=0", "--memlock=65536"])
        .config("[lanes]\nrealtime_priority = 10\nlock_memory = true\n")
        .start();
    for (about, fix) in
        [("lanes.realtime_priority", "grant CAP_SYS_NICE"), ("lanes.lock_memory", "grant CAP_IPC_LOCK")]
    {
        let note = hearth.note(about).unwrap_or_else(|| panic!("nothing is noted about {about}"));
        assert!(note.contains("was refused") && note.contains(fix), "{about}: {note}");
        hearth.expect_said(0, about);
    }
    let status = hearth.unix().get("/v1/status").json();
    let sensors = status["sensors"].as_array().expect("sensors");
    let armed = sensors.iter().filter(|sensor| sensor["state"] == "armed").count();
    assert!(armed > sensors.len() / 2, "{armed} of {} sources are read", sensors.len());
    for sensor in sensors.iter().filter(|sensor| sensor["state"] == "absent") {
        let say = |key: &str| sensor[key].as_str().expect("a text").to_owned();
        assert!(!say("what").is_empty() && !say("source").is_empty(), "{sensor}");
        if say("reason") == "no_permission" {
            assert!(say("fix").contains("root") || say("fix").contains("grant"), "{sensor}");
        }
    }
    assert_eq!(hearth.tcp().get("/readyz").status, 200);
}
