//! The real call, with events that the kernel itself counts: on CPUs, of a cgroup, and of a program.

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::path::Path;
    use std::process::{Command, Stdio};

    use hearth_drivers::perf::cgroup::{self, Cgroup};
    use hearth_drivers::perf::event::{Code, Event};
    use hearth_drivers::perf::group::EventGroup;
    use hearth_drivers::perf::pmu;
    use hearth_drivers::perf::scale::{ScaleError, Scaled};
    use hearth_drivers::perf::{OpenError, Target, open_child, open_group};
    use hearth_drivers::rapl::cpu::parse_list;

    const SOFTWARE: [Event; 4] =
        [Event::ContextSwitches, Event::Migrations, Event::MinorFaults, Event::MajorFaults];

    fn online() -> Vec<u32> {
        parse_list(&std::fs::read(Path::new("/").join(pmu::ONLINE_PATH)).unwrap()).unwrap()
    }

    /// What was opened, or `None` with a note where this machine does not let the test.
    fn permitted<T>(what: &str, opened: Result<T, OpenError>) -> Option<T> {
        match opened {
            Ok(opened) => Some(opened),
            Err(error @ (OpenError::Refused(_) | OpenError::NoKernel)) => {
                let paranoid = pmu::paranoid(Path::new("/"));
                println!("not checked here: {what}: {error} (kernel.perf_event_paranoid {paranoid:?})");
                None
            }
            Err(error) => panic!("{what}: {error}"),
        }
    }

    /// Makes two threads wait for each other a hundred times.
    fn switch_contexts() {
        let (mut here, mut there_end) = std::io::pipe().unwrap();
        let (mut there, mut here_end) = std::io::pipe().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut byte = [0];
                while there.read(&mut byte).unwrap() == 1 {
                    there_end.write_all(&byte).unwrap();
                }
            });
            for _ in 0..100 {
                here_end.write_all(b"x").unwrap();
                here.read_exact(&mut [0]).unwrap();
            }
            drop(here_end);
        });
    }

    #[test]
    fn switches_of_context_are_counted_on_the_cpus_where_they_happen() {
        let codes = SOFTWARE.map(Event::code);
        let groups: Option<Vec<EventGroup>> = online()
            .into_iter()
            .map(|cpu| permitted("whole CPUs", open_group(&codes, Target::Cpu(cpu))))
            .collect();
        let Some(groups) = groups else { return };
        let sum = || {
            let counts = groups.iter().map(|group| group.read().unwrap());
            counts
                .map(|counts| (counts.values()[0], counts.times.enabled_ns))
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
        };
        let (switches, enabled_ns) = sum();
        switch_contexts();
        let (switches_later, enabled_later_ns) = sum();
        assert!(switches_later > switches && enabled_later_ns > enabled_ns);
        for group in &groups {
            let counts = group.read().unwrap();
            assert_eq!(counts.values().len(), SOFTWARE.len());
            assert_eq!(counts.times.enabled_ns, counts.times.running_ns, "software events share nothing");
        }
    }

    #[test]
    fn a_program_is_counted_from_its_exec_on_with_all_that_it_starts() {
        // A shell that is told when to become the program; that one starts another and both touch memory.
        let script = "read go; exec /bin/sh -c '/bin/sh -c : ; :'";
        let shell = Command::new("/bin/sh").args(["-c", script]).stdin(Stdio::piped()).spawn();
        let mut shell = shell.unwrap();
        let pid = i32::try_from(shell.id()).unwrap();
        let opened = [Event::PageFaults, Event::TaskClock]
            .map(|event| permitted("a program", open_child(event.code(), pid, event.is_kernel_only())));
        let before: Vec<_> = opened.iter().flatten().map(|event| event.read().unwrap()).collect();
        shell.stdin.take().unwrap().write_all(b"go\n").unwrap();
        assert!(shell.wait().unwrap().success());
        let [Some(faults), Some(clock)] = opened else { return };
        for single in before {
            let mut scaled = Scaled::default();
            let added = scaled.step(single.value, single.times).unwrap();
            assert_eq!((added.count, added.times.enabled_ns), (0, 0), "nothing counts before the exec");
        }
        let (faults, clock) = (faults.read().unwrap(), clock.read().unwrap());
        assert!(faults.value > 20, "{faults:?}");
        assert!(clock.value > 0 && clock.times.running_ns > 0, "{clock:?}");
    }

    #[test]
    fn a_cgroup_is_counted_on_each_cpu() {
        let Some(mount) = cgroup::mount(Path::new("/")) else {
            println!("not checked here: no cgroup hierarchy that could hold perf_event");
            return;
        };
        // The root of the hierarchy holds every program.
        let (cgroup, _alive) = Cgroup::open(Path::new("/"), mount, "").unwrap();
        let codes = [Event::ContextSwitches.code()];
        let open = |cpu| open_group(&codes, cgroup.on(cpu));
        let mut groups = Vec::new();
        for cpu in online() {
            match open(cpu) {
                Err(OpenError::Hierarchy(errno)) => {
                    println!("not checked here: {mount:?} is not perf_event's hierarchy: {errno}");
                    return;
                }
                opened => match permitted("cgroups", opened) {
                    Some(group) => groups.push(group),
                    None => return,
                },
            }
        }
        switch_contexts();
        let switches: u64 = groups.iter().map(|group| group.read().unwrap().values()[0]).sum();
        assert!(switches > 0);
    }

    #[test]
    fn what_does_not_exist_is_told_from_what_is_forbidden() {
        let nowhere = Code { kind: 0x7fff_ffff, config: 0 };
        match open_group(&[nowhere], Target::Cpu(0)) {
            Err(OpenError::Unsupported(_)) => {}
            other => assert!(permitted("whole CPUs", other).is_none()),
        }
        match open_group(&[Event::PageFaults.code()], Target::Cpu(1_000_000)) {
            Err(OpenError::Gone(_) | OpenError::Os(_)) => {}
            other => assert!(permitted("whole CPUs", other).is_none()),
        }
        let too_many = [Event::PageFaults.code(); 9];
        assert!(matches!(open_group(&too_many, Target::Cpu(0)), Err(OpenError::TooLarge)));
        assert!(matches!(open_group(&[], Target::Cpu(0)), Err(OpenError::TooLarge)));
    }

    #[test]
    fn hardware_events_are_counted_or_said_not_to_be_there() {
        let cycles = open_group(&[Event::Cycles.code(), Event::Instructions.code()], Target::Cpu(0));
        match cycles {
            Ok(group) => {
                let counts = group.read().unwrap();
                let mut scaled = Scaled::default();
                match scaled.step(counts.values()[0], counts.times) {
                    Ok(added) => assert!(added.count > 0, "{counts:?}"),
                    Err(error) => assert_eq!(error, ScaleError::NotCounted),
                }
            }
            Err(OpenError::Unsupported(errno)) => println!("no hardware PMU here: {errno}"),
            Err(error) => assert!(permitted::<()>("whole CPUs", Err(error)).is_none()),
        }
    }
}
