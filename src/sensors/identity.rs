//! What system this is: the kernel's names, the distribution's, and whether SELinux is on.

use std::time::Duration;

use hearth_drivers::identity::{self, OsRelease, Uname};
use hearth_drivers::label::Label;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::system};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "identity",
    source: "uname(2), /etc/os-release and /sys/fs/selinux",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(60)),
    budget: Duration::from_micros(50),
    metrics: &[&[&system::UNAME, &system::OS_INFO, &system::OS_VERSION, &system::SELINUX]],
    arm,
};

/// The selinuxfs is mounted if and only if the kernel runs SELinux.
const SELINUX_PATH: &str = "sys/fs/selinux/enforce";
/// Fields of os-release, in the order of the labels of [`system::OS_INFO`].
const OS_FIELDS: [&str; 12] = [
    "ID",
    "ID_LIKE",
    "NAME",
    "PRETTY_NAME",
    "VERSION",
    "VERSION_CODENAME",
    "VERSION_ID",
    "VARIANT",
    "VARIANT_ID",
    "BUILD_ID",
    "IMAGE_ID",
    "IMAGE_VERSION",
];
/// Decimal places of [`system::OS_VERSION`].
const VERSION_DECIMALS: usize = 6;

struct Identity {
    /// The host's name may change; the rest stays as it was when armed.
    uname: Option<Uname>,
    /// What each slot shows: infos are 1.
    values: Vec<(Slot, i64)>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut values = Vec::new();
    let uname = identity::uname().ok();
    if let Some(names) = &uname {
        let text = |label: &Label<64>| String::from_utf8_lossy(label.as_bytes()).into_owned();
        let labels =
            [&names.system, &names.release, &names.version, &names.machine, &names.node, &names.domain]
                .map(text);
        values.push((arming.slot(&system::UNAME, &labels.each_ref().map(String::as_str)), 1));
    }
    // A system without the file (an image built from scratch) has no name but the kernel's.
    if let Ok(release) = OsRelease::read(arming.root()) {
        let fields = OS_FIELDS.map(|field| release.get(field).unwrap_or(""));
        values.push((arming.slot(&system::OS_INFO, &fields), 1));
        if let Some(version) = release.get("VERSION_ID").and_then(version_in_millionths) {
            let [id, id_like, name, ..] = fields;
            values.push((arming.slot(&system::OS_VERSION, &[id, id_like, name]), version));
        }
    }
    let is_selinux = arming.path(SELINUX_PATH).exists();
    values.push((arming.slot(&system::SELINUX, &[]), i64::from(is_selinux)));
    Ok(Box::new(Identity { uname, values }))
}

/// `22.04` as 22.04 in millionths: the number at the start, the second point and what follows it left out.
fn version_in_millionths(version: &str) -> Option<i64> {
    let whole_end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    let (whole, rest) = version.split_at_checked(whole_end)?;
    let minor = rest.strip_prefix('.').unwrap_or("");
    let minor_end = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
    let minor: String = minor.get(..minor_end.min(VERSION_DECIMALS))?.to_owned();
    format!("{whole}{minor:0<VERSION_DECIMALS$}").parse().ok().filter(|_| !whole.is_empty())
}

impl Sensor for Identity {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        for (slot, value) in &self.values {
            sheet.set(*slot, *value);
        }
        let is_same = identity::uname().ok() == self.uname;
        Ok(if is_same { State::Steady } else { State::Changed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const RELEASE: &str = "ID=ubuntu\nID_LIKE=debian\nNAME=Ubuntu\nVERSION_ID=\"22.04\"\n";

    #[test]
    fn the_system_is_what_its_file_says() {
        let files = Files::with(&[("etc/os-release", RELEASE), ("sys/fs/selinux/enforce", "1")]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        let version = [("id", "ubuntu"), ("id_like", "debian"), ("name", "Ubuntu")];
        assert_eq!(bench.value("node_os_version", &version), Some(Ok(22_040_000)));
        assert_eq!(bench.value("node_selinux_enabled", &[]), Some(Ok(1)));
        assert_eq!(bench.series().len(), 4);
        assert!(bench.list()[0].starts_with("node_uname_info{sysname=\"Linux\""), "{:?}", bench.list());
    }

    #[test]
    fn without_the_file_the_kernels_names_remain() {
        let mut bench = Bench::arm(&SENSOR, Files::with(&[]).root()).unwrap();
        bench.read_at(0).unwrap();
        assert_eq!(bench.value("node_selinux_enabled", &[]), Some(Ok(0)));
        assert_eq!(bench.series().len(), 2);
    }

    #[test]
    fn a_version_is_its_first_two_numbers() {
        for (text, version) in [
            ("12", Some(12_000_000)),
            ("22.04.3", Some(22_040_000)),
            ("3.20_alpha", Some(3_200_000)),
            ("40.", Some(40_000_000)),
            ("rolling", None),
            ("", None),
            ("1.12345678", Some(1_123_456)),
        ] {
            assert_eq!(version_in_millionths(text), version, "{text}");
        }
    }
}
