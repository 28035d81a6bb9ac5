use super::*;
use std::fs;
use std::io::{Read, Seek, Write};

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

#[test]
fn a_read_is_the_count_while_the_event_ran_all_the_time() {
    assert_eq!(parse_read(&bytes(&[7, 100, 100])), Ok(7));
    assert_eq!(parse_read(&bytes(&[u64::MAX, 1, 1])), Ok(u64::MAX));
    assert_eq!(parse_read(&bytes(&[7, 100, 99])), Err(Fault::NotCounted));
    assert_eq!(parse_read(&bytes(&[0, 0, 0])), Err(Fault::NotCounted));
    assert_eq!(parse_read(&[]), Err(Fault::NotCounted), "the end of the file: the event is in error");
}

#[test]
fn every_other_length_is_malformed() {
    let whole = bytes(&[7, 100, 100, 1]);
    for length in (1..whole.len()).filter(|length| *length != READ_BYTES) {
        assert_eq!(parse_read(&whole[..length]), Err(Fault::Malformed), "{length}");
    }
}

#[test]
fn an_event_is_a_byte_in_hexadecimal() {
    assert_eq!(parse_event(b"event=0x02\n"), Some(2));
    for text in [
        &b""[..],
        b"event=0x02",
        b"event=0x\n",
        b"event=0x100\n",
        b"event=0x0\n",
        b"event=2\n",
        b"event=0x2,x\n",
    ] {
        assert_eq!(parse_event(text), None, "{}", text.escape_ascii());
    }
}

#[test]
fn a_register_reads_what_its_descriptor_gives() {
    let (reads, mut writes) = std::io::pipe().unwrap();
    let descriptor: std::os::fd::OwnedFd = reads.into();
    let mut register = Register::Perf { event: descriptor.into() };
    writes.write_all(&bytes(&[5 << 32, 10, 10, 6 << 32, 20, 10])).unwrap();
    assert_eq!(register.read(), Ok(5 << 32));
    assert_eq!(register.read(), Err(Fault::NotCounted));
    writes.write_all(&[1, 2, 3]).unwrap();
    drop(writes);
    assert_eq!(register.read(), Err(Fault::Malformed));
    assert_eq!(register.read(), Err(Fault::NotCounted));
}

/// Threads 0 and 1 on package 0, 2 and 3 on package 1.
const THREADS: [Thread; 4] = [
    Thread { cpu: 0, package: 0, die: 0, core: 0 },
    Thread { cpu: 1, package: 0, die: 0, core: 1 },
    Thread { cpu: 2, package: 1, die: 0, core: 0 },
    Thread { cpu: 3, package: 1, die: 0, core: 1 },
];

/// An event: what it counts, its PMU, its number, its CPUs.
type Row = (String, u32, u64, Vec<u32>);

struct Tree(std::path::PathBuf);

impl Tree {
    fn new(test: &str) -> Self {
        Self(std::env::temp_dir().join(format!("hearth-power-pmu-{}-{test}", std::process::id())))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(DEVICES).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn event(&self, pmu: &str, name: &str, number: &str) {
        self.write(&format!("{pmu}/events/{name}"), number);
        self.write(&format!("{pmu}/events/{name}.scale"), "2.3283064365386962890625e-10\n");
        self.write(&format!("{pmu}/events/{name}.unit"), "Joules\n");
    }

    fn list(&self) -> (Vec<Row>, Finds) {
        let mut finds = Finds::default();
        let events = list(&self.0, None, &THREADS, &mut finds);
        let row = |event: Event| (event.key.to_string(), event.pmu, event.config, event.cpus);
        (events.into_iter().map(row).collect(), finds)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn each_package_has_each_event_on_its_cpu_of_the_mask_and_cores_add_up() {
    let tree = Tree::new("amd");
    tree.write("power/type", "9\n");
    tree.write("power/cpumask", "0,2\n");
    tree.event("power", "energy-pkg", "event=0x02\n");
    tree.write("power_core/type", "10\n");
    tree.write("power_core/cpumask", "0-3\n");
    tree.event("power_core", "energy-core", "event=0x01\n");
    let (events, finds) = tree.list();
    let wanted = [
        ("package-0", 9, 2, vec![0]),
        ("package-1", 9, 2, vec![2]),
        ("core-0", 10, 1, vec![0, 1]),
        ("core-1", 10, 1, vec![2, 3]),
    ];
    assert_eq!(events, wanted.map(|(key, pmu, config, cpus)| (key.to_owned(), pmu, config, cpus)));
    assert!(finds.lacks.is_empty(), "{:?}", finds.lacks);
}

#[test]
fn an_event_with_another_scale_or_a_garbled_description_is_named_and_left_out() {
    for (file, text) in [
        ("power/events/energy-pkg.scale", "1.0e-10\n"),
        ("power/events/energy-pkg.unit", "Watts\n"),
        ("power/events/energy-pkg", "event=NaN\n"),
        ("power/cpumask", "3-0\n"),
        ("power/type", "-1\n"),
    ] {
        let tree = Tree::new("garbled");
        tree.write("power/type", "9\n");
        tree.write("power/cpumask", "0,2\n");
        tree.event("power", "energy-pkg", "event=0x02\n");
        tree.write(file, text);
        let (events, finds) = tree.list();
        assert!(events.is_empty(), "{file}");
        assert_eq!((finds.lacks.len(), finds.lacks[0].cause), (1, Cause::Malformed), "{file}");
    }
}

#[test]
fn a_machine_without_the_pmu_says_so() {
    let tree = Tree::new("none");
    tree.write("cpu/type", "4\n");
    let (events, finds) = tree.list();
    assert!(events.is_empty());
    assert_eq!(finds.lacks[0].cause, Cause::Absent);
}

#[test]
fn an_opened_event_counts_in_the_kernels_unit_over_all_its_descriptors() {
    let mut file = tempfile();
    file.write_all(&bytes(&[3 << 32, 8, 8])).unwrap();
    file.rewind().unwrap();
    let key = Key { domain: Domain::Core, place: Place { package: 0, die: None } };
    let event = Event { pmu: 9, config: 1, key, cpus: vec![0, 1], path: "x".to_owned(), quantum_uj: 62 };
    let mut found = found(&event, vec![file]);
    assert_eq!(found.registers[0].read(), Ok(3 << 32));
    assert_eq!(found.counting.unit, Unit::PERF);
}

/// A file without a name.
fn tempfile() -> fs::File {
    let path = std::env::temp_dir().join(format!("hearth-perf-read-{}", std::process::id()));
    let file = fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let mut nothing = [0; 1];
    assert_eq!((&file).read(&mut nothing).unwrap(), 0);
    file
}

#[test]
fn the_platform_of_a_server_that_counts_joules_moves_by_joules() {
    let server = Cpu { vendor: crate::rapl::cpu::Vendor::Intel, family: 6, model: 143, is_guest: false };
    assert_eq!(quantum_uj(Some(&server), Domain::Psys), 1_000_000);
    assert_eq!((quantum_uj(Some(&server), Domain::Package), quantum_uj(None, Domain::Psys)), (62, 62));
}

#[test]
fn the_rule_of_who_may_count_is_told_as_it_is() {
    assert_eq!(
        rule(Path::new("/nowhere")).split(':').next(),
        Some("cannot open /nowhere/proc/sys/kernel/perf_event_paranoid")
    );
    let live = rule(Path::new("/"));
    assert!(live.starts_with("kernel.perf_event_paranoid is ") || live.starts_with("cannot open "), "{live}");
}
