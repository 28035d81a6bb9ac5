//! Whom to ask, and the way there.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::config::DEFAULT_SOCKET;

/// How long connecting may take, and how long one exchange after it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Addresses of one name that are tried, at most.
const ADDRESSES_MAX: usize = 8;

/// Whom somebody wants asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// [`DEFAULT_SOCKET`] or, where nobody answers or one may not connect, port 9110 of this machine.
    Here,
    /// This server and no other.
    At(Place),
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the network.
    Url(Url),
    /// At a Unix socket.
    Socket(PathBuf),
}

/// An address like `http://nas:9110`: a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    host: String,
    port: u16,
}

/// Why a text is no [`Url`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Another scheme, or none.
    #[error("it must begin with http:// (only plain HTTP is spoken), like http://nas:9110")]
    Scheme,
    /// Something behind the port.
    #[error("only a host and a port are expected, like http://nas:9110")]
    Path,
    /// Not a host.
    #[error("the host must be a name, an IPv4 address or an IPv6 address in brackets")]
    Host,
    /// Not a port.
    #[error("the port must be a number from 1 to 65535")]
    Port,
}

/// Why nobody could be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// Nobody listens.
    #[error("nothing answers at {place}; is `hearth run` running there? ({source})")]
    Nobody {
        /// Where.
        place: Place,
        /// What came back.
        source: io::Error,
    },
    /// The socket is for others.
    #[error(
        "{place} may not be opened ({source}): ask as root, or as a member of the group that `ls -l` names for it"
    )]
    Forbidden {
        /// Where.
        place: Place,
        /// What came back.
        source: io::Error,
    },
    /// The host's name stands for no address.
    #[error("{place}: the host's name could not be resolved: {source}")]
    Name {
        /// Where.
        place: Place,
        /// What came back.
        source: io::Error,
    },
    /// Anything else.
    #[error("cannot connect to {place}: {source}")]
    Failed {
        /// Where.
        place: Place,
        /// What came back.
        source: io::Error,
    },
    /// Neither of the places where Hearth is by default.
    #[error("{socket}\n{url}")]
    Neither {
        /// About the Unix socket.
        socket: Box<Self>,
        /// About the port.
        url: Box<Self>,
    },
}

impl FromStr for Url {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let rest = text.strip_prefix("http://").ok_or(BadUrl::Scheme)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(BadUrl::Path);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, number(port)?),
            Some(_) | None => (authority, 80),
        };
        let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let sound = match literal {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_name(host),
        };
        if sound { Ok(Self { host: host.to_owned(), port }) } else { Err(BadUrl::Host) }
    }
}

fn number(port: &str) -> Result<u16, BadUrl> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|&port| digits && port != 0).ok_or(BadUrl::Port)
}

fn is_name(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

impl fmt::Display for Url {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "http://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(to),
            Self::Socket(path) => path.display().fmt(to),
        }
    }
}

impl Target {
    /// A connection to the target, and where it leads.
    pub(super) fn reach(&self) -> Result<(Place, Connection), Unreachable> {
        match self {
            Self::At(place) => Ok((place.clone(), place.connect()?)),
            Self::Here => {
                let socket = Place::Socket(PathBuf::from(DEFAULT_SOCKET));
                let url = Place::Url(Url { host: "127.0.0.1".to_owned(), port: 9110 });
                either(socket, url)
            }
        }
    }
}

fn either(socket: Place, url: Place) -> Result<(Place, Connection), Unreachable> {
    match socket.connect() {
        Ok(connection) => Ok((socket, connection)),
        Err(about_socket) => match url.connect() {
            Ok(connection) => Ok((url, connection)),
            Err(about_url) => {
                Err(Unreachable::Neither { socket: Box::new(about_socket), url: Box::new(about_url) })
            }
        },
    }
}

impl Place {
    /// What a request names as its host.
    pub(super) fn host(&self) -> String {
        match self {
            Self::Url(url) => format!("{}:{}", url.host, url.port),
            Self::Socket(_) => "localhost".to_owned(),
        }
    }

    pub(super) fn connect(&self) -> Result<Connection, Unreachable> {
        let socket = match self {
            Self::Url(url) => {
                let addresses =
                    url.addresses().map_err(|source| Unreachable::Name { place: self.clone(), source })?;
                tcp(&addresses)
            }
            Self::Socket(path) => unix(path),
        };
        socket.map(Connection::new).map_err(|source| self.unreachable(source))
    }

    fn unreachable(&self, source: io::Error) -> Unreachable {
        let place = self.clone();
        match source.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                Unreachable::Nobody { place, source }
            }
            io::ErrorKind::PermissionDenied => Unreachable::Forbidden { place, source },
            _ => Unreachable::Failed { place, source },
        }
    }
}

impl Url {
    fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        Ok((host, self.port).to_socket_addrs()?.take(ADDRESSES_MAX).collect())
    }
}

fn tcp(addresses: &[SocketAddr]) -> io::Result<Socket> {
    let mut outcome = Err(io::Error::from(io::ErrorKind::AddrNotAvailable));
    for address in addresses {
        outcome = TcpStream::connect_timeout(address, PATIENCE).map(Socket::from);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn unix(path: &Path) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Bounds connecting too, where the server's queue is full (unix(7)).
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(socket)
}

/// A connection on which everything has to be done within [`PATIENCE`], however slowly the bytes trickle.
pub(super) struct Connection {
    socket: Socket,
    deadline: Instant,
}

impl Connection {
    fn new(socket: Socket) -> Self {
        Self { socket, deadline: Instant::now() + PATIENCE }
    }

    fn remaining(&self) -> io::Result<Option<Duration>> {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(remaining)) }
    }
}

impl Read for Connection {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.remaining()?)?;
        self.socket.read(bytes)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.remaining()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_url_is_a_host_and_a_port() {
        for (text, host) in [
            ("http://nas:9110", "nas:9110"),
            ("http://nas", "nas:80"),
            ("http://192.168.1.2:1/", "192.168.1.2:1"),
            ("http://[::1]:9110", "[::1]:9110"),
            ("http://[fe80::1]", "[fe80::1]:80"),
        ] {
            let url = text.parse().map(Place::Url).expect(text);
            assert_eq!(url.host(), host);
            assert_eq!(url.to_string(), format!("http://{host}"));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_wrong() {
        for (text, want) in [
            ("", BadUrl::Scheme),
            ("nas:9110", BadUrl::Scheme),
            ("https://nas", BadUrl::Scheme),
            ("http://nas:9110/metrics", BadUrl::Path),
            ("http://me@nas", BadUrl::Path),
            ("http://nas?x", BadUrl::Path),
            ("http://", BadUrl::Host),
            ("http://a b", BadUrl::Host),
            ("http://nas\r\nX: y", BadUrl::Port),
            ("http://nas\r\nX", BadUrl::Host),
            ("http://::1:80", BadUrl::Host),
            ("http://[nas]:80", BadUrl::Host),
            ("http://nas:0", BadUrl::Port),
            ("http://nas:+1", BadUrl::Port),
            ("http://nas:65536", BadUrl::Port),
            ("http://nas:", BadUrl::Port),
        ] {
            assert_eq!(text.parse::<Url>(), Err(want), "{text:?}");
        }
    }

    #[test]
    fn where_nobody_answers_at_the_socket_the_port_is_asked_and_both_are_named_if_neither_does() {
        let nowhere = Place::Socket(PathBuf::from("/nonexistent/hearth.sock"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it has an address").port();
        let url = Place::Url(Url { host: "127.0.0.1".to_owned(), port });
        let (place, _connection) = either(nowhere.clone(), url.clone()).expect("the port answers");
        assert_eq!(place, url);
        let Err(neither) = either(nowhere.clone(), nowhere) else { panic!("nobody is there") };
        let words = neither.to_string();
        assert_eq!(words.matches("nothing answers at /nonexistent/hearth.sock; is `hearth run`").count(), 2);
    }

    #[test]
    fn a_socket_that_may_not_be_opened_comes_with_what_to_do() {
        let place = Place::Socket(PathBuf::from("/run/hearth/hearth.sock"));
        let words = place.unreachable(io::ErrorKind::PermissionDenied.into()).to_string();
        assert!(words.contains("/run/hearth/hearth.sock may not be opened"), "{words}");
        assert!(words.contains("as root, or as a member of the group"), "{words}");
    }

    #[test]
    fn behind_its_deadline_a_connection_neither_reads_nor_writes() {
        let (near, mut far) = UnixStream::pair().expect("a pair");
        far.write_all(b"late").expect("sent");
        let mut connection = Connection { socket: near.into(), deadline: Instant::now() };
        let mut bytes = [0; 4];
        let read = connection.read(&mut bytes).expect_err("too late");
        assert_eq!(read.kind(), io::ErrorKind::TimedOut);
        let write = connection.write(b"x").expect_err("too late");
        assert_eq!(write.kind(), io::ErrorKind::TimedOut);
    }
}
