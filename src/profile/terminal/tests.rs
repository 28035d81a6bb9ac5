use super::*;
use crate::profile::record::{Counted, Missing, Phase};
use crate::profile::testing::{baseline, record};

const PLAIN: Look = Look { colours: false, unit: None, sort: Sort::Command };

fn shown(record: &Record, look: Look) -> String {
    let analysis = Analysis::of(record, 0);
    Shown { record, analysis: &analysis, look }.to_string()
}

#[test]
fn a_report_has_each_command_the_comparison_and_the_seed() {
    let mut record = record(&[("A", 10.0, 0.1), ("B", 9.0, 0.1)], 12);
    record.baseline = Some(baseline(&[30.0, 30.1]));
    let text = shown(&record, PLAIN);
    for said in [
        "Command 1: A\n  Time (mean ± σ):    99.9 ms ± 0.3 ms",
        "12 runs]",
        "Energy:             10.0 J ± ",
        "[package-0; net 7.0",
        "Power:              100 W, peak 150 W",
        "Comparison (95 % intervals)\n  B beside A: ",
        "Order randomized, seed 4.",
    ] {
        assert!(text.contains(said), "{said:?} in\n{text}");
    }
    assert!(!text.contains('\x1b'));
    let coloured = shown(&record, Look { colours: true, ..PLAIN });
    assert!(coloured.contains("\x1b[1mA\x1b[0m"));
}

#[test]
fn without_energy_the_rest_is_shown_and_the_remedy_said() {
    let mut record = record(&[("A", 10.0, 2.0)], 5);
    record.facts.domains.clear();
    let missing =
        |name: &str, what: &str, fix: &str| Missing { name: name.into(), what: what.into(), fix: fix.into() };
    record.facts.no_energy = Some(missing("energy", "no RAPL", "run on bare metal"));
    record.facts.no_counters = vec![missing("cycles", "no PMU", ""), missing("instructions", "no PMU", "")];
    let text = shown(&record, PLAIN);
    assert!(
        text.contains("2.0 s ± 0.0 s") && text.contains("Energy:             not available (no RAPL)"),
        "{text}"
    );
    assert!(text.contains("Energy is not available: no RAPL. Run on bare metal.\n"), "{text}");
    assert!(text.contains("Not counted: cycles, instructions (no PMU). "), "{text}");
}

#[test]
fn what_is_estimated_says_so_at_every_figure() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 5);
    record.facts.domains[0].source = "estimated".to_owned();
    let text = shown(&record, PLAIN);
    assert!(text.contains(" less estimated energy; "), "{text}");
    assert!(text.contains("Energy (estimated):") && text.contains("Power (estimated):"), "{text}");
}

#[test]
fn counts_phases_and_an_early_end_are_shown() {
    let mut record = record(&[("A", 10.0, 1.0)], 5);
    record.facts.counters = vec!["cycles".to_owned(), "page-faults".to_owned()];
    record.cut_short = true;
    for run in &mut record.results[0].runs {
        run.counters = vec![Some(Counted { value: 1_234_567, ratio: 0.5 }), None];
        let phase = |name: &str| Phase {
            name: name.into(),
            began_s: 0.0,
            ended_s: 0.5,
            energy_j: vec![Some(4.0)],
            counters: vec![],
        };
        run.phases = vec![phase("load"), phase("run")];
    }
    let text = shown(&record, PLAIN);
    assert!(text.contains("cycles 1 234 567 (counted 50 % of the time), peak memory 0 KiB"), "{text}");
    assert!(!text.contains("page-faults"), "what was not counted has no figure: {text}");
    assert!(text.contains("    load ") && text.contains("4.00 J") && text.contains("Ended early"), "{text}");
}

#[test]
fn the_most_frugal_comes_first_if_that_is_wanted() {
    let record = record(&[("A", 10.0, 1.0), ("B", 9.0, 2.0)], 5);
    let first = |sort| shown(&record, Look { sort, ..PLAIN }).lines().next().unwrap().to_owned();
    assert_eq!(
        (first(Sort::Energy), first(Sort::Time)),
        ("Command 1: B".to_owned(), "Command 1: A".to_owned())
    );
}

#[test]
fn a_curve_rises_where_power_does() {
    let point = |at: u32, watts: f64| Point { at_s: f64::from(at), watts: vec![Some(watts)] };
    let trace: Vec<Point> = (0..80).map(|at| point(at, if at < 40 { 10.0 } else { 80.0 })).collect();
    let curve = curve(&trace, &[0]);
    assert_eq!(curve.chars().count(), CURVE_WIDTH);
    assert!(curve.starts_with('▁') && curve.ends_with('█'), "{curve}");
    assert_eq!(super::curve(&trace[..1], &[0]), "");
    assert_eq!(grouped(1), "1");
    assert_eq!(grouped(1000), "1 000");
}
