//! The errand that reads one device's attributes, some each time and some once.

use hearth_drivers::class::Attribute;
use hearth_model::{Reading, Reason};

use super::crew::Errand;
use super::rounds::reason_of_attribute;

/// Whether an attribute is read each time or once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Polled,
    Once,
}

/// Says whether the device sleeps, so that reading it would wake it.
pub(super) struct Sleep(pub(super) Attribute);

/// The states of `power/runtime_status` (`rpm_status` of `drivers/base/power/sysfs.c`); the first is sleep.
const RUNTIME_STATES: [&str; 6] = ["suspended", "suspending", "resuming", "active", "unsupported", "error"];

impl Sleep {
    pub(super) fn is_asleep(&self) -> bool {
        // A state that cannot be read is not known to be sleep.
        matches!(self.0.read_word(&RUNTIME_STATES), Ok(0 | 1))
    }
}

/// One attribute of a device.
enum Item {
    Number(Attribute, Pace),
    /// As many readings as there are words: 1 for the one it is, 0 for the others.
    Words(Attribute, &'static [&'static str]),
}

/// A device's attributes.
#[derive(Default)]
pub(super) struct Attributes {
    items: Vec<Item>,
    readings: Vec<Reading>,
    sleep: Option<Sleep>,
}

impl Attributes {
    /// One more number.
    pub(super) fn number(&mut self, attribute: Attribute, pace: Pace) {
        self.items.push(Item::Number(attribute, pace));
        self.readings.push(Err(Reason::Pending));
    }

    /// One more word: a reading for each of `words`.
    pub(super) fn words(&mut self, attribute: Attribute, words: &'static [&'static str]) {
        self.items.push(Item::Words(attribute, words));
        self.readings.extend(words.iter().map(|_| Err(Reason::Pending)));
    }

    /// Leaves the device alone while it sleeps.
    pub(super) fn let_sleep(&mut self, sleep: Sleep) {
        self.sleep = Some(sleep);
    }
}

/// Whether what is read once has been read: it failed for good, or not at all.
fn is_known(reading: Reading) -> bool {
    !matches!(reading, Err(Reason::Pending | Reason::IoError | Reason::Gone))
}

impl Errand for Attributes {
    fn run(&mut self) -> &[Reading] {
        if self.sleep.as_ref().is_some_and(Sleep::is_asleep) {
            self.readings.fill(Err(Reason::NotCounted));
            return &self.readings;
        }
        // What was read once would outlive its device: with all that is read each time it goes as well.
        let mut has_gone = None;
        let mut readings = self.readings.iter_mut();
        for item in &self.items {
            match item {
                Item::Number(attribute, pace) => {
                    let Some(reading) = readings.next() else { break };
                    if *pace == Pace::Polled || !is_known(*reading) {
                        *reading = attribute.read().map_err(reason_of_attribute);
                    }
                    if *pace == Pace::Polled {
                        has_gone = Some(has_gone != Some(false) && *reading == Err(Reason::Gone));
                    }
                }
                Item::Words(attribute, words) => {
                    let now = attribute.read_word(words).map_err(reason_of_attribute);
                    has_gone = Some(has_gone != Some(false) && now == Err(Reason::Gone));
                    for (at, reading) in readings.by_ref().take(words.len()).enumerate() {
                        *reading = now.map(|now| i64::from(now == at));
                    }
                }
            }
        }
        if has_gone == Some(true) {
            self.readings.fill(Err(Reason::Gone));
        }
        &self.readings
    }
}
