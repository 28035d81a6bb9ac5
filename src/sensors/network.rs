//! Network interfaces: traffic, state, carrier, speed.
//!
//! Below `/` everything but speed and duplex comes by one netlink dump: `/proc/net/dev` has the traffic alone, and the
//! rest would take a dozen files for each interface. The request is a raw one over a buffer of its own, as the lane
//! neither allocates nor runs an executor. Netlink has no root, so below any other the same is read from files.

use std::time::Duration;

use hearth_drivers::net_class::{NetClass, Speed};
use hearth_drivers::netlink::{Link, LinkName};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue::network};

use super::links::Links;
use super::{SECOND, Trouble, pattern, settle};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "network",
    source: "rtnetlink",
    lane: LaneKind::Steady,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(500),
    metrics: &[&METRICS, &[&network::INFO]],
    arm,
};

/// In the order of [`numbers`].
const METRICS: [&Metric; 36] = [
    &network::RX_BYTES,
    &network::RX_PACKETS,
    &network::RX_ERRORS,
    &network::RX_DROPPED,
    &network::RX_FIFO,
    &network::RX_FRAME,
    &network::RX_COMPRESSED,
    &network::RX_MULTICAST,
    &network::RX_NOHANDLER,
    &network::TX_BYTES,
    &network::TX_PACKETS,
    &network::TX_ERRORS,
    &network::TX_DROPPED,
    &network::TX_FIFO,
    &network::TX_COLLISIONS,
    &network::TX_CARRIER,
    &network::TX_COMPRESSED,
    &network::UP,
    &network::CARRIER,
    &network::CARRIER_CHANGES,
    &network::CARRIER_UP_CHANGES,
    &network::CARRIER_DOWN_CHANGES,
    &network::MTU,
    &network::QUEUE,
    &network::FLAGS,
    &network::DORMANT,
    &network::IFACE_ID,
    &network::IFACE_LINK,
    &network::LINK_MODE,
    &network::GROUP,
    &network::PROTOCOL,
    &network::STATE,
    &network::SPEED,
    &network::ADDRESS_ASSIGN,
    &network::NAME_ASSIGN,
    &network::DEVICE_ID,
];

struct Network {
    links: Links,
    /// Every link in the kernel's order; those that are left out have no slots.
    rows: Box<[Row]>,
}

struct Row {
    /// The link as it was armed: its labels are these.
    armed: Link,
    class: Option<Class>,
    slots: Option<Slots>,
}

struct Slots {
    info: Slot,
    numbers: [Slot; METRICS.len()],
}

/// What sysfs alone knows of a link. Speed and duplex are the card's answer, which may take its time, so that they are
/// asked for when something about the links changed; the rest stays as it is while the link has its name.
struct Class {
    files: NetClass,
    duplex: &'static str,
    speed: Option<i64>,
    address_assign: Option<i64>,
    name_assign: Option<i64>,
    device_id: Option<i64>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut links = Links::open(arming.root())?;
    let found: Vec<Link> = links.read().map_err(|trouble| trouble.absent(&SENSOR))?.links.to_vec();
    let rows = found.into_iter().map(|link| row(arming, link)).collect();
    Ok(Box::new(Network { links, rows }))
}

fn row(arming: &mut Arming<'_>, link: Link) -> Row {
    let name = text_of(&link.name);
    if pattern::any_matches(&arming.config().ignored_interfaces, &name) {
        return Row { armed: link, class: None, slots: None };
    }
    // A link may go between being listed and being opened, and a tree of files may lack some: it then has no speed.
    let class = NetClass::open(arming.root(), &name).ok().map(Class::new);
    let info = arming.slot(
        &network::INFO,
        &[
            &name,
            &hexadecimal(link.address.as_bytes()),
            &hexadecimal(link.broadcast.as_bytes()),
            class.as_ref().map_or("", |class| class.duplex),
            link.oper_state.name(),
            &String::from_utf8_lossy(link.alias.as_bytes()),
        ],
    );
    let numbers = METRICS.map(|metric| arming.slot(metric, &[&name]));
    Row { armed: link, class, slots: Some(Slots { info, numbers }) }
}

fn text_of(name: &LinkName) -> String {
    String::from_utf8_lossy(name.as_bytes()).into_owned()
}

/// Bytes as `02:00:5e:10:00:02`.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

impl Class {
    fn new(files: NetClass) -> Self {
        let signed = |number: u64| i64::try_from(number).ok();
        // A link that has no such property answers with an error.
        let address_assign = files.read_address_assign_type().ok().and_then(signed);
        let name_assign = files.read_name_assign_type().ok().and_then(signed);
        let device_id = files.read_device_id().ok().and_then(signed);
        let mut class = Self { files, duplex: "", speed: None, address_assign, name_assign, device_id };
        class.duplex = class.duplex_now();
        class.ask_speed();
        class
    }

    /// The kernel's word, empty for a link without the property.
    fn duplex_now(&self) -> &'static str {
        self.files.read_duplex().map_or("", |duplex| duplex.name())
    }

    /// A link that is down has no speed, and a virtual one may not know it.
    fn ask_speed(&mut self) {
        self.speed = match self.files.read_speed() {
            Ok(Speed::Megabits(megabits)) => Some(i64::from(megabits)),
            Ok(Speed::Unknown) | Err(_) => None,
        };
    }
}

/// What a link says, in the order of [`METRICS`].
fn numbers(link: &Link, class: Option<&Class>) -> [Option<i64>; METRICS.len()] {
    let folded = link.counters.map(|counters| counters.folded());
    let count = |number: u64| i64::try_from(number).ok();
    let of = |column: fn(&hearth_drivers::netlink::FoldedCounters) -> u64| {
        folded.as_ref().and_then(|folded| count(column(folded)))
    };
    let wide = |number: Option<u32>| number.map(i64::from);
    let is_up = link.is_up();
    [
        of(|c| c.rx_bytes),
        of(|c| c.rx_packets),
        of(|c| c.rx_errors),
        of(|c| c.rx_dropped),
        of(|c| c.rx_fifo),
        of(|c| c.rx_frame),
        of(|c| c.rx_compressed),
        of(|c| c.rx_multicast),
        link.counters.and_then(|counters| counters.rx_nohandler).and_then(count),
        of(|c| c.tx_bytes),
        of(|c| c.tx_packets),
        of(|c| c.tx_errors),
        of(|c| c.tx_dropped),
        of(|c| c.tx_fifo),
        of(|c| c.tx_collisions),
        of(|c| c.tx_carrier),
        of(|c| c.tx_compressed),
        Some(i64::from(link.oper_state == hearth_drivers::netlink::OperState::Up)),
        link.carrier.filter(|_| is_up).map(i64::from),
        wide(link.carrier_changes),
        wide(link.carrier_up_changes),
        wide(link.carrier_down_changes),
        wide(link.mtu_bytes),
        wide(link.transmit_queue_packets),
        Some(i64::from(link.device_flags())),
        is_up.then(|| i64::from(link.is_dormant())),
        Some(i64::from(link.index)),
        Some(i64::from(link.lower_index.unwrap_or(link.index))),
        link.link_mode.map(i64::from),
        wide(link.group),
        Some(i64::from(link.hardware_type)),
        Some(i64::from(link.oper_state.number())),
        class.and_then(|class| class.speed),
        class.and_then(|class| class.address_assign),
        class.and_then(|class| class.name_assign),
        class.and_then(|class| class.device_id),
    ]
}

impl Row {
    /// Whether the labels still describe `link`.
    fn describes(&self, link: &Link) -> bool {
        let labels = |of: &Link| (of.index, of.name, of.address, of.broadcast, of.oper_state, of.alias);
        labels(&self.armed) == labels(link)
    }

    fn fill(&self, link: &Link, sheet: &mut Sheet<'_>) {
        let Some(slots) = &self.slots else { return };
        sheet.set(slots.info, 1);
        for (slot, number) in slots.numbers.iter().zip(numbers(link, self.class.as_ref())) {
            sheet.reading(*slot, number.ok_or(Reason::Absent));
        }
    }
}

impl Network {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let mut state = State::Steady;
        if self.links.noticed_change()? {
            for class in self.rows.iter_mut().filter_map(|row| row.class.as_mut()) {
                class.ask_speed();
                if class.duplex_now() != class.duplex {
                    state = State::Changed;
                }
            }
        }
        let found = self.links.read()?;
        if found.is_outgrown || found.links.len() != self.rows.len() {
            return Err(Trouble::Outgrown);
        }
        for (row, link) in self.rows.iter().zip(found.links) {
            if row.armed.index != link.index || row.armed.name != link.name {
                return Err(Trouble::Outgrown);
            }
            if row.slots.is_some() && !row.describes(link) {
                state = State::Changed;
            }
            row.fill(link, sheet);
        }
        Ok(state)
    }
}

impl Sensor for Network {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests;
