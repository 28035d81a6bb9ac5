//! One group's files, opened once.

use std::path::Path;

use super::{cpu_stat, io_stat, memory, number};
use crate::file::{Errno, KernelFile, OpenError, ReadError};
use crate::proc::{ParseError, pressure};

/// The longest text that is read: `io.stat` of some 300 devices.
pub const TEXT_BYTES: usize = 32 * 1024;

/// Waiting for a CPU.
pub const CPU_PRESSURE: &str = "cpu.pressure";
/// Waiting for memory.
pub const MEMORY_PRESSURE: &str = "memory.pressure";
/// Waiting for a disk.
pub const IO_PRESSURE: &str = "io.pressure";

/// What kept one of a group's files from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// The kernel did not give its text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its text is not as the kernel writes it.
    #[error(transparent)]
    Parse(#[from] ParseError),
}

impl GroupError {
    /// Whether the group was removed: its open files answer `ENODEV` for good.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Read(ReadError::Os(Errno(libc::ENODEV))))
    }
}

/// The open files of one group.
#[derive(Debug)]
pub struct Group {
    /// [`cpu_stat::FILE`]: every group has it.
    pub cpu: KernelFile,
    /// What depends on controllers, and on how the kernel was built.
    pub others: Others,
}

/// What a group may have beside its CPU times.
#[derive(Debug)]
pub struct Others {
    /// [`number::MEMORY_CURRENT`].
    pub memory_current: Option<KernelFile>,
    /// [`number::MEMORY_PEAK`].
    pub memory_peak: Option<KernelFile>,
    /// [`memory::STAT`].
    pub memory_stat: Option<KernelFile>,
    /// [`memory::EVENTS`].
    pub memory_events: Option<KernelFile>,
    /// [`io_stat::FILE`].
    pub io: Option<KernelFile>,
    /// [`number::PIDS_CURRENT`].
    pub pids: Option<KernelFile>,
    /// [`CPU_PRESSURE`], [`MEMORY_PRESSURE`], [`IO_PRESSURE`].
    pub pressure: [Option<KernelFile>; 3],
}

impl Group {
    /// Opens what the group in `directory` has. Allocates.
    ///
    /// # Errors
    /// [`OpenError`] where there are no CPU times, or a file that is there cannot be opened.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let open = |file: &str, delivery| match KernelFile::open(directory, file, delivery) {
            Ok(file) => Ok(Some(file)),
            // Pressure that was switched off for the group answers EOPNOTSUPP.
            Err(error) if error.is_absent() || error.errno == Errno(libc::EOPNOTSUPP) => Ok(None),
            Err(error) => Err(error),
        };
        let cpu = KernelFile::open(directory, cpu_stat::FILE, cpu_stat::DELIVERY)?;
        let others = Others {
            memory_current: open(number::MEMORY_CURRENT, number::DELIVERY)?,
            memory_peak: open(number::MEMORY_PEAK, number::DELIVERY)?,
            memory_stat: open(memory::STAT, memory::DELIVERY)?,
            memory_events: open(memory::EVENTS, memory::DELIVERY)?,
            io: open(io_stat::FILE, io_stat::DELIVERY)?,
            pids: open(number::PIDS_CURRENT, number::DELIVERY)?,
            pressure: [
                open(CPU_PRESSURE, pressure::DELIVERY)?,
                open(MEMORY_PRESSURE, pressure::DELIVERY)?,
                open(IO_PRESSURE, pressure::DELIVERY)?,
            ],
        };
        Ok(Self { cpu, others })
    }

    /// How many files are open.
    #[must_use]
    pub fn files(&self) -> usize {
        let Others { memory_current, memory_peak, memory_stat, memory_events, io, pids, pressure } =
            &self.others;
        let single = [memory_current, memory_peak, memory_stat, memory_events, io, pids];
        1 + single.into_iter().chain(pressure).flatten().count()
    }
}

/// Reads `file` into `room` by `parse`; an empty text is parsed as such.
///
/// # Errors
/// [`GroupError`].
pub fn read<T>(
    file: &KernelFile,
    room: &mut [u8],
    parse: impl FnOnce(&[u8]) -> Result<T, ParseError>,
) -> Result<T, GroupError> {
    let text: &[u8] = match file.read(room) {
        Ok(text) => text,
        // A group that did nothing with any device has an empty `io.stat`.
        Err(ReadError::Empty) => &[],
        Err(error) => return Err(error.into()),
    };
    Ok(parse(text)?)
}

#[cfg(test)]
mod tests {
    use super::super::walk::tests::Tree;
    use super::*;
    use std::fs;

    #[test]
    fn a_group_has_the_files_of_its_controllers() {
        let tree = Tree::new("files");
        tree.group("bare", 7);
        tree.group("full", 7);
        tree.write("full/memory.current", "4096\n");
        tree.write("full/io.stat", "");
        tree.write("full/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
        let bare = Group::open(&tree.root().join("bare")).unwrap();
        assert_eq!(bare.files(), 1);
        let full = Group::open(&tree.root().join("full")).unwrap();
        assert_eq!(full.files(), 4);
        let mut room = [0; 256];
        assert_eq!(read(&full.others.memory_current.unwrap(), &mut room, number::parse), Ok(4096));
        assert_eq!(read(&full.others.io.unwrap(), &mut room, |text| Ok(io_stat::parse(text).count())), Ok(0));
        assert!(Group::open(&tree.root().join("none")).unwrap_err().is_absent());
    }

    #[test]
    fn a_group_removed_while_its_files_are_open_is_told_from_other_trouble() {
        let gone = GroupError::Read(ReadError::Os(Errno(libc::ENODEV)));
        let other = GroupError::Read(ReadError::Os(Errno(libc::EIO)));
        assert!(gone.is_gone() && !other.is_gone());
        // The real thing, where this process may make groups.
        let Ok(place) = super::super::place::find(Path::new("/")) else {
            eprintln!("not checked here: no control groups of version 2");
            return;
        };
        let directory = place.directory.join(format!("hearth-test-{}", std::process::id()));
        if let Err(error) = fs::create_dir(&directory) {
            eprintln!("not checked here: cannot make {}: {error}", directory.display());
            return;
        }
        let group = Group::open(&directory).unwrap();
        let mut room = [0; 2048];
        let before = read(&group.cpu, &mut room, cpu_stat::parse);
        fs::remove_dir(&directory).unwrap();
        assert_eq!(before.unwrap().usage_us, 0);
        assert!(read(&group.cpu, &mut room, cpu_stat::parse).unwrap_err().is_gone());
    }
}
