//! A plain HTTP/1.1 client that waits.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::running::{BREATH, PATIENCE};

/// Both directions of a connection.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// One connection, for as many requests as the server allows.
pub(crate) struct Client(BufReader<Box<dyn Wire>>);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!((self.status, self.header("content-type")), (200, Some("application/json")), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}

impl Client {
    pub(crate) fn tcp(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).expect("a listener accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        socket.set_write_timeout(Some(PATIENCE)).expect("a time-out");
        Self(BufReader::new(Box::new(socket)))
    }

    pub(crate) fn unix(path: &Path) -> Self {
        let socket = UnixStream::connect(path).expect("a listener accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        socket.set_write_timeout(Some(PATIENCE)).expect("a time-out");
        Self(BufReader::new(Box::new(socket)))
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).expect("the server reads");
    }

    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.ask("GET", target, &[("Host", "localhost")])
    }

    pub(crate) fn get_as(&mut self, target: &str, accept: &str) -> Answer {
        self.ask("GET", target, &[("Host", "localhost"), ("Accept", accept)])
    }

    /// Sends a request with exactly these headers and reads the whole answer.
    pub(crate) fn ask(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let mut text = format!("{method} {target} HTTP/1.1\r\n");
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.send(&text);
            let mut answer = self.head();
            if method != "HEAD" {
                answer.body = self.body(&answer);
            }
            // A lane that lost its CPU while it published is waited for, as the answer says. Other 503s stand.
            let asked_again = answer.status == 503 && answer.header("retry-after") == Some("1");
            if !asked_again || Instant::now() > deadline {
                return answer;
            }
            thread::park_timeout(BREATH);
        }
    }

    /// Expects that the server ends the connection without another byte.
    pub(crate) fn expect_end(&mut self) {
        let mut rest = Vec::new();
        let ended = self.0.read_to_end(&mut rest);
        let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(ended.as_ref().map_or_else(reset, |_| true), "no end: {ended:?}");
        assert_eq!(String::from_utf8_lossy(&rest), "", "the server said more");
    }

    fn head(&mut self) -> Answer {
        let line = self.line();
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).map(str::parse);
        let status = status.unwrap_or_else(|| panic!("no status in {line:?}")).expect("a number");
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return Answer { status, headers, body: Vec::new() };
            }
            let (name, value) = line.split_once(": ").expect("a header");
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    fn body(&mut self, head: &Answer) -> Vec<u8> {
        if head.header("transfer-encoding") == Some("chunked") {
            let mut body = Vec::new();
            loop {
                let length = usize::from_str_radix(&self.line(), 16).expect("a chunk's length");
                body.extend(self.exactly(length));
                assert_eq!(self.line(), "", "behind a chunk");
                if length == 0 {
                    return body;
                }
            }
        }
        let length = head.header("content-length").expect("a length").parse().expect("a number");
        self.exactly(length)
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).expect("the whole body");
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        assert!(line.ends_with("\r\n"), "cut off in {line:?}");
        line.truncate(line.len() - 2);
        line
    }
}
