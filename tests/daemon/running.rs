//! The program under test as a process: what it is given, what it says, how it ends.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;

/// How long anything is waited for. Nothing here takes that long on a machine that works at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before asking again.
pub(crate) const BREATH: Duration = Duration::from_millis(20);

/// A user without rights: nobody.
const NOBODY: u32 = 65534;

/// The program under test: the one named by `HEARTH_BIN`, or the one built along with the tests.
fn program() -> PathBuf {
    std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into()).into()
}

/// What a Hearth is started with.
pub(crate) struct Plan {
    home: TempDir,
    program: PathBuf,
    wrapper: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    unprivileged: bool,
}

impl Plan {
    /// An empty configuration, a free port on the loopback, a socket of its own.
    pub(crate) fn new() -> Self {
        let home =
            tempfile::Builder::new().prefix("hearth-").tempdir().expect("a directory of the test's own");
        fs::write(home.path().join("hearth.toml"), "").expect("the configuration is written");
        Self {
            home,
            program: program(),
            wrapper: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            unprivileged: false,
        }
        .with(&["--listen", "127.0.0.1:0"])
    }

    /// A path in the directory of its own.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn config(self, text: &str) -> Self {
        fs::write(self.path("hearth.toml"), text).expect("the configuration is written");
        self
    }

    /// Further arguments.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(OsString::from));
        self
    }

    /// A socket of its own, asked for by an argument.
    pub(crate) fn with_socket(self) -> Self {
        let path = self.path("hearth.sock");
        self.with(&["--socket", path.to_str().expect("a plain path")])
    }

    pub(crate) fn environment(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name, value.as_ref().to_owned()));
        self
    }

    /// Started through another program, which must become this one.
    pub(crate) fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper.extend(wrapper.iter().map(OsString::from));
        self
    }

    /// Started as nobody where the tests run as root; otherwise as who runs them.
    pub(crate) fn unprivileged(mut self) -> Self {
        // Its own entry there belongs to the user a process runs as.
        self.unprivileged = fs::metadata("/proc/self").expect("the process itself").uid() == 0;
        if self.unprivileged {
            // The way to the program may be closed to others; the test's own directory is not.
            let open = self.path("hearth");
            if fs::hard_link(&self.program, &open).is_err() {
                fs::copy(&self.program, &open).expect("a copy of the program");
            }
            fs::set_permissions(self.home.path(), Permissions::from_mode(0o777)).expect("open to all");
            self.program = open;
        }
        self
    }

    /// Starts it and waits until it serves.
    pub(crate) fn start(self) -> Hearth {
        self.try_start().unwrap_or_else(|ended| panic!("it did not come up: {ended:?}"))
    }

    /// Starts it and waits until it has ended.
    pub(crate) fn fail(self) -> Ended {
        match self.try_start() {
            Ok(hearth) => panic!("it came up at {}", hearth.address),
            Err(ended) => ended,
        }
    }

    /// Starts it and waits until it serves or has ended.
    pub(crate) fn try_start(self) -> Result<Hearth, Ended> {
        let config = self.path("hearth.toml");
        let mut words = self.wrapper.iter().cloned().chain([self.program.clone().into_os_string()]);
        let mut command = Command::new(words.next().expect("a program at least"));
        command.args(words).arg("run").arg("--config").arg(&config).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            if !self.environment.iter().any(|(given, _)| *given == name) {
                command.env_remove(name);
            }
        }
        if self.unprivileged {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let paper = RefCell::new(Paper::of(&mut child));
        let socket = self.path("hearth.sock");
        let mut hearth = Hearth {
            child,
            paper,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            socket,
            config,
            home: self.home,
        };
        match hearth.find(0, "serving at http://") {
            Some(line) => {
                let (_, rest) = line.split_once("http://").expect("found above");
                let (address, _) = rest.split_once('/').expect("an address ends at its slash");
                hearth.address = address.parse().expect("an address");
                Ok(hearth)
            }
            None => Err(hearth.ended()),
        }
    }
}

/// Lines that were said, and those that come.
struct Paper {
    lines: Vec<String>,
    more: Receiver<String>,
}

impl Paper {
    fn of(child: &mut Child) -> Self {
        let (write, more) = mpsc::channel();
        let pipe = BufReader::new(child.stderr.take().expect("a pipe"));
        thread::spawn(move || {
            for line in pipe.split(b'\n').map_while(Result::ok) {
                if write.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { lines: Vec::new(), more }
    }

    /// Waits for the next line.
    fn wait(&mut self, at_most: Duration) -> Result<(), RecvTimeoutError> {
        self.more.recv_timeout(at_most).map(|line| self.lines.push(line))
    }
}

/// A Hearth that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

/// A running Hearth. Dropped, it is ended; when the test fails, its log is printed.
pub(crate) struct Hearth {
    child: Child,
    paper: RefCell<Paper>,
    pub(crate) address: SocketAddr,
    pub(crate) socket: PathBuf,
    pub(crate) config: PathBuf,
    home: TempDir,
}

impl Hearth {
    pub(crate) fn tcp(&self) -> Client {
        Client::tcp(self.address)
    }

    pub(crate) fn unix(&self) -> Client {
        Client::unix(&self.socket)
    }

    pub(crate) fn status(&self) -> Value {
        self.tcp().get("/v1/status").json()
    }

    /// What the status notes about this, if anything.
    pub(crate) fn note(&self, about: &str) -> Option<String> {
        let status = self.status();
        let note = status["notes"].as_array().expect("notes").iter().find(|note| note["about"] == about);
        note.map(|note| note["text"].as_str().expect("a text").to_owned())
    }

    /// Puts another configuration in the place of the one there is, in one step: nobody ever reads half of it.
    pub(crate) fn reconfigure(&self, text: &str) {
        let new = self.home().join("new.toml");
        fs::write(&new, text).expect("written");
        fs::rename(new, &self.config).expect("put in its place");
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().try_into().expect("a process number")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("it runs");
    }

    /// How many lines it has said so far, as far as they have come.
    pub(crate) fn lines(&self) -> usize {
        self.paper.borrow().lines.len()
    }

    /// Waits for a line with these words behind the first `after` lines.
    pub(crate) fn expect_said(&self, after: usize, words: &str) -> String {
        self.find(after, words).unwrap_or_else(|| panic!("it ended or fell silent without saying {words:?}"))
    }

    /// Whether such a line has come so far.
    pub(crate) fn has_said(&self, after: usize, words: &str) -> bool {
        self.paper.borrow().lines.iter().skip(after).any(|line| line.contains(words))
    }

    fn find(&self, after: usize, words: &str) -> Option<String> {
        let mut paper = self.paper.borrow_mut();
        let deadline = Instant::now() + PATIENCE;
        let mut at = after;
        loop {
            while let Some(line) = paper.lines.get(at) {
                if line.contains(words) {
                    return Some(line.clone());
                }
                at += 1;
            }
            paper.wait(deadline.saturating_duration_since(Instant::now())).ok()?;
        }
    }

    /// Looks again and again until there is what was looked for.
    pub(crate) fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
            match self.paper.borrow_mut().wait(BREATH) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("{what}: it ended before"),
            }
        }
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let paper = self.paper.get_mut();
        loop {
            match paper.wait(deadline.saturating_duration_since(Instant::now())) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
            }
        }
        let said = paper.lines.join("\n");
        let status = self.child.wait().expect("its end is reported");
        Ended { code: status.code(), said }
    }
}

impl Drop for Hearth {
    fn drop(&mut self) {
        // After `ended` there is nothing to be ended any more; nobody could be told of another error.
        let killed = self.child.kill().and_then(|()| self.child.wait());
        if thread::panicking() {
            let paper = self.paper.get_mut();
            while paper.wait(BREATH).is_ok() {}
            eprintln!("its end: {killed:?}; its log:\n{}", paper.lines.join("\n"));
        }
    }
}
