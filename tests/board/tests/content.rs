//! What readers of a mounted board see: content over time, links, directories, counts.

use hearth_board::{Board, Content, Errno, Step};
use std::fs;
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// Far longer than any read takes: it only bounds how long a broken test runs.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn content_follows_board_time_and_counts_passes() {
    let board = Board::new().file(
        "proc/uptime",
        Content::function(|at| format!("{} {}\n", at.elapsed.as_secs(), at.pass).into_bytes()),
    );
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let uptime = mounted.path("proc/uptime");
    assert_eq!(fs::read_to_string(&uptime).expect("first read"), "0 1\n");
    board.advance(Duration::from_secs(90));
    assert_eq!(fs::read_to_string(&uptime).expect("second read"), "90 2\n");
    assert_eq!(board.reads("proc/uptime"), 2);
    assert_eq!(board.elapsed(), Duration::from_secs(90));
}

#[test]
fn board_time_that_runs_never_falls_behind_what_it_was_turned_to() {
    let board = Board::in_real_time();
    board.advance(Duration::from_secs(1000));
    assert!(board.elapsed() >= Duration::from_secs(1000));
}

#[test]
fn a_descriptor_that_stays_open_sees_new_content_at_offset_zero() {
    let board = Board::new().file("proc/loadavg", Content::text("0.00\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let kept = fs::File::open(mounted.path("proc/loadavg")).expect("open");
    let mut buffer = [0; 64];
    assert_eq!(kept.read_at(&mut buffer, 0).expect("before"), 5);
    board.set("proc/loadavg", Content::text("1.25 and longer\n"));
    let length = kept.read_at(&mut buffer, 0).expect("after");
    assert_eq!(&buffer[..length], b"1.25 and longer\n");
}

#[test]
fn reads_at_later_offsets_stay_in_the_text_of_their_pass() {
    let board = Board::new()
        .file("proc/stat", Content::function(|at| format!("pass {} of many\n", at.pass).into_bytes()));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let first = fs::File::open(mounted.path("proc/stat")).expect("open");
    let second = fs::File::open(mounted.path("proc/stat")).expect("open again");
    let mut head = [0; 6];
    let mut tail = [0; 64];
    assert_eq!(first.read_at(&mut head, 0).expect("head"), 6);
    assert_eq!(second.read_at(&mut [0; 64], 0).expect("another reader's pass"), 15);
    let length = first.read_at(&mut tail, 6).expect("tail");
    assert_eq!((&head, &tail[..length]), (b"pass 1", &b" of many\n"[..]));
    assert_eq!(board.reads("proc/stat"), 2);
}

#[test]
fn a_text_longer_than_one_request_arrives_whole() {
    let long = (0..200_000).map(|line| format!("{line}\n")).collect::<String>();
    let board = Board::new().file("proc/long", Content::text(&long));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    assert_eq!(fs::read_to_string(mounted.path("proc/long")).expect("read"), long);
    assert_eq!(board.reads("proc/long"), 1);
}

#[test]
fn a_script_answers_one_step_a_pass() {
    let script = Content::script([Step::bytes("1\n"), Step::error(Errno::EIO), Step::bytes("2\n")]);
    let board = Board::new().file("sys/energy_uj", script);
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let energy = mounted.path("sys/energy_uj");
    assert_eq!(fs::read_to_string(&energy).expect("step 1"), "1\n");
    let failed = fs::read_to_string(&energy).expect_err("step 2");
    assert_eq!(failed.raw_os_error(), Some(Errno::EIO as i32));
    assert_eq!(fs::read_to_string(&energy).expect("step 3"), "2\n");
    assert_eq!(fs::read_to_string(&energy).expect("step 3 stays"), "2\n");
}

#[test]
fn links_lead_inside_the_board_for_readers_and_for_the_test() {
    let board = Board::new()
        .file("sys/devices/pci0/net/eth0/mtu", Content::text("1500\n"))
        .symlink("sys/class/net/eth0", "../../devices/pci0/net/eth0");
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let link = mounted.path("sys/class/net/eth0");
    assert_eq!(fs::read_link(&link).expect("link").to_str(), Some("../../devices/pci0/net/eth0"));
    board.set("sys/class/net/eth0/mtu", Content::text("9000\n"));
    assert_eq!(fs::read_to_string(link.join("mtu")).expect("through the link"), "9000\n");
    assert_eq!(board.reads("sys/devices/pci0/net/eth0/mtu"), 1);
}

#[test]
fn directories_list_what_is_there_now() {
    let board = Board::new().dir("sys/block").file("sys/blocks", Content::text("another name\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let names = || {
        let entries = fs::read_dir(mounted.path("sys/block")).expect("list");
        entries
            .map(|entry| entry.expect("entry").file_name().into_string().expect("name"))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), Vec::<String>::new());
    board.set("sys/block/sdb/size", Content::text("1\n"));
    board.set("sys/block/sda/size", Content::text("1\n"));
    assert_eq!(names(), ["sda", "sdb"]);
    board.remove("sys/block/sda");
    assert_eq!(names(), ["sdb"]);
}

#[test]
fn waiting_for_reads_wakes_when_they_come_and_says_so_when_they_do_not() {
    let board = Board::new().file("proc/stat", Content::text("cpu\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let stat = mounted.path("proc/stat");
    let reader = std::thread::spawn(move || {
        (0..3).map(|_| fs::read(&stat).map(|text| text.len())).collect::<Vec<_>>()
    });
    assert!(board.wait_for_reads("proc/stat", 3, PATIENCE).expect("three reads") >= 3);
    for length in reader.join().expect("reader") {
        assert_eq!(length.expect("read"), 4);
    }
    let late = board.wait_for_reads("proc/stat", 4, Duration::ZERO).expect_err("nobody reads");
    assert_eq!((late.wanted, late.seen, late.path.as_str()), (4, 3, "proc/stat"));
}

#[test]
fn a_content_function_that_panics_fails_its_own_read_only() {
    let board = Board::new()
        .file("proc/bad", Content::function(|_| panic!("on purpose, by the test")))
        .file("proc/good", Content::text("fine\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let failed = fs::read(mounted.path("proc/bad")).expect_err("panicked");
    assert_eq!(failed.raw_os_error(), Some(Errno::EIO as i32));
    assert_eq!(fs::read(mounted.path("proc/good")).expect("others go on"), b"fine\n");
}

#[test]
fn the_board_cannot_be_written_to() {
    let board = Board::new().file("proc/stat", Content::text("cpu\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let refused = fs::write(mounted.path("proc/stat"), "x").expect_err("read-only");
    assert_eq!(refused.raw_os_error(), Some(Errno::EROFS as i32));
}

#[test]
#[should_panic(expected = "\"proc/stta\" is not on the board")]
fn a_misspelt_path_fails_the_test() {
    let _reads = Board::new().file("proc/stat", Content::text("")).reads("proc/stta");
}
