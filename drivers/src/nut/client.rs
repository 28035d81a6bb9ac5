//! The connection to a server, kept open between questions.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{Answer, NutError, UpsReading};
use crate::file::Errno;

/// The port of `upsd` (IANA).
pub const PORT: u16 = 3493;
/// How long a connection, a read or a write may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Addresses of a host that are tried.
const ADDRESSES_MAX: usize = 4;
/// Reads of one answer at most: a server that sends byte by byte is not waited for for ever.
const READS_MAX: usize = 256;

/// A UPS of a server.
#[derive(Debug)]
pub struct Upsd {
    ups: String,
    host: String,
    port: u16,
    question: String,
    stream: Option<TcpStream>,
    answer: Answer,
}

impl Upsd {
    /// The UPS `ups` of the server at `host`, not connected yet. Both are to be free of blanks and control characters.
    #[must_use]
    pub fn new(ups: &str, host: &str, port: u16) -> Self {
        Self {
            ups: ups.to_owned(),
            host: host.to_owned(),
            port,
            question: format!("LIST VAR {ups}\n"),
            stream: None,
            answer: Answer::default(),
        }
    }

    /// Asks once, for at most some seconds, over the connection there is or a new one.
    ///
    /// # Errors
    /// [`NutError`]; the connection is then closed.
    pub fn ask(&mut self) -> Result<UpsReading, NutError> {
        if let Some(stream) = self.stream.take() {
            // A connection that lay idle may have been closed meanwhile, which the first use of it shows.
            match self.ask_over(stream) {
                Err(NutError::Closed | NutError::Connection(_)) => {}
                settled => return settled,
            }
        }
        let stream = self.connect()?;
        self.ask_over(stream)
    }

    fn connect(&self) -> Result<TcpStream, NutError> {
        let addresses = (self.host.as_str(), self.port).to_socket_addrs();
        let addresses = addresses.map_err(|error| NutError::NoAddress(Errno::of(&error)))?;
        let mut last = NutError::NoAddress(Errno(libc::ENOENT));
        for address in addresses.take(ADDRESSES_MAX) {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => {
                    let set = stream.set_read_timeout(Some(PATIENCE));
                    set.and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
                        .map_err(|error| failed(&error))?;
                    return Ok(stream);
                }
                Err(error) => last = failed(&error),
            }
        }
        Err(last)
    }

    fn ask_over(&mut self, mut stream: TcpStream) -> Result<UpsReading, NutError> {
        stream.write_all(self.question.as_bytes()).map_err(|error| failed(&error))?;
        self.answer.clear();
        let mut room = [0; 4096];
        for _ in 0..READS_MAX {
            let length = match stream.read(&mut room) {
                Ok(0) => return Err(NutError::Closed),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(&error)),
            };
            let piece = room.get(..length).unwrap_or_default();
            if let Some(reading) = self.answer.take(&self.ups, piece)? {
                self.stream = Some(stream);
                return Ok(reading);
            }
        }
        Err(NutError::Late)
    }
}

fn failed(error: &io::Error) -> NutError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => NutError::Late,
        io::ErrorKind::UnexpectedEof => NutError::Closed,
        _ => NutError::Connection(Errno::of(error)),
    }
}
