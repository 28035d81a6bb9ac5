//! Where the network sensor has its links from: netlink below `/`, files below any other root.

use std::path::Path;

use hearth_drivers::link_tree::{LinkTree, LinkTreeError, LinksSeen};
use hearth_drivers::netlink::{LinkReader, LinkWatch, NetlinkError};
use hearth_hot::contract::Absent;
use hearth_model::Reason;

use super::{Trouble, unopened};

/// Room for as many links more than there are when arming; a container takes one or two.
const HEADROOM: usize = 8;
/// The room of the first listing, which counts them.
const ROOM_FIRST: usize = 8;

/// One source or the other.
pub(super) enum Links {
    /// The machine's own.
    Kernel { reader: Box<LinkReader>, watch: LinkWatch },
    /// A tree that stands for a machine.
    Files(LinkTree),
}

impl Links {
    /// Opens the source that fits `root`.
    pub(super) fn open(root: &Path) -> Result<Self, Absent> {
        if root != Path::new("/") {
            let tree = LinkTree::open(root).map_err(|error| unopened(&error, "mount /proc"))?;
            return Ok(Self::Files(tree));
        }
        let refused = |error: NetlinkError| Absent {
            reason: reason(error),
            what: error.to_string(),
            fix: "allow the service AF_NETLINK sockets (RestrictAddressFamilies= of its unit)".to_owned(),
        };
        // Listening begins before the first listing, so that no change falls between the two.
        let watch = LinkWatch::open().map_err(refused)?;
        let mut reader = LinkReader::open(ROOM_FIRST).map_err(refused)?;
        let first = reader.read().map_err(refused)?;
        let room = first.links.len() + first.left_out + HEADROOM;
        let reader = Box::new(LinkReader::open(room).map_err(refused)?);
        Ok(Self::Kernel { reader, watch })
    }

    /// Whether the kernel told of a change since the last call. Files tell nothing, so each time may be one.
    pub(super) fn noticed_change(&mut self) -> Result<bool, Trouble> {
        match self {
            Self::Kernel { watch, .. } => Ok(watch.changed()?),
            Self::Files(_) => Ok(true),
        }
    }

    /// The links now.
    pub(super) fn read(&mut self) -> Result<LinksSeen<'_>, Trouble> {
        match self {
            Self::Kernel { reader, .. } => {
                let list = reader.read()?;
                Ok(LinksSeen { links: list.links, is_outgrown: list.left_out > 0 })
            }
            Self::Files(tree) => Ok(tree.read()?),
        }
    }
}

fn reason(error: NetlinkError) -> Reason {
    match error {
        NetlinkError::System { errno, .. } | NetlinkError::Refused { errno } if errno.is_permission() => {
            Reason::NoPermission
        }
        NetlinkError::System { .. } | NetlinkError::Refused { .. } | NetlinkError::Stalled => Reason::IoError,
        NetlinkError::Unsettled => Reason::Uncertain,
        NetlinkError::Truncated { .. } | NetlinkError::Wire(_) => Reason::OutOfRange,
    }
}

impl From<NetlinkError> for Trouble {
    fn from(error: NetlinkError) -> Self {
        Self::No(reason(error))
    }
}

impl From<LinkTreeError> for Trouble {
    fn from(error: LinkTreeError) -> Self {
        match error {
            LinkTreeError::Read(error) => error.into(),
            LinkTreeError::Parse(error) => error.into(),
        }
    }
}
