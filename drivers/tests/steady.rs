//! Once opened, reading allocates nothing: counted by an allocator of this test's own.

#[cfg(test)]
mod tests {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;
    use std::path::Path;

    use hearth_drivers::cgroup::group::{self, Group, TEXT_BYTES};
    use hearth_drivers::cgroup::{cpu_stat, place};
    use hearth_drivers::file::KernelText;
    use hearth_drivers::netlink::{LinkReader, LinkWatch, NetlinkError};
    use hearth_drivers::perf::child::ChildEvent;
    use hearth_drivers::perf::event::Event;
    use hearth_drivers::perf::group::EventGroup;
    use hearth_drivers::perf::{Target, open_group};
    use hearth_drivers::proc::named::{self, Named, Wanted};
    use hearth_drivers::proc::{arp, mounts, net_dev, netstat, pressure, softnet, udp_queues};
    use hearth_drivers::process::descriptors::Descriptors;
    use hearth_drivers::process::table::ProcessTable;
    use hearth_drivers::process::{limits, stat, statm, status};

    thread_local! {
        static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    }

    struct Counting;

    #[expect(unsafe_code, reason = "an allocator is unsafe to write; this one only counts and passes on")]
    // SAFETY: each call is passed unchanged to the system's allocator, which keeps the contract.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            ALLOCATIONS.with(|count| count.set(count.get() + 1));
            // SAFETY: the caller keeps the contract of this same method.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
            // SAFETY: the caller keeps the contract of this same method, and `address` came from `alloc` above.
            unsafe { System.dealloc(address, layout) }
        }
    }

    #[global_allocator]
    static COUNTING: Counting = Counting;

    /// Reads once to warm up, then ten times, and asserts that this thread allocated nothing meanwhile.
    fn assert_steady(what: &str, mut read: impl FnMut()) {
        read();
        let before = ALLOCATIONS.with(Cell::get);
        for _ in 0..10 {
            read();
        }
        assert_eq!(ALLOCATIONS.with(Cell::get) - before, 0, "allocations of ten reads of {what}");
    }

    /// A text file of the running machine, or `None` with a note.
    fn text(path: &str, delivery: hearth_drivers::file::Delivery) -> Option<KernelText> {
        match KernelText::open(Path::new("/"), path, delivery) {
            Ok(text) => Some(text),
            Err(error) => {
                eprintln!("not checked here: {error}");
                None
            }
        }
    }

    #[test]
    fn the_counter_counts() {
        let before = ALLOCATIONS.with(Cell::get);
        drop(std::hint::black_box(Box::new(7)));
        assert_eq!(ALLOCATIONS.with(Cell::get) - before, 1);
    }

    #[test]
    fn reading_links_allocates_nothing() {
        let (Ok(mut reader), Ok(mut watch)) = (LinkReader::open(256), LinkWatch::open()) else {
            eprintln!("not checked here: no netlink");
            return;
        };
        assert_steady("the links", || match reader.read() {
            Ok(_) | Err(NetlinkError::Unsettled) => {}
            Err(error) => panic!("{error}"),
        });
        assert_steady("changes of the links", || assert!(watch.changed().is_ok()));
    }

    #[test]
    fn reading_texts_allocates_nothing() {
        let wanted = [Wanted { protocol: "Tcp", key: "InSegs" }, Wanted { protocol: "Udp", key: "NoPorts" }];
        if let Some(mut file) = text(netstat::SNMP.path, named::DELIVERY) {
            let mut named = Named::new(netstat::SNMP, &wanted);
            assert_steady("snmp", || assert!(named.read(file.read().unwrap()).is_ok()));
        }
        if let Some(mut file) = text(net_dev::PATH, net_dev::DELIVERY) {
            assert_steady("net/dev", || net_dev::parse(file.read().unwrap(), |_, _| ()).unwrap());
        }
        if let Some(mut file) = text(softnet::PATH, softnet::DELIVERY) {
            assert_steady("softnet_stat", || softnet::parse(file.read().unwrap(), |_| ()).unwrap());
        }
        if let Some(mut file) = text(arp::PATH, arp::DELIVERY) {
            assert_steady("arp", || arp::parse(file.read().unwrap(), |_| ()).unwrap());
        }
        if let Some(mut file) = text(udp_queues::PATH_V4, udp_queues::DELIVERY) {
            assert_steady("udp", || assert!(udp_queues::parse(file.read().unwrap()).is_ok()));
        }
        if let Some(mut file) = text(mounts::PATH, mounts::DELIVERY) {
            assert_steady("mountinfo", || mounts::parse(file.read().unwrap(), |_| ()).unwrap());
        }
    }

    #[test]
    fn reading_control_groups_allocates_nothing() {
        let place = match place::find(Path::new("/")) {
            Ok(place) => place,
            Err(error) => {
                eprintln!("not checked here: {error}");
                return;
            }
        };
        // The root of the tree is a group like any other.
        let group = Group::open(&place.directory).unwrap();
        let mut room = [0; TEXT_BYTES];
        assert_steady("cpu.stat", || assert!(group::read(&group.cpu, &mut room, cpu_stat::parse).is_ok()));
        for file in group.others.pressure.iter().flatten() {
            assert_steady("pressure of a group", || {
                assert!(group::read(file, &mut room, pressure::parse).is_ok());
            });
        }
    }

    #[test]
    fn reading_counters_allocates_nothing() {
        match open_group(&[Event::ContextSwitches.code(), Event::PageFaults.code()], Target::Cpu(0)) {
            Ok(group) => assert_steady("a group", || assert!(group.read().is_ok())),
            Err(error) => eprintln!("not checked here: {error}"),
        }
        // What is no counter gives errors, and these ask for no memory either.
        let empty = || std::fs::File::open("/dev/null").unwrap().into();
        let group = EventGroup::handed(empty(), Box::new([]), Box::new([1, 2]));
        assert_steady("no group", || assert!(group.read().is_err()));
        let child = ChildEvent::handed(empty(), false);
        assert_steady("no event", || assert!(child.read().is_err()));
    }

    #[test]
    fn reading_processes_allocates_nothing() {
        if let Some(mut file) = text(stat::PATH_SELF, stat::DELIVERY) {
            assert_steady("self/stat", || assert!(stat::parse(file.read().unwrap()).is_ok()));
        }
        if let Some(mut file) = text(statm::PATH_SELF, statm::DELIVERY) {
            assert_steady("self/statm", || assert!(statm::parse(file.read().unwrap()).is_ok()));
        }
        if let Some(mut file) = text(status::PATH_SELF, status::DELIVERY) {
            assert_steady("self/status", || assert!(status::parse(file.read().unwrap()).is_ok()));
        }
        if let Some(mut file) = text(limits::PATH_SELF, limits::DELIVERY) {
            assert_steady("self/limits", || assert!(limits::parse(file.read().unwrap()).is_ok()));
        }
        let mut descriptors = Descriptors::open(Path::new("/")).unwrap();
        assert_steady("self/fd", || assert!(descriptors.read().is_ok()));
        let mut table = ProcessTable::open(Path::new("/")).unwrap();
        assert_steady("the table of processes", || assert!(table.scan(|_| ()).is_ok()));
    }
}
