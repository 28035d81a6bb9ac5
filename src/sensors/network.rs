//! Network interfaces: traffic, state, carrier, speed.
//!
//! Below `/` everything but speed and duplex comes by one netlink dump: `/proc/net/dev` has the traffic alone, and the
//! rest would take a dozen files for each interface. The request is a raw one over a buffer of its own, as the lane
//! neither allocates nor runs an executor. Netlink has no root, so below any other the same is read from files.
//!
//! Speed and duplex are the card's own answer, under a lock that all of networking shares, and may take milliseconds:
//! they are errands of the crew, sent when something about the links changed, and the lane never waits for one.

use std::sync::Arc;
use std::time::Duration;

use hearth_drivers::net_class::{AttributeError, Duplex, NetClass, Speed};
use hearth_drivers::netlink::{Link, LinkName};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reading, Reason, catalogue::network};

use super::crew::{Crew, Errand, ErrandKey, Wanted};
use super::links::Links;
use super::{SECOND, Trouble, pattern, rounds, settle};

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
    crew: Arc<Crew>,
    /// Something has changed since all cards were asked.
    is_asking_due: bool,
    /// Cards were asked, and not all have answered.
    is_asked: bool,
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

/// What sysfs alone knows of a link. Speed and duplex are the card's answer; the rest stays as it is while the link has
/// its name.
struct Class {
    key: ErrandKey,
    duplex: &'static str,
    speed: Option<i64>,
    address_assign: Option<i64>,
    name_assign: Option<i64>,
    device_id: Option<i64>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut links = Links::open(arming.root())?;
    let crew = rounds::crew_below(arming.root())?;
    let found: Vec<Link> = links.read().map_err(|trouble| trouble.absent(&SENSOR))?.links.to_vec();
    let mut cards: Vec<Option<Card>> = found.iter().map(|link| card(arming, link)).collect();
    let wanted = found.iter().zip(&mut cards).filter_map(|(link, card)| {
        let files = card.as_mut()?.files.take()?;
        let name = format!("{} {}", link.index, text_of(&link.name));
        let errand = Box::new(AskCard { files, now: [Err(Reason::Pending); 2] });
        Some(Wanted { name, readings: 2, errand })
    });
    let mut keys = crew.wants(SENSOR.name, wanted.collect()).into_iter();
    let rows = found
        .into_iter()
        .zip(cards)
        .map(|(link, card)| {
            let class = card.and_then(|card| keys.next().map(|key| card.class(key)));
            row(arming, link, class)
        })
        .collect();
    Ok(Box::new(Network { links, rows, crew, is_asking_due: false, is_asked: false }))
}

/// What a link's files say while it is armed; nothing of one that is left out, or that a tree of files lacks. A link may
/// also go between being listed and being opened: it then has no speed.
fn card(arming: &Arming<'_>, link: &Link) -> Option<Card> {
    let name = text_of(&link.name);
    let is_ignored = pattern::any_matches(&arming.config().ignored_interfaces, &name);
    let files = NetClass::open(arming.root(), &name).ok().filter(|_| !is_ignored)?;
    let signed = |number: u64| i64::try_from(number).ok();
    // A link that has no such property answers with an error.
    Some(Card {
        duplex: duplex_now(&files).ok().and_then(duplex_name).unwrap_or(""),
        speed: speed_now(&files).ok(),
        address_assign: files.read_address_assign_type().ok().and_then(signed),
        name_assign: files.read_name_assign_type().ok().and_then(signed),
        device_id: files.read_device_id().ok().and_then(signed),
        files: Some(files),
    })
}

fn row(arming: &mut Arming<'_>, link: Link, class: Option<Class>) -> Row {
    let name = text_of(&link.name);
    if pattern::any_matches(&arming.config().ignored_interfaces, &name) {
        return Row { armed: link, class: None, slots: None };
    }
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

/// A link's files and what they say while it is armed.
struct Card {
    files: Option<NetClass>,
    duplex: &'static str,
    speed: Option<i64>,
    address_assign: Option<i64>,
    name_assign: Option<i64>,
    device_id: Option<i64>,
}

impl Card {
    fn class(self, key: ErrandKey) -> Class {
        let Self { files: _asked_by_the_crew, duplex, speed, address_assign, name_assign, device_id } = self;
        Class { key, duplex, speed, address_assign, name_assign, device_id }
    }
}

fn text_of(name: &LinkName) -> String {
    String::from_utf8_lossy(name.as_bytes()).into_owned()
}

/// Bytes as `02:00:5e:10:00:02`.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// The words of duplex as numbers, by which an errand brings them.
const DUPLEX: [Duplex; 3] = [Duplex::Half, Duplex::Full, Duplex::Unknown];

/// The word of a number.
fn duplex_name(number: i64) -> Option<&'static str> {
    usize::try_from(number).ok().and_then(|at| DUPLEX.get(at)).map(|duplex| duplex.name())
}

/// The card's answer, as a number of [`DUPLEX`].
fn duplex_now(files: &NetClass) -> Reading {
    let duplex = files.read_duplex().map_err(refusal)?;
    let at = DUPLEX.iter().position(|known| *known == duplex);
    at.and_then(|at| i64::try_from(at).ok()).ok_or(Reason::OutOfRange)
}

/// A link that is down has no speed, and a virtual one may not know it.
fn speed_now(files: &NetClass) -> Reading {
    match files.read_speed().map_err(refusal)? {
        Speed::Megabits(megabits) => Ok(i64::from(megabits)),
        Speed::Unknown => Err(Reason::Absent),
    }
}

fn refusal(error: AttributeError) -> Reason {
    match error {
        AttributeError::Read(error) => Trouble::from(error).reason(),
        AttributeError::Malformed => Reason::OutOfRange,
    }
}

/// Asks a card for its speed and its duplex.
struct AskCard {
    files: NetClass,
    now: [Reading; 2],
}

impl Errand for AskCard {
    fn run(&mut self) -> &[Reading] {
        self.now = [speed_now(&self.files), duplex_now(&self.files)];
        &self.now
    }
}

impl Class {
    /// Takes what the card answered last; whether its duplex is not the one that it was armed with.
    fn take(&mut self, readings: &[Reading]) -> bool {
        let [speed, duplex] = readings else { return false };
        self.speed = speed.ok();
        duplex.ok().and_then(duplex_name).unwrap_or("") != self.duplex
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
    /// Asks the cards. Those that have not answered the last time are not asked anew, so that it stays due.
    fn ask_cards(&mut self, now_ns: u64) {
        let keys = self.rows.iter().filter_map(|row| row.class.as_ref()).map(|class| class.key);
        // Where the desk is in other hands just now, it is for the next read.
        if let Some(were_all_idle) = self.crew.try_ask(keys, now_ns) {
            (self.is_asked, self.is_asking_due) = (true, !were_all_idle);
        }
    }

    /// Takes what the cards have answered; whether one is labelled otherwise by now.
    fn take_answers(&mut self) -> bool {
        let (mut is_changed, mut have_all_answered) = (false, true);
        for class in self.rows.iter_mut().filter_map(|row| row.class.as_mut()) {
            let key = class.key;
            let taken = self.crew.try_look(key, |known| {
                known.readings.filter(|_| known.waits_since_ns.is_none()).map(|readings| class.take(readings))
            });
            match taken.flatten() {
                Some(is_other) => is_changed |= is_other,
                None => have_all_answered = false,
            }
        }
        self.is_asked = !have_all_answered;
        is_changed
    }

    fn fill(&mut self, now_ns: u64, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let has_other_labels = self.is_asked && self.take_answers();
        let mut state = if has_other_labels { State::Changed } else { State::Steady };
        self.is_asking_due |= self.links.noticed_change()?;
        if self.is_asking_due {
            self.ask_cards(now_ns);
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
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(tick.monotonic_ns, sheet))
    }
}

#[cfg(test)]
mod tests;
