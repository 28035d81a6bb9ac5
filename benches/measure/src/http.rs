//! A client of one kept connection, which takes no part in what it measures but reading and counting bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a connection is made of.
trait Socket: Read + Write {}
impl<S: Read + Write> Socket for S {}

/// A connection and the last answer's body.
pub struct Connection {
    stream: BufReader<Box<dyn Socket>>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    /// Over TCP, without Nagle's delay.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn tcp(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self::over(Box::new(stream)))
    }

    /// Over a Unix socket.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self::over(Box::new(stream)))
    }

    fn over(stream: Box<dyn Socket>) -> Self {
        Self { stream: BufReader::with_capacity(256 << 10, stream), line: String::new(), body: Vec::new() }
    }

    /// Asks for `path` in form `accept` and reads the whole answer.
    ///
    /// # Errors
    /// The connection failed, or the answer is not 200.
    pub fn get(&mut self, path: &str, accept: &str) -> io::Result<&[u8]> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut chunked) = (0, false);
        if !self.line()?.starts_with("HTTP/1.1 200 ") {
            return Err(io::Error::other(format!("{path}: {}", self.line)));
        }
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(": ") {
                None => break,
                Some(("content-length", value)) => length = value.parse().map_err(io::Error::other)?,
                Some(("transfer-encoding", value)) => chunked = value == "chunked",
                Some(_) => {}
            }
        }
        self.body.clear();
        if chunked {
            self.chunks()?;
        } else {
            self.take(length)?;
        }
        Ok(&self.body)
    }

    fn chunks(&mut self) -> io::Result<()> {
        loop {
            let length = usize::from_str_radix(self.line()?, 16).map_err(io::Error::other)?;
            self.take(length)?;
            self.line()?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    fn take(&mut self, length: usize) -> io::Result<()> {
        let start = self.body.len();
        self.body.resize(start + length, 0);
        self.stream.read_exact(&mut self.body[start..])
    }

    fn line(&mut self) -> io::Result<&str> {
        self.line.clear();
        self.stream.read_line(&mut self.line)?;
        Ok(self.line.trim_end())
    }
}
