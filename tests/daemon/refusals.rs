//! What keeps it from running, what it goes on without, and the words for both.

use std::net::TcpListener;
use std::process::Command;

use crate::running::Plan;

#[test]
fn a_taken_port_ends_the_start_with_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = Plan::new().with(&["--listen", &address]).fail();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let words = format!(
        "error: cannot listen on {address}: Address already in use (os error 98); is another program"
    );
    assert!(ended.said.contains(&words), "{}", ended.said);
}

#[test]
fn wrong_usage_and_a_faulty_configuration_end_the_start_with_code_2() {
    for (arguments, words) in [
        (&["--speed", "9"][..], "unexpected argument '--speed'"),
        (&["--transport", "smoke"][..], "possible values: auto, io-uring, epoll"),
        (&["--rate-hz", "1001"][..], "1001 is not in 1..=1000"),
    ] {
        let ended = Plan::new().with(arguments).fail();
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.said);
        assert!(ended.said.contains(words), "{arguments:?}: {}", ended.said);
    }
    let plan = Plan::new().config("[serve]\nlisten = 9110\n");
    let place =
        format!("{}:2:10: serve.listen: expected a list of strings", plan.path("hearth.toml").display());
    let ended = plan.fail();
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains(&place), "{}", ended.said);
}

#[test]
fn a_configured_socket_that_cannot_be_made_is_gone_without_and_noted() {
    // Below a plain file there is no directory, not even for root.
    let plan = Plan::new();
    let path = plan.path("hearth.toml").join("hearth.sock");
    let hearth = plan.config(&format!("[serve]\nsocket = \"{}\"\n", path.display())).start();
    let note = hearth.note("serve.socket").expect("a note");
    assert!(note.starts_with(&format!("cannot open the socket {}: ", path.display())), "{note}");
    assert!(note.contains("set serve.socket to a path you may write"), "{note}");
    hearth.expect_said(0, "cannot open the socket");
    assert_eq!(hearth.tcp().get("/metrics").status, 200);
}

#[test]
fn a_socket_asked_for_that_cannot_be_made_ends_the_start() {
    let plan = Plan::new();
    let path = plan.path("hearth.toml").join("hearth.sock");
    let ended = plan.with(&["--socket", path.to_str().expect("a plain path")]).fail();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let words = format!("error: cannot open the socket {}: ", path.display());
    assert!(ended.said.contains(&words), "{}", ended.said);
}

/// A start during which the kernel answers io_uring with EPERM, as a service's system call filter does; nothing where
/// programs may not be traced.
fn without_io_uring(plan: Plan) -> Option<Plan> {
    // With -D the tracer stands aside: signals and exit codes are the program's own.
    let strace = ["strace", "-D", "-f", "-qqq", "-o", "/dev/null"];
    let inject = ["-e", "trace=io_uring_setup", "-e", "inject=io_uring_setup:error=EPERM"];
    let words: Vec<&str> = strace.into_iter().chain(inject).collect();
    let tried = Command::new("strace").args(&words[1..]).arg("true").output();
    let tried =
        tried.unwrap_or_else(|error| panic!("strace cannot be run ({error}): install Debian's strace"));
    if !tried.status.success() {
        hearth_board::not_run("strace", &String::from_utf8_lossy(&tried.stderr));
        return None;
    }
    Some(plan.through(&words))
}

#[test]
fn io_uring_demanded_and_refused_ends_the_start_with_a_sentence() {
    let Some(plan) = without_io_uring(Plan::new().with(&["--transport", "io-uring"])) else { return };
    let ended = plan.fail();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(
        ended.said.contains("Operation not permitted (os error 1); `auto` falls back to epoll"),
        "{}",
        ended.said
    );
}

#[test]
fn io_uring_refused_is_gone_without_and_said_once() {
    let Some(plan) = without_io_uring(Plan::new().with(&["--transport", "auto"]).with_socket()) else {
        return;
    };
    let hearth = plan.start();
    let note = hearth.note("serve.transport").expect("a note");
    assert!(note.starts_with("io_uring is not available: it is forbidden"), "{note}");
    for mut client in [hearth.tcp(), hearth.unix()] {
        assert_eq!(client.get("/metrics").status, 200);
    }
    hearth.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = hearth.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_eq!(ended.said.matches("io_uring is not available").count(), 1, "{}", ended.said);
}
