use super::*;
use crate::profile::record::ESTIMATED;
use crate::profile::testing::{baseline, record};

fn analysed(record: &Record) -> Analysis {
    Analysis::of(record, 0)
}

#[test]
fn less_energy_in_the_same_time_is_said_so() {
    let record = record(&[("A", 10.0, 1.0), ("B", 9.7, 1.0)], 20);
    let analysis = analysed(&record);
    let [comparison] = &analysis.comparisons[..] else { panic!("{analysis:?}") };
    let ratio = comparison.energy.unwrap();
    assert!(ratio.holds(0.97) && !ratio.holds(1.0), "{ratio:?}");
    let said = comparison.sentence("B", "A", false);
    assert!(
        said.starts_with("B beside A: ") && said.contains(" less energy; time equal within 0."),
        "{said}"
    );
    assert!(said.ends_with(" % less power"), "{said}");
    let power = comparison.power.unwrap();
    assert!((power.estimate - 0.97).abs() < 0.005, "{power:?}");
}

#[test]
fn where_the_interval_holds_both_it_cannot_be_told() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 10.0, 1.0)], 8);
    for (at, run) in record.results[1].runs.iter_mut().enumerate() {
        run.energy_j = vec![Some(if at % 2 == 0 { 12.0 } else { 8.0 })];
    }
    let said = analysed(&record).comparisons[0].sentence("B", "A", false);
    assert!(said.contains("cannot tell whether it takes more or less energy ("), "{said}");
    let mut comparison = analysed(&record).comparisons[0].clone();
    comparison.energy = Some(Interval { estimate: 1.0, low: 1e-9, high: 1e9 });
    let said = comparison.sentence("B", "A", false);
    assert!(said.contains(" energy (-100.0 % to beyond +1000 %): add runs"), "{said}");
    comparison.energy = Some(Interval { estimate: 1.24, low: 1.02, high: 1.54 });
    let said = comparison.sentence("B", "A", false);
    assert!(said.contains("24.0 % more energy (+2.0 % to +54.0 %)"), "{said}");
}

#[test]
fn too_few_runs_and_missing_energy_give_no_comparison_and_no_headline() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 3);
    let said = analysed(&record).comparisons[0].sentence("B", "A", false);
    assert!(said.ends_with("too few runs to compare; give --runs at least 5"), "{said}");
    record.results[0].runs[1].energy_j = vec![None];
    let analysis = analysed(&record);
    assert_eq!((analysis.commands[0].headline_j, &analysis.commands[0].energy_j[..]), (None, &[None][..]));
    assert!(analysis.commands[1].headline_j.is_some());
}

#[test]
fn net_energy_is_gross_less_idle_watts_times_time() {
    let mut record = record(&[("A", 10.0, 2.0)], 10);
    assert_eq!(analysed(&record).idle, Err(NoNet::NotMeasured));
    record.baseline = Some(baseline(&[3.0, 3.02, 2.99]));
    let analysis = analysed(&record);
    let idle = analysis.idle.unwrap();
    assert!((idle.estimate - 3.0053).abs() < 0.001, "{idle:?}");
    let command = &analysis.commands[0];
    let (gross, net) = (command.headline_j.unwrap(), command.net_j.unwrap());
    let wall = command.wall_s.unwrap();
    assert!((gross.mean - net.mean - idle.estimate * wall.mean).abs() < 1e-9);
    let drifted = Some(baseline(&[3.0, 3.2]));
    let analysis = analysed(&Record { baseline: drifted, ..record.clone() });
    assert!(matches!(analysis.idle, Err(NoNet::Drifted { .. })) && analysis.commands[0].net_j.is_none());
    let said = analysis.idle.unwrap_err().to_string();
    assert!(said.contains("from 3.00 to 3.20 W"), "{said}");
    record.facts.domains.clear();
    assert_eq!(analysed(&record).idle, Err(NoNet::NoEnergy));
}

#[test]
fn a_floor_may_differ_by_three_percent_and_no_more() {
    let mut record = record(&[("A", 10.0, 2.0)], 10);
    // Two stretches of so many watts; a part of their mean is what counts.
    for (second_w, is_steady) in [(10.29, true), (10.31, false), (9.71, true), (9.70, false)] {
        record.baseline = Some(baseline(&[10.0, second_w]));
        let analysis = analysed(&record);
        assert_eq!(analysis.idle.is_ok(), is_steady, "10 and {second_w} W: {:?}", analysis.idle);
        assert_eq!(analysis.commands[0].net_j.is_some(), is_steady);
    }
    // By 2.9 and by 3.1 % of the mean of both.
    for (percent, is_steady) in [(2.9, true), (3.1, false)] {
        let half = percent / 200.0;
        record.baseline = Some(baseline(&[10.0 * (1.0 - half), 10.0 * (1.0 + half)]));
        assert_eq!(analysed(&record).idle.is_ok(), is_steady, "{percent} %");
    }
}

#[test]
fn few_runs_are_said_to_be_few() {
    for (runs, is_said) in [(4, false), (5, true), (9, true), (10, false)] {
        let analysis = analysed(&record(&[("A", 10.0, 1.0), ("B", 9.7, 1.0)], runs));
        let said = analysis.comparisons[0].sentence("B", "A", false);
        assert_eq!(said.contains("of fewer than 10 runs"), is_said, "{runs}: {said}");
    }
}

#[test]
fn runs_made_one_command_after_the_other_are_no_pairs() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 9.7, 1.0)], 20);
    // Both warmed up alike: as pairs they would agree to a thousandth.
    for measured in &mut record.results {
        for (at, run) in (0_u32..).zip(&mut measured.runs) {
            run.energy_j = vec![run.energy_j[0].map(|energy_j| energy_j * (1.0 + 0.02 * f64::from(at)))];
        }
    }
    let paired = analysed(&record).comparisons[0].energy.unwrap();
    record.facts.order = SEQUENTIAL.to_owned();
    let apart = analysed(&record);
    let comparison = &apart.comparisons[0];
    let energy = comparison.energy.unwrap();
    assert!(!paired.holds(1.0) && energy.holds(1.0), "{paired:?} {energy:?}");
    assert!((energy.estimate - paired.estimate).abs() < 1e-9);
    // All runs count, also where there are more of one.
    record.results[1].runs.truncate(12);
    let fewer = analysed(&record).comparisons[0].clone();
    assert_eq!((comparison.pairs, fewer.pairs), (20, 12));
    assert!(fewer.energy.unwrap().estimate < energy.estimate, "{fewer:?}");
}

#[test]
fn packages_are_added_up_and_what_lies_within_them_is_not() {
    let mut facts = Facts::default();
    for name in ["package-0", "package-1", "core-0", "dram-0", "psys-0"] {
        facts.domains.push(DomainFacts { name: name.to_owned(), source: "perf".to_owned(), unit_j: 1e-6 });
    }
    assert_eq!((headline_domains(&facts), headline_name(&facts).as_str()), (vec![0, 1], "all packages"));
    assert_eq!(headline(&[0, 1], &[Some(1.0), Some(2.0), Some(9.0)]), Some(3.0));
    assert_eq!(headline(&[0, 1], &[Some(1.0), None]), None);
    assert_eq!(headline(&[], &[]), None);
    facts.domains.drain(..2);
    assert_eq!(headline_name(&facts), "core-0");
}

#[test]
fn what_spoils_the_figures_is_said_with_its_remedy() {
    let mut record = record(&[("A", 10.0, 0.01)], 20);
    record.results[0].runs[3].exit_code = Some(1);
    record.results[0].runs[4].cut_short = true;
    record.results[0].runs[7].wall_s = 0.05;
    for run in &mut record.results[0].runs {
        run.energy_j = vec![Some(10.0 + 0.1 * f64::from(run.round))];
    }
    let warnings = analysed(&record).commands[0].warnings.join("\n");
    for said in [
        "1 of 20 runs failed",
        "1 of 20 runs were killed because their time was up",
        "the first is run 8",
        "energy rose by 17",
        "few updates of the energy counter",
    ] {
        assert!(warnings.contains(said), "{said} in {warnings}");
    }
}

#[test]
fn a_run_without_energy_takes_it_from_the_verdict_and_is_named_there() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 9.7, 1.0)], 8);
    record.results[1].runs[3].energy_j = vec![None];
    let analysis = analysed(&record);
    let said = analysis.comparisons[0].sentence("B", "A", false);
    let words = "energy and power cannot be compared: 1 of 8 runs of B have none";
    assert!(said.contains("time equal within ") && said.contains(words), "{said}");
    assert_eq!(analysis.commands[0].no_energy, None);
    let why = analysis.commands[1].no_energy.clone().unwrap();
    assert!(why.starts_with("in 1 of 8 runs a read of the counter failed"), "{why}");
    // Where nothing measures energy, that is said once and not in each verdict.
    record.facts.domains.clear();
    let analysis = analysed(&record);
    let said = analysis.comparisons[0].sentence("B", "A", false);
    assert!(!said.contains("energy"), "{said}");
    assert_eq!(analysis.commands[1].no_energy.as_deref(), Some("there is no energy source"));
}

#[test]
fn a_counter_that_stands_still_has_counted_no_energy_and_not_nothing() {
    let mut record = record(&[("A", 10.0, 1.0)], 6);
    for run in record.results[0].runs.iter_mut().skip(2) {
        run.energy_j = vec![Some(0.0)];
    }
    let found = analysed(&record).commands[0].clone();
    assert_eq!((found.headline_j, found.headline_w, found.net_j), (None, None, None));
    let why = found.no_energy.unwrap();
    assert!(why.starts_with("the energy counter stood still in 4 of 6 runs, "), "{why}");
    // A program that only waits has no CPU time, and its estimate is nothing.
    record.facts.domains[0].source = ESTIMATED.to_owned();
    let found = analysed(&record).commands[0].clone();
    assert!(found.headline_j.is_some() && found.no_energy.is_none(), "{found:?}");
}

#[test]
fn an_estimate_has_no_counter_and_no_idle_machine_in_it() {
    let mut record = record(&[("A", 10.0, 0.01)], 6);
    let words = |record: &Record| analysed(record).commands[0].warnings.join("\n");
    assert!(words(&record).contains("few updates of the energy counter"));
    record.facts.domains[0].source = ESTIMATED.to_owned();
    assert!(!words(&record).contains("counter"), "{}", words(&record));
    record.baseline = Some(baseline(&[3.0, 3.0]));
    let analysis = analysed(&record);
    assert_eq!((analysis.idle, analysis.commands[0].net_j), (Err(NoNet::Estimated), None));
    let said = NoNet::Estimated.to_string();
    assert!(said.contains("estimated from CPU time") && !said.contains("--idle-baseline"), "{said}");
}
