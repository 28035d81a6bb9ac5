//! A service manager's end of `NOTIFY_SOCKET`.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use crate::running::PATIENCE;

pub(crate) struct Manager(UnixDatagram);

impl Manager {
    pub(crate) fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).expect("a socket of the test's own");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        Self(socket)
    }

    /// The next thing said that is no sign of life.
    pub(crate) fn hears(&self) -> String {
        loop {
            let said = self.next();
            if said != "WATCHDOG=1" {
                return said;
            }
        }
    }

    /// Waits for a sign of life; whatever else is said before fails.
    pub(crate) fn sees_life(&self) {
        assert_eq!(self.next(), "WATCHDOG=1");
    }

    /// The next thing said.
    pub(crate) fn next(&self) -> String {
        let mut message = [0; 4096];
        let length = self.0.recv(&mut message).expect("something is said");
        String::from_utf8(message[..length].to_vec()).expect("messages are text")
    }
}
