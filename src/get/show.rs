//! Figures for people and for programs.

use std::fmt::Write;

use hearth_model::Decimal;

use super::ask::{Family, Figures};
use crate::encode::json::Writer;
use crate::encode::wire::{WireKind, WireMetric, WirePart, WireSeries};

/// The widest name that the column of values makes room for, in characters.
const NAME_WIDTH_MAX: usize = 72;

/// A line for each series of the wanted metrics: `name{labels}  value unit`, or why there is no value. Empty where
/// nothing is wanted.
#[must_use]
pub fn table(figures: &Figures<'_>, wants: impl Fn(&str) -> bool) -> String {
    let mut rows = Vec::new();
    for Family { metric, series } in figures.families(wants) {
        for (position, series) in series {
            let value = match figures.number(position) {
                Ok(number) => format!("{} {}", number.text(), unit(metric, series)),
                Err(reason) => format!("no value: {}", reason.name()),
            };
            rows.push((name(metric, series), value));
        }
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).filter(|&width| width <= NAME_WIDTH_MAX);
    let width = width.max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in rows {
        put(&mut out, format_args!("{name:width$}  {}\n", value.trim_end()));
    }
    out
}

/// Lines in the manner of the Prometheus text format; a series without a value is a comment that says why. Empty where
/// nothing is wanted.
#[must_use]
pub fn text(figures: &Figures<'_>, wants: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for Family { metric, series } in figures.families(wants) {
        let (family, kind) = (plain(metric.name), kind_word(metric.kind));
        put(&mut out, format_args!("# HELP {family} {}\n# TYPE {family} {kind}\n", plain(metric.help)));
        for (position, series) in series {
            let name = name(metric, series);
            match figures.number(position) {
                Ok(number) => put(&mut out, format_args!("{name} {}\n", number.text())),
                Err(reason) => put(&mut out, format_args!("# {name} no value: {}\n", reason.name())),
            }
        }
    }
    out
}

/// Appends one JSON object, as `/v1/snapshot` has it ([`crate::encode::json`]), of the wanted metrics. Returns how many
/// series that are.
pub fn json(figures: &Figures<'_>, wants: impl Fn(&str) -> bool, out: &mut Vec<u8>) -> usize {
    let mut shown = 0;
    let mut json = Writer::new(out);
    json.begin_object();
    json.key("schema");
    json.hash(figures.schema.hash);
    json.key("monotonic_seconds");
    json.decimal(seconds(figures.mirror.monotonic_ns()));
    json.key("realtime_seconds");
    json.decimal(seconds(figures.mirror.realtime_ns()));
    json.key("families");
    json.begin_array();
    for Family { metric, series } in figures.families(wants) {
        json.begin_object();
        for (key, value) in [("name", metric.name), ("type", metric.kind.name()), ("unit", metric.unit)] {
            json.key(key);
            json.string(value);
        }
        json.key("series");
        json.begin_array();
        shown += series.len();
        for (position, series) in series {
            json.begin_object();
            json_identity(&mut json, metric, series);
            json.key("value");
            match figures.number(position) {
                Ok(number) => json.decimal(number),
                Err(reason) => {
                    json.null();
                    json.key("reason");
                    json.string(reason.name());
                }
            }
            json.end_object();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.end_object();
    shown
}

fn json_identity(json: &mut Writer<'_>, metric: &WireMetric<'_>, series: &WireSeries<'_>) {
    json.key("index");
    json.unsigned(u64::from(series.index));
    let part = match series.part {
        WirePart::Value => None,
        WirePart::Bucket => Some("bucket"),
        WirePart::Sum => Some("sum"),
        WirePart::Count => Some("count"),
    };
    if let Some(part) = part {
        json.key("part");
        json.string(part);
    }
    json.key("labels");
    json.begin_object();
    for (key, value) in labels(metric, series) {
        json.key(key);
        json.string(value);
    }
    json.end_object();
}

fn labels<'a>(
    metric: &'a WireMetric<'_>,
    series: &'a WireSeries<'_>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let bound = (series.part == WirePart::Bucket).then_some("le");
    metric.labels.iter().copied().chain(bound).zip(series.labels.iter().copied())
}

/// `name{key="value",…}`
fn name(metric: &WireMetric<'_>, series: &WireSeries<'_>) -> String {
    let mut name = plain(metric.name);
    name.push_str(match series.part {
        WirePart::Value => "",
        WirePart::Bucket => "_bucket",
        WirePart::Sum => "_sum",
        WirePart::Count => "_count",
    });
    let mut before = '{';
    for (key, value) in labels(metric, series) {
        let value = plain(value).replace('"', "\\\"");
        put(&mut name, format_args!("{before}{}=\"{value}\"", plain(key)));
        before = ',';
    }
    if before == ',' {
        name.push('}');
    }
    name
}

fn unit<'a>(metric: &WireMetric<'a>, series: &WireSeries<'_>) -> &'a str {
    match series.part {
        WirePart::Value | WirePart::Sum => metric.unit,
        WirePart::Bucket | WirePart::Count => "",
    }
}

/// The type word of the text format.
fn kind_word(kind: WireKind) -> &'static str {
    match kind {
        WireKind::Info => WireKind::Gauge.name(),
        WireKind::Unknown => "untyped",
        WireKind::Counter | WireKind::Gauge | WireKind::Histogram => kind.name(),
    }
}

fn seconds(ns: u64) -> Decimal {
    Decimal { digits: i128::from(ns), decimals: 9 }
}

/// `text` with backslashes and control characters escaped: a terminal obeys the latter, and a server may lie.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\\' || letter.is_control() {
            out.extend(letter.escape_default());
        } else {
            out.push(letter);
        }
    }
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::super::ask::tests::{answers, machine};
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_series_with_unit_or_reason() {
        let answers = answers(&machine(true));
        let figures = answers.figures().expect("they fit");
        let rows = [
            ("node_load1", "1.25"),
            (r#"hearth_lane_ticks_total{lane="a\u{1b}\"b"}"#, "no value: no_permission"),
            (r#"hearth_lane_tick_lateness_seconds_bucket{lane="x",le="0.5"}"#, "3"),
            (r#"hearth_lane_tick_lateness_seconds_sum{lane="x"}"#, "0.0015 seconds"),
            (r#"hearth_lane_tick_lateness_seconds_count{lane="x"}"#, "4"),
        ];
        let widest = rows[2].0.len();
        let want: String = rows.iter().map(|(name, value)| format!("{name:widest$}  {value}\n")).collect();
        assert_eq!(table(&figures, |_| true), want);
    }

    #[test]
    fn text_is_like_the_exposition_and_says_why_a_value_is_missing() {
        let answers = answers(&machine(true));
        let figures = answers.figures().expect("they fit");
        let text = text(&figures, |name| name != "hearth_lane_tick_lateness_seconds");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("# HELP node_load1 "), "{text}");
        assert_eq!(lines[1..3], ["# TYPE node_load1 gauge", "node_load1 1.25"]);
        assert_eq!(lines[4], "# TYPE hearth_lane_ticks_total counter");
        assert_eq!(lines[5], "# hearth_lane_ticks_total{lane=\"a\\u{1b}\\\"b\"} no value: no_permission");
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn json_says_what_the_server_says_in_json() {
        let machine = machine(false);
        let answers = answers(&machine);
        let figures = answers.figures().expect("they fit");
        let (mut got, mut want) = (Vec::new(), Vec::new());
        assert_eq!(json(&figures, |_| true, &mut got), 4);
        crate::encode::json::snapshot(&machine, &mut want);
        let families = |text: Vec<u8>| {
            let text = String::from_utf8(text).expect("JSON is text");
            let mut pieces: Vec<String> = text
                .replace("]}]}", "]}")
                .split("{\"name\"")
                .map(|piece| piece.trim_end_matches(',').to_owned())
                .collect();
            pieces.sort_unstable();
            pieces
        };
        assert_eq!(families(got), families(want), "the same but for the order of families");
    }

    #[test]
    fn nothing_wanted_is_nothing_shown() {
        let answers = answers(&machine(true));
        let figures = answers.figures().expect("they fit");
        assert_eq!(table(&figures, |_| false), "");
        assert_eq!(text(&figures, |_| false), "");
        assert_eq!(json(&figures, |_| false, &mut Vec::new()), 0);
    }
}
