//! `hearth sensors`: a line for everything that was looked for, whatever machine it is.

use std::process::Command;

use hearth_board::trees::{energy, home_server, linux_6_1};
use hearth_board::{Board, Content};
use hearth_model::Reason;

/// What `hearth sensors` prints of `board`, line by line; `None` where no board can be mounted.
fn listed(board: &Board) -> Option<Vec<String>> {
    let mounted = board.mount_or_say_why().expect("the board is mounted")?;
    let program = std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into());
    let output = Command::new(program).args(["sensors", "--root"]).arg(mounted.dir()).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(text.lines().map(str::to_owned).collect())
}

/// What a line of something absent says behind the word of its reason: cause and, if any, fix.
fn absence(line: &str) -> Option<(Reason, &str, Option<&str>)> {
    let reasons = (0..=u8::MAX).filter_map(Reason::from_code);
    let (at, reason) = reasons
        .filter_map(|reason| {
            let word = format!("{}: ", reason.name());
            let at = line.find(&format!(" {word}"))?;
            Some((at + 1 + word.len(), reason))
        })
        .min_by_key(|(at, _)| *at)?;
    let said = &line[at..];
    Some(said.split_once("; to do: ").map_or((reason, said, None), |(what, fix)| (reason, what, Some(fix))))
}

/// Whether `line` is of a sensor that could not be read just now, which its row says.
fn unread(lines: &[String], line: &str) -> bool {
    let rows = lines.iter().take_while(|other| *other != line).filter(|other| !other.starts_with(' '));
    rows.last().is_some_and(|row| row.contains("cannot be read now"))
}

#[test]
fn every_line_is_whole_and_says_cause_and_fix() {
    let hostile = home_server()
        .file("sys/class/thermal/thermal_zone7/type", Content::text("two\nlines \u{1b}[2J"))
        .file("sys/class/power_supply/A\nB/type", Content::text("Battery\n"));
    let machines: [(&str, Board); 8] = [
        ("bare", Board::new()),
        ("linux", linux_6_1()),
        ("home server", home_server()),
        ("hostile", hostile),
        ("client", energy::intel_client().board),
        ("no permission", energy::intel_no_permission().board),
        ("all zero", energy::intel_all_zero().board),
        ("zen", energy::amd_zen3().board),
    ];
    for (name, board) in machines {
        let Some(lines) = listed(&board) else { return };
        let rows = lines.iter().filter(|line| !line.starts_with(' ')).count();
        assert!(rows >= hearth::sensors::SENSORS.len(), "{name}: {lines:#?}");
        for line in &lines {
            let is_row = hearth::sensors::SENSORS.iter().any(|def| line.starts_with(def.name));
            assert!(is_row || line.starts_with("    "), "{name}: half a line: {line}");
            assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
            assert!(!line.contains(": in ,") && !line.trim_end().ends_with(':'), "{name}: {line}");
            let Some((reason, what, fix)) = absence(line) else {
                if line.contains(": in ") {
                    assert!(line.contains("every "), "{name}: how often? {line}");
                    let costs = [" a poll", "of its sensor", "cannot be read"];
                    let row = costs.iter().any(|cost| line.contains(cost));
                    assert!(row || unread(&lines, line), "{name}: at what cost? {line}");
                }
                continue;
            };
            assert!(!what.trim().is_empty(), "{name}: no cause: {line}");
            let Some(fix) = fix else { panic!("{name}: {reason:?}, and nothing to do: {line}") };
            assert!(!fix.trim().is_empty(), "{name}: {line}");
            let gives_up = fix.starts_with("nothing");
            assert!(reason != Reason::NoPermission || !gives_up, "{name}: no way out: {line}");
            let is_misled = line.contains("no register") && line.contains("modprobe");
            assert!(!is_misled, "{name}: no module brings a register: {line}");
        }
    }
}

#[test]
fn where_registers_read_zero_no_module_is_advised() {
    let Some(lines) = listed(&energy::intel_all_zero().board) else { return };
    let row = lines.iter().find(|line| line.starts_with("energy ")).expect("a row");
    assert!(row.contains("virtual machine") && row.contains("run Hearth on the host"), "{row}");
    assert!(!lines.iter().any(|line| line.contains("modprobe rapl")), "{lines:#?}");
}
