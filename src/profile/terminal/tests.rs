use super::details::{CURVE_WIDTH, curve};
use super::*;
use crate::profile::record::{Counted, Missing, Phase, Point};
use crate::profile::testing::{baseline, record, with_curve};
use crate::profile::units::grouped;

const PLAIN: Look = Look { colours: false, width: None, unit: None, sort: Sort::Command };

fn shown(record: &Record, look: Look) -> String {
    let analysis = Analysis::of(record, 0);
    Shown { record, analysis: &analysis, look }.to_string()
}

#[test]
fn a_report_has_a_line_a_command_the_comparison_and_the_seed() {
    let mut record = record(&[("A", 10.0, 0.1), ("B", 9.0, 0.1)], 12);
    record.baseline = Some(baseline(&[30.0, 30.1]));
    let text = shown(&record, PLAIN);
    let lines: Vec<&str> = text.lines().collect();
    let words: Vec<&str> = lines[0].split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(
        words,
        ["#", "Command", "Time [ms]", "Energy", "Net", "Power", "Peak (100 ms)", "Energy ratio"],
        "{text}"
    );
    let words: Vec<&str> = lines[1].split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!((&words[..3], words[6], words[7]), (&["1", "A", "99.9 ± 0.3"][..], "150 W", "reference"));
    assert!(words[3].starts_with("10.01 ± 0.0") && words[3].ends_with(" J"), "{text}");
    assert!(words[4].starts_with("7.0") && lines[2].contains("  0.899 ± 0.00"), "{text}");
    assert_eq!((lines[3], lines[4]), ("", "1  A"));
    for said in [
        "[12 runs; user 50.0, system 25.0 ms]",
        ", MAD 0.",
        ", 5 to 95 %: 99.",
        "[package-0; times time ",
        "\nComparison (95 % intervals)\n  B beside A: ",
        " less power\n",
        "Net energy is above 30.0",
        "Order randomized, seed 4.",
    ] {
        assert!(text.contains(said), "{said:?} in\n{text}");
    }
    assert!(!text.contains('\x1b'));
    let coloured = shown(&record, Look { colours: true, ..PLAIN });
    assert!(coloured.contains("\x1b[1mA\x1b[0m"));
}

#[test]
fn without_energy_the_rest_is_shown_and_the_remedy_said_once() {
    let mut record = record(&[("A", 10.0, 2.0), ("B", 9.0, 1.0)], 5);
    record.facts.domains.clear();
    let missing =
        |name: &str, what: &str, fix: &str| Missing { name: name.into(), what: what.into(), fix: fix.into() };
    record.facts.no_energy = Some(missing("energy", "no RAPL", "run on bare metal"));
    record.facts.no_counters = vec![missing("cycles", "no PMU", ""), missing("instructions", "no PMU", "")];
    let text = shown(&record, PLAIN);
    assert!(text.contains("Time [s]") && text.contains("Time ratio"), "{text}");
    assert_eq!(
        text.matches("not available\n").count() + text.matches("  not available  ").count(),
        2,
        "{text}"
    );
    assert!(text.contains("Energy is not available: no RAPL. Run on bare metal.\n"), "{text}");
    assert_eq!(text.matches("no RAPL").count(), 1, "{text}");
    assert!(text.contains("Not counted: cycles, instructions (no PMU).\n"), "{text}");
    assert!(text.ends_with("Order randomized, seed 4.\n"), "the order was drawn: {text}");
}

#[test]
fn energy_that_one_command_lacks_has_its_reason_there() {
    let mut record = record(&[("A", 10.0, 2.0), ("B", 9.0, 1.0)], 5);
    for run in &mut record.results[1].runs {
        run.energy_j = vec![Some(0.0)];
    }
    let text = shown(&record, PLAIN);
    assert!(
        text.contains("   Energy  not available: the energy counter stood still in 5 of 5 runs"),
        "{text}"
    );
    assert!(!text.contains("0.00 J"), "{text}");
    assert!(text.contains("; energy and power cannot be compared: 5 of 5 runs of B have none"), "{text}");
    assert!(text.contains("No net energy: no idle baseline was measured"), "{text}");
}

#[test]
fn what_is_estimated_says_so_at_every_figure() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 5);
    record.facts.domains[0].source = "estimated".to_owned();
    let text = shown(&record, PLAIN);
    assert!(text.contains(" less estimated energy; ") && text.contains(" less estimated power"), "{text}");
    for said in
        ["  Energy, estimated", "  Power, estimated", "  Energy ratio, estimated", "   Energy  estimated 9.9"]
    {
        assert!(text.contains(said), "{said:?} in {text}");
    }
    assert!(text.contains("No net energy: energy is estimated from CPU time"), "{text}");
}

#[test]
fn counts_phases_and_an_early_end_are_shown() {
    let mut record = record(&[("A", 10.0, 1.0)], 5);
    record.facts.counters = vec!["cycles".to_owned(), "page-faults".to_owned()];
    record.cut_short = true;
    for (at, run) in (0_u32..).zip(&mut record.results[0].runs) {
        run.counters = vec![Some(Counted { value: 1_234_567, ratio: 0.5 }), None];
        let phase = |name: &str| Phase {
            name: name.into(),
            began_s: 0.0,
            ended_s: 0.4 + 0.1 * f64::from(at),
            energy_j: vec![Some(4.0)],
            counters: vec![Some(u64::from(at) * 1000), None],
        };
        run.phases = vec![phase("load"), phase("run")];
    }
    record.results[0].runs[4].phases.truncate(1);
    let text = shown(&record, PLAIN);
    assert!(text.contains("cycles 1 234 567 (counted 50 % of the time), peak memory 0 KiB"), "{text}");
    assert!(!text.contains("page-faults"), "what was not counted has no figure: {text}");
    let load = "     load             0.600 ± 0.158 s, 4.00 ± 0.00 J, ";
    assert!(text.contains(load) && text.contains(", cycles 2 000 ± 1 581\n"), "{text}");
    assert!(
        text.contains(", cycles 1 500 ± 1 291, in 4 of 5 runs\n") && text.contains("Ended early"),
        "{text}"
    );
}

#[test]
fn sorted_commands_keep_their_numbers_in_every_part() {
    let record = record(&[("A", 10.0, 1.0), ("B", 9.0, 3.0), ("C", 8.0, 2.0)], 5);
    let lines = |sort, starts: &str| -> Vec<String> {
        let text = shown(&record, Look { sort, ..PLAIN });
        let lines = text.lines().filter(|line| line.contains(starts));
        lines.map(|line| line.chars().take(4).collect()).collect()
    };
    assert_eq!(lines(Sort::Energy, " beside A"), ["  C ", "  B "]);
    assert_eq!(lines(Sort::Time, " beside A"), ["  C ", "  B "]);
    assert_eq!(lines(Sort::Command, " beside A"), ["  B ", "  C "]);
    let text = shown(&record, Look { sort: Sort::Energy, ..PLAIN });
    let order: Vec<char> = text.lines().skip(1).filter_map(|line| line.chars().next()).collect();
    assert_eq!(order[..6], ['3', '2', '1', '3', ' ', ' '], "the table, then the details: {text}");
    assert!(text.contains("3  C  ") && text.contains("\n3  C\n") && text.contains("\n1  A\n"), "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "compress --level 9 --threads 4 --input a-rather-long-name.tar --output /dev/null";
    let mut record = record(&[(long, 10.0, 1.0), ("B", 9.0, 1.0)], 12);
    with_curve(&mut record, 100);
    record.baseline = Some(baseline(&[3.0, 3.02, 2.99]));
    record.facts.notes = vec!["word ".repeat(60).trim().to_owned()];
    record.results[0].runs[3].exit_code = Some(1);
    for width in [60, 80, 100, 140] {
        let text = shown(&record, Look { width: Some(width), ..PLAIN });
        let table = text.lines().take(3).collect::<Vec<_>>();
        for line in text.lines() {
            assert!(letters(line) <= width, "{} of {width}: {line}", letters(line));
        }
        assert_eq!(table[0].contains("Peak (100 ms)"), width >= 140, "{width}: {text}");
        assert!(table[0].contains("Energy  ") && table[2].contains(" B "), "{width}: {text}");
    }
    assert!(shown(&record, PLAIN).contains(&format!("1  {long}  ")));
}

#[test]
fn a_curve_rises_where_power_does() {
    let point = |at: u32, watts: f64| Point { at_s: f64::from(at), watts: vec![Some(watts)] };
    let trace: Vec<Point> = (0..80).map(|at| point(at, if at < 40 { 10.0 } else { 80.0 })).collect();
    let drawn = curve(&trace, &[0]);
    assert_eq!(drawn.chars().count(), CURVE_WIDTH);
    assert!(drawn.starts_with('▁') && drawn.ends_with('█'), "{drawn}");
    assert_eq!(curve(&trace[..1], &[0]), "");
    assert_eq!(grouped(1), "1");
    assert_eq!(grouped(1000), "1 000");
}
