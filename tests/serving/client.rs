//! A client that does exactly what a test tells it, right or wrong.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use socket2::{Domain, Socket, Type};

use crate::rig::PATIENCE;

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}

pub(crate) struct Client {
    socket: Socket,
    reader: BufReader<Socket>,
}

impl Client {
    pub(crate) fn tcp(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).expect("connected").into())
    }

    /// A client whose kernel takes in little that it has not read.
    pub(crate) fn small(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket.connect(&address.into()).expect("connected");
        Self::new(socket)
    }

    pub(crate) fn unix(path: &Path) -> Self {
        Self::new(UnixStream::connect(path).expect("connected").into())
    }

    fn new(socket: Socket) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        socket.set_write_timeout(Some(PATIENCE)).expect("a time-out");
        let reader = BufReader::new(socket.try_clone().expect("a second handle"));
        Self { socket, reader }
    }

    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.try_send(text.as_bytes()).expect("sent");
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(&request("GET", path));
        self.answer()
    }

    pub(crate) fn finish_sending(&self) {
        self.socket.shutdown(Shutdown::Write).expect("shut down");
    }

    /// Ends the connection with a reset instead of a farewell.
    pub(crate) fn reset(self) {
        self.socket.set_linger(Some(std::time::Duration::ZERO)).expect("set");
    }

    /// Reads one answer with its body, which must have a length.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length: usize = answer.header("content-length").expect("a length").parse().expect("a number");
        answer.body.resize(length, 0);
        self.reader.read_exact(&mut answer.body).expect("the whole body");
        answer
    }

    /// Reads the head of an answer.
    pub(crate) fn head(&mut self) -> Answer {
        let status_line = self.line();
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3))
            .unwrap_or_else(|| panic!("no status in {status_line:?}"))
            .parse()
            .expect("a number");
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

    /// Reads one chunk of a chunked body; empty at its end.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from_str_radix(&self.line(), 16).expect("a chunk's length");
        let mut chunk = vec![0; length];
        self.reader.read_exact(&mut chunk).expect("the whole chunk");
        assert_eq!(self.line(), "");
        chunk
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("a line");
        assert!(line.ends_with("\r\n"), "cut off in {line:?}");
        line.truncate(line.len() - 2);
        line
    }

    /// Whether the server has ended the connection instead of sending something; waits for either.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.reader.fill_buf().map_or(true, <[u8]>::is_empty)
    }

    /// Expects that the server ends the connection without another byte.
    pub(crate) fn expect_end(&mut self) {
        let mut byte = [0];
        match self.reader.read(&mut byte) {
            Ok(0) => {}
            Ok(_) => panic!("more came: {byte:?}"),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{error}"),
        }
    }
}

pub(crate) fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}
