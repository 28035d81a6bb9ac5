use super::*;
use crate::profile::options::Output;
use crate::profile::options::Shell;
use crate::profile::plan::CommandText;
use crate::profile::plan::Runs;
use std::fs;
use std::path::Path;

/// Two runs of each, of a machine without energy.
fn options(root: &Path) -> Options {
    Options {
        root: root.to_owned(),
        runs: Runs::new(0, Some(2), None, None, None),
        order: Order::Interleaved,
        seed: 5,
        rate_hz: 1000,
        idle: None,
        counters: Vec::new(),
        ignores_failure: false,
        shell: Shell::Auto,
        output: Output::Null,
        input: None,
        pin: None,
        timeout: None,
        phases: false,
        estimate_tdp_w: None,
    }
}

fn benchmark(line: &str) -> Benchmark {
    Benchmark {
        name: line.to_owned(),
        command: CommandText::Line(line.to_owned()),
        parameters: Vec::new(),
        setup: None,
        prepare: None,
        conclude: None,
        cleanup: None,
    }
}

/// What was run, in its order, and the record of it.
fn ran(lines: &[&str], options: &Options) -> (Vec<String>, Record) {
    let mut begun = Vec::new();
    let benchmarks: Vec<Benchmark> = lines.iter().map(|line| benchmark(line)).collect();
    let record = run(&benchmarks, options, &mut |step| {
        if let Step::Begins { name, .. } = step {
            begun.push((*name).to_owned());
        }
    });
    (begun, record.unwrap())
}

#[test]
fn a_pinned_program_and_what_it_starts_stay_on_their_cpu() {
    let dir = tempfile::tempdir().unwrap();
    let said = dir.path().join("said");
    let cpus = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap();
    let cpu = (0..nix::sched::CpuSet::count()).rev().find(|cpu| cpus.is_set(*cpu).unwrap()).unwrap();
    let options = Options { pin: Some(cpu), output: Output::File(said.clone()), ..options(dir.path()) };
    ran(&["sh -c 'grep Cpus_allowed_list /proc/self/status'"], &options);
    let text = fs::read_to_string(said).unwrap();
    assert_eq!(text.split_whitespace().last(), Some(cpu.to_string().as_str()), "{text}");
}

#[test]
fn a_cpu_that_is_not_there_is_an_error_and_no_silent_run_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { pin: Some(nix::sched::CpuSet::count() - 1), ..options(dir.path()) };
    let error = run(&[benchmark("true")], &options, &mut |_| {}).unwrap_err();
    assert!(matches!(error, SessionError::Child(_)), "{error}");
}

#[test]
fn a_run_whose_time_is_up_is_killed_counted_and_told_and_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { timeout: Some(Duration::from_millis(30)), ..options(dir.path()) };
    let (_, record) = ran(&["sh -c 'sleep 1000 & sleep 1000'"], &options);
    assert!(!record.cut_short, "the profile went to its end");
    let runs = &record.results[0].runs;
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!((run.cut_short, run.signal, run.exit_code), (true, Some(9), None));
        assert!(run.wall_s >= 0.03, "{run:?}");
    }
}

#[test]
fn a_sequence_runs_each_command_to_its_end_and_says_what_that_means() {
    let dir = tempfile::tempdir().unwrap();
    let sequential = Options { order: Order::Sequential, ..options(dir.path()) };
    let (begun, record) = ran(&["true", "true 1"], &sequential);
    assert_eq!(begun, ["true", "true", "true 1", "true 1"]);
    let notes = record.facts.notes.join("\n");
    assert!(notes.contains("--order randomized"), "{notes}");
    let (begun, record) = ran(&["true", "true 1"], &options(dir.path()));
    assert_eq!(begun, ["true", "true 1", "true", "true 1"]);
    assert_eq!(record.facts.notes, [""; 0]);
    let (_, record) = ran(&["true"], &sequential);
    assert_eq!(record.facts.notes, [""; 0], "one command has no order");
}

#[test]
fn a_wish_for_precision_is_heard_in_a_sequence_too() {
    let dir = tempfile::tempdir().unwrap();
    // Nothing is that even: both go on to the most that is allowed.
    let runs = Runs { warmup: 0, least: 5, most: 7, precision: Some(1e-12) };
    let options = Options { order: Order::Sequential, runs, ..options(dir.path()) };
    let (_, record) = ran(&["true", "true 1"], &options);
    let counts: Vec<usize> = record.results.iter().map(|measured| measured.runs.len()).collect();
    assert_eq!(counts, [7, 7]);
}
