use super::*;
use crate::profile::record::{Counted, Missing, Phase};
use crate::profile::testing::{baseline, record, with_curve};

fn written(record: &Record) -> String {
    write(record, &Analysis::of(record, 0), None).unwrap()
}

/// The tags in order, those that stand alone left out.
fn tags(page: &str) -> Vec<String> {
    const ALONE: [&str; 10] =
        ["!doctype", "meta", "br", "line", "rect", "circle", "polygon", "polyline", "path", "!--"];
    let name = |tag: &str| {
        let end = tag.find([' ', '>', '\n', '/']).filter(|end| *end > 0);
        tag[..end.unwrap_or(tag.len())].to_owned()
    };
    let tags = page.split('<').skip(1).map(|tag| match tag.strip_prefix('/') {
        Some(closing) => format!("/{}", name(closing)),
        None => name(tag),
    });
    tags.filter(|tag| !ALONE.contains(&tag.as_str())).collect()
}

fn full() -> Record {
    let mut record = record(&[("gzip -6", 10.0, 1.0), ("zstd <script>alert(1)</script>", 9.0, 1.0)], 12);
    with_curve(&mut record, 2000);
    record.baseline = Some(baseline(&[3.0, 3.02, 2.99]));
    record.facts.counters = vec!["cycles".to_owned()];
    record.facts.no_counters = vec![
        Missing { name: "instructions".into(), what: "no <PMU>".into(), fix: "run on bare metal".into() },
        Missing { name: "branches".into(), what: "no <PMU>".into(), fix: "run on bare metal".into() },
    ];
    record.facts.user_only = true;
    record.facts.notes = vec!["something <else>".to_owned()];
    for run in record.results.iter_mut().flat_map(|measured| &mut measured.runs) {
        run.counters = vec![Some(Counted { value: 1_234_567, ratio: 0.5 })];
        let phase = |name: &str, began_s, ended_s| Phase {
            name: name.into(),
            began_s,
            ended_s,
            energy_j: vec![Some(4.0)],
            counters: vec![Some(1000)],
        };
        run.phases = vec![phase("load <b>", 0.0, 0.5), phase("work", 0.5, 1.0)];
    }
    record.results[0].parameters = vec![("level".to_owned(), "<6>".to_owned())];
    record
}

#[test]
fn a_report_has_every_part_and_needs_nothing_else() {
    let page = written(&full());
    for said in [
        "<title>gzip -6 and zstd &lt;script&gt;",
        "24 runs on a test&#39;s, 2 CPUs, Linux 6.12; 2026-01-01 00:00 UTC",
        " beside gzip -6: ",
        "less energy; time equal within 0.",
        "Net energy",
        "<h2>Comparison</h2>",
        "over 12 pairs",
        "Energy of each run",
        "Power of gzip -6 over time, run ",
        "<caption>Phases, means ± standard deviation of 12 runs",
        "<th scope=\"rowgroup\" rowspan=\"1\">load &lt;b&gt;</th><td>cycles</td><td>1 000 ± 0</td>",
        " <small>over 100 ms</small>",
        "<caption>Energy: median, median absolute deviation, percentiles",
        "<td data-label=\"95\u{a0}%\">",
        "load &lt;b&gt;",
        "1 234 567 <small>counted 50 % of the time</small>",
        "level = &lt;6&gt;",
        "<h2>The idle machine</h2>\n<p>3.01 W ± ",
        "Not counted: instructions, branches</dt><dd>No &lt;PMU&gt;. <b>Run on bare metal.</b>",
        "perf_event_paranoid=1",
        "Something &lt;else&gt;.",
        "package-0 by powercap, sampled at 1000 Hz; runs in randomized order; seed 4; hearth 0.0.0.",
        "hearth profile --analyze FILE",
    ] {
        assert!(page.contains(said), "{said:?} in {page}");
    }
    for outside in ["<script", "<link", "<img", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside} in {page}");
    }
    assert!(!page.contains("estimated"));
    // Two curves of 2000 samples, each drawn twice.
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

#[test]
fn the_page_has_rules_for_the_dark_and_for_paper() {
    let page = written(&full());
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    let rules = |media: &str| -> String { style.split(media).skip(1).collect() };
    let dark = "@media screen and (prefers-color-scheme:dark)";
    // Once for the page, once for the charts; paper stays white in the dark, as both name the screen.
    assert_eq!(style.matches(dark).count(), style.matches("prefers-color-scheme").count());
    assert!(style.matches(dark).count() >= 2 && rules(dark).contains("--ground:#131517"), "{style}");
    assert!(page.contains("<meta name=\"color-scheme\" content=\"light dark\">"));
    let paper = rules("@media print");
    for rule in ["--ground:#fff", "break-inside:avoid", "max-width:none"] {
        assert!(paper.contains(rule), "{rule} in {paper}");
    }
}

#[test]
fn every_tag_that_opens_closes_in_its_place() {
    let page = written(&full());
    let mut open = Vec::new();
    for tag in tags(&page) {
        match tag.strip_prefix('/') {
            Some(closing) => assert_eq!(open.pop().as_deref(), Some(closing)),
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn each_chart_is_drawn_for_large_and_for_small_screens() {
    let page = written(&full());
    let of = |class: &str| page.matches(&format!("<svg class=\"{class}\" role=\"img\"")).count();
    // The comparison, two of runs, a curve for each of two commands.
    assert_eq!((of("wide"), of("narrow")), (5, 5));
}

#[test]
fn every_estimated_figure_says_so_beside_itself() {
    let mut record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 10);
    record.facts.domains[0].source = "estimated".to_owned();
    let page = written(&record);
    assert!(page.contains("Nothing measured them."), "{page}");
    assert!(page.contains(" less estimated energy; "), "{page}");
    // Whatever is told in joules or watts is text of the page, not of a chart, up to the mark.
    let text =
        page.split("<svg").map(|part| part.rsplit("</svg>").next().unwrap_or(part)).collect::<String>();
    for unit in [" J", " W", " J·s"] {
        for (at, _) in text.match_indices(unit) {
            let after = &text[at + unit.len()..];
            if after.starts_with([' ', '<', '.', ';']) {
                assert!(
                    after.starts_with(" <em>estimated</em>"),
                    "{}",
                    &text[at.saturating_sub(40)..at + 30]
                );
            }
        }
    }
    assert!(text.contains(" J <em>estimated</em>") && text.contains(" W <em>estimated</em>"), "{text}");
    assert!(page.contains("\nenergy, estimated\n"), "{page}");
}

#[test]
fn without_energy_the_rest_is_there_with_the_remedy() {
    let mut record = record(&[("A", 10.0, 2.0)], 5);
    record.facts.domains.clear();
    let missing = Missing { name: "energy".into(), what: "no RAPL".into(), fix: "run on bare metal".into() };
    record.facts.no_energy = Some(missing);
    let page = written(&record);
    for said in [
        "Energy is not available; the reason",
        "<dt>Energy is not available</dt><dd>No RAPL. <b>Run on bare metal.</b>",
        "Time of each run",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(
        !page.contains("The idle machine")
            && !page.contains("Net energy")
            && !page.contains("Energy of each run")
    );
}

#[test]
fn nothing_and_an_early_end_are_said() {
    let mut record = record(&[("A", 10.0, 1.0)], 0);
    record.cut_short = true;
    let page = written(&record);
    assert!(page.contains("never ran to its end") && page.contains("Ended early"), "{page}");
    record.results.clear();
    assert!(written(&record).contains("<h1>Nothing was measured</h1>"));
    record.began_unix_s = -1.0;
    assert!(written(&record).contains("at an unknown time"));
}

#[test]
fn a_record_with_senseless_numbers_still_makes_a_report() {
    for senseless in [f64::INFINITY, f64::NAN, f64::MAX, 1e-300, -1.0, 0.0] {
        let mut record = full();
        for run in record.results.iter_mut().flat_map(|measured| &mut measured.runs) {
            (run.wall_s, run.energy_j, run.peak_w) =
                (senseless, vec![Some(senseless)], vec![Some(senseless)]);
            run.trace[7].watts = vec![Some(senseless)];
            run.trace[8].at_s = senseless;
            run.phases[1].ended_s = senseless;
        }
        let page = written(&record);
        assert!(page.ends_with("</html>\n") && page.contains("seed 4"), "{senseless}");
    }
}
