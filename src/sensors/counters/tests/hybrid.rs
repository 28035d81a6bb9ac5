//! A hybrid CPU, played: two PMUs with few counters, on CPUs that this machine need not have.

use hearth_drivers::file::Errno;
use hearth_drivers::perf::group::EventGroup;
use hearth_drivers::perf::pmu::CorePmu;
use hearth_drivers::perf::{OpenError, Target};
use hearth_hot::contract::LaneKind;
use hearth_hot::source::{Source, SourceOutcome};

use super::*;
use hardware::Engine;

/// Plays the kernel. The large cores count four events at once and know no stalled cycles; the small ones accept four
/// as well, but two of their counters are taken for good, so that larger groups never run. Every event counts a
/// thousand by the first reading and two thousand by the second.
fn play(pmu: &CorePmu, events: &[Event], target: Target<'_>) -> Result<EventGroup, OpenError> {
    let Target::Cpu(cpu) = target else { return Err(OpenError::Hierarchy(Errno(libc::EINVAL))) };
    if !pmu.is_of(cpu) {
        return Err(OpenError::Unsupported(Errno(libc::ENOENT)));
    }
    let is_stall = |event: &Event| matches!(event, Event::StalledFrontend | Event::StalledBackend);
    if pmu.name == "cpu_core" && events.iter().any(is_stall) {
        return Err(OpenError::Unsupported(Errno(libc::ENOENT)));
    }
    let runs = pmu.name == "cpu_core" || events.len() <= 2;
    let mut words = Vec::new();
    for reading in 1..=2_u64 {
        let (enabled, value) = (reading * 1_000_000, if runs { reading * 1000 } else { 0 });
        words.extend([events.len() as u64, enabled, if runs { enabled } else { 0 }]);
        words.extend((1..=events.len() as u64).flat_map(|id| [value, id]));
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    Ok(EventGroup::handed(pipe(&bytes), Box::new([]), (1..=events.len() as u64).collect()))
}

fn engines() -> [Engine; 2] {
    let of = |name: &str, kind, cpus: &[u32]| Engine {
        pmu: CorePmu { name: name.to_owned(), kind, cpus: Some(cpus.to_vec()) },
        open: play,
    };
    [of("cpu_atom", 10, &[2, 3]), of("cpu_core", 4, &[0, 1])]
}

/// What was said of the source of this name.
fn outcome<'a>(sources: &'a [Source], name: &str) -> &'a SourceOutcome {
    &sources.iter().find(|source| source.name == name).unwrap().outcome
}

#[test]
fn each_pmu_counts_on_its_own_cpus_in_groups_that_fit_it() {
    let (config, mut book, mut field) = (Bench::config(), Roster::default(), Field::default());
    book.begin(DESCRIPTORS_MAX);
    let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Slow, &[]);
    hardware::arm(&mut arming, &mut book, &[0, 1, 2, 3], &engines(), &mut field).unwrap();
    let sources = arming.take_sources();
    let series = arming.into_series();
    let mut words = vec![Word::reason(Reason::Pending); series.len()];
    assert!(!field.read(&mut Sheet::new(&mut words)));
    let value = |name: &str, labels: &[&str]| {
        let at = series.iter().position(|key| {
            key.metric.name == name && key.labels.iter().map(|label| &**label).eq(labels.iter().copied())
        })?;
        Some(words[at].reading())
    };
    assert_eq!(value("hearth_perf_events_total", &["cycles", "cpu_core"]), Some(Ok(2000)));
    assert_eq!(value("hearth_perf_events_total", &["branch-misses", "cpu_atom"]), Some(Ok(2000)));
    assert_eq!(value("hearth_perf_running_ratio", &["branch-misses", "cpu_atom"]), Some(Ok(1_000_000)));
    assert_eq!(value("hearth_perf_events_total", &["stalled-cycles-backend", "cpu_core"]), None);
    for cpu in ["0", "1", "2", "3"] {
        assert_eq!(value("node_perf_cpucycles_total", &[cpu]), Some(Ok(1000)));
    }
    assert_eq!(value("node_perf_stalled_cycles_backend_total", &["0"]), None);
    assert_eq!(value("node_perf_stalled_cycles_backend_total", &["2"]), Some(Ok(1000)));
    // Four groups on each small core, two groups on each large one.
    assert_eq!(field.groups.len(), 2 * 4 + 2 * 2);
    let SourceOutcome::Used { how, .. } = outcome(&sources, "cpu_atom/cycles") else { panic!("{sources:?}") };
    assert!(how.contains("with instructions; the whole family needs more counters"), "{how}");
    let SourceOutcome::Used { how, .. } = outcome(&sources, "cpu_core/cycles") else { panic!("{sources:?}") };
    assert!(how.ends_with("on 2 CPUs, with instructions, branches, branch-misses"), "{how}");
    let SourceOutcome::Absent(absent) = outcome(&sources, "cpu_core/stalled-cycles-backend") else {
        panic!("{sources:?}")
    };
    assert_eq!(absent.reason, Reason::Absent);
}

#[test]
fn a_group_without_descriptors_on_all_cpus_is_opened_on_none() {
    let (config, mut book, mut field) = (Bench::config(), Roster::default(), Field::default());
    // Enough for one CPU's cycles, instructions and branches, not for two.
    book.begin(7);
    let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Slow, &[]);
    let [_, large] = engines();
    hardware::arm(&mut arming, &mut book, &[0, 1], &[large], &mut field).unwrap();
    let sources = arming.take_sources();
    let SourceOutcome::Spare { why } = outcome(&sources, "cpu_core/cycles") else { panic!("{sources:?}") };
    assert!(why.contains("1024 descriptors"), "{why}");
    // The family after it is smaller and fits.
    assert!(matches!(outcome(&sources, "cpu_core/cache-misses"), SourceOutcome::Used { .. }));
    assert_eq!(field.groups.len(), 2);
}

#[test]
fn where_no_event_of_a_pmu_can_be_opened_one_line_says_so() {
    let (config, mut book, mut field) = (Bench::config(), Roster::default(), Field::default());
    book.begin(DESCRIPTORS_MAX);
    let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Slow, &[]);
    let refuse: hardware::Open = |_, _, _| Err(OpenError::Refused(Errno(libc::EACCES)));
    let pmu = CorePmu { name: "cpu".to_owned(), kind: 4, cpus: None };
    let outcome = hardware::arm(&mut arming, &mut book, &[0], &[Engine { pmu, open: refuse }], &mut field);
    assert_eq!(outcome.map_err(|absent| absent.reason), Err(Reason::NoPermission));
    let sources = arming.take_sources();
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["cpu: hardware events"]);
    assert!(field.is_empty());
}
