//! Reading and parsing allocate nothing once a driver is open.
//!
//! Allocations are counted by thread, so that other tests of this program do not count.

#![expect(unsafe_code, reason = "an allocator can be counted only by being one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// How often this thread has asked for memory.
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counted.
struct Counting;

// SAFETY: every call goes to `System` with the arguments it came with, so its contract is `System`'s. The count
// is a constant-initialised cell without a destructor, so reaching it asks for no memory itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: `layout` is the caller's, who keeps `GlobalAlloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: `memory` came from `System` with this layout, as all memory of this program does.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[cfg(test)]
mod tests {
    use super::ASKED;
    use hearth_drivers::file::{Delivery, KernelText, OpenError, ReadError};
    use hearth_drivers::proc::{
        diskstats, file_nr, loadavg, meminfo, pressure, random, stat, uptime, vmstat,
    };
    use std::hint::black_box;
    use std::path::Path;

    /// Opens the live `path`, then asserts that `parse` and the read before it ask for no memory.
    fn reads_without_asking(path: &str, delivery: Delivery, mut parse: impl FnMut(&[u8])) {
        let opened: Result<_, OpenError> = KernelText::open(Path::new("/"), path, delivery);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => return println!("not read: {error}"),
        };
        for round in 0..100 {
            let before = ASKED.get();
            let read = file.read().map(&mut parse);
            assert_eq!(ASKED.get(), before, "{path}, round {round}");
            assert!(matches!(read, Ok(()) | Err(ReadError::Empty)), "{path}: {read:?}");
        }
    }

    fn live(path: &str, delivery: Delivery) -> Vec<u8> {
        KernelText::open(Path::new("/"), path, delivery).unwrap().read().unwrap().to_vec()
    }

    #[test]
    fn a_round_over_every_driver_asks_for_no_memory() {
        let mut cpus = vec![stat::Cpu::NONE; stat::cpu_lines(&live(stat::PATH, stat::DELIVERY))];
        reads_without_asking(stat::PATH, stat::DELIVERY, |text| {
            black_box(stat::parse(text, &mut cpus).unwrap());
        });
        let text = live(meminfo::PATH, meminfo::DELIVERY);
        let mut keyed = meminfo::arm(&text).unwrap();
        let mut values = vec![None; keyed.len()];
        reads_without_asking(meminfo::PATH, meminfo::DELIVERY, |text| {
            assert_eq!(keyed.read(text, &mut values), Ok(values.len()));
        });
        let text = live(vmstat::PATH, vmstat::DELIVERY);
        let mut keyed = vmstat::arm(&text, |key| key.starts_with('p')).unwrap();
        let mut values = vec![None; keyed.len()];
        reads_without_asking(vmstat::PATH, vmstat::DELIVERY, |text| {
            assert_eq!(keyed.read(text, &mut values), Ok(values.len()));
        });
        reads_without_asking(diskstats::PATH, diskstats::DELIVERY, |text| {
            black_box(diskstats::parse(text).map(|disk| disk.unwrap().io_ms).sum::<u64>());
        });
        reads_without_asking(loadavg::PATH, loadavg::DELIVERY, |text| {
            black_box(loadavg::parse(text).unwrap());
        });
        reads_without_asking(uptime::PATH, uptime::DELIVERY, |text| {
            black_box(uptime::parse(text).unwrap());
        });
        reads_without_asking(file_nr::PATH, file_nr::DELIVERY, |text| {
            black_box(file_nr::parse(text).unwrap());
        });
        reads_without_asking(random::ENTROPY_AVAIL_PATH, random::DELIVERY, |text| {
            black_box(random::parse(text).unwrap());
        });
        for path in [pressure::CPU_PATH, pressure::IO_PATH, pressure::MEMORY_PATH, pressure::IRQ_PATH] {
            reads_without_asking(path, pressure::DELIVERY, |text| {
                black_box(pressure::parse(text).unwrap());
            });
        }
    }

    #[test]
    fn reading_and_adding_up_energy_asks_for_no_memory() {
        use hearth_drivers::rapl::accumulate::{Accumulator, Counting, Moment, POWER_MAX_W, Range};
        use hearth_drivers::rapl::frozen::Stillness;
        use hearth_drivers::rapl::power::Window;
        use hearth_drivers::rapl::register::{Register, Scale};
        use hearth_drivers::rapl::{domain::Domain, units::Unit};

        let path = std::env::temp_dir().join(format!("hearth-allocation-energy-{}", std::process::id()));
        std::fs::write(&path, "61035156\n").unwrap();
        let name = path.strip_prefix("/").unwrap().to_str().unwrap();
        let text = KernelText::open(Path::new("/"), name, Delivery::Whole).unwrap();
        let zone = Register::Powercap { text, scale: Scale::Nanojoules(61_035) };
        let device = std::fs::File::open(&path).unwrap();
        let (event, mut kernel) = std::io::pipe().unwrap();
        for _ in 0..100 {
            std::io::Write::write_all(&mut kernel, &[9, 1, 1].map(u64::to_ne_bytes).concat()).unwrap();
        }
        let event = std::os::fd::OwnedFd::from(event).into();
        for mut register in [zone, Register::Msr { device, register: 0 }, Register::Perf { event }] {
            let unit = Unit::joules_over_two_to(14);
            let mut accumulator = Accumulator::new(Counting::by_ticks(unit, Range::REGISTER, POWER_MAX_W));
            let (mut still, mut window) = (Stillness::new(), Window::new());
            for second in 0..100 {
                let at_ns = second * 1_000_000_000;
                let before = ASKED.get();
                let raw = register.read();
                let now = Moment { monotonic_ns: at_ns, boottime_ns: at_ns };
                black_box(accumulator.take(*raw.as_ref().unwrap(), now));
                black_box(still.is_frozen(Domain::Package, false, None, at_ns));
                black_box(window.take(accumulator.total_uj(), 62, at_ns));
                assert_eq!(ASKED.get(), before, "second {second} of {register:?}");
            }
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_count_sees_an_allocation() {
        let before = ASKED.get();
        let held = black_box(vec![1_u8; 100]);
        assert_eq!((ASKED.get() - before, held.len()), (1, 100));
    }

    #[test]
    fn a_failing_read_asks_for_no_memory_either() {
        let path = std::env::temp_dir().join(format!("hearth-allocation-{}", std::process::id()));
        std::fs::write(&path, "1\n").unwrap();
        let name = path.strip_prefix("/").unwrap().to_str().unwrap();
        let mut file = KernelText::open(Path::new("/"), name, Delivery::Whole).unwrap();
        std::fs::write(&path, vec![b'7'; 1000]).unwrap();
        let before = ASKED.get();
        let read = file.read().map(<[u8]>::len);
        assert_eq!(ASKED.get(), before);
        assert!(matches!(read, Err(ReadError::TooLong { .. })), "{read:?}");
        std::fs::remove_file(&path).unwrap();
    }
}
