//! UPS on a cable, through the servers of Network UPS Tools that watch them.

use std::time::Duration;

use hearth_drivers::nut::{FLAGS, NUMBERS, NutError, PORT, Refusal, UpsReading, Upsd};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, UpsServer};
use hearth_model::{Metric, Reading, Reason, catalogue::ups as metrics};

use super::crew::Errand;
use super::rounds::{Met, Plan};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "ups",
    source: "upsd",
    lane: LaneKind::Slow,
    // Drivers ask the UPS itself every two seconds at most.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_millis(1),
    metrics: &[metrics::ALL],
    arm,
};

/// The metrics of [`NUMBERS`], in their order.
static METRICS: [&Metric; NUMBERS.len()] = [
    &metrics::CHARGE,
    &metrics::RUNTIME,
    &metrics::BATTERY_VOLTAGE,
    &metrics::BATTERY_VOLTAGE_NOMINAL,
    &metrics::INPUT_VOLTAGE,
    &metrics::INPUT_VOLTAGE_NOMINAL,
    &metrics::INPUT_FREQUENCY,
    &metrics::OUTPUT_VOLTAGE,
    &metrics::LOAD,
    &metrics::POWER,
    &metrics::POWER_NOMINAL,
    &metrics::REALPOWER,
    &metrics::REALPOWER_NOMINAL,
    &metrics::TEMPERATURE,
];

/// Whether it answered, the numbers, the states, the load measured and computed.
const READINGS: usize = 1 + NUMBERS.len() + FLAGS.len() + 2;

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let servers = &arming.config().ups.servers;
    if servers.is_empty() {
        return Err(Absent {
            reason: Reason::Absent,
            what: "no UPS is configured".to_owned(),
            fix: "name one as ups.servers = [\"ups@host\"] in the configuration".to_owned(),
        });
    }
    let mut plan = Plan::new(SENSOR.name);
    for server in servers {
        let name = &server.name;
        let mut slots = vec![arming.slot(&metrics::UP, &[name])];
        slots.extend(METRICS.iter().map(|metric| arming.slot(metric, &[name])));
        slots.extend(FLAGS.iter().map(|flag| arming.slot(&metrics::STATUS, &[name, flag])));
        slots.extend(
            ["measured", "computed"].map(|source| arming.slot(&metrics::LOAD_WATTS, &[name, source])),
        );
        let port = server.port.unwrap_or(PORT);
        let upsd = Upsd::new(&server.ups, &server.host, port);
        let (readings, trouble) = ([Err(Reason::Pending); READINGS], None);
        plan.errand(name.clone(), slots, Box::new(Ups { name: name.clone(), upsd, readings, trouble }));
    }
    let (sensor, met) = plan.arm_and_meet(arming.root())?;
    for (server, met) in servers.iter().zip(met) {
        tell(arming, server, &met);
    }
    Ok(sensor)
}

/// Says whether the UPS answered when it was asked, and what to do where it did not.
fn tell(arming: &mut Arming<'_>, server: &UpsServer, met: &Met) {
    let at = format!("upsd at {} port {}", server.host, server.port.unwrap_or(PORT));
    if met.first == Some(Ok(1)) {
        let every = "every 5 s";
        return arming.uses(&server.name, "%, s, V, W", format!("{at}, {every}{}", met.cost));
    }
    let (reason, what) = match met.first {
        None => (Reason::Stale, format!("{at} has not answered yet")),
        Some(_) => (Reason::IoError, format!("{at} did not answer for it; the log says with what")),
    };
    let fix = format!(
        "see that upsd runs there and lets this host in (LISTEN in upsd.conf, the firewall), and that `upsc {}` knows the UPS",
        server.name
    );
    arming.lacks(&server.name, Absent { reason, what, fix });
}

/// The errand.
struct Ups {
    name: String,
    upsd: Upsd,
    readings: [Reading; READINGS],
    /// What was said in the log last; said again only when it is something else.
    trouble: Option<NutError>,
}

impl Errand for Ups {
    fn run(&mut self) -> &[Reading] {
        match self.upsd.ask() {
            Ok(reading) => {
                if self.trouble.take().is_some() {
                    tracing::info!("UPS {}: answers again", self.name);
                }
                fill(&mut self.readings, &reading);
            }
            Err(error) => {
                if self.trouble != Some(error) {
                    tracing::warn!("UPS {}: {error}", self.name);
                    self.trouble = Some(error);
                }
                self.readings.fill(Err(reason(error)));
                self.readings[0] = Ok(0);
            }
        }
        &self.readings
    }
}

fn fill(readings: &mut [Reading; READINGS], told: &UpsReading) {
    let none = |number: Option<i64>| number.ok_or(Reason::Absent);
    let numbers = told.thousandths.iter().map(|number| none(*number));
    let flag = |at: usize| told.flags.map(|flags| i64::from(flags[at]));
    let flags = (0..FLAGS.len()).map(|at| none(flag(at)));
    let measured = told.number("ups.realpower");
    let loads = [none(measured), none(told.computed_load_mw())];
    let all = [Ok(1)].into_iter().chain(numbers).chain(flags).chain(loads);
    readings.iter_mut().zip(all).for_each(|(to, reading)| *to = reading);
}

fn reason(error: NutError) -> Reason {
    match error {
        NutError::Refused(Refusal::AccessDenied) => Reason::NoPermission,
        NutError::Refused(Refusal::UnknownUps | Refusal::DriverNotConnected) | NutError::NoAddress(_) => {
            Reason::Absent
        }
        NutError::Refused(Refusal::DataStale) | NutError::Late => Reason::Stale,
        NutError::Refused(Refusal::Other) | NutError::Connection(_) | NutError::Closed => Reason::IoError,
        NutError::TooLong | NutError::Malformed => Reason::OutOfRange,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::sensors::crew::Crew;
    use hearth_hot::contract::State;
    use hearth_hot::source::SourceOutcome;
    use hearth_hot::testing::Bench;

    /// A server that answers one question after the other with these answers, each over a connection of its own.
    fn server(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("ups@127.0.0.1:{}", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            for answer in answers {
                let mut stream = BufReader::new(listener.accept().unwrap().0);
                stream.read_line(&mut String::new()).unwrap();
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        name
    }

    #[test]
    fn a_ups_shows_its_states_and_its_load_and_why_it_does_not_answer() {
        // It is asked once while the sensor is armed.
        let name = server(&[
            "BEGIN LIST VAR ups\nVAR ups ups.status \"OL\"\nEND LIST VAR ups\n",
            "BEGIN LIST VAR ups\nVAR ups ups.status \"OB LB\"\nVAR ups battery.charge \"7.5\"\n\
             VAR ups ups.load \"20\"\nVAR ups ups.realpower.nominal \"500\"\nEND LIST VAR ups\n",
            "ERR DATA-STALE\n",
        ]);
        let root = "/ups/states".as_ref();
        let mut config = Bench::config();
        config.ups.servers = vec![UpsServer::parse(&name).unwrap()];
        let mut bench = Bench::arm_with(&SENSOR, root, &config).unwrap();
        let crew = Crew::below(root).unwrap();
        let [source] = bench.sources() else { panic!("{:?}", bench.sources()) };
        let SourceOutcome::Used { how, .. } = &source.outcome else { panic!("{source:?}") };
        assert!(how.contains("upsd at 127.0.0.1") && how.ends_with(" a poll"), "{how}");
        let read = |bench: &mut Bench, second: u64| {
            bench.read_at(second * 1_000_000_000).unwrap();
            crew.wait_until_waiting(SENSOR.name, 0);
        };
        let value = |bench: &Bench, metric: &str| bench.value(metric, &[("ups", &name)]);
        let flag = |bench: &Bench, flag: &str| {
            bench.value("network_ups_tools_ups_status", &[("ups", &name), ("flag", flag)])
        };
        let load = |bench: &Bench, source: &str| {
            bench.value("hearth_ups_load_watts", &[("ups", &name), ("source", source)])
        };
        read(&mut bench, 0);
        read(&mut bench, 5);
        assert_eq!(value(&bench, "hearth_ups_up"), Some(Ok(1)));
        assert_eq!(value(&bench, "network_ups_tools_battery_charge"), Some(Ok(7_500)));
        assert_eq!(value(&bench, "network_ups_tools_battery_runtime"), Some(Err(Reason::Absent)));
        assert_eq!((flag(&bench, "OB"), flag(&bench, "OL")), (Some(Ok(1)), Some(Ok(0))));
        assert_eq!(
            (load(&bench, "measured"), load(&bench, "computed")),
            (Some(Err(Reason::Absent)), Some(Ok(100_000)))
        );
        read(&mut bench, 10);
        assert_eq!(value(&bench, "hearth_ups_up"), Some(Ok(0)));
        assert_eq!(value(&bench, "network_ups_tools_battery_charge"), Some(Err(Reason::Stale)));
        read(&mut bench, 15);
        assert_eq!(flag(&bench, "OB"), Some(Err(Reason::IoError)), "the server is gone");
    }

    #[test]
    fn a_ups_that_does_not_answer_is_not_found_and_one_that_does_later_is_armed_anew() {
        const ONLINE: &str = "BEGIN LIST VAR ups\nVAR ups ups.status \"OL\"\nEND LIST VAR ups\n";
        let name = server(&["ERR UNKNOWN-UPS\n", ONLINE, ONLINE, ONLINE]);
        let root = "/ups/unknown".as_ref();
        let mut config = Bench::config();
        config.ups.servers = vec![UpsServer::parse(&name).unwrap()];
        let mut bench = Bench::arm_with(&SENSOR, root, &config).unwrap();
        let [source] = bench.sources() else { panic!("{:?}", bench.sources()) };
        let SourceOutcome::Absent(absent) = &source.outcome else { panic!("{source:?}") };
        assert!(absent.what.contains("upsd at 127.0.0.1") && absent.fix.contains("upsc"), "{absent:?}");
        let crew = Crew::below(root).unwrap();
        for (second, state) in [(0, State::Steady), (5, State::Steady), (10, State::Changed)] {
            assert_eq!(bench.read_at(second * 1_000_000_000), Ok(state), "{second} s");
            crew.wait_until_waiting(SENSOR.name, 0);
        }
    }

    #[test]
    fn without_a_configured_server_the_way_to_one_is_named() {
        let absent = Bench::arm(&SENSOR, "/".as_ref()).err().unwrap();
        assert!(absent.fix.contains("ups.servers"), "{absent:?}");
    }
}
