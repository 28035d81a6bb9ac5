//! The board as a file system: what the kernel asks over `/dev/fuse`, answered from the state.

use crate::answer::Ask;
use crate::fault::Fault;
use crate::space::SpaceAsk;
use crate::state::{Shared, State};
use crate::tree::{Kind, Node};
use fuser::{
    AccessFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyStatfs, Request,
};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The kernel is to remember nothing.
const NO_CACHE: Duration = Duration::ZERO;

/// Serves one mount of a board.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) epoch: u64,
}

impl Server {
    /// Looks something up in the state, unless the mount has ended.
    fn ask<T>(&self, look: impl FnOnce(&mut State) -> Result<T, Errno>) -> Result<T, Errno> {
        let mut state = self.shared.lock();
        if state.serves(self.epoch) { look(&mut state) } else { Err(Errno::ENODEV) }
    }
}

fn attributes(state: &State, ino: u64) -> Result<FileAttr, Errno> {
    let (path, node) = state.tree.seen(ino).ok_or(Errno::ENOENT)?;
    let (usual, size) = match node {
        Node::Directory => (0o555, 0),
        Node::Link(target) => (0o777, target.len()),
        // sysfs says one page for every attribute, procfs says nothing.
        Node::File(_) => (0o444, if path.starts_with(b"sys/") { 4096 } else { 0 }),
    };
    Ok(FileAttr {
        ino: INodeNo(ino),
        size: u64::try_from(size).unwrap_or(u64::MAX),
        blocks: 0,
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind: file_type(node.kind()),
        perm: state.tree.mode(ino).unwrap_or(usual),
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    })
}

const fn file_type(kind: Kind) -> FileType {
    match kind {
        Kind::Directory => FileType::Directory,
        Kind::Link => FileType::Symlink,
        Kind::File => FileType::RegularFile,
    }
}

fn denied(state: &State, ino: u64) -> Result<(), Errno> {
    let (path, _) = state.tree.seen(ino).ok_or(Errno::ENOENT)?;
    if state.tree.fault(path) == Some(Fault::Denied) { Err(Errno::EACCES) } else { Ok(()) }
}

impl Filesystem for Server {
    fn lookup(&self, _request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.ask(|state| {
            let ino = state.tree.child(parent.0, name.as_bytes()).ok_or(Errno::ENOENT)?;
            attributes(state, ino)
        });
        match found {
            Ok(attributes) => reply.entry(&NO_CACHE, &attributes, Generation(0)),
            Err(errno) => reply.error(errno),
        }
    }

    fn getattr(&self, _request: &Request, ino: INodeNo, _handle: Option<FileHandle>, reply: ReplyAttr) {
        match self.ask(|state| attributes(state, ino.0)) {
            Ok(attributes) => reply.attr(&NO_CACHE, &attributes),
            Err(errno) => reply.error(errno),
        }
    }

    fn access(&self, _request: &Request, ino: INodeNo, _mask: AccessFlags, reply: ReplyEmpty) {
        match self.ask(|state| denied(state, ino.0)) {
            Ok(()) => reply.ok(),
            Err(errno) => reply.error(errno),
        }
    }

    fn readlink(&self, _request: &Request, ino: INodeNo, reply: ReplyData) {
        let target = self.ask(|state| match state.tree.seen(ino.0) {
            Some((_, Node::Link(target))) => Ok(target.clone()),
            Some(_) => Err(Errno::EINVAL),
            None => Err(Errno::ENOENT),
        });
        match target {
            Ok(target) => reply.data(target.as_bytes()),
            Err(errno) => reply.error(errno),
        }
    }

    fn open(&self, _request: &Request, ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        let opened = self.ask(|state| state.open(ino.0).map_err(|errno| Errno::from_i32(errno as i32)));
        match opened {
            Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::FOPEN_DIRECT_IO),
            Err(errno) => reply.error(errno),
        }
    }

    fn read(
        &self,
        _request: &Request,
        _ino: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let (epoch, handle) = (self.epoch, handle.0);
        self.shared.read(Ask { epoch, handle, offset, size, counted: false, due: None, reply });
    }

    fn release(
        &self,
        _request: &Request,
        _ino: INodeNo,
        handle: FileHandle,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        self.shared.lock().close(handle.0);
        reply.ok();
    }

    fn statfs(&self, _request: &Request, ino: INodeNo, reply: ReplyStatfs) {
        let (epoch, ino) = (self.epoch, ino.0);
        self.shared.ask_space(SpaceAsk { epoch, ino, counted: false, reply });
    }

    fn opendir(&self, _request: &Request, ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        match self.ask(|state| denied(state, ino.0).map(|()| state.fresh_handle())) {
            Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::empty()),
            Err(errno) => reply.error(errno),
        }
    }

    fn readdir(
        &self,
        _request: &Request,
        ino: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let listed = self
            .ask(|state| state.list(ino.0, handle.0, offset).map_err(|errno| Errno::from_i32(errno as i32)));
        let rows = match listed {
            Ok(rows) => rows,
            Err(errno) => return reply.error(errno),
        };
        for ((ino, kind, name), next) in rows.iter().zip(1u64..) {
            if next > offset && reply.add(INodeNo(*ino), next, file_type(*kind), OsStr::from_bytes(name)) {
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _request: &Request,
        _ino: INodeNo,
        handle: FileHandle,
        _flags: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.shared.lock().close_directory(handle.0);
        reply.ok();
    }
}
