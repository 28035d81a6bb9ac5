//! A server as a process of its own: Hearth or a peer.

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use crate::http::Connection;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; dropping it ends it.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From before the fork to the end of the first answer.
    pub started_in: Duration,
}

impl Running {
    /// Starts `command`, which is to listen on `address`, and waits for its first answer.
    ///
    /// # Panics
    /// It does not start, or does not answer.
    #[must_use]
    pub fn start(command: &mut Command, address: SocketAddr) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut running = Self { child, address, started_in: Duration::ZERO };
        while let Err(error) =
            Connection::tcp(address).and_then(|mut first| first.get("/metrics", "text/plain").map(drop))
        {
            assert!(begun.elapsed() < PATIENCE, "{command:?} does not answer on {address}: {error}");
            let ended = running.child.try_wait().expect("the child is ours");
            assert!(ended.is_none(), "{command:?} has ended: {ended:?}; run it by hand to see why");
            thread::sleep(Duration::from_micros(200));
        }
        running.started_in = begun.elapsed();
        running
    }

    /// Hearth with `settings` (text of a configuration) and `flags`, on a free port of the loopback.
    #[must_use]
    pub fn hearth(name: &str, settings: &str, flags: &[&str]) -> Self {
        Self::hearth_through(&[], name, settings, flags)
    }

    /// The same, started by the words of `wrapper` (a program that becomes the one named behind its arguments).
    #[must_use]
    pub fn hearth_through(wrapper: &[&str], name: &str, settings: &str, flags: &[&str]) -> Self {
        // Hearth watches the way to its configuration, and a directory for everybody's files would keep waking it.
        let quiet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
        fs::create_dir_all(&quiet).unwrap_or_else(|error| panic!("{}: {error}", quiet.display()));
        let file = quiet.join(format!("{name}-{}.toml", std::process::id()));
        fs::write(&file, settings).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let address = free_address();
        let binary = hearth_binary();
        let mut words = wrapper.iter().map(OsStr::new).chain([binary.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or(binary.as_os_str()));
        command
            .args(words)
            .args(["run", "--listen", &address.to_string(), "--config"])
            .arg(&file)
            .args(flags);
        Self::start(&mut command, address)
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = killed {
            eprintln!("process {} was not ended: {error}", self.child.id());
        }
    }
}

/// The program that is measured: `HEARTH_BIN`, or the release build of this tree.
#[must_use]
pub fn hearth_binary() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/hearth");
    let path = env::var_os("HEARTH_BIN").map_or_else(built, PathBuf::from);
    assert!(path.is_file(), "{} is missing: cargo build --release", path.display());
    path
}

/// A directory for sockets of this run.
#[must_use]
pub fn scratch() -> PathBuf {
    let path = env::temp_dir().join(format!("hearth-bench-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// An address of the loopback on which nobody listens.
#[must_use]
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    listener.local_addr().expect("a bound socket has an address")
}
