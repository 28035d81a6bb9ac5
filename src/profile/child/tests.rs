use super::*;
use crate::profile::program::Stream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn words<const COUNT: usize>(words: [&str; COUNT]) -> Program {
    Program::new(words.map(str::to_owned).to_vec())
}

fn shell(line: &str) -> Program {
    words(["sh", "-c", line])
}

fn run(line: &str) -> Ended {
    Waiting::spawn(shell(line)).unwrap().release().unwrap().wait(None, || false).unwrap()
}

#[test]
fn nothing_of_the_program_happens_before_it_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made");
    let waiting = Waiting::spawn(shell(&format!("touch {}", made.display()))).unwrap();
    let name = std::fs::read_to_string(format!("/proc/{}/comm", waiting.pid())).unwrap();
    assert_ne!(name, "sh\n", "the process is there and is not yet the program");
    assert!(!made.exists());
    let ended = waiting.release().unwrap().wait(None, || false).unwrap();
    assert_eq!((ended.ending, ended.cut_short), (Ending::Code(0), false));
    assert!(made.exists());
}

#[test]
fn how_it_ended_is_told_by_code_or_signal() {
    assert_eq!(run("exit 3").ending, Ending::Code(3));
    assert_eq!(run("kill -TERM $$").ending, Ending::Signal(15));
}

#[test]
fn what_it_used_counts_its_own_children_too() {
    // A hundred thousand bytes through a pipe and a loop in a child shell: some time, some memory.
    let ended = run("sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; true");
    let usage = ended.usage;
    assert!(usage.user > Duration::ZERO && usage.user + usage.system <= ended.wall * 2, "{ended:?}");
    assert!(usage.max_rss_bytes > 100_000 && usage.minor_faults > 0, "{usage:?}");
}

#[test]
fn a_program_that_is_not_there_is_an_error_that_names_it() {
    for name in ["/nonexistent/program", "no-such-program-anywhere"] {
        let error = run_of(words([name])).err().unwrap();
        assert!(matches!(error, ChildError::Start { .. }));
        let words = error.to_string();
        assert!(words.contains(name) && words.contains("No such file"), "{words}");
    }
    let text = tempfile::NamedTempFile::new().unwrap();
    let error = run_of(words([text.path().to_str().unwrap()])).err().unwrap().to_string();
    assert!(error.contains("Permission denied") && error.contains("chmod +x"), "{error}");
    let error = run_of(words(["true", "a\0b"])).err().unwrap().to_string();
    assert!(error.contains("holds a NUL"), "{error}");
    let mut pinned = words(["true"]);
    pinned.cpu = Some(100_000);
    let error = run_of(pinned).err().unwrap().to_string();
    assert!(error.contains("cannot keep it on its CPU for true: Invalid argument"), "{error}");
}

fn run_of(program: Program) -> Result<Ended, ChildError> {
    Waiting::spawn(program)?.release()?.wait(None, || false)
}

#[test]
fn a_text_that_names_no_interpreter_is_run_by_the_shell_with_its_words() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    std::fs::write(&script, "exit $(( $1 + $2 ))\n").unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let ended = run_of(words([script.to_str().unwrap(), "40", "2"])).unwrap();
    assert_eq!(ended.ending, Ending::Code(42));
}

#[test]
fn its_last_messages_are_kept_and_a_flood_stops_nobody() {
    let mut program = shell("seq 1 100000 >&2; echo last >&2; seq 1 200000; exit 3");
    (program.messages, program.output) = (Stream::Pipe, Stream::Pipe);
    let ended = run_of(program).unwrap();
    assert_eq!(ended.ending, Ending::Code(3));
    assert!(ended.messages.len() == MESSAGES_BYTES && ended.messages.ends_with("100000\nlast\n"));
    // Somebody who goes on holding the pipe is not waited for, nor is one who closes it missed.
    let mut program = shell("sleep 1000 & exec 2>&- >&-; exit 4");
    (program.messages, program.output) = (Stream::Pipe, Stream::Pipe);
    let ended = run_of(program).unwrap();
    assert_eq!((ended.ending, ended.messages.as_str()), (Ending::Code(4), ""));
}

#[test]
fn a_child_that_is_not_let_go_is_gone_with_its_door() {
    let waiting = Waiting::spawn(shell("true")).unwrap();
    let proc = format!("/proc/{}", waiting.pid());
    assert!(Path::new(&proc).exists());
    drop(waiting);
    assert!(!Path::new(&proc).exists(), "ended and reaped");
}

#[test]
fn signals_and_descriptors_of_a_program_are_as_usual() {
    let mut program = shell("exec >&2; grep -hE 'SigIgn|SigBlk' /proc/$$/status; ls /proc/$$/fd");
    program.messages = Stream::Pipe;
    let said = run_of(program).unwrap().messages;
    let (masks, fds): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.starts_with("Sig"));
    for mask in masks {
        let signals = u64::from_str_radix(mask.split_whitespace().last().unwrap(), 16).unwrap();
        // Those above are the C library's own, and as we have them.
        assert_eq!(signals & 0x7fff_ffff, 0, "{mask}");
    }
    let is_passed_on = |fd: i32| {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim().to_owned();
        u32::from_str_radix(&flags, 8).unwrap() & 0o2_000_000 == 0
    };
    let ours = fds.iter().map(|fd| fd.parse().unwrap()).filter(|fd| *fd > 2);
    for fd in ours {
        assert!(is_passed_on(fd), "{fd} is none that we pass on: {said}");
    }
}

#[test]
fn when_its_time_is_up_it_is_killed_with_all_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let line = format!("sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait", pid.display());
    let unwanted = || pid.exists();
    let running = Waiting::spawn(shell(&line)).unwrap().release().unwrap();
    let ended = running.wait(Some(Duration::from_secs(600)), unwanted).unwrap();
    assert_eq!((ended.ending, ended.cut_short), (Ending::Signal(9), true));
    let grandchild = std::fs::read_to_string(&pid).unwrap();
    let proc = format!("/proc/{}", grandchild.trim());
    // Killed at once; whoever adopts it reaps it in its own time.
    let gone = |proc: &str| match std::fs::read_to_string(Path::new(proc).join("stat")) {
        Ok(stat) => stat.contains(") Z "),
        Err(_absent) => true,
    };
    while !gone(&proc) {
        thread::yield_now();
    }
    let ended = Waiting::spawn(shell("sleep 1000")).unwrap().release().unwrap();
    let ended = ended.wait(Some(Duration::from_millis(20)), || false).unwrap();
    assert!(ended.cut_short && ended.wall >= Duration::from_millis(20), "{ended:?}");
}

#[test]
fn a_wish_to_stop_is_heard() {
    static STOP: AtomicBool = AtomicBool::new(true);
    let running = Waiting::spawn(shell("sleep 1000")).unwrap().release().unwrap();
    let ended = running.wait(None, || STOP.load(Ordering::Relaxed)).unwrap();
    assert!(ended.cut_short);
}
