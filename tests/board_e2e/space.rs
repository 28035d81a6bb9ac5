//! A file system that hangs, as a share does whose server is gone: `statfs(2)` itself does not come back.

use hearth_board::{Content, Fault, Space, trees};

use super::stage::{PATIENCE, Stage};

const SIZE: &str = "node_filesystem_size_bytes";
const ERROR: &str = "node_filesystem_device_error";
const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
41 27 0:40 / /mnt/share rw,relatime - nfs4 server:/share rw
42 27 259:0 / /srv/disk rw,relatime - xfs /dev/nvme0n1 rw
";
const SHARE: &str = r#"{"device":"server:/share","mountpoint":"/mnt/share","fstype":"nfs4"}"#;
const DISK: &str = r#"{"device":"/dev/nvme0n1","mountpoint":"/srv/disk","fstype":"xfs"}"#;

const fn space(blocks: u64) -> Space {
    Space { blocks, blocks_free: blocks / 2, blocks_available: blocks / 4, files: 100, files_free: 50 }
}

fn bytes(blocks: u64) -> Option<Result<String, String>> {
    Some(Ok((blocks * 4096).to_string()))
}

#[test]
fn a_file_system_that_hangs_is_stale_alone_and_comes_back() {
    let board = trees::linux_6_1();
    board.set("proc/self/mountinfo", Content::text(MOUNTS));
    for (place, blocks) in [("mnt/share", 1000), ("srv/disk", 2000)] {
        board.set_dir(place);
        board.set_space(place, space(blocks));
    }
    let Some(stage) = Stage::set(board, &[]) else { return };
    let stale = Some(Err("stale".to_owned()));
    stage.until("both have their size", |stage| {
        stage.said(SIZE, SHARE) == bytes(1000) && stage.said(SIZE, DISK) == bytes(2000)
    });

    // File systems are asked every half minute; the next question hangs, and the other place is asked on.
    stage.board.fault("mnt/share", Fault::Hang);
    stage.board.set_space("srv/disk", space(3000));
    let hung = stage.board.reads("mnt/share") + 1;
    stage.board.wait_for_reads("mnt/share", hung, PATIENCE).expect("the share is asked");
    stage.until("the share is stale", |stage| stage.said(SIZE, SHARE) == stale);
    assert_eq!(stage.said(ERROR, SHARE), Some(Ok("1".to_owned())));
    stage.until("the disk goes on", |stage| stage.said(SIZE, DISK) == bytes(3000));
    assert_eq!(stage.said(ERROR, DISK), Some(Ok("0".to_owned())));
    assert_eq!(stage.program.get("/healthz").0, 200);
    assert_eq!(stage.board.reads("mnt/share"), hung, "a share that hangs is not asked again");

    stage.board.set_space("mnt/share", space(4000));
    stage.board.clear("mnt/share");
    stage.until("the share is back", |stage| stage.said(SIZE, SHARE) == bytes(4000));
    assert_eq!(stage.said(ERROR, SHARE), Some(Ok("0".to_owned())));
}
