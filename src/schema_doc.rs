//! The catalogue of metrics as people and programs read it: `hearth schema`.

use hearth_model::Metric;

use crate::encode::json::{self, Writer};

/// Appends a Markdown table of `metrics`, one row each, in their order.
///
/// Columns: name, type, unit, labels, audience, help. A vertical bar in a cell is escaped, as tables need it.
pub fn markdown(metrics: impl Iterator<Item = &'static Metric>, out: &mut String) {
    out.push_str("| name | type | unit | labels | audience | help |\n|---|---|---|---|---|---|\n");
    for metric in metrics {
        let labels = metric.labels.join(", ");
        let cells = [
            metric.name,
            metric.kind.name(),
            metric.unit.name(),
            &labels,
            json::audience_name(metric.audience),
            metric.help,
        ];
        for cell in cells {
            out.push_str("| ");
            cell_text(cell, out);
            out.push(' ');
        }
        out.push_str("|\n");
    }
}

fn cell_text(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '|' => out.push_str("\\|"),
            '\n' => out.push(' '),
            other => out.push(other),
        }
    }
}

/// Appends `metrics` as a JSON array of objects with the members `name`, `type`, `unit`, `labels`, `audience`, `help`.
pub fn json(metrics: impl Iterator<Item = &'static Metric>, out: &mut Vec<u8>) {
    let mut json = Writer::new(out);
    json.begin_array();
    for metric in metrics {
        json.begin_object();
        json::metric(&mut json, metric);
        json.end_object();
    }
    json.end_array();
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_model::{Unit, catalogue, counter};

    static ODD: Metric =
        counter("odd_total", Unit::Bytes, "One|two\nthree \"four\".").labels(&["a", "b"]).admin();

    #[test]
    fn a_row_keeps_its_cells_apart() {
        let mut out = String::new();
        markdown([&ODD].into_iter(), &mut out);
        let row = out.lines().nth(2).unwrap();
        assert_eq!(row, "| odd_total | counter | bytes | a, b | admin | One\\|two three \"four\". |");
    }

    #[test]
    fn the_json_variant_says_the_same() {
        let mut out = Vec::new();
        json([&ODD, &ODD].into_iter(), &mut out);
        let one = concat!(
            r#"{"name":"odd_total","type":"counter","unit":"bytes","labels":["a","b"],"audience":"admin","#,
            r#""help":"One|two\nthree \"four\"."}"#
        );
        assert_eq!(String::from_utf8(out).unwrap(), format!("[{one},{one}]"));
    }

    #[test]
    fn every_metric_of_the_catalogue_has_one_row() {
        let mut out = String::new();
        markdown(catalogue::all(), &mut out);
        assert_eq!(out.lines().count(), 2 + catalogue::all().count());
    }
}
