//! What a thread reads, recorded by strace and done again by a bare loop: the same files, at the same ticks, in the same
//! order, with the same room, and nothing made of what comes back.
//!
//! Done again are reads of files, those that are opened for each read included, and the question for the links of the
//! network with its answers. Left out are calls that ask for anything else; the bare loop is so much cheaper.

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, ErrorKind, Read};
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// `AF_NETLINK` (include/linux/socket.h); its protocol 0 is `NETLINK_ROUTE`.
const NETLINK: i32 = 16;
/// `MSG_DONTWAIT | MSG_TRUNC` (include/linux/socket.h).
const NO_WAIT: i32 = 0x40 | 0x20;
/// A dump of all links: `struct nlmsghdr` (32 bytes in all, `RTM_GETLINK`, `NLM_F_REQUEST | NLM_F_DUMP`, sequence 1) and a
/// `struct ifinfomsg` of zeros.
const LINKS: [u8; 32] = {
    let mut bytes = [0; 32];
    (bytes[0], bytes[4], bytes[6], bytes[7], bytes[8]) = (32, 18, 1, 3, 1);
    bytes
};
/// Room for the longest read.
const ROOM_BYTES: usize = 1 << 18;

/// One call; files and sockets by their number in the [`Record`].
#[derive(Clone, Copy)]
enum Call {
    ReadAt { file: usize, length: usize, offset: u64 },
    Open { file: usize },
    Read { file: usize, length: usize },
    Close { file: usize },
    Ask { socket: usize },
    Answer { socket: usize },
}

/// A recording under way, and the thread that takes what strace says: a full pipe would stop what is watched.
pub struct Recorder(JoinHandle<io::Result<Output>>);

/// What a thread called, tick by tick.
pub struct Record {
    ticks: Vec<Vec<Call>>,
    files: BTreeMap<String, usize>,
    sockets: BTreeMap<String, usize>,
    /// How often each call was made that is left out.
    pub left_out: BTreeMap<String, u32>,
}

impl Recorder {
    /// Watches thread `tid` for so long.
    ///
    /// # Panics
    /// There is no `timeout` or `strace`.
    #[must_use]
    pub fn start(tid: i32, length: Duration) -> Self {
        let seconds = length.as_secs().to_string();
        let strace = Command::new("timeout")
            .args(["--signal=INT", &seconds, "strace", "-qq", "-y", "-s", "64", "-p", &tid.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("timeout starts");
        Self(thread::spawn(move || strace.wait_with_output()))
    }

    /// Waits for the end, and takes `ticks` whole ticks out of what was seen.
    ///
    /// # Errors
    /// In words, why there are not so many.
    pub fn finish(self, ticks: usize) -> Result<Record, String> {
        let output =
            self.0.join().expect("waiting does not panic").map_err(|error| format!("strace: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let mut record = Record {
            ticks: Vec::new(),
            files: BTreeMap::new(),
            sockets: BTreeMap::new(),
            left_out: BTreeMap::new(),
        };
        // What is seen before the first sleep is a part of a tick.
        let is_sleep = |line: &&str| line.starts_with("clock_nanosleep");
        let mut lines = text.lines().skip_while(|line| !is_sleep(line));
        let mut tick = None;
        while record.ticks.len() < ticks {
            let line = lines.next().ok_or_else(|| {
                format!("{} ticks were seen; strace began: {:?}", record.ticks.len(), text.lines().next())
            })?;
            if is_sleep(&line) {
                record.ticks.extend(tick.replace(Vec::new()));
            } else if let (Some(calls), Some(call)) = (&mut tick, record.call(line)) {
                calls.push(call);
            }
        }
        Ok(record)
    }
}

impl Record {
    /// Calls of all ticks that are done again.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.ticks.iter().map(Vec::len).sum()
    }

    /// `pread64(7</proc/stat>, "cpu"..., 2496, 0) = 1211`; `None` for a call that is left out.
    fn call(&mut self, line: &str) -> Option<Call> {
        let (name, rest) = line.split_once('(')?;
        let (arguments, outcome) = rest.rsplit_once(") = ").unwrap_or((rest, ""));
        let mut from_end = arguments.rsplit(", ");
        let is_socket = arguments.contains("<socket:[") || arguments.contains("<NETLINK:[");
        let call = match name {
            "pread64" => {
                let (offset, length) = (from_end.next()?.parse().ok()?, from_end.next()?.parse().ok()?);
                Call::ReadAt { file: number(&mut self.files, within(arguments)?), length, offset }
            }
            "read" if arguments.contains("</") => {
                let length = from_end.next()?.parse().ok()?;
                Call::Read { file: number(&mut self.files, within(arguments)?), length }
            }
            "openat" if outcome.contains("</") => {
                Call::Open { file: number(&mut self.files, within(outcome)?) }
            }
            "close" if arguments.contains("</") => {
                Call::Close { file: number(&mut self.files, within(arguments)?) }
            }
            "sendto" if is_socket => Call::Ask { socket: number(&mut self.sockets, within(arguments)?) },
            "recvfrom" if is_socket => Call::Answer { socket: number(&mut self.sockets, within(arguments)?) },
            _ => {
                *self.left_out.entry(name.to_owned()).or_default() += 1;
                return None;
            }
        };
        Some(call)
    }

    /// The work of a bare loop that does the same, over and over.
    ///
    /// # Panics
    /// There is no such socket here.
    pub fn again(&self) -> impl FnMut(u64) + Send + use<> {
        // What is opened for a read, and closed, is not there before; it may have gone since, as processes do.
        let mut files: Vec<Option<File>> = vec_of(&self.files, |path| File::open(path).ok());
        let sockets = vec_of(&self.sockets, |_| {
            Socket::new(Domain::from(NETLINK), Type::RAW, None).expect("the kernel has netlink")
        });
        let paths = vec_of(&self.files, str::to_owned);
        let ticks = self.ticks.clone();
        let mut room = vec![MaybeUninit::new(0); ROOM_BYTES];
        let mut buf = vec![0; ROOM_BYTES];
        move |tick| {
            let at = usize::try_from(tick).expect("few ticks") % ticks.len();
            for &call in &ticks[at] {
                let got = match call {
                    Call::ReadAt { file, length, offset } => {
                        files[file].as_ref().map(|file| file.read_at(&mut buf[..length], offset))
                    }
                    Call::Read { file, length } => {
                        files[file].as_mut().map(|file| file.read(&mut buf[..length]))
                    }
                    Call::Open { file } => {
                        files[file] = File::open(&paths[file]).ok();
                        None
                    }
                    Call::Close { file } => {
                        files[file] = None;
                        None
                    }
                    Call::Ask { socket } => Some(sockets[socket].send(&LINKS)),
                    Call::Answer { socket } => Some(sockets[socket].recv_with_flags(&mut room, NO_WAIT)),
                };
                match got {
                    Some(Ok(length)) => drop(black_box((length, &buf))),
                    Some(Err(error)) if error.kind() != ErrorKind::WouldBlock => drop(black_box(error)),
                    Some(Err(_)) | None => {}
                }
            }
        }
    }
}

/// What stands in the first pair of angle brackets.
fn within(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('<')?;
    rest.split_once('>').map(|(inside, _)| inside)
}

fn number(numbers: &mut BTreeMap<String, usize>, name: &str) -> usize {
    let next = numbers.len();
    *numbers.entry(name.to_owned()).or_insert(next)
}

/// In the order of the numbers.
fn vec_of<T>(numbers: &BTreeMap<String, usize>, make: impl Fn(&str) -> T) -> Vec<T> {
    let mut made: Vec<(usize, T)> = numbers.iter().map(|(name, number)| (*number, make(name))).collect();
    made.sort_by_key(|(number, _)| *number);
    made.into_iter().map(|(_, one)| one).collect()
}
