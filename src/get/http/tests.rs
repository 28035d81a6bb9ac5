use super::*;

const BODY: &[u8] = b"\x01\x02\x03\r\nabc";

/// Gives a byte at a time, the least a socket gives, and at its end an error if there is one.
struct Slowly<'a>(&'a [u8], Option<io::ErrorKind>);

impl Read for Slowly<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match (self.0.is_empty(), self.1) {
            (true, Some(kind)) => Err(kind.into()),
            _ => self.0.read(&mut bytes[..1]),
        }
    }
}

fn said(text: &[u8]) -> Result<Vec<u8>, String> {
    let slowly = answer(&mut BufReader::new(Slowly(text, None))).map_err(|fault| fault.to_string());
    let at_once = answer(&mut &*text).map_err(|fault| fault.to_string());
    assert_eq!(slowly, at_once, "it does not matter how the bytes come");
    at_once
}

fn with_length() -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {MEDIA_TYPE}; v=1\r\nContent-LENGTH: {}\r\nx-y:\r\n\r\n",
        BODY.len()
    );
    [head.as_bytes(), BODY].concat()
}

fn chunked() -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {MEDIA_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunks =
        [b"3;x=y\r\n", &BODY[..3], b"\r\n05\r\n", &BODY[3..], b"\r\n0\r\ntrailer: x\r\n\r\n"].concat();
    [head.as_bytes(), &chunks].concat()
}

#[test]
fn a_body_comes_whole_by_its_length_or_in_chunks() {
    assert_eq!(said(&with_length()).as_deref(), Ok(BODY));
    assert_eq!(said(&chunked()).as_deref(), Ok(BODY));
}

#[test]
fn every_shorter_answer_is_an_error() {
    for whole in [with_length(), chunked()] {
        for end in 0..whole.len() {
            let fault = said(&whole[..end]).expect_err("cut off");
            assert!(!fault.is_empty(), "at {end}");
        }
    }
}

#[test]
fn an_answer_that_stops_coming_is_told_from_a_connection_that_failed() {
    for whole in [with_length(), chunked()] {
        for end in 0..whole.len() {
            let stop = |kind| answer(&mut BufReader::new(Slowly(&whole[..end], Some(kind))));
            for kind in [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut] {
                assert!(matches!(stop(kind), Err(Fault::TooSlow(_))), "at {end}");
            }
            assert!(matches!(stop(io::ErrorKind::ConnectionReset), Err(Fault::Io(_))), "at {end}");
        }
    }
}

#[test]
fn any_damaged_answer_ends_in_an_answer_or_a_fault() {
    let mut bodies = 0;
    for whole in [with_length(), chunked()] {
        for at in 0..whole.len() {
            for byte in 0..=255 {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                match answer(&mut damaged.as_slice()) {
                    Ok(body) => {
                        assert!(body.len() <= whole.len());
                        bodies += 1;
                    }
                    Err(fault) => assert!(!fault.to_string().contains(['\r', '\n', '\0'])),
                }
            }
        }
    }
    assert!(bodies > BODY.len() * 255 * 2, "a changed body is another body");
}

#[test]
fn what_is_wrong_is_named() {
    let ok = format!("HTTP/1.1 200 OK\r\nContent-Type: {MEDIA_TYPE}\r\n");
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    for (text, words) in [
        (String::new(), "closed without an answer"),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), r#"not HTTP but begins with "SSH-2.0-OpenSSH_9.2\r\n""#),
        ("\u{1b}[2J".to_owned(), r#"begins with "\u{1b}[2J""#),
        ("HTTP/2 200\r\n\r\n".to_owned(), "not HTTP"),
        ("HTTP/1.1 20\r\n\r\n".to_owned(), "not HTTP"),
        ("HTTP/1.1 2000\r\n\r\n".to_owned(), "not HTTP"),
        ("HTTP/1.1 200".to_owned(), "in the middle of its header"),
        (long, "longer than 16384 bytes"),
        (format!("{ok}Content-Length : 1\r\n\r\nx"), r#"malformed: "Content-Length : 1""#),
        (format!("{ok} folded\r\n\r\n"), "malformed"),
        (format!("{ok}Content-Length: +1\r\n\r\nx"), "malformed"),
        (format!("{ok}Content-Length: \r\n\r\n"), "malformed"),
        (format!("{ok}Content-Length: 99999999999999999999\r\n\r\n"), "malformed"),
        (format!("{ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), "clearly how long"),
        (format!("{ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), "clearly how long"),
        (format!("{ok}Transfer-Encoding: gzip\r\n\r\n"), "malformed"),
        (format!("{ok}\r\nxyz"), "clearly how long"),
        (format!("{ok}Content-Length: 16777217\r\n\r\n"), "longer than 16777216 bytes"),
        (format!("{ok}Content-Length: 10\r\n\r\nabc"), "ends 7 bytes too early"),
        (format!("{ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n"), "chunks are malformed"),
        (format!("{ok}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), "longer than 16777216"),
        (format!("{ok}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"), "chunks are malformed"),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nno\u{1b}such\n".to_owned(),
            r"the server says 404: no\u{1b}such",
        ),
        ("HTTP/1.1 503\r\n\r\n".to_owned(), "the server says 503: (its words could not be read"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; x\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "the answer is text/html, not application/vnd.hearth.postcard; is this Hearth?",
        ),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(), "of no stated type"),
    ] {
        let fault = said(text.as_bytes()).expect_err(words);
        assert!(fault.contains(words), "{words:?} in {fault:?}");
    }
}
