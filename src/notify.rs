//! Telling the service manager how things stand: the datagrams of sd_notify(3).
//!
//! The manager names a Unix datagram socket in `NOTIFY_SOCKET` and, if it wants signs of life, a time in
//! `WATCHDOG_USEC`. Both are handed in; this room reads no environment and no clock.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long one message may wait for a manager that does not read.
const SEND_TIMEOUT: Duration = Duration::from_secs(1);

/// What could not be told, and why.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// `NOTIFY_SOCKET` is neither an absolute path nor an abstract name.
    #[error("NOTIFY_SOCKET is {0:?}; expected an absolute path or a name after '@'")]
    Address(String),
    /// The manager's socket could not be reached.
    #[error("cannot connect to NOTIFY_SOCKET {address:?}: {source}")]
    Connect {
        /// What the environment said.
        address: String,
        /// What came back.
        source: io::Error,
    },
    /// A message did not go out.
    #[error("cannot tell the service manager {state}: {source}")]
    Send {
        /// The message's first word.
        state: &'static str,
        /// What came back.
        source: io::Error,
    },
    /// `WATCHDOG_USEC` or `WATCHDOG_PID` is no number.
    #[error("{variable} is {value:?}; expected a whole number")]
    Number {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        source: std::num::ParseIntError,
    },
}

/// The way to the service manager.
#[derive(Debug)]
pub struct Notifier {
    socket: UnixDatagram,
}

impl Notifier {
    /// Connects to the socket that `NOTIFY_SOCKET` names: a path, or an abstract name after `@`.
    ///
    /// # Errors
    /// When `address` is neither, or nobody listens there.
    pub fn connect(address: &OsStr) -> Result<Self, NotifyError> {
        let said = || address.to_string_lossy().into_owned();
        let failed = |source| NotifyError::Connect { address: said(), source };
        let to = match address.as_bytes() {
            [b'@', name @ ..] if !name.is_empty() => SocketAddr::from_abstract_name(name),
            [b'/', ..] => SocketAddr::from_pathname(address),
            _ => return Err(NotifyError::Address(said())),
        };
        let socket = UnixDatagram::unbound().map_err(failed)?;
        socket.set_write_timeout(Some(SEND_TIMEOUT)).map_err(failed)?;
        socket.connect_addr(&to.map_err(failed)?).map_err(failed)?;
        Ok(Self { socket })
    }

    /// Start-up (or a reload) is over and `status` is how things stand.
    ///
    /// # Errors
    /// When the message did not go out.
    pub fn ready(&self, status: &str) -> Result<(), NotifyError> {
        self.send("READY=1", format_args!("READY=1\nSTATUS={}", OneLine(status)))
    }

    /// A reload has begun, at `monotonic_us` (CLOCK_MONOTONIC, in microseconds); [`Self::ready`] ends it.
    ///
    /// # Errors
    /// When the message did not go out.
    pub fn reloading(&self, monotonic_us: u64) -> Result<(), NotifyError> {
        self.send("RELOADING=1", format_args!("RELOADING=1\nMONOTONIC_USEC={monotonic_us}"))
    }

    /// The program is on its way out. Nothing is waited for from now on: a manager that does not read is not told.
    ///
    /// # Errors
    /// When the message did not go out.
    pub fn stopping(&self) -> Result<(), NotifyError> {
        let state = "STOPPING=1";
        self.socket.set_nonblocking(true).map_err(|source| NotifyError::Send { state, source })?;
        self.send("STOPPING=1", format_args!("STOPPING=1"))
    }

    /// A sign of life; due every [`watchdog_interval`].
    ///
    /// # Errors
    /// When the message did not go out.
    pub fn watchdog(&self) -> Result<(), NotifyError> {
        self.send("WATCHDOG=1", format_args!("WATCHDOG=1"))
    }

    /// How things stand, in one line for `systemctl status`.
    ///
    /// # Errors
    /// When the message did not go out.
    pub fn status(&self, status: &str) -> Result<(), NotifyError> {
        self.send("STATUS", format_args!("STATUS={}", OneLine(status)))
    }

    fn send(&self, state: &'static str, message: fmt::Arguments<'_>) -> Result<(), NotifyError> {
        let message = message.to_string();
        match self.socket.send(message.as_bytes()) {
            Ok(sent) if sent == message.len() => Ok(()),
            // A datagram goes whole or not at all; anything else is not the socket we were promised.
            Ok(_) => Err(NotifyError::Send { state, source: io::ErrorKind::WriteZero.into() }),
            Err(source) => Err(NotifyError::Send { state, source }),
        }
    }
}

/// Text in which a line break cannot begin another assignment.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.lines().enumerate() {
            if index > 0 {
                to.write_str("; ")?;
            }
            to.write_str(line)?;
        }
        Ok(())
    }
}

/// How often the service manager wants a sign of life: half of `WATCHDOG_USEC`, as sd_watchdog_enabled(3) advises.
/// `None` without one, or when `WATCHDOG_PID` means another process than `own_pid`.
///
/// # Errors
/// When a variable is set to something other than a number.
pub fn watchdog_interval(
    watchdog_usec: Option<&OsStr>,
    watchdog_pid: Option<&OsStr>,
    own_pid: u32,
) -> Result<Option<Duration>, NotifyError> {
    let Some(usec) = watchdog_usec else { return Ok(None) };
    if let Some(pid) = watchdog_pid
        && number("WATCHDOG_PID", pid)? != u64::from(own_pid)
    {
        return Ok(None);
    }
    let interval = Duration::from_micros(number("WATCHDOG_USEC", usec)? / 2);
    Ok(if interval.is_zero() { None } else { Some(interval) })
}

fn number(variable: &'static str, value: &OsStr) -> Result<u64, NotifyError> {
    let value = value.to_string_lossy();
    value.parse().map_err(|source| NotifyError::Number { variable, value: value.into_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};
    use std::{env, fs, process};

    fn heard(manager: &UnixDatagram) -> String {
        let mut message = [0; 512];
        let length = manager.recv(&mut message).expect("a message waits");
        String::from_utf8(message[..length].to_vec()).expect("messages are text")
    }

    fn place(name: &str) -> PathBuf {
        env::temp_dir().join(format!("hearth-notify-{name}-{}", process::id()))
    }

    fn manager_at(path: &Path) -> UnixDatagram {
        UnixDatagram::bind(path).expect("a socket of the test's own")
    }

    #[test]
    fn every_state_reaches_the_manager_as_its_own_datagram() {
        let path = place("states");
        let manager = manager_at(&path);
        let notifier = Notifier::connect(path.as_os_str()).expect("the manager listens");
        notifier.ready("12 sensors").expect("sent");
        notifier.reloading(1_234_567).expect("sent");
        notifier.watchdog().expect("sent");
        notifier.status("two\nlines").expect("sent");
        notifier.stopping().expect("sent");
        for message in [
            "READY=1\nSTATUS=12 sensors",
            "RELOADING=1\nMONOTONIC_USEC=1234567",
            "WATCHDOG=1",
            "STATUS=two; lines",
            "STOPPING=1",
        ] {
            assert_eq!(heard(&manager), message);
        }
        fs::remove_file(path).expect("the socket is removed");
    }

    #[test]
    fn an_abstract_name_is_reached() {
        let name = format!("hearth-notify-{}", process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a short name");
        let manager = UnixDatagram::bind_addr(&address).expect("a socket of the test's own");
        let notifier = Notifier::connect(OsStr::new(&format!("@{name}"))).expect("the manager listens");
        notifier.stopping().expect("sent");
        assert_eq!(heard(&manager), "STOPPING=1");
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_its_text() {
        for address in ["", "@", "run/notify", "vsock:2:1"] {
            let said = Notifier::connect(OsStr::new(address)).expect_err("no address").to_string();
            assert_eq!(
                said,
                format!("NOTIFY_SOCKET is {address:?}; expected an absolute path or a name after '@'")
            );
        }
    }

    #[test]
    fn a_manager_that_is_not_there_or_has_gone_is_said() {
        let path = place("gone");
        let error = Notifier::connect(path.as_os_str()).expect_err("nobody listens");
        assert!(
            matches!(&error, NotifyError::Connect { source, .. } if source.kind() == io::ErrorKind::NotFound)
        );
        let manager = manager_at(&path);
        let notifier = Notifier::connect(path.as_os_str()).expect("the manager listens");
        drop(manager);
        let error = notifier.watchdog().expect_err("the manager has gone");
        assert_eq!(
            error.to_string(),
            "cannot tell the service manager WATCHDOG=1: Connection refused (os error 111)"
        );
        fs::remove_file(path).expect("the socket is removed");
    }

    #[test]
    fn signs_of_life_are_due_at_half_the_time_for_the_process_meant() {
        let interval = |usec: Option<&str>, pid: Option<&str>| {
            watchdog_interval(usec.map(OsStr::new), pid.map(OsStr::new), 42)
        };
        assert_eq!(interval(None, None).expect("fine"), None);
        assert_eq!(interval(Some("3000000"), None).expect("fine"), Some(Duration::from_millis(1500)));
        assert_eq!(interval(Some("3000000"), Some("42")).expect("fine"), Some(Duration::from_millis(1500)));
        assert_eq!(interval(Some("3000000"), Some("43")).expect("fine"), None);
        assert_eq!(interval(Some("0"), None).expect("fine"), None);
        let said = interval(Some("soon"), None).expect_err("no number").to_string();
        assert_eq!(said, "WATCHDOG_USEC is \"soon\"; expected a whole number");
        assert!(interval(Some("1"), Some("")).is_err());
    }
}
