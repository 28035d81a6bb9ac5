use super::*;
use crate::sensors::crew::Crew;
use crate::sensors::testing::Files;
use hearth_hot::testing::Bench;

const HEADINGS: &str = "Inter-|   Receive\n face |bytes\n";
const LO: &str = "    lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n";
const ETH0: &str = "  eth0: 1000 20 3 4 5 6 7 8 2000 30 13 14 15 16 17 18\n";

fn dev(rows: &[&str]) -> String {
    format!("{HEADINGS}{}", rows.concat())
}

fn box_with_eth0() -> Files {
    let files = Files::with(&[("proc/net/dev", &dev(&[LO, ETH0]))]);
    for (attribute, text) in [
        ("ifindex", "2\n"),
        ("iflink", "2\n"),
        ("type", "1\n"),
        ("flags", "0x1003\n"),
        ("mtu", "1500\n"),
        ("address", "02:00:5e:10:00:02\n"),
        ("broadcast", "ff:ff:ff:ff:ff:ff\n"),
        ("operstate", "up\n"),
        ("carrier", "1\n"),
        ("carrier_changes", "2\n"),
        ("ifalias", "\n"),
        ("speed", "1000\n"),
        ("duplex", "full\n"),
        ("addr_assign_type", "0\n"),
        ("name_assign_type", "4\n"),
        ("dev_id", "0x0\n"),
        ("statistics/rx_nohandler", "9\n"),
    ] {
        files.write(&format!("sys/class/net/eth0/{attribute}"), text);
    }
    files
}

#[test]
fn below_a_root_the_links_are_those_of_its_files() {
    let files = box_with_eth0();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    let eth0 = |name: &str| bench.value(name, &[("device", "eth0")]);
    assert_eq!(eth0("node_network_receive_bytes_total"), Some(Ok(1000)));
    assert_eq!(eth0("node_network_receive_frame_total"), Some(Ok(6)));
    assert_eq!(eth0("node_network_receive_nohandler_total"), Some(Ok(9)));
    assert_eq!(eth0("node_network_transmit_carrier_total"), Some(Ok(17)));
    assert_eq!(eth0("node_network_transmit_compressed_total"), Some(Ok(18)));
    assert_eq!(eth0("node_network_up"), Some(Ok(1)));
    assert_eq!(eth0("node_network_carrier"), Some(Ok(1)));
    assert_eq!(eth0("node_network_speed_bytes"), Some(Ok(1000)));
    assert_eq!(eth0("node_network_flags"), Some(Ok(0x1003)));
    assert_eq!(eth0("node_network_name_assign_type"), Some(Ok(4)));
    assert_eq!(eth0("hearth_network_operstate"), Some(Ok(6)));
    let info = "node_network_info{device=\"eth0\",address=\"02:00:5e:10:00:02\",\
                broadcast=\"ff:ff:ff:ff:ff:ff\",duplex=\"full\",operstate=\"up\",ifalias=\"\"}";
    assert!(bench.list().iter().any(|series| series == info), "{:?}", bench.list());
    let lo = |name: &str| bench.value(name, &[("device", "lo")]);
    assert_eq!(lo("node_network_transmit_bytes_total"), Some(Ok(10)));
    assert_eq!(lo("node_network_mtu_bytes"), Some(Err(Reason::Absent)));
}

#[test]
fn a_link_that_comes_or_goes_or_is_relabelled_asks_for_arming() {
    let files = box_with_eth0();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    files.write("proc/net/dev", &dev(&[LO, ETH0, &ETH0.replace("eth0", "eth1")]));
    assert_eq!(bench.read_at(1), Ok(State::Changed));
    files.write("proc/net/dev", &dev(&[ETH0]));
    assert_eq!(bench.read_at(2), Ok(State::Changed));
    files.write("proc/net/dev", &dev(&[LO, ETH0]));
    assert_eq!(bench.read_at(3), Ok(State::Steady));
    files.write("sys/class/net/eth0/operstate", "down\n");
    assert_eq!(bench.read_at(4), Ok(State::Changed));
    assert_eq!(bench.value("node_network_up", &[("device", "eth0")]), Some(Ok(0)));
    files.write("sys/class/net/eth0/operstate", "up\n");
    assert_eq!(bench.read_at(5), Ok(State::Steady));
}

/// Reads, and lets the crew answer in between, until a read shows what is wanted.
fn until(files: &Files, bench: &mut Bench, wanted: impl Fn(&Bench, State) -> bool) {
    for at in 0..1000 {
        let state = bench.read_at(at).unwrap();
        if wanted(bench, state) {
            return;
        }
        Crew::below(files.root()).unwrap().wait_until_waiting(SENSOR.name, 0);
    }
    panic!("no read shows it: {:?}", bench.list());
}

#[test]
fn speed_and_duplex_are_the_cards_newest_answer() {
    let files = box_with_eth0();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let speed = |bench: &Bench| bench.value("node_network_speed_bytes", &[("device", "eth0")]);
    until(&files, &mut bench, |bench, _| speed(bench) == Some(Ok(1000)));
    files.write("sys/class/net/eth0/speed", "100\n");
    until(&files, &mut bench, |bench, state| {
        assert_eq!(state, State::Steady);
        speed(bench) == Some(Ok(100))
    });
    files.write("sys/class/net/eth0/duplex", "half\n");
    until(&files, &mut bench, |_, state| state == State::Changed);
}

#[test]
fn an_unknown_speed_is_no_speed_and_a_garbled_list_is_out_of_range() {
    let files = box_with_eth0();
    files.write("sys/class/net/eth0/speed", "-1\n");
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    let speed = bench.value("node_network_speed_bytes", &[("device", "eth0")]);
    assert_eq!(speed, Some(Err(Reason::Absent)));
    files.write("proc/net/dev", &dev(&[LO, "  eth0: 1 2\n"]));
    assert_eq!(bench.read_at(1), Err(Reason::OutOfRange));
}

#[test]
fn ignored_interfaces_have_no_series() {
    let files = box_with_eth0();
    let mut config = Bench::config();
    config.ignored_interfaces = vec!["eth*".to_owned()];
    let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    assert!(bench.list().iter().all(|series| series.contains("device=\"lo\"")), "{:?}", bench.list());
}

#[test]
fn the_machines_own_links_come_by_netlink() {
    let mut bench = match Bench::arm(&SENSOR, "/".as_ref()) {
        Ok(bench) => bench,
        Err(absent) => {
            eprintln!("not checked here: {absent:?}");
            return;
        }
    };
    bench.read_at(0).unwrap();
    let loopback = bench.value("node_network_protocol_type", &[("device", "lo")]);
    assert_eq!(loopback, Some(Ok(772)));
}
