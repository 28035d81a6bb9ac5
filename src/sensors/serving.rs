//! What Hearth's own server and log count.

use std::sync::Arc;
use std::time::Duration;

use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::serving};

use crate::meter::{Counter, Counters, LOST_LOG_LINES, SERVED, STREAMS};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "serving",
    source: "the server's and the log's own counters",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_micros(50),
    metrics: &[serving::ALL],
    arm,
};

const CLASSES: [(&str, Counter); 4] = [
    ("2xx", Counter::Answered2xx),
    ("3xx", Counter::Answered3xx),
    ("4xx", Counter::Answered4xx),
    ("5xx", Counter::Answered5xx),
];

/// What is refused or cut off because of a configured number.
const LIMITS: [(&str, Counter); 8] = [
    ("connections", Counter::ServerFull),
    ("connections_per_address", Counter::AddressFull),
    ("requests_per_second", Counter::TooManyRequests),
    ("stream_clients", Counter::StreamsFull),
    ("header_bytes", Counter::HeadTooLarge),
    ("header_timeout", Counter::HeaderTimeouts),
    ("body", Counter::BodyRefused),
    ("write_timeout", Counter::WriteTimeouts),
];

struct Serving {
    counters: Arc<Counters>,
    classes: [Slot; CLASSES.len()],
    limits: [Slot; LIMITS.len()],
    tcp: Slot,
    unix: Slot,
    streams: Slot,
    left_out: Slot,
    lost_log_lines: Slot,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let classes = CLASSES.map(|(class, _)| arming.slot(&serving::REQUESTS, &[class]));
    let tcp = arming.slot(&serving::CONNECTIONS, &["tcp"]);
    let unix = arming.slot(&serving::CONNECTIONS, &["unix"]);
    let limits = LIMITS.map(|(limit, _)| arming.slot(&serving::REFUSALS, &[limit]));
    let streams = arming.slot(&serving::STREAMS, &[]);
    let left_out = arming.slot(&serving::LOST_FRAMES, &[]);
    let lost_log_lines = arming.slot(&serving::LOST_LOG_LINES, &[]);
    let counters = Arc::clone(&SERVED);
    Ok(Box::new(Serving { counters, classes, limits, tcp, unix, streams, left_out, lost_log_lines }))
}

impl Sensor for Serving {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let counters = &self.counters;
        for (slot, (_, counter)) in self.classes.iter().zip(CLASSES).chain(self.limits.iter().zip(LIMITS)) {
            sheet.count(*slot, counters.get(counter));
        }
        // The ends before the beginnings: what changes in between never makes a difference negative.
        let (closed, unix_closed) = (counters.get(Counter::Closed), counters.get(Counter::UnixClosed));
        let unix = counters.get(Counter::UnixConnections).saturating_sub(unix_closed);
        let all = counters.get(Counter::Connections).saturating_sub(closed);
        sheet.count(self.tcp, all.saturating_sub(unix));
        sheet.count(self.unix, unix);
        sheet.count(self.streams, STREAMS.open());
        sheet.count(self.left_out, STREAMS.left_out());
        sheet.count(self.lost_log_lines, LOST_LOG_LINES.get());
        Ok(State::Steady)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_hot::testing::Bench;

    #[test]
    fn what_the_server_counts_is_seen() {
        // No other test of this library counts here.
        for counter in [
            Counter::Connections,
            Counter::Connections,
            Counter::Connections,
            Counter::UnixConnections,
            Counter::Closed,
            Counter::Answered4xx,
            Counter::StreamsFull,
        ] {
            SERVED.add(counter);
        }
        let stream = STREAMS.enter(1_000_000_000);
        stream.leave_out(7);
        LOST_LOG_LINES.add();
        let mut bench = Bench::arm(&SENSOR, "/".as_ref()).unwrap();
        bench.read_at(0).unwrap();
        for (name, labels, value) in [
            ("hearth_http_connections", &[("transport", "tcp")][..], 1),
            ("hearth_http_connections", &[("transport", "unix")], 1),
            ("hearth_http_requests_total", &[("class", "4xx")], 1),
            ("hearth_http_requests_total", &[("class", "2xx")], 0),
            ("hearth_http_refusals_total", &[("limit", "stream_clients")], 1),
            ("hearth_stream_clients", &[], 1),
            ("hearth_stream_lost_frames_total", &[], 7),
            ("hearth_log_lost_lines_total", &[], 1),
        ] {
            assert_eq!(bench.value(name, labels), Some(Ok(value)), "{name} {labels:?}");
        }
        drop(stream);
        bench.read_at(1).unwrap();
        assert_eq!(bench.value("hearth_stream_clients", &[]), Some(Ok(0)));
    }
}
