//! The temperature that a fan follows, found among the series of a snapshot.

use std::sync::Arc;

use hearth_hot::series::SeriesKey;
use hearth_model::{Metric, Reading, Reason, catalogue};

use crate::schema::Schema;
use crate::snapshot::Snapshot;

/// What the configuration names, and where it is in the newest schema.
pub struct Source {
    /// Before the slash: a chip or `zone`.
    of: String,
    /// Behind it: a channel or its label; a zone's type or number.
    which: String,
    found_in: Option<Arc<Schema>>,
    indices: Vec<u32>,
}

fn is(key: &SeriesKey, metric: &'static Metric) -> bool {
    std::ptr::eq(key.metric, metric)
}

impl Source {
    /// The source `temperature` of the configuration: `coretemp/temp1`, `zone/x86_pkg_temp`.
    #[must_use]
    pub fn new(temperature: &str) -> Self {
        let (of, which) = temperature.split_once('/').unwrap_or((temperature, ""));
        Self { of: of.to_owned(), which: which.to_owned(), found_in: None, indices: Vec::new() }
    }

    /// The hottest of the series that fit, in m°C; the series are looked up when their meaning has changed.
    ///
    /// # Errors
    /// Absent where none fits; where one that fits has no value, its reason, since it may be the hottest.
    pub fn read(&mut self, snapshot: &Snapshot) -> Reading {
        if !self.found_in.as_ref().is_some_and(|schema| Arc::ptr_eq(schema, &snapshot.schema)) {
            self.indices = self.find(&snapshot.schema);
            self.found_in = Some(Arc::clone(&snapshot.schema));
        }
        let mut hottest = Err(Reason::Absent);
        for index in &self.indices {
            let now = snapshot.reading(*index)?;
            hottest = Ok(hottest.map_or(now, |before: i64| before.max(now)));
        }
        hottest
    }

    fn find(&self, schema: &Schema) -> Vec<u32> {
        let temperatures = schema.series().filter(|(_, key)| self.fits(key, schema));
        temperatures.map(|(index, _)| index).collect()
    }

    fn fits(&self, key: &SeriesKey, schema: &Schema) -> bool {
        let [one, other] = &*key.labels else { return false };
        if self.of == "zone" {
            return is(key, &catalogue::thermal::TEMP)
                && [one, other].into_iter().any(|label| **label == *self.which);
        }
        // A chip by its place or by its driver's name, a channel by its number or by its maker's label.
        let names = |metric, labels: &[&str]| {
            let same = |key: &SeriesKey| {
                is(key, metric) && key.labels.iter().map(|label| &**label).eq(labels.iter().copied())
            };
            schema.series().any(|(_, key)| same(key))
        };
        is(key, &catalogue::hwmon::TEMP)
            && (**one == *self.of || names(&catalogue::hwmon::CHIP_NAMES, &[one, &self.of]))
            && (**other == *self.which || names(&catalogue::hwmon::SENSOR_LABEL, &[one, other, &self.which]))
    }
}
