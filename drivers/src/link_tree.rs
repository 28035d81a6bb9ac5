//! Links as files tell of them: `/proc/net/dev` and `/sys/class/net/NAME/` below a root
//! (`Documentation/ABI/testing/sysfs-class-net`).
//!
//! Netlink is the better source and the machine's own; this one hangs below a root, as a test's tree has to. It gives
//! the same [`Link`]s, read anew at each [`LinkTree::read`] from files kept open. What a tree does not have is `None`.

use std::path::Path;

use crate::file::{Delivery, KernelFile, KernelText, OpenError, ReadError};
use crate::label::Label;
use crate::netlink::{FoldedCounters, Link, LinkCounters, LinkName, OperState};
use crate::proc::{ParseError, net_dev};
use crate::text::Scan;

/// Room for one attribute; an alias is the longest, with 255 bytes.
const ROOM_BYTES: usize = 288;
const IFF_DORMANT: u32 = 1 << 17;

/// Why the links could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkTreeError {
    /// `/proc/net/dev` cannot be read.
    #[error("the list of network links could not be read: {0}")]
    Read(#[from] ReadError),
    /// `/proc/net/dev` is not as the kernel writes it.
    #[error("the list of network links: {0}")]
    Parse(#[from] ParseError),
}

/// The open files of all links.
#[derive(Debug)]
pub struct LinkTree {
    dev: KernelText,
    attributes: Vec<Attributes>,
    links: Vec<Link>,
}

/// What one reading found.
#[derive(Clone, Copy, Debug)]
pub struct LinksSeen<'a> {
    /// The links whose attributes are open, in the order of `/proc/net/dev`.
    pub links: &'a [Link],
    /// Whether the file lists other links than those: open the tree anew.
    pub is_outgrown: bool,
}

impl LinkTree {
    /// Opens the files below `root` of the links that there are now.
    ///
    /// # Errors
    /// [`OpenError`] when there is no `/proc/net/dev`.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let mut dev = KernelText::open(root, net_dev::PATH, net_dev::DELIVERY)?;
        let mut attributes = Vec::new();
        if let Ok(text) = dev.read() {
            // A line that cannot be read is met again, and told, by the first reading.
            let told = net_dev::parse(text, |name, _| attributes.extend(Attributes::open(root, name)));
            if told.is_err() {
                attributes.clear();
            }
        }
        Ok(Self { dev, links: Vec::with_capacity(attributes.len()), attributes })
    }

    /// Reads all links anew. Allocates nothing.
    ///
    /// # Errors
    /// [`LinkTreeError`].
    pub fn read(&mut self) -> Result<LinksSeen<'_>, LinkTreeError> {
        self.links.clear();
        let mut attributes = self.attributes.iter();
        let mut is_outgrown = false;
        net_dev::parse(self.dev.read()?, |name, counters| {
            match attributes.next().filter(|of| of.name.as_bytes() == name) {
                Some(of) => self.links.push(of.read(counters)),
                None => is_outgrown = true,
            }
        })?;
        is_outgrown |= attributes.next().is_some();
        Ok(LinksSeen { links: &self.links, is_outgrown })
    }
}

/// The attributes of one link; `None`: the tree has no such file.
#[derive(Debug)]
struct Attributes {
    name: LinkName,
    /// Neither of the two changes while the link exists.
    index: i32,
    hardware_type: u16,
    address: Option<KernelFile>,
    broadcast: Option<KernelFile>,
    alias: Option<KernelFile>,
    oper_state: Option<KernelFile>,
    flags: Option<KernelFile>,
    dormant: Option<KernelFile>,
    mtu: Option<KernelFile>,
    lower_index: Option<KernelFile>,
    queue: Option<KernelFile>,
    link_mode: Option<KernelFile>,
    group: Option<KernelFile>,
    carrier: Option<KernelFile>,
    carrier_changes: Option<KernelFile>,
    carrier_up_changes: Option<KernelFile>,
    carrier_down_changes: Option<KernelFile>,
    unwanted: Option<KernelFile>,
}

impl Attributes {
    /// `None` when the name is none that the kernel gives.
    fn open(root: &Path, name: &[u8]) -> Option<Self> {
        let (label, text) = (LinkName::new(name)?, core::str::from_utf8(name).ok()?);
        let file =
            |of: &str| KernelFile::open(root, &format!("sys/class/net/{text}/{of}"), Delivery::Whole).ok();
        Some(Self {
            name: label,
            index: number(file("ifindex").as_ref()).unwrap_or(0),
            hardware_type: number(file("type").as_ref()).unwrap_or(0),
            address: file("address"),
            broadcast: file("broadcast"),
            alias: file("ifalias"),
            oper_state: file("operstate"),
            flags: file("flags"),
            dormant: file("dormant"),
            mtu: file("mtu"),
            lower_index: file("iflink"),
            queue: file("tx_queue_len"),
            link_mode: file("link_mode"),
            group: file("netdev_group"),
            carrier: file("carrier"),
            carrier_changes: file("carrier_changes"),
            carrier_up_changes: file("carrier_up_count"),
            carrier_down_changes: file("carrier_down_count"),
            unwanted: file("statistics/rx_nohandler"),
        })
    }

    fn read(&self, counters: &FoldedCounters) -> Link {
        let dormant = number::<u32>(self.dormant.as_ref()).unwrap_or(0);
        let flags = number::<u32>(self.flags.as_ref()).unwrap_or(0);
        Link {
            index: self.index,
            name: self.name,
            alias: word(self.alias.as_ref(), Label::new).unwrap_or_default(),
            hardware_type: self.hardware_type,
            user_flags: if dormant == 0 { flags } else { flags | IFF_DORMANT },
            address: word(self.address.as_ref(), hardware_address).unwrap_or_default(),
            broadcast: word(self.broadcast.as_ref(), hardware_address).unwrap_or_default(),
            mtu_bytes: number(self.mtu.as_ref()),
            lower_index: number(self.lower_index.as_ref()),
            master_index: None,
            transmit_queue_packets: number(self.queue.as_ref()),
            oper_state: word(self.oper_state.as_ref(), OperState::from_name).unwrap_or(OperState::Unknown),
            link_mode: number(self.link_mode.as_ref()),
            group: number(self.group.as_ref()),
            promiscuity: None,
            all_multicast: None,
            carrier: number::<u8>(self.carrier.as_ref()).map(|there| there != 0),
            carrier_changes: number(self.carrier_changes.as_ref()),
            carrier_up_changes: number(self.carrier_up_changes.as_ref()),
            carrier_down_changes: number(self.carrier_down_changes.as_ref()),
            counters: Some(LinkCounters {
                rx_nohandler: number(self.unwanted.as_ref()),
                ..LinkCounters::of_columns(counters)
            }),
        }
    }
}

/// The line of an attribute, or what `understand` makes of it. A link that is down answers some with an error.
fn word<T>(file: Option<&KernelFile>, understand: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    let mut room = [0; ROOM_BYTES];
    understand(file?.read(&mut room).ok()?.strip_suffix(b"\n")?)
}

/// A number, decimal or hexadecimal behind `0x`.
fn number<T: TryFrom<u64>>(file: Option<&KernelFile>) -> Option<T> {
    word(file, |line| {
        let mut scan = Scan::new(line);
        let number = if scan.prefix(b"0x") { scan.hex() } else { scan.u64() };
        T::try_from(number.filter(|_| scan.at_line_end())?).ok()
    })
}

/// The bytes of `02:00:5e:10:00:02`.
fn hardware_address<const N: usize>(line: &[u8]) -> Option<Label<N>> {
    let mut bytes = [0; N];
    let mut length = 0;
    if !line.is_empty() {
        for pair in line.split(|byte| *byte == b':') {
            let mut scan = Scan::new(pair);
            let value = scan.hex().filter(|_| pair.len() == 2 && scan.at_line_end())?;
            *bytes.get_mut(length)? = u8::try_from(value).ok()?;
            length += 1;
        }
    }
    Label::new(bytes.get(..length)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_pairs_of_hexadecimal_digits() {
        let address = |line: &str| hardware_address::<32>(line.as_bytes()).map(|it| it.as_bytes().to_vec());
        assert_eq!(address("02:00:5e:10:00:fF"), Some(vec![2, 0, 0x5e, 0x10, 0, 0xff]));
        assert_eq!(address(""), Some(vec![]));
        for wrong in ["2", "02:", "02:0g", "02-00", "002"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn this_machines_files_tell_what_its_netlink_tells() {
        use crate::netlink::LinkReader;
        let (Ok(mut reader), Ok(mut tree)) = (LinkReader::open(256), LinkTree::open(Path::new("/"))) else {
            eprintln!("not checked here: no netlink or no /proc/net/dev");
            return;
        };
        let by_netlink = reader.read().unwrap().links.to_vec();
        let by_files = tree.read().unwrap();
        assert_eq!(by_files.links.len(), by_netlink.len());
        for file in by_files.links {
            let link = by_netlink.iter().find(|link| link.name == file.name).unwrap();
            let told =
                |of: &Link| (of.index, of.hardware_type, of.address, of.broadcast, of.mtu_bytes, of.group);
            assert_eq!(told(file), told(link));
            assert_eq!(file.user_flags & !IFF_DORMANT, link.device_flags(), "{:?}", file.name);
            assert_eq!(file.lower_index, Some(link.lower_index.unwrap_or(link.index)), "{:?}", file.name);
        }
    }

    #[test]
    fn without_the_list_there_is_no_tree() {
        assert!(LinkTree::open(Path::new("/nowhere")).unwrap_err().is_absent());
    }
}
