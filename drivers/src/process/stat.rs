//! One process in one line: `/proc/[pid]/stat` (`proc_pid_stat(5)`).
//!
//! The second field is the command in parentheses, and may itself hold parentheses, blanks and newlines: it ends at the
//! last closing parenthesis of the text. All behind it are numbers and one letter.

use memchr::memrchr;

use crate::file::Delivery;
use crate::label::Label;
use crate::proc::ParseError;
use crate::text::Scan;

/// One's own process, below the root.
pub const PATH_SELF: &str = "proc/self/stat";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;
/// A command has 15 bytes; a worker of the kernel shows up to 63.
const COMMAND_BYTES: usize = 63;

/// A process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// Its number while it exists; numbers are used again. With [`ProcessStat::start_ticks`] it is unique.
    pub pid: u32,
    /// The command's name.
    pub command: Label<COMMAND_BYTES>,
    /// `R` running, `S` sleeping, `D` waiting for a device, `Z` ended and not yet taken notice of; others in the
    /// manual.
    pub state: u8,
    /// The process that started it.
    pub parent_pid: u32,
    /// Page faults that needed no device.
    pub minor_faults: u64,
    /// Page faults that did.
    pub major_faults: u64,
    /// Processor time spent in user mode, ticks.
    pub user_ticks: u64,
    /// Processor time spent in the kernel, ticks.
    pub system_ticks: u64,
    /// Niceness, -20 to 19.
    pub nice: i64,
    /// Threads.
    pub threads: u64,
    /// When it started, ticks after boot.
    pub start_ticks: u64,
    /// Address space.
    pub virtual_bytes: u64,
    /// Memory in use, pages.
    pub resident_pages: u64,
}

/// Reads the text of a whole file.
///
/// # Errors
/// [`ParseError::Missing`] when the text does not end in a newline; [`ParseError::Malformed`] with the name that the
/// manual has for the field.
pub fn parse(text: &[u8]) -> Result<ProcessStat, ParseError> {
    if text.last() != Some(&b'\n') {
        return Err(ParseError::missing("end of the line"));
    }
    let (head, tail) = memrchr(b')', text)
        .and_then(|end| Some((text.get(..end)?, text.get(end..)?)))
        .ok_or(ParseError::missing("comm"))?;
    let mut scan = Scan::new(head);
    let pid = scan.u32().ok_or(ParseError::malformed("pid"))?;
    let command =
        scan.left().strip_prefix(b" (").and_then(Label::new).ok_or(ParseError::malformed("comm"))?;
    let mut fields = Fields { scan: Scan::new(tail.get(1..).unwrap_or_default()) };
    let state = match fields.scan.token() {
        Some([state]) => *state,
        _ => return Err(ParseError::malformed("state")),
    };
    let parent_pid = fields.scan.u32().ok_or(ParseError::malformed("ppid"))?;
    // pgrp, session, tty_nr, tpgid, flags.
    fields.skip(5)?;
    let minor_faults = fields.number("minflt")?;
    fields.skip(1)?;
    let major_faults = fields.number("majflt")?;
    fields.skip(1)?;
    let user_ticks = fields.number("utime")?;
    let system_ticks = fields.number("stime")?;
    // cutime, cstime, priority.
    fields.skip(3)?;
    let nice = fields.scan.i64().ok_or(ParseError::malformed("nice"))?;
    let threads = fields.number("num_threads")?;
    fields.skip(1)?;
    Ok(ProcessStat {
        pid,
        command,
        state,
        parent_pid,
        minor_faults,
        major_faults,
        user_ticks,
        system_ticks,
        nice,
        threads,
        start_ticks: fields.number("starttime")?,
        virtual_bytes: fields.number("vsize")?,
        resident_pages: fields.number("rss")?,
    })
}

/// The numbers behind the command.
struct Fields<'a> {
    scan: Scan<'a>,
}

impl Fields<'_> {
    fn number(&mut self, what: &'static str) -> Result<u64, ParseError> {
        self.scan.u64().ok_or(ParseError::malformed(what))
    }

    fn skip(&mut self, count: usize) -> Result<(), ParseError> {
        for _ in 0..count {
            self.scan.token().ok_or(ParseError::missing("fields behind comm"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &[u8] = b"5517 (cat) R 5507 5507 3434 0 -1 4194304 102 0 7 0 31 12 0 0 20 0 1 0 85592 3133440 380 18446744073709551615 93896409239552 93896409259433 140737133359536 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 93896409275440 93896409277056 93897392365568 140737133365984 140737133366004 140737133366004 140737133367275 0\n";

    fn with_command(command: &str) -> Vec<u8> {
        String::from_utf8(CAPTURED.to_vec()).unwrap().replace("(cat)", &format!("({command})")).into_bytes()
    }

    #[test]
    fn a_captured_line_is_read() {
        let expected = ProcessStat {
            pid: 5517,
            command: Label::new(b"cat").unwrap(),
            state: b'R',
            parent_pid: 5507,
            minor_faults: 102,
            major_faults: 7,
            user_ticks: 31,
            system_ticks: 12,
            nice: 0,
            threads: 1,
            start_ticks: 85_592,
            virtual_bytes: 3_133_440,
            resident_pages: 380,
        };
        assert_eq!(parse(CAPTURED), Ok(expected));
    }

    #[test]
    fn a_command_may_hold_anything() {
        for command in ["a) R 1 (b", "two words", "new\nline", "", ")", "((", "kworker/u8:2-events_unbound"] {
            let stat = parse(&with_command(command)).unwrap();
            assert_eq!(stat.command.as_bytes(), command.as_bytes());
            assert_eq!((stat.state, stat.resident_pages), (b'R', 380), "{command:?}");
        }
        let long = "x".repeat(COMMAND_BYTES + 1);
        assert_eq!(parse(&with_command(&long)), Err(ParseError::Malformed { what: "comm" }));
    }

    #[test]
    fn every_cut_is_an_error() {
        for length in 0..CAPTURED.len() {
            assert_eq!(parse(&CAPTURED[..length]), Err(ParseError::Missing { what: "end of the line" }));
            // With a newline at the cut, as in the middle of a command, no field may be made up either.
            let mut cut = CAPTURED[..length].to_vec();
            cut.push(b'\n');
            if let Ok(stat) = parse(&cut) {
                assert!(length >= 64 && stat.start_ticks == 85_592, "{length} bytes");
            }
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (text, what) in [
            ("x (a) R 1\n", "pid"),
            ("1(a) R 1\n", "comm"),
            ("1 (a) RR 1\n", "state"),
            ("1 (a)\n", "state"),
            ("1 (a) R x\n", "ppid"),
            ("1 (a) R 1 2 3 4 5 6 x\n", "minflt"),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(ParseError::Malformed { what }), "{text:?}");
        }
        assert_eq!(parse(b"1 (a R 1\n"), Err(ParseError::Missing { what: "comm" }));
        assert_eq!(parse(b"1 (a) R 1 2\n"), Err(ParseError::Missing { what: "fields behind comm" }));
    }

    #[test]
    fn this_process_is_what_another_parser_finds() {
        use procfs::FromRead;
        let text = std::fs::read("/proc/self/stat").unwrap();
        let ours = parse(&text).unwrap();
        let theirs = match procfs::process::Stat::from_read(text.as_slice()) {
            Ok(theirs) => theirs,
            Err(error) => {
                eprintln!("not compared here: {error}");
                return;
            }
        };
        assert_eq!(i64::from(ours.pid), i64::from(theirs.pid));
        assert_eq!(ours.command.as_bytes(), theirs.comm.as_bytes());
        assert_eq!((ours.user_ticks, ours.system_ticks), (theirs.utime, theirs.stime));
        assert_eq!((ours.minor_faults, ours.major_faults), (theirs.minflt, theirs.majflt));
        assert_eq!((ours.start_ticks, ours.virtual_bytes), (theirs.starttime, theirs.vsize));
        assert_eq!((ours.resident_pages, ours.nice), (theirs.rss, theirs.nice));
        assert_eq!(i64::try_from(ours.threads).unwrap(), theirs.num_threads);
    }
}
