//! The real program, started on a free port of the loopback and asked one question at a time.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long an answer may take. Nothing takes that long on a machine that works at all.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running Hearth; dropping it ends it.
pub(crate) struct Program {
    child: Child,
    address: String,
}

impl Program {
    /// Starts the program named by `HEARTH_BIN`, or the one built along with the tests, and waits until it serves. Its
    /// log goes to this test's output.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(&[], arguments)
    }

    /// The same with these variables in its environment.
    pub(crate) fn start_in(environment: &[(&str, &OsStr)], arguments: &[&str]) -> Self {
        let program = std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into());
        let mut child = Command::new(program)
            .args(["run", "--listen=127.0.0.1:0", "--socket="])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log is piped")).lines();
        let serving = lines.by_ref().map(|line| line.expect("the log is UTF-8")).find_map(|line| {
            let (_, address) = line.split_once("serving at http://")?;
            Some(address.split('/').next()?.to_owned())
        });
        let address = serving.expect("the program serves before it ends");
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
        Self { child, address }
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Status and body of what it answers to a GET.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.get_as(path, "application/json, text/plain")
    }

    /// The same in one of these types.
    pub(crate) fn get_as(&self, path: &str, types: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(&self.address).expect("the program listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let accept = format!("Accept: {types}");
        write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\n{accept}\r\nConnection: close\r\n\r\n")
            .expect("the program reads");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("the program answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), body.to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("the program can be ended");
    }
}
