//! What a configuration file with faults is answered with, and what the documented default promises.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what failed by stopping")]

mod config {
    mod prices;
}

use std::fs;
use std::path::Path;

use hearth::config::{Config, DEFAULT_TOML, FILE_BYTES_MAX, LogFormat, LogLevel, Source, Transport};

const SENSORS: &[&str] = &["cpu", "load", "memory", "disks"];

fn refused(text: &str) -> String {
    Config::parse(text, "hearth.toml", SENSORS).expect_err("the text has faults").to_string()
}

fn accepted(text: &str) -> Config {
    Config::parse(text, "hearth.toml", SENSORS).unwrap_or_else(|refused| panic!("{refused}"))
}

#[track_caller]
fn assert_refused(text: &str, lines: &[&str]) {
    let said = refused(text);
    assert_eq!(said.lines().collect::<Vec<_>>(), lines, "of {text:?}");
}

/// The keys the default file sets or shows commented out, as (section, key).
fn documented() -> Vec<(String, String)> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in DEFAULT_TOML.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            keys.push((section.clone(), key.to_owned()));
        }
    }
    keys
}

/// The keys each section answers with when asked for one that nothing resembles.
fn known() -> Vec<(String, String)> {
    let refusal = refused("[zzzzzzzzzz]");
    let (_, sections) = refusal.split_once("there are ").expect("the sections are listed");
    let sections = sections.split(", ").map(|name| name.trim_matches(['[', ']']));
    sections
        .flat_map(|section| {
            let refusal = refused(&format!("[{section}]\nzzzzzzzzzzzz = 1"));
            let (_, keys) = refusal.split_once("there are ").expect("the keys are listed");
            let keys: Vec<_> = keys.split(", ").map(|key| (section.to_owned(), key.to_owned())).collect();
            keys
        })
        .collect()
}

#[test]
fn the_documented_default_is_the_default() {
    assert_eq!(accepted(DEFAULT_TOML), Config::default());
    assert_eq!(accepted(""), Config::default());
}

#[test]
fn the_default_file_has_every_key_once_and_in_order() {
    let known = known();
    assert!(known.len() > 20, "{known:?}");
    assert_eq!(documented(), known);
}

#[test]
fn the_default_file_says_of_every_key_what_it_means() {
    let lines: Vec<&str> = DEFAULT_TOML.lines().collect();
    for (_, key) in documented() {
        let at = lines
            .iter()
            .position(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")))
            .expect("the key is there");
        assert!(lines[at - 1].starts_with("# "), "nothing is said of {key}");
    }
}

#[test]
fn every_key_is_taken() {
    let text = r#"
        [lanes]
        idle_rate_hz = 0x14
        max_rate_hz = 500
        realtime_priority = 0
        cpu = 1
        lock_memory = false
        [ring]
        seconds = 10
        columns = 8
        [history]
        seconds = 60
        [sensors]
        disabled = ["load", "disks"]
        top_processes = 0
        filesystem_timeout_ms = 1_000
        ignored_mounts = []
        ignored_filesystems = ["tmpfs"]
        ignored_disks = ["dm-#"]
        ignored_interfaces = ["veth*"]
        [ups]
        servers = ["ups@nas"]
        [drives]
        nvme_period_s = 90
        ata_period_s = 3600
        state_dir = "/mnt/hearth"
        ignored = ["sdc", "nvme*"]
        [energy]
        source = "msr"
        price_per_kwh = 0.3245
        currency = "CHF"
        [cgroups]
        period_ms = 5000
        max = 512
        depth = 16
        ignored = ["/user.slice*"]
        [perf]
        hardware = false
        cgroups = ["system.slice/ssh.service"]
        [serve]
        listen = ["[::]:80", "10.0.0.1:9110"]
        socket = ""
        transport = "epoll"
        hosts = ["NAS.example.org"]
        energy_refresh_hz = 1
        [limits]
        connections = 100
        connections_per_address = 10
        header_bytes = 8192
        header_timeout_ms = 100
        idle_timeout_ms = 1000
        requests_per_second = 5
        stream_clients = 1
        [log]
        level = "trace"
        format = "json"
    "#;
    let config = accepted(text);
    let mut default = Config::default();
    let changes = default.reload(&config);
    assert_eq!(changes.live.len() + changes.at_restart.len(), known().len(), "{changes:?}");
    assert_eq!(config.lanes.idle_rate_hz, 20);
    assert_eq!(config.lanes.cpu, Some(1));
    assert_eq!(config.sensors.disabled, ["load", "disks"]);
    assert_eq!(config.energy.source, hearth_hot::contract::EnergySource::Msr);
    assert_eq!(config.sensors.filesystem_timeout_ms, 1000);
    assert_eq!(
        config.serve.listen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["[::]:80", "10.0.0.1:9110"]
    );
    assert_eq!(config.energy.price_per_kwh.map(|price| price.micro_per_kwh), Some(324_500));
    assert_eq!(config.cgroups.ignored, ["/user.slice*"]);
    assert_eq!(config.serve.socket, None);
    assert_eq!(config.serve.transport, Transport::Epoll);
    assert_eq!(config.serve.hosts, ["nas.example.org"]);
    assert_eq!(config.limits.requests_per_second, 5);
    assert_eq!((config.log.level, config.log.format), (LogLevel::Trace, LogFormat::Json));
}

#[test]
fn a_cgroup_is_a_path_below_its_mount() {
    for path in ["/system.slice", "a/../../b", "a//b", "a/", ".", ""] {
        let text = format!("[perf]\ncgroups = [{path:?}]\n");
        let expected = r#"a cgroup below its mount, like "system.slice/jellyfin.service""#;
        assert_refused(
            &text,
            &[&format!("hearth.toml:2:12: perf.cgroups: expected {expected}, found the string {path:?}")],
        );
    }
    assert_eq!(accepted("[perf]\ncgroups = [\"a/b.service\"]\n").perf.cgroups, ["a/b.service"]);
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_one() {
    assert_refused(
        "[lanes]\nidle_rate = 10\n",
        &[r#"hearth.toml:2:1: unknown key "idle_rate" in [lanes]; did you mean "idle_rate_hz"?"#],
    );
    assert_refused(
        "[ring]\n  speed = 10\n",
        &[r#"hearth.toml:2:3: unknown key "speed" in [ring]; there are seconds, columns"#],
    );
    assert_refused(
        "[lanes]\nseconds = 10\n",
        &[r#"hearth.toml:2:1: unknown key "seconds" in [lanes]; it belongs in [ring] or [history]"#],
    );
    assert_refused(
        "level = \"info\"\nspeed = 1",
        &[
            r#"hearth.toml:1:1: the key "level" stands outside any section; it belongs in [log]"#,
            r#"hearth.toml:2:1: unknown key "speed" outside any section"#,
        ],
    );
}

#[test]
fn an_unknown_section_is_answered_with_the_nearest_one() {
    assert_refused(
        "[lane]\nidle_rate_hz = 10\n",
        &[r#"hearth.toml:1:2: unknown section "lane"; did you mean [lanes]?"#],
    );
    assert_refused(
        "[weather]\n",
        &[
            r#"hearth.toml:1:2: unknown section "weather"; there are [lanes], [ring], [history], [sensors], [ups], [drives], [energy], [cgroups], [perf], [serve], [limits], [log]"#,
        ],
    );
    assert_refused("lanes = 3\n", &["hearth.toml:1:9: expected a section, [lanes], found 3"]);
}

#[test]
fn a_number_out_of_range_or_of_another_type_is_answered_with_the_range() {
    for (value, found) in [
        ("0", "0"),
        ("1001", "1001"),
        ("-1", "-1"),
        ("99999999999999999999", "99999999999999999999"),
        ("4294967297", "4294967297"),
        ("10.0", "10.0"),
        ("\"10\"", "the string \"10\""),
        ("true", "true"),
        ("[10]", "a list"),
        ("{}", "a section"),
        ("2026-01-01", "the date 2026-01-01"),
    ] {
        let line = format!(
            "hearth.toml:2:16: lanes.idle_rate_hz: expected a whole number from 1 to 1000, found {found}"
        );
        assert_refused(&format!("[lanes]\nidle_rate_hz = {value}\n"), &[&line]);
    }
}

#[test]
fn words_paths_names_and_addresses_are_answered_with_what_they_may_be() {
    assert_refused(
        "[log]\nlevel = \"wran\"\n",
        &[
            r#"hearth.toml:2:9: log.level: expected "error", "warn", "info", "debug" or "trace", found the string "wran"; did you mean "warn"?"#,
        ],
    );
    assert_refused(
        "[lanes]\nlock_memory = \"yes\"",
        &[r#"hearth.toml:2:15: lanes.lock_memory: expected true or false, found the string "yes""#],
    );
    assert_refused(
        "[drives]\nstate_dir = \"state\"",
        &[
            r#"hearth.toml:2:13: drives.state_dir: expected an absolute path of at most 3800 bytes, or "" for no directory, found the string "state""#,
        ],
    );
    assert_refused(
        "[serve]\nsocket = \"hearth.sock\"",
        &[
            r#"hearth.toml:2:10: serve.socket: expected an absolute path of at most 107 bytes, or "" for no socket, found the string "hearth.sock""#,
        ],
    );
    assert_refused(
        "[serve]\nlisten = [\n  \"127.0.0.1:9110\",\n  \"localhost\",\n  9110,\n]\n",
        &[
            r#"hearth.toml:4:3: serve.listen: expected an IP address and a port, like "127.0.0.1:9110" or "[::1]:9110", found the string "localhost""#,
            r#"hearth.toml:5:3: serve.listen: expected an IP address and a port, like "127.0.0.1:9110" or "[::1]:9110", found 9110"#,
        ],
    );
    assert_refused(
        "[serve]\nhosts = [\"nas:80\"]",
        &[
            r#"hearth.toml:2:10: serve.hosts: expected a host name without a port, like "nas.local", found the string "nas:80""#,
        ],
    );
    assert_refused(
        "[sensors]\ndisabled = [\"laod\", \"weather\"]",
        &[
            r#"hearth.toml:2:13: sensors.disabled: expected the name of a sensor, found the string "laod"; did you mean "load"?"#,
            r#"hearth.toml:2:21: sensors.disabled: expected the name of a sensor, found the string "weather"; `hearth sensors` lists them"#,
        ],
    );
    assert_refused(
        "[sensors]\nignored_disks = \"sda\"",
        &[r#"hearth.toml:2:17: sensors.ignored_disks: expected a list of strings, found the string "sda""#],
    );
    let many = vec!["\"a\""; 65].join(",");
    assert_refused(
        &format!("[sensors]\nignored_disks = [{many}]"),
        &["hearth.toml:2:17: sensors.ignored_disks: expected at most 64 entries, found 65"],
    );
}

#[test]
fn values_that_contradict_each_other_are_refused_where_one_is_set() {
    assert_refused(
        "[lanes]\nmax_rate_hz = 5\n",
        &["hearth.toml:2:15: lanes.idle_rate_hz (10) must not be greater than lanes.max_rate_hz (5)"],
    );
    assert_refused(
        "[limits]\nconnections = 32\nconnections_per_address = 33\n",
        &[
            "hearth.toml:3:27: limits.connections_per_address (33) must not be greater than limits.connections (32)",
        ],
    );
}

#[test]
fn every_fault_of_a_file_is_said_from_top_to_bottom() {
    assert_refused(
        "[serve]\nhost = []\n\n[lanes]\ncpus = 1\nidle_rate_hz = 0\n\n[ring]\nseconds = 0\n",
        &[
            r#"hearth.toml:2:1: unknown key "host" in [serve]; did you mean "hosts"?"#,
            r#"hearth.toml:5:1: unknown key "cpus" in [lanes]; did you mean "cpu"?"#,
            "hearth.toml:6:16: lanes.idle_rate_hz: expected a whole number from 1 to 1000, found 0",
            "hearth.toml:9:11: ring.seconds: expected a whole number from 1 to 600, found 0",
        ],
    );
}

#[test]
fn text_that_is_not_toml_is_said_with_its_place_beside_other_faults() {
    let said = refused("[lanes\n[ring]\nseconds = 0\ncolumns = \n");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("hearth.toml:1:7: not TOML: "), "{said}");
    assert_eq!(lines[1], "hearth.toml:3:11: ring.seconds: expected a whole number from 1 to 600, found 0");
    assert!(lines[2].starts_with("hearth.toml:4:11: not TOML: "), "{said}");
}

#[test]
fn a_key_set_twice_is_refused_at_its_second_place() {
    let said = refused("[lanes]\ncpu = 1\ncpu = 2\n");
    assert!(said.starts_with("hearth.toml:3:1: not TOML: duplicate key"), "{said}");
}

#[test]
fn columns_count_characters() {
    assert_refused(
        "[serve]\nhosts = [\"küche\", 3]\n",
        &[
            r#"hearth.toml:2:10: serve.hosts: expected a host name without a port, like "nas.local", found the string "küche""#,
            r#"hearth.toml:2:19: serve.hosts: expected a host name without a port, like "nas.local", found 3"#,
        ],
    );
}

#[test]
fn no_part_of_the_default_file_makes_the_reader_panic() {
    for (end, _) in DEFAULT_TOML.char_indices() {
        let cut = &DEFAULT_TOML[..end];
        if let Err(refused) = Config::parse(cut, "cut", &[]) {
            assert!(!refused.faults.is_empty());
            assert!(refused.faults.iter().all(|fault| fault.line >= 1 && fault.column >= 1));
        }
    }
}

#[test]
fn a_named_file_must_be_there_and_be_a_configuration() {
    let directory = tempdir("a_named_file");
    let path = directory.join("hearth.toml");
    let source = Source::new(Some(&path));
    let missing = source.load(SENSORS).expect_err("there is no file yet").to_string();
    assert!(missing.contains(&*path.to_string_lossy()) && missing.contains("os error 2"), "{missing}");

    fs::write(&path, "[lanes]\nidle_rate_hz = 50\n").expect("the file is written");
    assert_eq!(source.load(SENSORS).expect("the file is fine").lanes.idle_rate_hz, 50);

    fs::write(&path, "[lanes]\nidle_rate_hz = 0\n").expect("the file is written");
    let said = source.load(SENSORS).expect_err("the value is out of range").to_string();
    assert!(said.starts_with(&format!("{}:2:16: lanes.idle_rate_hz", path.display())), "{said}");

    fs::write(&path, b"[log]\nlevel = \"\xff\"\n").expect("the file is written");
    let said = source.load(SENSORS).expect_err("the file is not UTF-8").to_string();
    assert!(said.contains("invalid utf-8"), "{said}");

    fs::write(&path, " ".repeat(usize::try_from(FILE_BYTES_MAX).expect("small") + 1)).expect("written");
    let said = source.load(SENSORS).expect_err("the file is too large").to_string();
    assert!(said.contains("larger than 131072 bytes"), "{said}");
    fs::remove_dir_all(directory).expect("the directory is removed");
}

#[test]
fn the_file_nobody_named_may_be_missing() {
    let source = Source::new(None);
    assert_eq!(source.path(), Path::new("/etc/hearth/hearth.toml"));
    if source.path().exists() {
        println!("not tried: this machine has a configuration of its own");
    } else {
        assert_eq!(source.load(SENSORS).expect("the defaults"), Config::default());
    }
}

fn tempdir(name: &str) -> std::path::PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).expect("a directory of the test's own");
    path
}
