//! Mounted file systems: `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`), and how full one is (`statvfs(3)`).
//!
//! Names in the file have blanks, newlines and backslashes as octal numbers (`\040`); [`Escaped`] gives them back.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::ParseError;
use crate::file::{Delivery, Errno};
use crate::text::{Scan, lines};

/// Path below the root.
pub const PATH: &str = "proc/self/mountinfo";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Chunked;
/// The word between the optional fields and the last three.
const SEPARATOR: &[u8] = b"-";
/// Optional fields of a line at most; the kernel knows four.
const OPTIONAL_MAX: usize = 16;

/// A name as the file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escaped<'a>(
    /// The bytes of the file.
    pub &'a [u8],
);

impl Escaped<'_> {
    /// Writes the name itself to the start of `buffer`, and returns it; `None` when it does not fit.
    #[must_use]
    pub fn unescape<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let mut left = self.0;
        let mut length = 0;
        while let Some((byte, after)) = next_byte(left) {
            *buffer.get_mut(length)? = byte;
            length += 1;
            left = after;
        }
        buffer.get(..length)
    }
}

/// The first byte of an escaped name, and what follows.
fn next_byte(bytes: &[u8]) -> Option<(u8, &[u8])> {
    if let [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', after @ ..] = bytes {
        return Some(((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'), after));
    }
    let (byte, after) = bytes.split_first()?;
    Some((*byte, after))
}

/// One mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Its number while it exists.
    pub id: u32,
    /// Device number, major and minor; 0 and a running number for a file system without a device.
    pub device_number: (u32, u32),
    /// What of the file system is mounted: `/`, or a directory for a bind mount.
    pub subtree: Escaped<'a>,
    /// Where it is mounted.
    pub mount_point: Escaped<'a>,
    /// Whether this mount is read-only; a statvfs says whether the file system is.
    pub is_read_only: bool,
    /// File system type.
    pub kind: Escaped<'a>,
    /// The device, or what stands for it.
    pub source: Escaped<'a>,
}

/// Gives each mount in the file's order; a later one may hide an earlier one at the same place.
///
/// # Errors
/// [`ParseError::Malformed`] when a line is not of the form in `proc_pid_mountinfo(5)`.
pub fn parse(text: &[u8], mut each: impl FnMut(&Mount<'_>)) -> Result<(), ParseError> {
    for bytes in lines(text) {
        each(&parse_line(bytes).ok_or(ParseError::malformed("mount line"))?);
    }
    Ok(())
}

fn parse_line(line: &[u8]) -> Option<Mount<'_>> {
    let mut scan = Scan::new(line);
    let id = scan.u32()?;
    let _parent = scan.u32()?;
    let major = scan.u32()?;
    if !scan.byte(b':') {
        return None;
    }
    let minor = scan.u32()?;
    let subtree = Escaped(scan.token()?);
    let mount_point = Escaped(scan.token()?);
    let options = scan.token()?;
    for _ in 0..OPTIONAL_MAX {
        if scan.token()? == SEPARATOR {
            let kind = Escaped(scan.token()?);
            // An empty source leaves two blanks; what then stands here are the options of the file system.
            let source = scan.token()?;
            let source = Escaped(if scan.at_line_end() { b"" } else { source });
            let is_read_only = options.split(|byte| *byte == b',').any(|option| option == b"ro");
            return Some(Mount {
                id,
                device_number: (major, minor),
                subtree,
                mount_point,
                is_read_only,
                kind,
                source,
            });
        }
    }
    None
}

/// How full a file system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Size.
    pub size_bytes: u64,
    /// Not used.
    pub free_bytes: u64,
    /// Not used and open to everybody: without what is reserved for the superuser.
    pub available_bytes: u64,
    /// Inodes; 0 where the file system has no fixed number of them.
    pub inodes: u64,
    /// Inodes not used.
    pub inodes_free: u64,
    /// Whether the file system, or this mount of it, is read-only.
    pub is_read_only: bool,
}

/// How full the file system at `mount_point` is (`statvfs(3)`).
///
/// Waits for as long as the file system does: a dead network share or drive may hold it for ever, so this belongs on a
/// thread that may hang. The path is the machine's own; put a root before it.
///
/// # Errors
/// [`Errno`] of the call; `EOVERFLOW` when a size exceeds 64 bits.
pub fn usage(mount_point: &[u8]) -> Result<Usage, Errno> {
    use nix::sys::statvfs::{FsFlags, statvfs};
    let answer = statvfs(OsStr::from_bytes(mount_point)).map_err(|errno| Errno(errno as i32))?;
    let block_bytes = answer.fragment_size();
    let bytes = |blocks: u64| blocks.checked_mul(block_bytes).ok_or(Errno(libc::EOVERFLOW));
    Ok(Usage {
        size_bytes: bytes(answer.blocks())?,
        free_bytes: bytes(answer.blocks_free())?,
        available_bytes: bytes(answer.blocks_available())?,
        inodes: answer.files(),
        inodes_free: answer.files_free(),
        is_read_only: answer.flags().contains(FsFlags::ST_RDONLY),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "mount line" };

    const CAPTURED: &[u8] = b"\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard,resuid=65534
28 27 0:25 /a\\040b /mnt/with\\040blank\\134and\\011tab ro,nosuid shared:2 master:1 - tmpfs  ro,size=4k,mode=755
38 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

    fn all(text: &[u8]) -> Result<Vec<String>, ParseError> {
        let mut found = Vec::new();
        parse(text, |mount| found.push(format!("{mount:?}")))?;
        Ok(found)
    }

    #[test]
    fn a_captured_file_gives_each_mount() {
        let mut buffer = [0; 64];
        let mut seen = Vec::new();
        parse(CAPTURED, |mount| {
            let point = String::from_utf8(mount.mount_point.unescape(&mut buffer).unwrap().to_vec()).unwrap();
            let kind = String::from_utf8(mount.kind.0.to_vec()).unwrap();
            let source = String::from_utf8(mount.source.0.to_vec()).unwrap();
            seen.push((mount.id, mount.device_number, point, mount.is_read_only, kind, source));
        })
        .unwrap();
        let expected = [
            (22, (0, 21), "/proc", false, "proc", "proc"),
            (27, (254, 0), "/", false, "ext4", "/dev/vda"),
            (28, (0, 25), "/mnt/with blank\\and\ttab", true, "tmpfs", ""),
            (38, (0, 38), "/sys/fs/cgroup/unified", false, "cgroup2", "cgroup2"),
        ];
        let owned = expected.map(|(id, device, point, ro, kind, source)| {
            (id, device, point.to_owned(), ro, kind.to_owned(), source.to_owned())
        });
        assert_eq!(seen, owned);
    }

    #[test]
    fn escapes_are_undone_and_a_backslash_without_one_stays() {
        let undone = |name: &[u8]| Escaped(name).unescape(&mut [0; 16]).map(<[u8]>::to_vec);
        assert_eq!(undone(b"a\\012b").unwrap(), b"a\nb");
        assert_eq!(undone(b"\\377").unwrap(), [0xff]);
        for plain in [&b"\\"[..], b"\\04", b"\\400", b"\\048", b"\\x41", b""] {
            assert_eq!(undone(plain).unwrap(), plain);
        }
        assert_eq!(undone(&[b'a'; 17]), None);
    }

    #[test]
    fn every_shorter_prefix_gives_fewer_mounts_and_no_others() {
        let whole = all(CAPTURED).unwrap();
        for length in 0..CAPTURED.len() {
            let found = all(&CAPTURED[..length]).unwrap();
            assert_eq!(found, whole[..found.len()], "{length} bytes");
            assert!(found.len() < whole.len(), "{length} bytes");
        }
    }

    #[test]
    fn a_line_of_another_form_is_refused() {
        for line in
            ["", "1 2 0:1 / /", "1 2 0 / / rw - a b c", "1 2 0:1 / / rw shared:1", "1 2 0:1 / / rw - ext4"]
        {
            let text = format!("{line}\n");
            assert_eq!(all(text.as_bytes()), Err(MALFORMED), "{line:?}");
        }
        let optional = format!("1 2 0:1 / / rw {}- ext4 a rw\n", "x:1 ".repeat(OPTIONAL_MAX));
        assert_eq!(all(optional.as_bytes()), Err(MALFORMED));
    }

    #[test]
    fn the_live_mounts_are_those_that_another_parser_finds() {
        use procfs::FromRead;
        let text = std::fs::read("/proc/self/mountinfo").unwrap();
        let theirs = match procfs::process::MountInfos::from_read(text.as_slice()) {
            Ok(theirs) => theirs.0,
            Err(error) => {
                eprintln!("not compared here: {error}");
                return;
            }
        };
        let mut ours = Vec::new();
        parse(&text, |mount| ours.push((mount.id, mount.kind.0.to_vec()))).unwrap();
        let theirs: Vec<_> = theirs
            .into_iter()
            .map(|mount| (u32::try_from(mount.mnt_id).unwrap(), mount.fs_type.into_bytes()))
            .collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn the_live_root_has_a_size_and_a_missing_place_an_error() {
        let usage_of_root = usage(b"/").unwrap();
        assert!(usage_of_root.size_bytes > 0 && usage_of_root.free_bytes <= usage_of_root.size_bytes);
        assert!(usage(b"/no/such/place").unwrap_err().is_absent());
        assert_eq!(usage(b"a\0b").unwrap_err(), Errno(libc::EINVAL));
    }
}
