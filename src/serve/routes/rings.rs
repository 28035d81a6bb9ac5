//! What of `/v1/status` is about the rings: how many series each has room for, and which found none.

use crate::armory::RING_COLUMNS;
use crate::encode::json::{Writer, identity};
use crate::schema::{Column, LaneSchema, Schema};
use hearth_hot::series::Part;
use hearth_model::Metric;

/// A ring of a lane, and which series are meant for it.
struct Ring {
    name: &'static str,
    columns: fn(&LaneSchema) -> &[Option<Column>],
    is_for: fn(&Metric) -> bool,
    fix: fn(columns: usize, wanted: usize) -> String,
}

const RINGS: [Ring; 2] = [
    Ring {
        name: "every_tick",
        columns: |lane| &lane.ring,
        is_for: |metric| metric.every_tick,
        fix: |columns, wanted| {
            let most = *RING_COLUMNS.end();
            if columns < most {
                format!("set ring.columns to {} and start Hearth again", wanted.min(most))
            } else {
                format!("a ring has {most} columns at most; streams show the others up to 40 times a second")
            }
        },
    },
    Ring {
        name: "history",
        columns: |lane| &lane.history,
        is_for: |metric| metric.history,
        fix: |_columns, _wanted| "disable sensors you do not need, and start Hearth again".to_owned(),
    },
];

/// The rings of lane `lane` that have columns, each with the series that got none although they are meant for it.
///
/// ```json
/// [{"ring": "every_tick", "columns": 4, "left_out": [{"name": "hearth_network_receive_bytes_total", "index": 9,
///   "labels": {"device": "eth0"}}], "why": "…"}]
/// ```
pub(super) fn list(json: &mut Writer<'_>, schema: &Schema, lane: usize) {
    json.begin_array();
    let Some(known) = schema.lanes.get(lane) else { return json.end_array() };
    for ring in RINGS {
        let columns = (ring.columns)(known);
        let has_column =
            |place: usize| columns.iter().flatten().any(|column| usize::try_from(column.place) == Ok(place));
        let left_out: Vec<_> = schema
            .series()
            .filter(|(_, key)| key.part == Part::Value && (ring.is_for)(key.metric))
            .filter(|(index, _)| {
                schema.place(*index).is_some_and(|(of, place)| of == lane && !has_column(place))
            })
            .collect();
        if columns.is_empty() && left_out.is_empty() {
            continue;
        }
        json.begin_object();
        json.key("ring");
        json.string(ring.name);
        json.key("columns");
        json.unsigned(count(columns.len()));
        json.key("left_out");
        json.begin_array();
        for (index, key) in &left_out {
            json.begin_object();
            json.key("name");
            json.string(key.metric.name);
            identity(json, *index, key);
            json.end_object();
        }
        json.end_array();
        if !left_out.is_empty() {
            let wanted = columns.len() + left_out.len();
            json.key("why");
            json.string(&format!(
                "none of {} columns was left for them; {}",
                columns.len(),
                (ring.fix)(columns.len(), wanted)
            ));
        }
        json.end_object();
    }
    json.end_array();
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use hearth_hot::contract::LaneKind;
    use hearth_hot::series::SeriesKey;
    use hearth_model::Audience;
    use hearth_model::catalogue::{cpu, network};

    /// What is said of a lane with an interface for each name, of which the first have the columns of its ring.
    fn said(devices: &[&str], columns: u32) -> String {
        let key = |metric, labels: &[&str]| {
            let labels = labels.iter().map(|&label| label.into()).collect();
            Some(Arc::new(SeriesKey { metric, labels, part: Part::Value }))
        };
        let interfaces = devices.iter().map(|&device| key(&network::TICK_RX_BYTES, &[device]));
        let steady = LaneSchema {
            places: interfaces.chain([key(&cpu::LOAD1, &[])]).collect(),
            ring: (0..columns).map(|place| Some(Column { place, since_frame: 0 })).collect(),
            ..LaneSchema::empty(LaneKind::Steady)
        };
        let lanes = [Arc::new(steady), Arc::new(LaneSchema::empty(LaneKind::Slow))];
        let mut body = Vec::new();
        list(&mut Writer::new(&mut body), &Schema::new(lanes, Audience::Everyone), 0);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn a_series_without_a_column_is_named_with_what_would_help() {
        let text = said(&["eth0", "eth1", "eth2"], 1);
        let left_out = r#"[{"name":"hearth_network_receive_bytes_total","index":1,"labels":{"device":"eth1"}},{"name":"hearth_network_receive_bytes_total","index":2,"labels":{"device":"eth2"}}]"#;
        assert!(
            text.contains(&format!(r#"{{"ring":"every_tick","columns":1,"left_out":{left_out},"#)),
            "{text}"
        );
        assert!(text.contains("none of 1 columns was left for them; set ring.columns to 3"), "{text}");
        // Load is kept for a minute's history, and this lane has none.
        assert!(
            text.contains(r#"{"ring":"history","columns":0,"left_out":[{"name":"node_load1","#),
            "{text}"
        );
    }

    #[test]
    fn a_ring_at_its_widest_says_so() {
        let names: Vec<String> = (0..9).map(|number| format!("eth{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(said(&names, 8).contains("a ring has 8 columns at most"), "{}", said(&names, 8));
        assert!(!said(&names[..8], 8).contains("every_tick\",\"columns\":8,\"left_out\":[{"));
    }
}
