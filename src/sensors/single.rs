//! Files that hold a number or two: open files, entropy.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::{file_nr, random};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::system};

use super::{Trouble, settle, unopened};

pub(super) const FILEFD: SensorDef = SensorDef {
    name: "filefd",
    source: "/proc/sys/fs/file-nr",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_micros(50),
    metrics: &[&[&system::FILES_ALLOCATED, &system::FILES_MAXIMUM]],
    arm: arm_filefd,
};

pub(super) const ENTROPY: SensorDef = SensorDef {
    name: "entropy",
    source: "/proc/sys/kernel/random",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(30)),
    budget: Duration::from_micros(50),
    metrics: &[&[&system::ENTROPY, &system::ENTROPY_POOL]],
    arm: arm_entropy,
};

struct Filefd {
    text: KernelText,
    allocated: Slot,
    maximum: Slot,
}

struct Entropy {
    available: (KernelText, Slot),
    pool: (KernelText, Slot),
}

fn arm_filefd(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let text = KernelText::open(arming.root(), file_nr::PATH, file_nr::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let allocated = arming.slot(&system::FILES_ALLOCATED, &[]);
    let maximum = arming.slot(&system::FILES_MAXIMUM, &[]);
    Ok(Box::new(Filefd { text, allocated, maximum }))
}

fn arm_entropy(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let open = |path| {
        KernelText::open(arming.root(), path, random::DELIVERY)
            .map_err(|error| unopened(&error, "mount /proc"))
    };
    let available = open(random::ENTROPY_AVAIL_PATH)?;
    let pool = open(random::POOLSIZE_PATH)?;
    Ok(Box::new(Entropy {
        available: (available, arming.slot(&system::ENTROPY, &[])),
        pool: (pool, arming.slot(&system::ENTROPY_POOL, &[])),
    }))
}

impl Filefd {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let read = file_nr::parse(self.text.read()?)?;
        sheet.count(self.allocated, read.allocated);
        sheet.count(self.maximum, read.max);
        Ok(State::Steady)
    }
}

impl Entropy {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        for (text, slot) in [&mut self.available, &mut self.pool] {
            sheet.count(*slot, random::parse(text.read()?)?);
        }
        Ok(State::Steady)
    }
}

impl Sensor for Filefd {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

impl Sensor for Entropy {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    #[test]
    fn the_kernels_numbers_go_to_their_series() {
        let files = Files::with(&[
            ("proc/sys/fs/file-nr", "1024\t0\t9223372036854775807\n"),
            ("proc/sys/kernel/random/entropy_avail", "256\n"),
            ("proc/sys/kernel/random/poolsize", "257\n"),
        ]);
        let mut filefd = Bench::arm(&FILEFD, files.root()).unwrap();
        filefd.read_at(0).unwrap();
        assert_eq!(filefd.value("node_filefd_allocated", &[]), Some(Ok(1024)));
        assert_eq!(filefd.value("node_filefd_maximum", &[]), Some(Ok(i64::MAX)));
        let mut entropy = Bench::arm(&ENTROPY, files.root()).unwrap();
        entropy.read_at(0).unwrap();
        assert_eq!(entropy.value("node_entropy_available_bits", &[]), Some(Ok(256)));
        assert_eq!(entropy.value("node_entropy_pool_size_bits", &[]), Some(Ok(257)));
    }
}
