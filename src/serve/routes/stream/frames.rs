//! The moments between two turns, from the ring of every tick.

use std::sync::Arc;

use super::form::Form;
use crate::encode::Change;
use crate::encode::wire::EncodeError;
use crate::schema::Schema;
use crate::snapshot::{Moment, Snapshot};
use crate::view::Follower;

/// Frames taken at once, at most: a quarter of a second at 1 kHz. Whoever is further behind is brought to the present.
pub(super) const AT_ONCE: usize = 256;

/// Frames older than this are left out, however slow the lane is.
const BACKLOG_US: u64 = 1_000_000;

/// One client's way along the ring.
pub(super) struct Frames {
    follower: Follower,
    moment_ns: u64,
    sees_paced: bool,
    /// The fast series this client may be given from the ring: index and position.
    series: Vec<(u32, u32)>,
    schema: Arc<Schema>,
    /// The newest moment the client was told of, whether or not anything had changed.
    told: u64,
    changes: Vec<Change>,
}

impl Frames {
    /// Frames behind `snapshot`, `moment_ns` nanoseconds apart or more.
    pub(super) fn new(follower: Follower, moment_ns: u64, sees_paced: bool, snapshot: &Snapshot) -> Self {
        let schema = Arc::clone(&snapshot.schema);
        let mut frames = Self {
            follower,
            moment_ns,
            sees_paced,
            series: Vec::new(),
            schema,
            told: 0,
            changes: Vec::new(),
        };
        frames.told = frames.moment(micros(snapshot.monotonic_ns));
        frames.learn(&snapshot.schema);
        frames
    }

    /// Goes on behind `now`, which the client is given whole because it means something else than what the frames before
    /// it meant. Returns how many moments are left out.
    pub(super) fn pass_over(&mut self, now: &Snapshot) -> u64 {
        let now_us = micros(now.monotonic_ns);
        let newest = self.moment(now_us);
        let found = self.follower.advance();
        let mut lost = found.lost;
        for frame in 0..found.frames {
            let time_us = self.follower.time_us(frame);
            if time_us > now_us {
                self.follower.put_back(frame);
                break;
            }
            let moment = self.moment(time_us);
            lost += u64::from(moment > self.told && moment < newest);
        }
        let left_out = self.left_out(&mut lost, newest);
        self.told = newest;
        self.learn(&now.schema);
        left_out
    }

    /// Appends each moment between `sent` and `now`, then `now` with everything. `sent` becomes what was appended.
    ///
    /// `now` was read before the ring, and a frame is there before the page of its tick: frames up to `now` have the
    /// meaning of its schema, later ones are put back.
    pub(super) fn bring(
        &mut self,
        now: &Snapshot,
        sent: &mut Snapshot,
        form: &mut Form,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if !Arc::ptr_eq(&self.schema, &now.schema) {
            self.learn(&now.schema);
        }
        let now_us = micros(now.monotonic_ns);
        let newest = self.moment(now_us);
        let found = self.follower.advance();
        let mut lost = found.lost;
        for frame in 0..found.frames {
            let time_us = self.follower.time_us(frame);
            if time_us > now_us {
                self.follower.put_back(frame);
                break;
            }
            let moment = self.moment(time_us);
            // The newest moment is `now` itself. Other frames of one moment are there because somebody else wants more.
            if moment <= self.told || moment >= newest {
                continue;
            }
            if now_us - time_us > BACKLOG_US {
                lost += 1;
                continue;
            }
            form.gap(self.left_out(&mut lost, moment), out)?;
            self.told = moment;
            self.find_changes(frame, now, sent);
            form.changes(sent, at(time_us, now), &self.changes, out)?;
        }
        if newest > self.told {
            form.gap(self.left_out(&mut lost, newest), out)?;
            self.told = newest;
            form.delta(sent, now, out)?;
        }
        Ok(())
    }

    /// How many moments there are between the last one told and `moment`, as far as frames were lost there.
    fn left_out(&self, lost: &mut u64, moment: u64) -> u64 {
        std::mem::take(lost).min(moment.saturating_sub(self.told).saturating_sub(1))
    }

    /// The number of the moment that `time_us` lies in. Ticks lie on the beginnings of moments; a microsecond is added
    /// because their times are rounded down.
    fn moment(&self, time_us: u64) -> u64 {
        (time_us + 1).saturating_mul(1000) / self.moment_ns
    }

    fn find_changes(&mut self, frame: usize, now: &Snapshot, sent: &Snapshot) {
        self.changes.clear();
        for (index, word) in self.follower.words(&now.schema, frame) {
            let Some(&(_, position)) = self.series.iter().find(|(known, _)| *known == index) else {
                continue;
            };
            if sent.reading(index) != word.reading() {
                self.changes.push(Change { index, position, word });
            }
        }
        self.changes.sort_unstable_by_key(|change| change.position);
    }

    /// Series whose refresh is bounded are left to the desk unless the client may see them at full rate.
    fn learn(&mut self, schema: &Arc<Schema>) {
        self.schema = Arc::clone(schema);
        self.series.clear();
        let columns: Vec<u32> =
            schema.lanes[0].ring.iter().flatten().map(|column| schema.index(0, column.place)).collect();
        for (position, (index, key)) in (0..).zip(schema.series()) {
            if columns.contains(&index) && (self.sees_paced || !key.metric.paced) {
                self.series.push((index, position));
            }
        }
    }
}

/// A frame's time by both clocks, by way of a later moment.
fn at(time_us: u64, now: &Snapshot) -> Moment {
    let monotonic_ns = time_us.saturating_mul(1000);
    let age_ns = now.monotonic_ns.saturating_sub(monotonic_ns);
    Moment { monotonic_ns, realtime_ns: now.realtime_ns.saturating_sub(age_ns) }
}

fn micros(ns: u64) -> u64 {
    ns / 1000
}
