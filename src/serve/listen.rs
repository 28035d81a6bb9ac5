//! Opening the places where clients come in.

use std::fs::{self, File, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

/// Connections that the kernel keeps waiting for us; what comes beyond is retried by the client's kernel.
const BACKLOG: i32 = 1024;

/// Owner and group may connect, others may not.
const SOCKET_MODE: u32 = 0o660;

/// A socket that listens on `address`, not blocking, and the address with the port that it got.
pub(super) fn tcp(address: SocketAddr) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for connections of the previous run to be forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let bound = socket.local_addr()?.as_socket().unwrap_or(address);
    Ok((socket, bound))
}

/// A Unix socket's file, removed when dropped if it is still the same file.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            // The next start finds nobody answering on it and removes it; there is nothing else to be done here.
            debug_assert!(error.kind() == io::ErrorKind::NotFound, "removing the socket file: {error}");
        }
    }
}

/// A Unix socket that listens at `path`, not blocking. A socket file on which nobody answers is replaced; anything
/// else at that path is an error.
pub(super) fn unix(path: &Path) -> io::Result<(Socket, SocketFile)> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // The file takes its mode from the socket, less the umask: set before it exists, nobody else ever gets in.
    let file = File::from(OwnedFd::from(socket));
    file.set_permissions(Permissions::from_mode(SOCKET_MODE))?;
    let socket = Socket::from(OwnedFd::from(file));
    socket.bind(&SockAddr::unix(path)?)?;
    let metadata = fs::symlink_metadata(path)?;
    let file = SocketFile { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() };
    // What the umask took away.
    fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok((socket, file))
}

fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is not a socket"));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_answered) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another program answers on it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of this test alone, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("hearth-listen-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).expect("a scratch directory");
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("the scratch directory goes");
        }
    }

    #[test]
    fn the_socket_file_has_its_mode_and_parent_and_goes_at_the_end() {
        let scratch = Scratch::new("mode");
        let path = scratch.0.join("run/hearth/socket");
        let (socket, file) = unix(&path).expect("a socket");
        let mode = fs::metadata(&path).expect("the file is there").mode();
        assert_eq!(mode & 0o7777, 0o660);
        drop((socket, file));
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_file_is_replaced_but_a_live_one_is_not() {
        let scratch = Scratch::new("stale");
        let path = scratch.0.join("socket");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket that is left behind"));
        assert!(path.exists());
        let live = unix(&path).expect("the stale file is replaced");
        let error = unix(&path).expect_err("the live one stays");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        UnixStream::connect(&path).expect("still answered");
        drop(live);
    }

    #[test]
    fn a_file_that_is_no_socket_is_left_alone() {
        let scratch = Scratch::new("file");
        let path = scratch.0.join("socket");
        fs::write(&path, "precious").expect("a file");
        let error = unix(&path).expect_err("not replaced");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
    }

    #[test]
    fn a_successors_socket_file_is_not_removed() {
        let scratch = Scratch::new("successor");
        let path = scratch.0.join("socket");
        let (first, first_file) = unix(&path).expect("a socket");
        fs::remove_file(&path).expect("taken away");
        let successor = unix(&path).expect("a second one");
        drop((first, first_file));
        assert!(path.exists());
        drop(successor);
    }
}
