//! `perf_event_open(2)`: the one counter that is no file, and so always the running kernel's own.

use std::fs::File;
use std::io;

use perf_event::Builder;
use perf_event::events::Software;

use super::{Event, found};
use crate::file::Errno;
use crate::perf::owned;
use crate::rapl::domain::{Cause, Finds};

/// Opens `events` into `finds`: those that open on each of their CPUs.
pub fn open(events: &[Event], finds: &mut Finds) {
    for event in events {
        let opened: Result<Vec<File>, io::Error> =
            event.cpus.iter().map(|cpu| open_on(event.pmu, event.config, *cpu)).collect();
        match opened {
            Ok(descriptors) => finds.found.push(found(event, descriptors)),
            Err(error) => {
                let errno = Errno::of(&error);
                let cause = if errno.is_permission() {
                    Cause::NoPermission
                } else if errno.is_absent() {
                    Cause::Absent
                } else {
                    Cause::Io
                };
                finds.lack(
                    event.key.to_string(),
                    cause,
                    format!("cannot open the perf event /{}: {error}", event.path),
                );
            }
        }
    }
}

/// One event of a PMU on one CPU, for all that runs there, counting from now on.
///
/// # Errors
/// As the kernel answers: `EACCES` or `EPERM` without `CAP_PERFMON` where `perf_event_paranoid` is above 0, `ENOENT` or
/// `ENODEV` where there is no such PMU or event, `EINVAL` for a CPU that is not online.
pub fn open_on(pmu: u32, config: u64, cpu: u32) -> io::Result<File> {
    let cpu = usize::try_from(cpu).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    // What the event is, is said by the numbers below; the PMU knows neither rings nor modes to leave out.
    let mut builder = Builder::new(Software::DUMMY);
    (builder.attrs_mut().type_, builder.attrs_mut().config) = (pmu, config);
    builder.any_pid().one_cpu(cpu).include_kernel().include_hv().enabled(true);
    Ok(File::from(owned(builder.build()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rapl::perf::parse_read;
    use std::io::Read;

    /// `PERF_TYPE_SOFTWARE` and its `PERF_COUNT_SW_CPU_CLOCK`, which every kernel with perf has.
    const CPU_CLOCK: (u32, u64) = (1, 0);

    #[test]
    fn a_real_event_is_opened_and_its_bytes_are_as_the_parser_wants_them() {
        let mut event = match open_on(CPU_CLOCK.0, CPU_CLOCK.1, 0) {
            Ok(event) => event,
            Err(error) => return println!("not opened here: {error}"),
        };
        let mut bytes = [0; 64];
        let length = event.read(&mut bytes).unwrap();
        let first = parse_read(&bytes[..length]).unwrap();
        let length = event.read(&mut bytes).unwrap();
        assert!(parse_read(&bytes[..length]).unwrap() > first, "a clock only goes on");
    }

    #[test]
    fn an_event_of_no_pmu_is_refused() {
        assert!(open_on(u32::MAX, 1, 0).is_err());
    }
}
