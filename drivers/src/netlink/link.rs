//! One link of an `RTM_NEWLINK` message, and the links of a datagram (`rtnetlink(7)`, `linux/if_link.h`).

use super::WireError;
use super::counters::LinkCounters;
use super::wire::{self, i32_at, next_attribute, next_message, u8_at, u16_at, u32_at};
use crate::label::Label;

const RTM_NEWLINK: u16 = 16;
/// Size of `struct ifinfomsg`: family, type, index, flags, change mask.
const IFINFO_BYTES: usize = 16;
const IFINFO_TYPE: usize = 2;
const IFINFO_INDEX: usize = 4;
const IFINFO_FLAGS: usize = 8;

const IFLA_ADDRESS: u16 = 1;
const IFLA_BROADCAST: u16 = 2;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_TXQLEN: u16 = 13;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_LINKMODE: u16 = 17;
const IFLA_IFALIAS: u16 = 20;
const IFLA_STATS64: u16 = 23;
const IFLA_GROUP: u16 = 27;
const IFLA_PROMISCUITY: u16 = 30;
const IFLA_CARRIER: u16 = 33;
const IFLA_CARRIER_CHANGES: u16 = 35;
const IFLA_CARRIER_UP_COUNT: u16 = 47;
const IFLA_CARRIER_DOWN_COUNT: u16 = 48;
const IFLA_ALLMULTI: u16 = 61;

const IFF_UP: u32 = 1;
const IFF_RUNNING: u32 = 1 << 6;
const IFF_PROMISC: u32 = 1 << 8;
const IFF_ALLMULTI: u32 = 1 << 9;
const IFF_LOWER_UP: u32 = 1 << 16;
const IFF_DORMANT: u32 = 1 << 17;
/// Flags that the kernel computes for user space and that are no part of the device's own.
const IFF_COMPUTED: u32 = IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT | IFF_PROMISC | IFF_ALLMULTI;

/// `IFNAMSIZ` without its NUL.
const NAME_BYTES: usize = 15;
/// `IFALIASZ` without its NUL.
const ALIAS_BYTES: usize = 255;
/// `MAX_ADDR_LEN`.
const ADDRESS_BYTES: usize = 32;

/// The name of an interface.
pub type LinkName = Label<NAME_BYTES>;

/// RFC 2863's operational state, by the numbers of `linux/if.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperState {
    /// `IF_OPER_UNKNOWN` (0), also any number that this list does not have.
    Unknown,
    /// `IF_OPER_NOTPRESENT` (1).
    NotPresent,
    /// `IF_OPER_DOWN` (2).
    Down,
    /// `IF_OPER_LOWERLAYERDOWN` (3).
    LowerLayerDown,
    /// `IF_OPER_TESTING` (4).
    Testing,
    /// `IF_OPER_DORMANT` (5).
    Dormant,
    /// `IF_OPER_UP` (6).
    Up,
}

impl OperState {
    const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::NotPresent,
            2 => Self::Down,
            3 => Self::LowerLayerDown,
            4 => Self::Testing,
            5 => Self::Dormant,
            6 => Self::Up,
            _ => Self::Unknown,
        }
    }

    /// The number of `linux/if.h`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::NotPresent => 1,
            Self::Down => 2,
            Self::LowerLayerDown => 3,
            Self::Testing => 4,
            Self::Dormant => 5,
            Self::Up => 6,
        }
    }

    /// The state that this word of `/sys/class/net/*/operstate` stands for.
    #[must_use]
    pub fn from_name(word: &[u8]) -> Option<Self> {
        (0..=6).map(Self::from_number).find(|state| state.name().as_bytes() == word)
    }

    /// The word that `/sys/class/net/*/operstate` has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotPresent => "notpresent",
            Self::Down => "down",
            Self::LowerLayerDown => "lowerlayerdown",
            Self::Testing => "testing",
            Self::Dormant => "dormant",
            Self::Up => "up",
        }
    }
}

/// A network interface as the kernel describes it. `None`: this kernel, or this kind of link, does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// `ifindex`: the link's identity while it exists. Names change hands, indexes do not.
    pub index: i32,
    /// The name, unique in the network namespace.
    pub name: LinkName,
    /// The name a person gave it (`ip link set alias`); empty when none.
    pub alias: Label<ALIAS_BYTES>,
    /// `ARPHRD_*`: 1 is Ethernet, 772 loopback.
    pub hardware_type: u16,
    /// Flags as user space sees them (`IFF_*` of `linux/if.h`).
    pub user_flags: u32,
    /// Hardware address, 6 bytes on Ethernet; empty when the kind of link has none.
    pub address: Label<ADDRESS_BYTES>,
    /// Hardware broadcast address.
    pub broadcast: Label<ADDRESS_BYTES>,
    /// Greatest payload of a frame, bytes.
    pub mtu_bytes: Option<u32>,
    /// Index of the link below it; `None` when it stands on itself.
    pub lower_index: Option<i32>,
    /// Index of the bridge or bond it belongs to.
    pub master_index: Option<u32>,
    /// Length of the transmit queue, packets.
    pub transmit_queue_packets: Option<u32>,
    /// Operational state.
    pub oper_state: OperState,
    /// `IF_LINK_MODE_*`: 0 default, 1 dormant.
    pub link_mode: Option<u8>,
    /// Device group (`ip link set group`).
    pub group: Option<u32>,
    /// How many want it promiscuous.
    pub promiscuity: Option<u32>,
    /// How many want all multicast. Since Linux 6.0.
    pub all_multicast: Option<u32>,
    /// Whether there is a carrier. Without meaning while the link is not [`Link::is_up`].
    pub carrier: Option<bool>,
    /// Times the carrier came or went.
    pub carrier_changes: Option<u32>,
    /// Times the carrier came.
    pub carrier_up_changes: Option<u32>,
    /// Times the carrier went.
    pub carrier_down_changes: Option<u32>,
    /// Traffic counters.
    pub counters: Option<LinkCounters>,
}

impl Link {
    /// Whether it is switched on (`IFF_UP`), with or without a carrier.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.user_flags & IFF_UP != 0
    }

    /// Whether it is up and waiting for something outside, as 802.1X (`IFF_DORMANT`).
    #[must_use]
    pub const fn is_dormant(&self) -> bool {
        self.user_flags & IFF_DORMANT != 0
    }

    /// The device's own flags, as `/sys/class/net/*/flags` shows them: without what is computed for user space, and
    /// promiscuous when anybody wants it so.
    #[must_use]
    pub fn device_flags(&self) -> u32 {
        let wanted = |count: Option<u32>, flag: u32| match count {
            Some(0) => 0,
            Some(_) => flag,
            None => self.user_flags & flag,
        };
        (self.user_flags & !IFF_COMPUTED)
            | wanted(self.promiscuity, IFF_PROMISC)
            | wanted(self.all_multicast, IFF_ALLMULTI)
    }

    /// Reads the payload of one `RTM_NEWLINK`.
    ///
    /// # Errors
    /// [`WireError`] when the payload is shorter than it claims, or an attribute is too small or too large for its
    /// type, or there is no name. Attributes that are not known are skipped.
    pub fn parse(payload: &[u8]) -> Result<Self, WireError> {
        let (Some(hardware_type), Some(index), Some(user_flags), Some(mut rest)) = (
            u16_at(payload, IFINFO_TYPE),
            i32_at(payload, IFINFO_INDEX),
            u32_at(payload, IFINFO_FLAGS),
            payload.get(IFINFO_BYTES..),
        ) else {
            return Err(WireError::ShortLink);
        };
        let mut link = Self { hardware_type, index, user_flags, ..Self::UNNAMED };
        while let Some(attribute) = next_attribute(&mut rest)? {
            link.take(attribute.kind, attribute.value)
                .ok_or(WireError::AttributeValue { kind: attribute.kind })?;
        }
        if link.name.is_empty() { Err(WireError::UnnamedLink) } else { Ok(link) }
    }

    const UNNAMED: Self = Self {
        index: 0,
        name: Label::EMPTY,
        alias: Label::EMPTY,
        hardware_type: 0,
        user_flags: 0,
        address: Label::EMPTY,
        broadcast: Label::EMPTY,
        mtu_bytes: None,
        lower_index: None,
        master_index: None,
        transmit_queue_packets: None,
        oper_state: OperState::Unknown,
        link_mode: None,
        group: None,
        promiscuity: None,
        all_multicast: None,
        carrier: None,
        carrier_changes: None,
        carrier_up_changes: None,
        carrier_down_changes: None,
        counters: None,
    };

    /// Keeps one attribute; `None` when its value does not fit its type.
    fn take(&mut self, kind: u16, value: &[u8]) -> Option<()> {
        let number = || u32_at(value, 0);
        match kind {
            IFLA_ADDRESS => self.address = Label::new(value)?,
            IFLA_BROADCAST => self.broadcast = Label::new(value)?,
            IFLA_IFNAME => self.name = Label::from_nul_terminated(value)?,
            IFLA_IFALIAS => self.alias = Label::from_nul_terminated(value)?,
            IFLA_MTU => self.mtu_bytes = Some(number()?),
            IFLA_LINK => self.lower_index = Some(i32_at(value, 0)?),
            IFLA_MASTER => self.master_index = Some(number()?),
            IFLA_TXQLEN => self.transmit_queue_packets = Some(number()?),
            IFLA_OPERSTATE => self.oper_state = OperState::from_number(u8_at(value, 0)?),
            IFLA_LINKMODE => self.link_mode = Some(u8_at(value, 0)?),
            IFLA_GROUP => self.group = Some(number()?),
            IFLA_PROMISCUITY => self.promiscuity = Some(number()?),
            IFLA_ALLMULTI => self.all_multicast = Some(number()?),
            IFLA_CARRIER => self.carrier = Some(u8_at(value, 0)? != 0),
            IFLA_CARRIER_CHANGES => self.carrier_changes = Some(number()?),
            IFLA_CARRIER_UP_COUNT => self.carrier_up_changes = Some(number()?),
            IFLA_CARRIER_DOWN_COUNT => self.carrier_down_changes = Some(number()?),
            IFLA_STATS64 => self.counters = Some(LinkCounters::parse(value)?),
            _ => {}
        }
        Some(())
    }
}

/// What one datagram of a dump said besides its links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramEnd {
    /// The dump is over.
    pub done: bool,
    /// `NLM_F_DUMP_INTR`: the set of links changed meanwhile; the dump may have missed or repeated one.
    pub interrupted: bool,
    /// Links for which `links` had no room.
    pub left_out: usize,
    /// The kernel's refusal: an `errno` above 0, or 0 when there was none.
    pub refusal: i32,
}

/// Adds the links of one datagram of the dump numbered `sequence` to `links`, which never grows past its capacity.
///
/// Messages of another dump are skipped.
///
/// # Errors
/// [`WireError`]: the datagram is not what the kernel writes; `links` then holds those before the fault.
pub fn parse_datagram(
    datagram: &[u8],
    sequence: u32,
    links: &mut Vec<Link>,
) -> Result<DatagramEnd, WireError> {
    let mut end = DatagramEnd::default();
    let mut rest = datagram;
    while let Some(message) = next_message(&mut rest)? {
        if message.sequence != sequence {
            continue;
        }
        end.interrupted |= message.flags & wire::NLM_F_DUMP_INTR != 0;
        match message.kind {
            RTM_NEWLINK if links.len() < links.capacity() => links.push(Link::parse(message.payload)?),
            RTM_NEWLINK => end.left_out = end.left_out.saturating_add(1),
            wire::NLMSG_DONE | wire::NLMSG_ERROR => {
                let number = i32_at(message.payload, 0).ok_or(WireError::ShortOutcome)?;
                end.refusal = number.checked_neg().unwrap_or(i32::MAX);
                end.done = true;
            }
            _ => {}
        }
    }
    Ok(end)
}
