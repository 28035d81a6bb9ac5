//! Both text formats: their letter, and the verdict of the official parser and of promtool.

use hearth::encode::exposition::{Exposition, Format};
use hearth::encode::{OtherSchema, exposition::Created};
use hearth::schema::Schema;
use hearth::snapshot::Snapshot;
use hearth_model::{Audience, Word};

use crate::machine::{Random, advance, home_server, odd};
use crate::outside::{run, script};

fn render_with(format: Format, snapshot: &Snapshot, created: &Created) -> String {
    let mut out = Vec::new();
    Exposition::new(&snapshot.schema).render(format, snapshot, created, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn render(format: Format, snapshot: &Snapshot) -> String {
    render_with(format, snapshot, &[])
}

/// The index of the series whose labels are `labels`.
fn index(schema: &Schema, name: &str, labels: &[&str]) -> u32 {
    let is = |key: &hearth_hot::series::SeriesKey| {
        key.metric.name == name && key.labels.iter().map(|label| &**label).eq(labels.iter().copied())
    };
    schema.series().find(|(_, key)| is(key)).unwrap().0
}

const TEXT: &str = r#"# HELP odd_seconds_total A back\\slash, a "quote",\na line.
# TYPE odd_seconds_total counter
odd_seconds_total{mode="idle"} 81.25
odd_seconds_total{mode="a \"quoted\" back\\slash\nand a line, {braces}"} 0
# HELP odd_events A counter named without its suffix.
# TYPE odd_events counter
odd_events{cpu="0"} 9223372036854775807
# HELP odd_bytes_total Sectors, shown as bytes.
# TYPE odd_bytes_total counter
odd_bytes_total 4722366482869645213184
# HELP odd_joules_total Energy.
# TYPE odd_joules_total counter
odd_joules_total 262143.32885
# HELP odd_watts Power.
# TYPE odd_watts gauge
odd_watts -1.5
# HELP odd_temp_celsius Temperature.
# TYPE odd_temp_celsius gauge
odd_temp_celsius{chip="k10temp",sensor=""} 45.125
odd_temp_celsius{chip="grüße",sensor="Tctl"} -9223372036854775.792
# HELP odd_in_volts Voltage.
# TYPE odd_in_volts gauge
odd_in_volts 0.001
# HELP odd_curr_amperes Current.
# TYPE odd_curr_amperes gauge
odd_curr_amperes 12
# HELP odd_frequency_hertz Frequency.
# TYPE odd_frequency_hertz gauge
odd_frequency_hertz 3400000000
# HELP odd_share_ratio A share.
# TYPE odd_share_ratio gauge
odd_share_ratio 0.000000000000000001
# HELP odd_size Its name does not say its unit.
# TYPE odd_size gauge
odd_size 4096
# HELP odd_info Content in labels.
# TYPE odd_info gauge
odd_info{text="a"} 1
# HELP odd_release An info that is not named so.
# TYPE odd_release gauge
odd_release{text="b"} 1
# HELP odd_lateness_seconds Lateness.
# TYPE odd_lateness_seconds histogram
odd_lateness_seconds_bucket{lane="steady",le="1e-05"} 4
odd_lateness_seconds_bucket{lane="steady",le="0.001"} 9
odd_lateness_seconds_bucket{lane="steady",le="+Inf"} 12
odd_lateness_seconds_sum{lane="steady"} 1.23456789
odd_lateness_seconds_count{lane="steady"} 12
# HELP odd_vmstat Nobody knows.
# TYPE odd_vmstat untyped
odd_vmstat 7
"#;

#[test]
fn the_text_format_is_written_to_the_letter() {
    assert_eq!(render(Format::Text, &odd(Audience::Everyone)), TEXT);
}

#[test]
fn openmetrics_differs_where_it_must_and_nowhere_else() {
    let changed = [
        (
            "# HELP odd_seconds_total A back\\\\slash, a \"quote\",\\na line.\n# TYPE odd_seconds_total counter\n",
            "# HELP odd_seconds A back\\\\slash, a \\\"quote\\\",\\na line.\n# TYPE odd_seconds counter\n# UNIT odd_seconds seconds\n",
        ),
        ("\nodd_events{", "\nodd_events_total{"),
        ("HELP odd_bytes_total", "HELP odd_bytes"),
        ("TYPE odd_bytes_total counter", "TYPE odd_bytes counter\n# UNIT odd_bytes bytes"),
        ("HELP odd_joules_total", "HELP odd_joules"),
        ("TYPE odd_joules_total counter", "TYPE odd_joules counter\n# UNIT odd_joules joules"),
        ("odd_watts gauge", "odd_watts gauge\n# UNIT odd_watts watts"),
        ("odd_temp_celsius gauge", "odd_temp_celsius gauge\n# UNIT odd_temp_celsius celsius"),
        ("odd_in_volts gauge", "odd_in_volts gauge\n# UNIT odd_in_volts volts"),
        ("odd_curr_amperes gauge", "odd_curr_amperes gauge\n# UNIT odd_curr_amperes amperes"),
        ("odd_frequency_hertz gauge", "odd_frequency_hertz gauge\n# UNIT odd_frequency_hertz hertz"),
        ("odd_share_ratio gauge", "odd_share_ratio gauge\n# UNIT odd_share_ratio ratio"),
        ("HELP odd_info ", "HELP odd "),
        ("TYPE odd_info gauge", "TYPE odd info"),
        (
            "odd_lateness_seconds histogram",
            "odd_lateness_seconds histogram\n# UNIT odd_lateness_seconds seconds",
        ),
        ("odd_vmstat untyped", "odd_vmstat unknown"),
    ];
    let mut want = TEXT.to_owned();
    for (text, open) in changed {
        assert_eq!(want.matches(text).count(), 1, "{text}");
        want = want.replace(text, open);
    }
    want.push_str("# EOF\n");
    assert_eq!(render(Format::OpenMetrics, &odd(Audience::Everyone)), want);
}

#[test]
fn creation_times_follow_their_samples_in_openmetrics_alone() {
    let snapshot = odd(Audience::Everyone);
    let schema = &snapshot.schema;
    let count = schema
        .series()
        .find(|(_, key)| key.part == hearth_hot::series::Part::Count && &*key.labels[0] == "steady")
        .unwrap()
        .0;
    let mut created = [
        (index(schema, "odd_seconds_total", &["idle"]), 1_600_000_000_500_000_000),
        (index(schema, "odd_seconds_total", &["missing"]), 1),
        (index(schema, "odd_events", &["0"]), 1_600_000_000_000_000_001),
        (index(schema, "odd_watts", &[]), 2),
        (count, 3_000_000_000),
    ];
    created.sort_unstable();
    let open = render_with(Format::OpenMetrics, &snapshot, &created);
    for lines in [
        "\nodd_seconds_total{mode=\"idle\"} 81.25\nodd_seconds_created{mode=\"idle\"} 1600000000.5\n",
        "\nodd_events_total{cpu=\"0\"} 9223372036854775807\nodd_events_created{cpu=\"0\"} 1600000000.000000001\n",
        "\nodd_lateness_seconds_count{lane=\"steady\"} 12\nodd_lateness_seconds_created{lane=\"steady\"} 3\n",
    ] {
        assert!(open.contains(lines), "{lines} is not in\n{open}");
    }
    assert_eq!(open.matches("_created").count(), 3, "neither a gauge nor a missing value has one");
    official("openmetrics", &open);
    assert_eq!(render_with(Format::Text, &snapshot, &created), TEXT);
}

#[test]
fn the_owner_alone_sees_what_is_the_owners() {
    let line = "odd_secret{serial=\"WD-1234\"} 1\n";
    assert!(!render(Format::Text, &odd(Audience::Everyone)).contains("secret"));
    assert!(render(Format::Text, &odd(Audience::Admin)).contains(line));
}

#[test]
fn a_family_appears_with_its_first_value_and_leaves_with_its_last() {
    let mut snapshot = odd(Audience::Everyone);
    assert!(!render(Format::OpenMetrics, &snapshot).contains("odd_silent"));
    let at = index(&snapshot.schema, "odd_silent", &["stale"]);
    snapshot.words[at as usize] = Word::value(5);
    let family =
        "# HELP odd_silent Never has a value.\n# TYPE odd_silent gauge\nodd_silent{reason=\"stale\"} 5\n";
    assert!(render(Format::OpenMetrics, &snapshot).contains(family));
    snapshot.words.clear();
    assert_eq!(render(Format::OpenMetrics, &snapshot), "# EOF\n");
    assert_eq!(render(Format::Text, &snapshot), "");
}

#[test]
fn a_snapshot_of_another_schema_is_refused_and_nothing_written() {
    let (everyone, admin) = (odd(Audience::Everyone), odd(Audience::Admin));
    let mut out = b"kept".to_vec();
    let refused = Exposition::new(&everyone.schema).render(Format::Text, &admin, &[], &mut out);
    assert_eq!(refused, Err(OtherSchema { wanted: everyone.schema.hash, got: admin.schema.hash }));
    assert_eq!(out, b"kept");
}

/// What the official parser understood: a line of JSON for each sample.
fn official(format: &str, exposition: &str) -> Vec<String> {
    // The distribution's interpreter: the parser is installed for that one.
    let checker = script("check_exposition.py");
    let package = "python3-prometheus-client";
    let said = run("/usr/bin/python3", &[&checker, format], package, exposition.as_bytes());
    assert_eq!(said.code, Some(0), "the official parser refuses it: {}\n{exposition}", said.stderr);
    let samples: Vec<String> = said.stdout.lines().map(str::to_owned).collect();
    assert_eq!(samples.len(), exposition.lines().filter(|line| !line.starts_with('#')).count());
    samples
}

#[test]
fn the_official_parser_reads_back_names_units_labels_and_values() {
    let open = official("openmetrics", &render(Format::OpenMetrics, &odd(Audience::Everyone)));
    let text = official("text", &render(Format::Text, &odd(Audience::Everyone)));
    for line in [
        r#"["odd_seconds","counter","seconds","odd_seconds_total",{"mode":"idle"},81.25]"#,
        r#"["odd_seconds","counter","seconds","odd_seconds_total",{"mode":"a \"quoted\" back\\slash\nand a line, {braces}"},0.0]"#,
        r#"["odd_events","counter","","odd_events_total",{"cpu":"0"},9.223372036854776e+18]"#,
        r#"["odd_temp_celsius","gauge","celsius","odd_temp_celsius",{"chip":"k10temp","sensor":""},45.125]"#,
        r#"["odd","info","","odd_info",{"text":"a"},1.0]"#,
        r#"["odd_lateness_seconds","histogram","seconds","odd_lateness_seconds_bucket",{"lane":"steady","le":"1e-05"},4.0]"#,
        r#"["odd_vmstat","unknown","","odd_vmstat",{},7.0]"#,
    ] {
        assert!(open.iter().any(|sample| sample == line), "{line} is not in\n{}", open.join("\n"));
    }
    for line in [
        r#"["odd_seconds","counter","","odd_seconds_total",{"mode":"idle"},81.25]"#,
        r#"["odd_info","gauge","","odd_info",{"text":"a"},1.0]"#,
    ] {
        assert!(text.iter().any(|sample| sample == line), "{line} is not in\n{}", text.join("\n"));
    }
}

#[test]
fn a_home_server_s_exposition_is_valid_now_and_a_second_later() {
    let now = home_server();
    let later = advance(&now, &mut Random(1));
    for snapshot in [now, later] {
        official("openmetrics", &render(Format::OpenMetrics, &snapshot));
        official("text", &render(Format::Text, &snapshot));
    }
}

#[test]
fn promtool_reads_the_text_format() {
    for snapshot in [odd(Audience::Admin), home_server()] {
        let text = render(Format::Text, &snapshot);
        let said = run("promtool", &["check", "metrics"], "prometheus", text.as_bytes());
        // 3 is its advice on naming, which the odd names ask for; 1 is a text that is not valid.
        assert!(matches!(said.code, Some(0 | 3)), "promtool refuses it: {} {}", said.stdout, said.stderr);
    }
    let said = run("promtool", &["check", "metrics"], "prometheus", b"odd_events{cpu=\"0} 1\n");
    assert_eq!(said.code, Some(1), "promtool has seen a fault: {} {}", said.stdout, said.stderr);
}

#[test]
fn the_templates_of_a_home_server_stay_small() {
    let snapshot = home_server();
    let exposition = Exposition::new(&snapshot.schema);
    let text = render(Format::Text, &snapshot).len();
    let series = snapshot.schema.series().count();
    println!("{series} series, {text} bytes of text, {} bytes of templates", exposition.memory_bytes());
    // Both formats together cost less than twice one exposition.
    assert!(exposition.memory_bytes() < 2 * text, "{} {text}", exposition.memory_bytes());
    assert_eq!(exposition.schema_hash(), snapshot.schema.hash);
}
