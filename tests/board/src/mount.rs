//! Mounting a board by `mount(2)` and taking it off again, whoever still holds a file of it.

use crate::board::Board;
use crate::proof::not_run;
use crate::served::Server;
use fuser::{BackgroundSession, Config, Session, SessionACL};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a board could not be mounted or taken off.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// The kernel's FUSE device did not open.
    #[error("open /dev/fuse for reading and writing: {0}; load the fuse module and run as root")]
    Device(#[source] io::Error),
    /// `mount(2)` refused.
    #[error("mount the board at {dir}: {errno}; mounting needs root with CAP_SYS_ADMIN")]
    Mount {
        /// Where it was to be.
        dir: PathBuf,
        /// What the kernel answered.
        errno: Errno,
    },
    /// The directory to mount at could not be made or used.
    #[error("use {dir} as the directory to mount at: {errno}")]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// What the kernel answered.
        errno: Errno,
    },
    /// The board is mounted already; drop the other [`Mounted`] first.
    #[error("the board is mounted already; drop its other mount first")]
    Already,
    /// The first exchange with the kernel failed, or a thread did not start.
    #[error("begin to serve the mounted board: {0}")]
    Serve(#[source] io::Error),
    /// `umount2(2)` refused.
    #[error("detach the board from {dir}: {errno}")]
    Detach {
        /// Where it is.
        dir: PathBuf,
        /// What the kernel answered.
        errno: Errno,
    },
}

impl MountError {
    /// Whether this machine or user cannot mount FUSE at all, as opposed to something being broken.
    #[must_use]
    pub fn is_missing_privilege_or_device(&self) -> bool {
        let errno = match self {
            Self::Device(source) => source.raw_os_error().map(Errno::from_raw),
            Self::Mount { errno, .. } => Some(*errno),
            Self::Directory { .. } | Self::Already | Self::Serve(_) | Self::Detach { .. } => None,
        };
        matches!(errno, Some(Errno::ENOENT | Errno::ENODEV | Errno::ENXIO | Errno::EPERM | Errno::EACCES))
    }
}

/// A mounted board. Dropping it answers every waiting read with `ENODEV`, detaches the mount at once
/// (`MNT_DETACH`) and removes the directory if the board made it. Processes that still hold files keep
/// getting `ENODEV` from them.
#[derive(Debug)]
pub struct Mounted {
    board: Board,
    epoch: u64,
    dir: PathBuf,
    made_dir: bool,
    attached: bool,
    /// Its threads end by themselves when the last file of the mount is closed: joining them here would make
    /// the test wait for the program under test.
    _session: BackgroundSession,
}

impl Board {
    /// Mounts the board at an existing directory, as root and without `fusermount`. What is left there of a
    /// board whose process was killed is taken off first.
    ///
    /// # Errors
    /// [`MountError`]: no `/dev/fuse`, no privilege, no such directory, or mounted already.
    pub fn mount(&self, dir: impl AsRef<Path>) -> Result<Mounted, MountError> {
        let dir = usable(dir.as_ref())?;
        let device =
            OpenOptions::new().read(true).write(true).open("/dev/fuse").map_err(MountError::Device)?;
        let epoch = self.shared.lock().begin_serving().ok_or(MountError::Already)?;
        let served = self.serve_at(&dir, device, epoch);
        if served.is_err() {
            self.shared.lock().end_serving(epoch);
        }
        Ok(Mounted { board: self.clone(), epoch, dir, made_dir: false, attached: true, _session: served? })
    }

    /// Mounts the board at a new directory of its own. Where the machine has no `/dev/fuse` or the user may
    /// not mount, says so on stderr and returns `None`: the test then has nothing to show and returns.
    ///
    /// The directory is made in the temporary directory as `hearth-board-XXXXXX`. A test process that is
    /// killed leaves it behind as a dead mount, for `umount` to take off.
    ///
    /// # Errors
    /// [`MountError`] for everything else: then something is broken and the test has to fail.
    pub fn mount_or_say_why(&self) -> Result<Option<Mounted>, MountError> {
        let template = std::env::temp_dir().join("hearth-board-XXXXXX");
        let dir = nix::unistd::mkdtemp(&template)
            .map_err(|errno| MountError::Directory { dir: template, errno })?;
        match self.mount(&dir) {
            Ok(mut mounted) => {
                mounted.made_dir = true;
                Ok(Some(mounted))
            }
            Err(error) => {
                remove_dir(&dir);
                if !error.is_missing_privilege_or_device() {
                    return Err(error);
                }
                not_run("fuse", &format!("the virtual board cannot be mounted here: {error}"));
                Ok(None)
            }
        }
    }

    fn serve_at(&self, dir: &Path, device: File, epoch: u64) -> Result<BackgroundSession, MountError> {
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("hearth-board"), dir, Some("fuse.hearth-board"), flags, Some(options.as_str()))
            .map_err(|errno| MountError::Mount { dir: dir.to_owned(), errno })?;
        let begun = self.begin_session(device.into(), epoch);
        if begun.is_err() {
            detach(dir)?;
        }
        begun.map_err(MountError::Serve)
    }

    fn begin_session(&self, device: OwnedFd, epoch: u64) -> io::Result<BackgroundSession> {
        let server = Server { shared: Arc::clone(&self.shared), epoch };
        let session = Session::from_fd(server, device, SessionACL::All, Config::default())?.spawn()?;
        if self.shared.lock().clock.runs() {
            let shared = Arc::clone(&self.shared);
            let settle = move || shared.settle_while_serving(epoch);
            std::thread::Builder::new().name("board-time".to_owned()).spawn(settle)?;
        }
        Ok(session)
    }
}

impl Mounted {
    /// The directory the board is mounted at, for `--root`.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path of a board's file for a reader of this machine.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path.trim_start_matches('/'))
    }

    /// Takes the board off now, as dropping does, and says what went wrong.
    ///
    /// # Errors
    /// [`MountError::Detach`] when the kernel refused, for instance because somebody took it off already.
    pub fn unmount(mut self) -> Result<(), MountError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), MountError> {
        if !std::mem::take(&mut self.attached) {
            return Ok(());
        }
        self.board.shared.lock().end_serving(self.epoch);
        self.board.shared.settle();
        let detached = detach(&self.dir);
        if self.made_dir {
            remove_dir(&self.dir);
        }
        detached
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("virtual board: {error}");
        }
    }
}

fn detach(dir: &Path) -> Result<(), MountError> {
    let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
    umount2(dir, flags).map_err(|errno| MountError::Detach { dir: dir.to_owned(), errno })
}

/// The directory's full path, after taking off a mount whose server is dead.
fn usable(dir: &Path) -> Result<PathBuf, MountError> {
    let refused = |source: &io::Error| {
        let errno = source.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw);
        MountError::Directory { dir: dir.to_owned(), errno }
    };
    if let Err(error) = std::fs::metadata(dir) {
        if error.raw_os_error() != Some(Errno::ENOTCONN as i32) {
            return Err(refused(&error));
        }
        detach(dir)?;
    }
    dir.canonicalize().map_err(|error| refused(&error))
}

fn remove_dir(dir: &Path) {
    if let Err(error) = std::fs::remove_dir(dir) {
        eprintln!("virtual board: remove the empty directory {}: {error}", dir.display());
    }
}
