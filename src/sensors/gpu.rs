//! NVIDIA's GPUs: energy, power, temperature and use, by the library that comes with their driver.
//!
//! ```text
//! arm: seen in files? ─► a thread loads the library and lists them ─► an errand for each GPU
//! ```
//!
//! Where files show none, or the root is another directory, the library is not even loaded: it speaks of the machine that
//! runs. A GPU that sleeps is left alone. One that is awake is kept awake by being asked, and the driver's module is in use
//! as long as the library is: who minds either disables this sensor.

use std::path::Path;
use std::time::Duration;

use hearth_drivers::class::Attribute;
use hearth_drivers::nvml::{Cause, Gpu, GpuReading, LIBRARY, Nvml, NvmlError, Seen, directory_of};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef};
use hearth_model::{Reading, Reason, Word, catalogue::gpu as metrics};

use super::attributes::Sleep;
use super::crew::{Crew, Errand};
use super::kept::locked;
use super::rounds::Plan;
use look::{Look, Unseen};

mod look;

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "gpu",
    source: "NVML of NVIDIA's driver",
    lane: LaneKind::Slow,
    // Energy is a counter, so that nothing is lost between; each question keeps the GPU from its deeper sleep.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_millis(1),
    metrics: &[metrics::ALL],
    arm,
};

/// How long arming waits for the driver. Bringing GPUs up that no program uses takes a few seconds; what takes longer is
/// there at the next try.
const PATIENCE: Duration = Duration::from_secs(5);
/// Energy, power, temperature, use.
const READINGS: usize = 4;

static LOOK: Look = Look::new();

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let root = arming.root();
    let seen = Seen::below(root);
    let asleep = |address: &String| sleep(root, address).is_some_and(|sleep| sleep.is_asleep());
    may_load(&seen, root, !seen.addresses.is_empty() && seen.addresses.iter().all(asleep))?;
    let shown = LOOK.ask(look::shown, PATIENCE).map_err(unseen)?;
    let shown = shown.map_err(|error| refused(&error))?;
    let nvml = look::nvml().map_err(|error| refused(&error))?;
    let mut plan = Plan::new(SENSOR.name);
    let costs = Crew::costs(root, SENSOR.name);
    let mut missed = seen.addresses;
    let mut trouble = None;
    for gpu in shown {
        match gpu {
            Ok(gpu) => {
                missed.retain(|address| *address != gpu.address);
                arm_gpu(arming, &mut plan, nvml, gpu, &costs);
            }
            Err(error) => trouble = Some(error),
        }
    }
    for address in missed {
        arming.lacks(format!("GPU {address}"), unshown(trouble.as_ref()));
    }
    plan.arm(root)
}

fn arm_gpu(
    arming: &mut Arming<'_>,
    plan: &mut Plan,
    nvml: &'static Nvml,
    gpu: Gpu,
    costs: &[(String, String)],
) {
    let Gpu { index, address, name, counts_energy } = gpu;
    let slots = vec![
        arming.slot(&metrics::ENERGY, &[&address, "nvml"]),
        arming.slot(&metrics::POWER, &[&address]),
        arming.slot(&metrics::TEMPERATURE, &[&address]),
        arming.slot(&metrics::UTILIZATION, &[&address]),
    ];
    plan.constant(arming.slot(&metrics::INFO, &[&address, &name]));
    let energy = if counts_energy { "energy and power" } else { "power; it counts no energy" };
    let cost = costs.iter().find(|(errand, _)| *errand == address).map_or("", |(_, cost)| cost);
    arming.uses(format!("GPU {address}"), "mJ, mW", format!("{name} by {LIBRARY}: {energy}{cost}"));
    let sleep = sleep(arming.root(), &address);
    let errand = Asked { nvml, index, sleep, readings: [Err(Reason::Pending); READINGS], trouble: None };
    plan.errand(address, slots, Box::new(errand));
}

/// What tells whether a GPU sleeps; nothing where the kernel does not say.
fn sleep(root: &Path, address: &str) -> Option<Sleep> {
    Attribute::open(&directory_of(root, address), "power/runtime_status").map(Sleep).ok()
}

/// Whether the library may be loaded.
fn may_load(seen: &Seen, root: &Path, all_asleep: bool) -> Result<(), Absent> {
    let absent = |reason, what: String, fix: &str| Err(Absent { reason, what, fix: fix.to_owned() });
    if seen.addresses.is_empty() && !seen.has_control {
        let what = "no PCI device is an NVIDIA GPU, and there is no /dev/nvidiactl".to_owned();
        return absent(
            Reason::Absent,
            what,
            "nothing if the box has none; AMD's and Intel's are read by hwmon",
        );
    }
    if root != Path::new("/") {
        let what = "the driver is asked by the running machine, and the root is another directory".to_owned();
        return absent(Reason::Absent, what, "run without --root");
    }
    if !seen.has_control {
        let what = format!("no /dev/nvidiactl, though there is a GPU at {}", seen.addresses.join(", "));
        let fix = "install NVIDIA's driver, run nvidia-modprobe as root, and let the service see /dev";
        return absent(Reason::Absent, what, fix);
    }
    if all_asleep {
        let what = format!("the GPU at {} sleeps, and asking would wake it", seen.addresses.join(", "));
        return absent(Reason::NotCounted, what, "nothing: it is asked when it is used");
    }
    Ok(())
}

fn unseen(unseen: Unseen) -> Absent {
    let (reason, what, fix) = match unseen {
        Unseen::Late => (
            Reason::Stale,
            format!("{LIBRARY} has not answered within {} s", PATIENCE.as_secs()),
            "nothing if the GPUs are coming up; else look for NVRM in the kernel's log",
        ),
        Unseen::NoThread(error) => (
            Reason::IoError,
            format!("starting the thread that asks {LIBRARY} failed: {error}"),
            "raise TasksMax= of the service's unit",
        ),
    };
    Absent { reason, what, fix: fix.to_owned() }
}

/// Why the library as a whole is of no use.
fn refused(error: &NvmlError) -> Absent {
    let fix = match error.cause {
        Cause::NoLibrary => {
            "install the library of NVIDIA's driver (libnvidia-ml1, nvidia-utils), of the driver's version"
        }
        Cause::OldLibrary => "update NVIDIA's driver",
        Cause::NoDriver => "load NVIDIA's driver: nvidia-modprobe, as root",
        Cause::Mismatch => "restart the box, so that the kernel runs the driver that is installed",
        Cause::NoPermission => {
            "let the service open /dev/nvidiactl and /dev/nvidia* (DeviceAllow=, the group of the device)"
        }
        Cause::Unsupported | Cause::Gone | Cause::Other => "look for NVRM in the kernel's log",
    };
    Absent { reason: reason(error.cause), what: error.to_string(), fix: fix.to_owned() }
}

/// Why the library does not show a GPU that is on the bus.
fn unshown(trouble: Option<&NvmlError>) -> Absent {
    trouble.map_or_else(
        || Absent {
            reason: Reason::Absent,
            what: "on the bus, but NVIDIA's driver does not show it".to_owned(),
            fix: "nothing if another driver has it, as for a virtual machine; else look for NVRM in the kernel's log"
                .to_owned(),
        },
        refused,
    )
}

const fn reason(cause: Cause) -> Reason {
    match cause {
        Cause::NoLibrary | Cause::OldLibrary | Cause::NoDriver | Cause::Unsupported => Reason::Absent,
        Cause::NoPermission => Reason::NoPermission,
        Cause::Gone => Reason::Gone,
        Cause::Mismatch | Cause::Other => Reason::IoError,
    }
}

/// The errand of one GPU.
struct Asked {
    nvml: &'static Nvml,
    index: u32,
    sleep: Option<Sleep>,
    readings: [Reading; READINGS],
    /// What was said in the log last; said again only when it is something else.
    trouble: Option<Cause>,
}

impl Errand for Asked {
    fn run(&mut self) -> &[Reading] {
        if self.sleep.as_ref().is_some_and(Sleep::is_asleep) {
            self.readings.fill(Err(Reason::NotCounted));
            return &self.readings;
        }
        match self.nvml.read(self.index) {
            Ok(told) => {
                if self.trouble.take().is_some() {
                    tracing::info!("GPU {}: answers again", self.index);
                }
                self.readings = readings(&told);
            }
            Err(error) => {
                if self.trouble != Some(error.cause) {
                    tracing::warn!("GPU {}: {error}", self.index);
                    self.trouble = Some(error.cause);
                }
                self.readings.fill(Err(reason(error.cause)));
            }
        }
        &self.readings
    }
}

/// In the units of the catalogue: mJ, mW, °C, percent.
fn readings(told: &GpuReading) -> [Reading; READINGS] {
    let small = |told: Result<u32, Cause>| told.map(i64::from).map_err(reason);
    [
        told.energy_mj.map_err(reason).and_then(|energy_mj| Word::count(energy_mj).reading()),
        small(told.power_mw),
        small(told.temperature_c),
        small(told.utilization_percent),
    ]
}

#[cfg(test)]
mod tests;
