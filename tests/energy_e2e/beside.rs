//! A profile beside the daemon on one machine: neither takes anything from the other.

use std::process::{Command, Stdio};

use hearth_board::trees::energy;

use super::rig::{SECOND, demand, demand_truth, labels, set};

/// What the daemon could not make sense of.
const GAPS: &str = "hearth_energy_uncertain_intervals_total";

#[test]
fn a_profile_beside_the_daemon_takes_no_energy_from_its_totals() {
    let machine = energy::intel_client();
    let Some(stage) = set(&machine) else { return };
    let domains = ["package", "core", "uncore", "psys"];
    let program = std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into());
    let mut profile = Command::new(program)
        .args(["profile", "-N", "--idle-baseline", "off", "-r", "20", "--root"])
        .arg(stage.mounted.dir())
        .args(["--", "sleep", "0.05"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut steps = 0;
    // At least a few steps beside it, and all of it.
    while profile.try_wait().expect("it is our child").is_none() {
        stage.board.advance(SECOND / 2);
        stage.tick();
        steps += 1;
    }
    let output = profile.wait_with_output().expect("it has ended");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words}{}", String::from_utf8_lossy(&output.stderr));
    println!("{steps} steps beside it");
    assert!(words.contains("[20 runs;") && words.contains("Energy"), "{words}");
    for domain in domains {
        let labels = labels(domain, 0, "powercap");
        demand_truth(&stage, &labels, &[machine.counter(0, domain)]);
        assert_eq!(stage.said(GAPS, &labels), Some(Ok("0".to_owned())), "{domain}: no interval is missing");
    }
    // And it goes on by itself.
    stage.board.advance(SECOND);
    let counter = machine.counter(0, "package");
    let counted = || super::rig::counted_uj(counter, stage.board.elapsed());
    demand(&stage, &labels("package", 0, "powercap"), counted, || stage.board.advance(SECOND / 100));
}
