//! A disk that is full when the report is written: in a mount namespace of its own, so that nobody else sees it.

use std::fs;
use std::process::Command;

use super::tool::{Desk, Said, program};

/// Sixteen pages, of which the old file and ballast leave one: a report begins to be written and does not fit. `$0` is
/// the program, `$1` the option.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=64k hearth-test disk || exit 77
echo 'what was there' > disk/report
dd if=/dev/zero of=disk/ballast bs=4096 count=14 2>/dev/null
"$0" profile --root . --idle-baseline off -r 60 "$1" disk/report -- true >said 2>&1
echo "code $?"
ls -A disk
cat disk/report
rm disk/ballast
"$0" profile --root . --idle-baseline off -r 1 "$1" disk/report -- true >/dev/null 2>&1
echo "code $?"
ls -A disk
head -c 4 disk/report | tr '\n' ' '
"#;

#[test]
fn a_full_disk_leaves_what_was_there_and_nothing_beside_it() {
    let hearth = program();
    for option in ["--export-json", "--export-html"] {
        let desk = Desk::new();
        fs::create_dir(desk.path("disk")).expect("a folder");
        let mut command = Command::new("unshare");
        command.current_dir(desk.path("")).args(["--mount", "--map-root-user", "sh", "-c", SCRIPT]);
        let output = match command.arg(&hearth).arg(option).output() {
            Ok(output) => Said::from(output),
            Err(error) => {
                println!("NOT SHOWN: unshare of util-linux does not start ({error})");
                return;
            }
        };
        if output.out.is_empty() {
            println!("NOT SHOWN: this account may not mount a disk of its own: {}", output.err);
            return;
        }
        let said = desk.text("said");
        let [before, after] = output.out.split("code ").skip(1).collect::<Vec<_>>()[..] else {
            panic!("{option}: {}{}", output.out, output.err)
        };
        assert_eq!(before, "1\nballast\nreport\nwhat was there\n", "{option}: {said}");
        assert!(
            said.contains("error: cannot write disk/report: No space left on device"),
            "{option}: {said}"
        );
        // With room it is replaced, and again nothing else is there.
        assert!(after.starts_with("0\nreport\n") && !after.contains("what"), "{option}: {after}");
    }
}
