//! `hearth get` against servers that answer as they should, and as they should not.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use socket2::{Domain, Socket, Type};

use crate::peer::{self, Script};
use crate::{Said, hearth, program};

#[test]
fn a_table_has_the_values_and_the_reasons_over_tcp_and_over_the_unix_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = peer::unix(directory.path(), peer::honest());
    let socket = socket.to_str().expect("a plain path");
    let url = peer::tcp(peer::honest());
    for target in [["--url", &url], ["--socket", socket]] {
        let said = hearth(&["get", target[0], target[1]]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{target:?}");
        let want = "node_load1                            1.25\n\
                    hearth_lane_ticks_total{lane=\"slow\"}  no value: no_permission\n";
        assert_eq!(said.out, want, "{target:?}");
    }
}

#[test]
fn filters_choose_and_forms_are_as_asked_for() {
    let url = peer::tcp(peer::honest());
    let said = hearth(&["get", "--url", &url, "--text", "node_*"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[1..], ["# TYPE node_load1 gauge", "node_load1 1.25"]);
    let said = hearth(&["get", "--url", &url, "--json", "node_load1"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let families = r#""monotonic_seconds":2.5,"realtime_seconds":1700000000.000000001,"families":[{"name":"node_load1","type":"gauge","unit":"","series":[{"index":0,"labels":{},"value":1.25}]}]}"#;
    assert!(
        said.out.starts_with(r#"{"schema":""#) && said.out.ends_with(&format!("{families}\n")),
        "{}",
        said.out
    );
    let said = hearth(&["get", "--url", &url, "nod_*"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains("no metric there is called nod_*; `hearth schema` lists"), "{}", said.err);
}

fn failed(script: Script) -> String {
    let Said { code, out, err } = hearth(&["get", "--url", &peer::tcp(script)]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.starts_with("error: asking http://127.0.0.1:"), "{err}");
    err
}

#[test]
fn a_server_that_lies_is_told_by_what_it_said() {
    let (schema, snapshot) = peer::machine();
    let mut cut_off = peer::ok(&snapshot);
    cut_off.truncate(cut_off.len() - 3);
    let mut shortened = peer::ok(&snapshot[..snapshot.len() - 1]);
    shortened.extend_from_slice(&snapshot[snapshot.len() - 1..]);
    for (answer, words) in [
        (b"220 mail.example ESMTP\r\n".to_vec(), r#"not HTTP but begins with "220 mail.example ESMTP"#),
        (Vec::new(), "closed without an answer"),
        (cut_off, "the answer ends 3 bytes too early"),
        (shortened, "are no message of Hearth: the input ends too early at byte"),
        (peer::ok(b"\xff\xff\xff garbage"), "11 bytes came that are no message of Hearth"),
        (peer::ok(&schema), "for /v1/snapshot: another kind of message came"),
        (
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 14\r\n\r\nnothing \x1b[2Jhere".to_vec(),
            r"the server says 404: nothing \u{1b}[2Jh",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "the answer is text/html, not application/vnd.hearth.postcard; is this Hearth?",
        ),
    ] {
        let err = failed(Arc::new(move |_| answer.clone()));
        assert!(err.contains(words), "{words:?} in {err:?}");
    }
}

#[test]
fn where_nobody_answers_the_words_say_what_to_do() {
    // Bound but not listening: refused, and nobody else's meanwhile.
    let taken = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    taken.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let address = taken.local_addr().expect("it has an address").as_socket().expect("of TCP");
    let url = format!("http://{address}");
    for (option, place) in [("--url", url.as_str()), ("--socket", "/nonexistent/hearth.sock")] {
        let said = hearth(&["get", option, place]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{place}");
        let want = format!("error: nothing answers at {place}; is `hearth run` running there? (");
        assert!(said.err.starts_with(&want), "{}", said.err);
    }
    let said = hearth(&["get", "--url", "https://nas:9110"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("it must begin with http://"), "{}", said.err);
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let url = peer::tcp(peer::honest());
    for args in [vec!["get", "--url", &url], vec!["schema"], vec!["--help"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(program())
            .args(&args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program starts");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}
