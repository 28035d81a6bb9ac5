//! An armed sensor as a lane holds it: the sensor, its words, and where they go.

use hearth_model::{Reason, Word};

use crate::contract::{Sensor, SensorDef, Sheet, State, Tick};
use crate::sync::{Region, region};

/// Which words of a sensor go into which columns of a ring: position in the sensor's words, column of the ring.
pub type Columns = Box<[(u32, u8)]>;

/// Which words a sensor takes over from the one that it replaces: position in its own words, position in the other's.
pub type Keeps = Box<[(u32, u32)]>;

/// A sensor that is ready to be read. Made off the lane, and dropped off the lane.
pub struct Armed {
    /// Its row in the list of sensors.
    pub def: &'static SensorDef,
    /// The sensor.
    pub sensor: Box<dyn Sensor>,
    /// One word a slot.
    pub words: Box<[Word]>,
    /// For each slot its place in the lane's page.
    pub places: Box<[u32]>,
    /// What goes into the ring of every tick.
    pub ring: Columns,
    /// What goes into the ring of every second.
    pub history: Columns,
    /// What it takes over, so that a series that stays has a word at every tick.
    keeps: Keeps,
}

/// What a lane has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sensors of the lane.
    pub sensors: usize,
    /// Places in its page.
    pub places: usize,
    /// Columns of its ring of every tick; 0 without one.
    pub ring_columns: usize,
    /// Columns of its history.
    pub history_columns: usize,
}

/// Why a lane cannot hold an armed sensor: the one who numbered its places made a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The lane has no such sensor.
    #[error("sensor {at} of a lane of {sensors}")]
    Sensor {
        /// The sensor's position.
        at: usize,
        /// How many the lane has.
        sensors: usize,
    },
    /// Words and places are not as many.
    #[error("{words} words have {places} places")]
    Count {
        /// Words of the sensor.
        words: usize,
        /// Places given.
        places: usize,
    },
    /// The page has no such place.
    #[error("place {place} of a page of {places}")]
    Place {
        /// The place.
        place: u32,
        /// How many the page has.
        places: usize,
    },
    /// A column takes a word that the sensor does not have.
    #[error("slot {slot} of a sensor of {words} words")]
    Slot {
        /// The slot.
        slot: u32,
        /// How many words the sensor has.
        words: usize,
    },
    /// The ring has no such column.
    #[error("column {column} of a ring of {columns}")]
    Column {
        /// The column.
        column: u8,
        /// How many the ring has.
        columns: usize,
    },
}

impl Armed {
    /// An armed sensor whose words are all pending.
    #[must_use]
    pub fn new(
        def: &'static SensorDef,
        sensor: Box<dyn Sensor>,
        places: Box<[u32]>,
        ring: Columns,
        history: Columns,
    ) -> Self {
        let words = vec![Word::reason(Reason::Pending); places.len()].into_boxed_slice();
        Self { def, sensor, words, places, ring, history, keeps: Box::default() }
    }

    /// The same, beginning with these words of the sensor in whose place it will be put.
    #[must_use]
    pub fn keeping(self, keeps: Keeps) -> Self {
        Self { keeps, ..self }
    }

    /// Begins with the last words of the sensor that it replaces, where both have a series.
    pub(crate) fn take_over(&mut self, replaced: &Self) {
        for &(to, from) in &self.keeps {
            if let (Some(to), Some(from)) = (self.words.get_mut(index(to)), replaced.words.get(index(from))) {
                *to = *from;
            }
        }
    }

    /// Reads once; a failure is written into every word.
    ///
    /// # Errors
    /// The reason the sensor gave.
    pub fn read(&mut self, tick: &Tick<'_>) -> Result<State, Reason> {
        let outcome = self.sensor.read(tick, &mut Sheet::new(&mut self.words));
        if let Err(reason) = outcome {
            self.words.fill(Word::reason(reason));
        }
        outcome
    }

    /// Whether a lane with these limits can hold this sensor.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn fits(&self, limits: &Limits) -> Result<(), Misfit> {
        if self.words.len() != self.places.len() {
            return Err(Misfit::Count { words: self.words.len(), places: self.places.len() });
        }
        places_fit(&self.places, limits.places)?;
        for (columns, width) in [(&self.ring, limits.ring_columns), (&self.history, limits.history_columns)] {
            for &(slot, column) in columns {
                column_fits(column, width)?;
                if !below(slot, self.words.len()) {
                    return Err(Misfit::Slot { slot, words: self.words.len() });
                }
            }
        }
        Ok(())
    }

    /// The memory that reading touches, for locking it; buffers that the sensor holds elsewhere are not known here.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        let sensor: *const dyn Sensor = &*self.sensor;
        [
            (sensor.cast::<u8>(), size_of_val(&*self.sensor)),
            region(&self.words),
            region(&self.places),
            region(&self.ring),
            region(&self.history),
        ]
        .into_iter()
    }
}

/// Whether each of `places` is in a page of `capacity` places.
pub(crate) fn places_fit(places: &[u32], capacity: usize) -> Result<(), Misfit> {
    match places.iter().find(|&&place| !below(place, capacity)) {
        Some(&place) => Err(Misfit::Place { place, places: capacity }),
        None => Ok(()),
    }
}

/// Whether `column` is in a ring of `width` columns.
pub(crate) fn column_fits(column: u8, width: usize) -> Result<(), Misfit> {
    if usize::from(column) < width { Ok(()) } else { Err(Misfit::Column { column, columns: width }) }
}

/// A number the lane was given, as an index; too large for one, it is no index of anything.
pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn below(number: u32, bound: usize) -> bool {
    index(number) < bound
}
