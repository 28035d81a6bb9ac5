//! Both lanes on a board with every device that files can play, in the hands of an owner who configured fans and a UPS.

use std::time::Duration;

use hearth::config::Config;
use hearth_board::trees::{cgroup, chips, energy};
use hearth_board::{Board, Errno, Fault};
use hearth_hot::contract::{LaneKind, UpsServer};
use hearth_hot::testing::Bench;

use super::rig::Rig;
use super::ups;
use crate::{REARM_EVERY, TICKS, show};

const FAN: &str = "[[fan]]\nname = \"case\"\npwm = \"nct6798/pwm1\"\ntemperature = \"coretemp/temp1\"\n\
                   points = [[40, 20], [80, 100]]\n";

/// Places where something goes wrong, one after the other.
const TROUBLED: [&str; 6] = [
    "sys/devices/platform",
    "sys/class/thermal",
    "sys/class/power_supply",
    "sys/fs/cgroup",
    "sys/devices/virtual/powercap",
    "proc",
];

/// Makes trouble for a while at every place in turn, each time in another way.
fn trouble(board: &Board, tick: usize) {
    let faults =
        [Fault::Error(Errno::EIO), Fault::Short { bytes: 3 }, Fault::Short { bytes: 0 }, Fault::Denied];
    let round = tick / 100;
    let place = TROUBLED[round % TROUBLED.len()];
    match tick % 100 {
        40 => board.fault(place, faults[round / TROUBLED.len() % faults.len()]),
        70 => board.clear(place),
        _ => {}
    }
}

#[test]
fn ten_thousand_ticks_with_every_device_of_a_board_sound_and_failing_allocate_nothing() {
    let fans = Config::parse(FAN, "the test's own", &[]).expect("it is valid").fans;
    hearth::fans::announce(&fans);
    let mut config = Bench::config();
    config.ups.servers = vec![UpsServer::parse(&ups::serve()).expect("a server's name")];
    for (lane, hz, armed) in [
        (LaneKind::Steady, 1000, &["energy", "traffic"][..]),
        (LaneKind::Slow, 1, &["hwmon", "thermal", "power_supply", "ups", "fans", "cgroups", "top"]),
    ] {
        let board = chips::hwmon(energy::intel_sapphire_rapids().board, chips::FIRST_START);
        let board = cgroup::tree(chips::power_supply(chips::thermal(board)));
        let Some(mounted) = board.mount_or_say_why().expect("the board is mounted") else { return };
        let mut rig = Rig::arm_with(mounted.dir(), lane, config.clone());
        rig.rate(hz);
        for tick in 0..TICKS {
            trouble(&board, tick);
            if tick % REARM_EVERY == 0 {
                rig.rearm(tick / REARM_EVERY);
            }
            board.advance(Duration::from_secs(1));
            rig.step();
        }
        show(&rig, lane.name());
        for name in armed {
            let (_, reads, _) = rig.counts().find(|(other, ..)| other == name).expect("it is of this lane");
            assert!(reads >= 5, "{name} was read {reads} times");
        }
    }
}
