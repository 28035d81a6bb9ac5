//! `/proc/stat`: CPU time by mode, interrupts, context switches, forks, the run queue (`proc_stat(5)`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the text is, below the root.
pub const PATH: &str = "proc/stat";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// The number of CPU modes: all that Linux has counted since 2.6.33.
pub const MODES: usize = 10;
/// The fewest modes a CPU line has: user, nice, system, idle.
const MODES_MIN: usize = 4;
/// The number of softirq kinds.
pub const SOFTIRQS: usize = 10;

/// What a CPU spent its time on, in the order of the columns.
///
/// `guest` is also counted in `user`, and `guest_nice` in `nice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Mode {
    /// Normal processes in user mode.
    User,
    /// Niced processes in user mode.
    Nice,
    /// Kernel mode.
    System,
    /// Nothing.
    Idle,
    /// Nothing, with a task of this CPU waiting for a disk. The one counter that may go down.
    Iowait,
    /// Hardware interrupts.
    Irq,
    /// Soft interrupts.
    Softirq,
    /// Not running while the hypervisor ran something else.
    Steal,
    /// Running a guest.
    Guest,
    /// Running a niced guest.
    GuestNice,
}

impl Mode {
    /// All modes in the order of the columns.
    pub const ALL: [Self; MODES] = [
        Self::User,
        Self::Nice,
        Self::System,
        Self::Idle,
        Self::Iowait,
        Self::Irq,
        Self::Softirq,
        Self::Steal,
        Self::Guest,
        Self::GuestNice,
    ];

    /// The kernel's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Nice => "nice",
            Self::System => "system",
            Self::Idle => "idle",
            Self::Iowait => "iowait",
            Self::Irq => "irq",
            Self::Softirq => "softirq",
            Self::Steal => "steal",
            Self::Guest => "guest",
            Self::GuestNice => "guest_nice",
        }
    }
}

/// The names of the softirq kinds in the order of the columns, as in `/proc/softirqs`.
pub const SOFTIRQ_NAMES: [&str; SOFTIRQS] =
    ["HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"];

/// Up to `N` numbers of one line, in the order of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns<const N: usize> {
    values: [u64; N],
    given: usize,
}

impl<const N: usize> Columns<N> {
    /// No number at all.
    pub const NONE: Self = Self { values: [0; N], given: 0 };

    /// The numbers the kernel gave; an older one gives fewer.
    #[must_use]
    pub fn given(&self) -> &[u64] {
        &self.values[..self.given]
    }

    /// Reads the numbers up to the end of the line. Columns past the last known one are not looked at.
    fn read(scan: &mut Scan<'_>) -> Option<Self> {
        let mut columns = Self::NONE;
        for slot in &mut columns.values {
            if scan.at_line_end() {
                break;
            }
            *slot = scan.u64()?;
            columns.given += 1;
        }
        Some(columns)
    }
}

/// CPU time since boot in ticks of `USER_HZ` (100 a second), by [`Mode`].
pub type Ticks = Columns<MODES>;

impl Ticks {
    /// The ticks spent in `mode`; `None` where the kernel does not count it.
    #[must_use]
    pub fn get(&self, mode: Mode) -> Option<u64> {
        self.given().get(mode as usize).copied()
    }
}

/// The time of one CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// The kernel's number of the CPU. Numbers have gaps where CPUs are offline.
    pub id: u32,
    /// Its time by mode.
    pub ticks: Ticks,
}

impl Cpu {
    /// What storage is filled with before the first read.
    pub const NONE: Self = Self { id: 0, ticks: Ticks::NONE };
}

/// The text's quantities beside those of single CPUs. Counters count from boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Time by mode of all CPUs, those gone offline included.
    pub total: Ticks,
    /// How many CPUs were online and written to the storage.
    pub cpus: usize,
    /// Interrupts serviced, of any kind.
    pub intr: u64,
    /// Context switches.
    pub ctxt: u64,
    /// When the system booted, in seconds since 1970.
    pub btime: u64,
    /// Processes and threads made.
    pub processes: u64,
    /// Tasks that run or could.
    pub procs_running: u64,
    /// Tasks that wait for a disk.
    pub procs_blocked: u64,
    /// Soft interrupts serviced, of any kind.
    pub softirq: u64,
    /// Soft interrupts by kind, see [`SOFTIRQ_NAMES`].
    pub softirqs: Columns<SOFTIRQS>,
}

/// Reads `text`; the CPUs that are online go to the front of `cpus`.
///
/// # Errors
/// [`ParseError::Missing`] where a line is not there (every kernel since 2.6.31 writes all of them),
/// [`ParseError::Malformed`] where a number is not one, [`ParseError::TooMany`] where `cpus` is too short.
pub fn parse(text: &[u8], cpus: &mut [Cpu]) -> Result<Stat, ParseError> {
    let mut scan = Scan::text(text);
    let mut total = None;
    let mut online = 0;
    let mut softirqs = None;
    let [mut intr, mut ctxt, mut btime, mut processes, mut running, mut blocked, mut softirq] = [None; 7];
    while scan.peek().is_some() {
        if scan.prefix(b"cpu") {
            if scan.peek() == Some(b' ') {
                total = Some(ticks(&mut scan)?);
            } else {
                let limit = cpus.len();
                let slot = cpus.get_mut(online).ok_or(ParseError::TooMany { what: "cpu lines", limit })?;
                let id = scan.u32().ok_or(ParseError::malformed("cpu id"))?;
                *slot = Cpu { id, ticks: ticks(&mut scan)? };
                online += 1;
            }
        } else if scan.prefix(b"intr ") {
            intr = Some(number(&mut scan, "intr")?);
        } else if scan.prefix(b"ctxt ") {
            ctxt = Some(number(&mut scan, "ctxt")?);
        } else if scan.prefix(b"btime ") {
            btime = Some(number(&mut scan, "btime")?);
        } else if scan.prefix(b"processes ") {
            processes = Some(number(&mut scan, "processes")?);
        } else if scan.prefix(b"procs_running ") {
            running = Some(number(&mut scan, "procs_running")?);
        } else if scan.prefix(b"procs_blocked ") {
            blocked = Some(number(&mut scan, "procs_blocked")?);
        } else if scan.prefix(b"softirq ") {
            softirq = Some(number(&mut scan, "softirq")?);
            softirqs = Some(Columns::read(&mut scan).ok_or(ParseError::malformed("softirq"))?);
        }
        scan.next_line();
    }
    Ok(Stat {
        total: total.ok_or(ParseError::missing("cpu"))?,
        cpus: online,
        intr: intr.ok_or(ParseError::missing("intr"))?,
        ctxt: ctxt.ok_or(ParseError::missing("ctxt"))?,
        btime: btime.ok_or(ParseError::missing("btime"))?,
        processes: processes.ok_or(ParseError::missing("processes"))?,
        procs_running: running.ok_or(ParseError::missing("procs_running"))?,
        procs_blocked: blocked.ok_or(ParseError::missing("procs_blocked"))?,
        softirq: softirq.ok_or(ParseError::missing("softirq"))?,
        softirqs: softirqs.ok_or(ParseError::missing("softirq"))?,
    })
}

/// How many CPU lines `text` has: the storage [`parse`] needs.
#[must_use]
pub fn cpu_lines(text: &[u8]) -> usize {
    crate::text::lines(text).filter(|line| line.starts_with(b"cpu") && line.get(3) != Some(&b' ')).count()
}

/// Reads the ticks of one CPU line.
fn ticks(scan: &mut Scan<'_>) -> Result<Ticks, ParseError> {
    let ticks = Ticks::read(scan).ok_or(ParseError::malformed("cpu"))?;
    if ticks.given < MODES_MIN {
        return Err(ParseError::malformed("cpu"));
    }
    Ok(ticks)
}

/// Reads the first number after the line's word.
fn number(scan: &mut Scan<'_>, what: &'static str) -> Result<u64, ParseError> {
    scan.u64().ok_or(ParseError::malformed(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &[u8] = include_bytes!("../../fixtures/stat/6.18.txt");

    fn softirq_line(text: &[u8]) -> usize {
        text.windows(8).position(|bytes| bytes == b"softirq ").unwrap()
    }

    #[test]
    fn every_line_of_a_captured_text_is_read() {
        let mut cpus = [Cpu::NONE; 4];
        let stat = parse(LIVE, &mut cpus).unwrap();
        assert_eq!(stat.cpus, 2);
        assert_eq!(stat.total.given(), [21_612, 0, 6810, 321_352, 1344, 0, 89, 23, 0, 0]);
        assert_eq!(cpus[1].id, 1);
        assert_eq!(cpus[1].ticks.get(Mode::Steal), Some(14));
        assert_eq!((stat.intr, stat.ctxt, stat.btime), (380_539, 602_712, 1_795_274_214));
        assert_eq!((stat.processes, stat.procs_running, stat.procs_blocked), (18_383, 2, 0));
        assert_eq!(stat.softirq, 260_504);
        assert_eq!(stat.softirqs.given(), [0, 35_914, 4, 8246, 90_210, 0, 250, 63_845, 0, 62_035]);
    }

    #[test]
    fn modes_that_an_old_kernel_does_not_count_are_none() {
        let lines = &LIVE[LIVE.windows(5).position(|bytes| bytes == b"intr ").unwrap()..];
        let mut text = b"cpu  1 2 3 4 5 6 7\ncpu7 1 2 3 4 5 6 7\n".to_vec();
        text.extend(lines);
        let mut cpus = [Cpu::NONE; 1];
        let stat = parse(&text, &mut cpus).unwrap();
        assert_eq!(stat.total.get(Mode::Softirq), Some(7));
        assert_eq!(stat.total.get(Mode::Steal), None);
        assert_eq!((cpus[0].id, cpus[0].ticks.given().len()), (7, 7));
    }

    #[test]
    fn every_cut_is_an_error_that_names_the_first_missing_line() {
        let mut cpus = [Cpu::NONE; 4];
        for end in 0..LIVE.len() {
            let error = parse(&LIVE[..end], &mut cpus).unwrap_err();
            assert!(matches!(error, ParseError::Missing { .. }), "{end}: {error}");
        }
        let error = parse(&LIVE[..softirq_line(LIVE)], &mut cpus).unwrap_err();
        assert_eq!(error, ParseError::Missing { what: "softirq" });
    }

    #[test]
    fn more_cpus_than_storage_is_an_error_and_their_number_can_be_asked() {
        let mut cpus = [Cpu::NONE; 1];
        assert_eq!(parse(LIVE, &mut cpus), Err(ParseError::TooMany { what: "cpu lines", limit: 1 }));
        assert_eq!(cpu_lines(LIVE), 2);
    }

    #[test]
    fn a_number_that_is_none_names_its_line() {
        let mut cpus = [Cpu::NONE; 4];
        for (text, what) in [
            (&b"cpu  1 2 3\n"[..], "cpu"),
            (b"cpu  1 2 x 4\n", "cpu"),
            (b"cpux 1 2 3 4\n", "cpu id"),
            (b"ctxt 99999999999999999999\n", "ctxt"),
            (b"softirq 1 -2\n", "softirq"),
        ] {
            assert_eq!(parse(text, &mut cpus), Err(ParseError::Malformed { what }));
        }
    }
}
