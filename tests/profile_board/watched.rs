//! The box itself, without a command.

use std::time::{Duration, Instant};

use hearth_board::trees::{self, cgroup, energy};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::furnace::Furnace;
use super::rig::{ROUNDING, Rig, hearth, number, read, said};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn of<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let found = list.as_array().expect("a list").iter().find(|one| one[key] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}

#[test]
fn its_power_is_known_and_its_energy_is_divided_among_the_groups_to_the_last_microjoule() {
    let board = cgroup::tree(energy::intel_client().board).let_time_run();
    let begun = Instant::now();
    let Some(rig) = Rig::set(Furnace::in_board(board, 20_000, &[])) else { return };
    let (text, export) = rig.profile(&["--duration", "4s"]);
    let passed_s = begun.elapsed().as_secs_f64();
    let package = of(&export["domains"], "name", "package-0");
    let figure = |value: &Value| number(value).unwrap_or_else(|| panic!("nothing in {export}"));
    let (watts, error) = (figure(&package["watts"]), figure(&package["error_watts"]));
    assert!((watts - 20.0).abs() <= error, "{watts} ± {error} W of 20");
    let (joules, seconds) = (figure(&package["energy_j"]), figure(&export["seconds"]));
    assert!(seconds >= 4.0 && joules <= 20.0 * passed_s, "{joules} J in {seconds} of {passed_s} s");
    let division = &export["division"];
    let groups = export["groups"].as_array().expect("a list of groups");
    let shares_j: f64 = groups.iter().map(|group| figure(&group["energy_j"])).sum();
    let parts_j: f64 = ["idle_j", "unattributed_j", "gone_j"].map(|key| figure(&division[key])).iter().sum();
    let attributed_j = figure(&division["attributed_j"]);
    assert!(
        (shares_j + parts_j - attributed_j).abs() < ROUNDING,
        "{shares_j} + {parts_j} of {attributed_j} J"
    );
    assert!(attributed_j > 0.0 && attributed_j <= 20.0 * passed_s, "{attributed_j} J in {passed_s} s");
    let group = |name: &str| of(&export["groups"], "cgroup", name);
    let (nginx, user, ssh) =
        (group("/system.slice/nginx.service"), group("/user.slice"), group("/system.slice/ssh.service"));
    // 0.4 and 0.2 s a second.
    let (nginx_s, user_s) = (figure(&nginx["cpu_s"]), figure(&user["cpu_s"]));
    assert!(nginx_s > user_s && nginx_s <= 0.4 * passed_s, "{nginx_s} {user_s}");
    let ratio = figure(&nginx["energy_j"]) / figure(&user["energy_j"]);
    assert!((ratio - 2.0).abs() < 0.5, "twice the time is twice the energy: {ratio}");
    assert_eq!(
        (figure(&ssh["cpu_s"]), figure(&ssh["energy_j"])).partial_cmp(&(0.0, 0.0)),
        Some(std::cmp::Ordering::Equal)
    );
    for words in
        ["package-0", "By control group: energy of the packages", "/system.slice/nginx.service", "all of it"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn without_energy_it_is_cpu_time_by_group_and_why_there_is_no_energy() {
    let board = cgroup::tree(trees::home_server()).let_time_run();
    let Some(mounted) = board.mount_or_say_why().expect("the board is mounted") else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let place = folder.path().join("box.json");
    let mut command = std::process::Command::new(hearth());
    command
        .args(["profile", "--duration", "5", "--root"])
        .arg(mounted.dir())
        .arg("--export-json")
        .arg(&place);
    let text = said(&command.output().expect("the program runs"));
    let export = read(&place);
    assert_eq!((&export["domains"], &export["division"]), (&Value::Array(Vec::new()), &Value::Null));
    let what = export["no_energy"]["what"].as_str().expect("a sentence");
    assert!(!what.is_empty() && text.contains(what), "{text}");
    let nginx = of(&export["groups"], "cgroup", "/system.slice/nginx.service");
    assert!(
        number(&nginx["cpu_s"]).is_some_and(|cpu_s| cpu_s > 0.0) && nginx["energy_j"].is_null(),
        "{nginx}"
    );
    assert!(text.contains("By control group: CPU time\n") && text.contains("By program"), "{text}");
}

#[test]
fn on_this_machine_it_says_what_it_has_and_what_it_has_not() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let place = folder.path().join("box.json");
    let mut command = std::process::Command::new(hearth());
    command.args(["profile", "--duration", "1", "--export-json"]).arg(&place);
    let text = said(&command.output().expect("the program runs"));
    let export = read(&place);
    let there = |key: &str| export[key].as_array().is_some_and(|list| !list.is_empty());
    for (key, missing) in [("domains", "no_energy"), ("groups", "no_groups"), ("programs", "no_programs")] {
        println!("{key}: {}, {missing}: {}", there(key), export[missing]);
    }
    assert!(there("domains") != export["no_energy"].is_object(), "energy, or why not: {export}");
    assert!(export["no_programs"].is_null() && text.starts_with("The box, watched for "), "{text}");
}

#[test]
fn ctrl_c_ends_it_with_what_there_is() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let child = rig.command(&["--duration", "3600"]).spawn().expect("the program runs");
    let pid = Pid::from_raw(child.id().try_into().expect("a process number"));
    // The first edge is behind it once it reads again after a second.
    let counter = format!("{}/energy_uj", energy::zone_path("intel-rapl:0"));
    rig.furnace.board.wait_for_reads(&counter, 12, PATIENCE).expect("it reads the counter");
    kill(pid, Signal::SIGINT).expect("it can be told to stop");
    let output = child.wait_with_output().expect("it ends");
    said(&output);
    let export = rig.export();
    assert_eq!(export["cut_short"], true);
    assert!(number(&export["seconds"]).is_some_and(|seconds| seconds < 3600.0), "{export}");
}

#[test]
fn what_a_watch_cannot_export_is_refused_before_it() {
    let refused = |arguments: &[&str]| {
        let mut command = std::process::Command::new(hearth());
        let output = command.args(["profile", "--duration", "3600"]).args(arguments).output();
        let output = output.expect("the program runs");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let words = refused(&["--export-csv", "x.csv"]);
    assert!(words.contains("--export-csv needs a command"), "{words}");
    let words = refused(&["--export-json", "/no/such/folder/x.json"]);
    assert!(words.contains("cannot write /no/such/folder/x.json"), "{words}");
}
