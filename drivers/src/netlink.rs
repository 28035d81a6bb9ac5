//! Links and their counters by `NETLINK_ROUTE` (`rtnetlink(7)`).
//!
//! ```text
//! LinkReader::read ── RTM_GETLINK dump ──► datagrams ──► netlink/wire (framing) ──► netlink/link ──► &[Link]
//! LinkWatch::changed ◄── RTNLGRP_LINK: something about the set of links changed
//! ```
//!
//! One request answers for all interfaces with 64-bit counters. The sockets are the network namespace's own: there is
//! no path and no root. Storage is made when opening; a read allocates nothing and its loops have named limits. A dump
//! may wait for the kernel's link lock while somebody reconfigures the network, so that it belongs in a lane that may
//! wait for milliseconds.

mod counters;
mod link;
mod wire;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, connect, recv, send, socket,
};

use crate::file::Errno;

pub use counters::{FoldedCounters, LinkCounters};
pub use link::{DatagramEnd, Link, LinkName, OperState, parse_datagram};

const RTM_GETLINK: u16 = 18;
/// `RTMGRP_LINK`: the bit of the group `RTNLGRP_LINK`.
const RTMGRP_LINK: u32 = 1;
/// Header and `struct ifinfomsg` of the request.
const REQUEST_BYTES: usize = wire::HEADER_BYTES + 16;
/// The same, as the header's length field has it.
const REQUEST_LENGTH: u32 = 32;
const _: () = assert!(REQUEST_BYTES == 32, "the length field says how long the request is");
/// Where a request has its sequence number.
const SEQUENCE_AT: usize = 8;
/// The kernel fills a dump's datagrams up to the reader's buffer, at most this much (`NETLINK` dump limit).
const BUFFER_BYTES: usize = 32 * 1024;
/// Times a dump is asked for anew after links changed in the middle of it.
pub const DUMP_ATTEMPTS_MAX: u32 = 4;
/// Datagrams of one dump: each holds at least one link, so this is far above any number of links one may arm for.
const DATAGRAMS_MAX: u32 = 16_384;
/// Notifications taken at one [`LinkWatch::changed`]; what is left makes the next call answer `true` again.
const NOTIFICATIONS_MAX: u32 = 64;

/// What is wrong with bytes that should be netlink's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Less than a header is left of the datagram.
    #[error("a netlink datagram ends inside a message header")]
    ShortMessageHeader,
    /// A message claims to be shorter than its header or longer than the datagram.
    #[error("a netlink message's length does not fit its datagram")]
    MessageLength,
    /// An attribute claims to be shorter than its header or longer than the message.
    #[error("a netlink attribute's length does not fit its message")]
    AttributeLength,
    /// The value of an attribute is too small or too large for its type.
    #[error("the value of link attribute {kind} does not fit its type")]
    AttributeValue {
        /// `IFLA_*` of `linux/if_link.h`.
        kind: u16,
    },
    /// A link message is shorter than `struct ifinfomsg`.
    #[error("a link message is shorter than its fixed part")]
    ShortLink,
    /// A link message has no `IFLA_IFNAME`.
    #[error("a link message names no interface")]
    UnnamedLink,
    /// The end of a dump, or a refusal, has no outcome.
    #[error("a netlink dump ends without an outcome")]
    ShortOutcome,
}

/// Why links could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetlinkError {
    /// A system call failed; `step` is its name.
    #[error("{step} on a NETLINK_ROUTE socket failed: {errno}; netlink may be closed to this service")]
    System {
        /// The system call.
        step: &'static str,
        /// What it answered.
        errno: Errno,
    },
    /// The kernel answered the dump with an error.
    #[error("the kernel refused to list the network links: {errno}")]
    Refused {
        /// The refusal.
        errno: Errno,
    },
    /// The set of links changed during each of [`DUMP_ATTEMPTS_MAX`] dumps, or the kernel lost datagrams of each.
    #[error(
        "the network links changed during each of {DUMP_ATTEMPTS_MAX} listings; try again when they have settled"
    )]
    Unsettled,
    /// The answer stopped before its end.
    #[error("the kernel's list of network links stopped before its end")]
    Stalled,
    /// A datagram was larger than the buffer, and a part of it is lost.
    #[error("a netlink datagram of {needed_bytes} bytes is larger than the buffer of {BUFFER_BYTES}")]
    Truncated {
        /// Size of the datagram.
        needed_bytes: usize,
    },
    /// The bytes are not netlink's.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// The links at one moment.
#[derive(Clone, Copy, Debug)]
pub struct LinkList<'a> {
    /// Ordered as the kernel lists them, by index.
    pub links: &'a [Link],
    /// Links that exist and for which there was no room.
    pub left_out: usize,
}

/// Reads all links of the network namespace.
#[derive(Debug)]
pub struct LinkReader {
    socket: OwnedFd,
    request: [u8; REQUEST_BYTES],
    sequence: u32,
    buffer: Box<[u8]>,
    links: Vec<Link>,
}

impl LinkReader {
    /// Opens a socket and makes room for `links_max` links.
    ///
    /// # Errors
    /// [`NetlinkError::System`] when the kernel gives no such socket.
    pub fn open(links_max: usize) -> Result<Self, NetlinkError> {
        let socket = open_socket(0)?;
        // Connected to the kernel, the socket takes no message from another process.
        connect(socket.as_raw_fd(), &NetlinkAddr::new(0, 0)).map_err(|errno| system("connect", errno))?;
        Ok(Self {
            socket,
            request: dump_request(),
            sequence: 0,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            links: Vec::with_capacity(links_max),
        })
    }

    /// Lists the links as they are now.
    ///
    /// A list that changed while it was being made is asked for again, [`DUMP_ATTEMPTS_MAX`] times at most.
    ///
    /// # Errors
    /// Each [`NetlinkError`]; the reader stays usable.
    pub fn read(&mut self) -> Result<LinkList<'_>, NetlinkError> {
        for _ in 0..DUMP_ATTEMPTS_MAX {
            if let Some(left_out) = self.dump()? {
                return Ok(LinkList { links: &self.links, left_out });
            }
        }
        Err(NetlinkError::Unsettled)
    }

    /// One dump, read to its end whatever happens, so that the next one does not find a busy socket.
    ///
    /// Returns how many links were left out, or `None` when the list is torn.
    fn dump(&mut self) -> Result<Option<usize>, NetlinkError> {
        self.sequence = self.sequence.wrapping_add(1);
        if let Some(place) = self.request.get_mut(SEQUENCE_AT..SEQUENCE_AT + size_of::<u32>()) {
            place.copy_from_slice(&self.sequence.to_ne_bytes());
        }
        self.links.clear();
        send(self.socket.as_raw_fd(), &self.request, MsgFlags::MSG_DONTWAIT)
            .map_err(|errno| system("send", errno))?;
        let mut torn = false;
        let mut left_out = 0_usize;
        let mut fault = None;
        for _ in 0..DATAGRAMS_MAX {
            let datagram = match receive(&self.socket, &mut self.buffer) {
                Ok(datagram) => datagram,
                // The kernel dropped a datagram for want of room; the rest still has to be taken.
                Err(NetlinkError::System { errno: Errno(libc::ENOBUFS), .. }) => {
                    torn = true;
                    continue;
                }
                Err(NetlinkError::System { errno: Errno(libc::EINTR), .. }) => continue,
                Err(NetlinkError::System { errno: Errno(libc::EAGAIN), .. }) if torn => return Ok(None),
                Err(NetlinkError::System { errno: Errno(libc::EAGAIN), .. }) => {
                    return Err(NetlinkError::Stalled);
                }
                Err(NetlinkError::Truncated { needed_bytes }) => {
                    fault = Some(NetlinkError::Truncated { needed_bytes });
                    continue;
                }
                Err(error) => return Err(error),
            };
            match parse_datagram(datagram, self.sequence, &mut self.links) {
                Err(error) => fault = Some(NetlinkError::Wire(error)),
                Ok(end) => {
                    torn |= end.interrupted;
                    left_out = left_out.saturating_add(end.left_out);
                    if end.refusal != 0 {
                        return Err(NetlinkError::Refused { errno: Errno(end.refusal) });
                    }
                    if end.done {
                        return fault.map_or(Ok((!torn).then_some(left_out)), Err);
                    }
                }
            }
        }
        Err(fault.unwrap_or(NetlinkError::Stalled))
    }
}

/// Hears of changes to the set of links: a link came, went, was renamed, or changed its state.
#[derive(Debug)]
pub struct LinkWatch {
    socket: OwnedFd,
    buffer: Box<[u8]>,
}

impl LinkWatch {
    /// Opens a socket in the group `RTNLGRP_LINK`. Open it before the first [`LinkReader::read`], or a change between
    /// the two is missed.
    ///
    /// # Errors
    /// [`NetlinkError::System`] when the kernel gives no such socket.
    pub fn open() -> Result<Self, NetlinkError> {
        let socket = open_socket(RTMGRP_LINK)?;
        Ok(Self { socket, buffer: vec![0; BUFFER_BYTES].into_boxed_slice() })
    }

    /// Whether anything changed since the last call; never waits.
    ///
    /// Notifications that the kernel had to drop count as a change.
    ///
    /// # Errors
    /// [`NetlinkError::System`] when the socket cannot be read.
    pub fn changed(&mut self) -> Result<bool, NetlinkError> {
        let mut changed = false;
        for _ in 0..NOTIFICATIONS_MAX {
            match receive(&self.socket, &mut self.buffer) {
                // What changed is read by a dump; a notification cut short says as much as a whole one.
                Ok(_)
                | Err(
                    NetlinkError::Truncated { .. } | NetlinkError::System { errno: Errno(libc::ENOBUFS), .. },
                ) => {
                    changed = true;
                }
                Err(NetlinkError::System { errno: Errno(libc::EINTR), .. }) => {}
                Err(NetlinkError::System { errno: Errno(libc::EAGAIN), .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(changed)
    }
}

impl AsFd for LinkWatch {
    /// For poll(2) or epoll(7): readable when [`LinkWatch::changed`] would say `true`.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

const fn system(step: &'static str, errno: nix::errno::Errno) -> NetlinkError {
    NetlinkError::System { step, errno: Errno(errno as i32) }
}

fn open_socket(groups: u32) -> Result<OwnedFd, NetlinkError> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)
        .map_err(|errno| system("socket", errno))?;
    bind(fd.as_raw_fd(), &NetlinkAddr::new(0, groups)).map_err(|errno| system("bind", errno))?;
    Ok(fd)
}

/// One datagram, whole.
fn receive<'a>(socket: &OwnedFd, buffer: &'a mut [u8]) -> Result<&'a [u8], NetlinkError> {
    // With MSG_TRUNC the kernel tells the datagram's size even when the buffer is smaller.
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
    let needed_bytes = recv(socket.as_raw_fd(), buffer, flags).map_err(|errno| system("recv", errno))?;
    buffer.get(..needed_bytes).ok_or(NetlinkError::Truncated { needed_bytes })
}

/// `RTM_GETLINK` for every link, family unspecified; the sequence number is filled in at each send.
fn dump_request() -> [u8; REQUEST_BYTES] {
    let [k0, k1] = RTM_GETLINK.to_ne_bytes();
    let [f0, f1] = (wire::NLM_F_REQUEST | wire::NLM_F_DUMP).to_ne_bytes();
    let mut request = [0; REQUEST_BYTES];
    let length = REQUEST_LENGTH.to_ne_bytes();
    for (place, byte) in request.iter_mut().zip(length.into_iter().chain([k0, k1, f0, f1])) {
        *place = byte;
    }
    request
}

#[cfg(test)]
mod tests;
