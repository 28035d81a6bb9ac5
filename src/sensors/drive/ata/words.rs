//! Why a disk is not read, for its owner: what was tried, what came back, what to do.

use hearth_drivers::ata::drive::DriveError;
use hearth_drivers::ata::identify::SmartSupport;
use hearth_drivers::ata::sg::SgError;
use hearth_drivers::file::Errno;
use hearth_hot::contract::Absent;
use hearth_model::Reason;

use crate::sensors::drive::worker::Place;

use super::smartctl::ReportError;

/// `ENOTTY`: the call is not known.
const ENOTTY: i32 = 25;

/// Whether `smartctl` may know a bridge that gave this answer.
pub(super) fn may_be_known_to_smartctl(error: &DriveError) -> bool {
    matches!(error, DriveError::Refused { .. } | DriveError::NoRegisters { .. } | DriveError::Sense { .. })
}

/// The device file could not be opened.
pub(super) fn unopened(place: &Place, errno: Errno) -> Absent {
    let (reason, fix) = if errno.is_permission() {
        (Reason::NoPermission, "run Hearth as root, or in the group that owns the device (disk)")
    } else if errno.is_absent() {
        (Reason::Absent, "let the device daemon make /dev, or mount devtmpfs there")
    } else {
        (Reason::IoError, "look at the kernel's log for its link; check cable and power")
    };
    Absent { reason, what: format!("cannot open /dev/{}: {errno}", place.name), fix: fix.to_owned() }
}

/// It went while it was asked.
pub(super) fn gone(place: &Place) -> Absent {
    Absent {
        reason: Reason::Gone,
        what: format!("{} has gone", place.name),
        fix: "plug it in again".to_owned(),
    }
}

/// A stick or a card reader on USB. The device daemon of systemd leaves them alone for the same reason.
pub(super) fn stick(place: &Place) -> Absent {
    Absent {
        reason: Reason::Absent,
        what: format!(
            "{} is removable and on USB: sticks and card readers keep no record of their health, and some hang when they are asked",
            place.name
        ),
        fix: format!("nothing; drives.ignored = [\"{}\"] silences this", place.name),
    }
}

/// The kernel has suspended the disk.
pub(super) fn suspended(place: &Place) -> Absent {
    Absent {
        reason: Reason::NotCounted,
        what: format!("{}: the kernel has suspended the disk, and any command would wake it", place.name),
        fix: "nothing: it is asked when it is used".to_owned(),
    }
}

/// A command did not do.
pub(super) fn absent(place: &Place, error: DriveError) -> Absent {
    let name = &place.name;
    let (reason, fix) = match error {
        error if error.is_permission() => (
            Reason::NoPermission,
            "give the service CAP_SYS_RAWIO, which the kernel wants for each command (AmbientCapabilities=CAP_SYS_RAWIO)"
                .to_owned(),
        ),
        DriveError::Transport { error: SgError::TimedOut(_), .. } => {
            (Reason::Stale, "look at the kernel's log for resets of its link; check cable and power".to_owned())
        }
        DriveError::Transport { error: SgError::Os(Errno(ENOTTY)), .. } => {
            (Reason::Absent, "leave it out by drives.ignored: its driver takes no SCSI commands".to_owned())
        }
        DriveError::Transport { .. } => (Reason::IoError, "look at the kernel's log for its link".to_owned()),
        DriveError::NoSmart { support: SmartSupport::Disabled } => {
            (Reason::Absent, format!("switch it on once: smartctl -s on /dev/{name}"))
        }
        DriveError::NoSmart { .. } | DriveError::NotADisk(_) => {
            (Reason::Absent, format!("nothing; drives.ignored = [\"{name}\"] silences this"))
        }
        DriveError::Asleep => (Reason::NotCounted, "nothing: it is asked when it wakes".to_owned()),
        DriveError::NoRegisters { .. } => (
            Reason::Absent,
            "connect it without this bridge: it does not say whether the disk sleeps, so the disk is left alone"
                .to_owned(),
        ),
        DriveError::Page { .. } => {
            (Reason::OutOfRange, "try again; if it stays, the drive's firmware is at fault".to_owned())
        }
        DriveError::Refused { .. } | DriveError::Failed { .. } | DriveError::Sense { .. } => {
            (Reason::Absent, format!("nothing; drives.ignored = [\"{name}\"] silences this"))
        }
    };
    Absent { reason, what: format!("{name}: {error}"), fix }
}

/// A bridge that takes no ATA commands, and no `smartctl` to ask.
pub(super) fn unknown_bridge(place: &Place, error: &DriveError) -> Absent {
    Absent {
        reason: Reason::Absent,
        what: format!("{}: the USB bridge takes no ATA commands: {error}", place.name),
        fix: "install smartmontools: its smartctl knows other bridges, and is used where it is found"
            .to_owned(),
    }
}

/// `smartctl` could not say either.
pub(super) fn unreported(place: &Place, error: &ReportError) -> Absent {
    Absent {
        reason: Reason::Absent,
        what: format!("{}: the USB bridge takes no ATA commands, and {error}", place.name),
        fix: format!("nothing; drives.ignored = [\"{}\"] silences this", place.name),
    }
}

/// Self-tests of such a disk are `smartctl`'s own affair.
pub(super) fn test_by_smartctl(place: &Place) -> Absent {
    Absent {
        reason: Reason::Absent,
        what: format!("{}: only smartctl can talk through its USB bridge", place.name),
        fix: format!("smartctl -t short /dev/{}", place.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::new("/".as_ref(), "sdq")
    }

    #[test]
    fn each_cause_has_its_fix() {
        let command = "CHECK POWER MODE";
        let transport = |error| DriveError::Transport { command, error };
        for (error, reason, fix) in [
            (transport(SgError::Os(Errno(1))), Reason::NoPermission, "CAP_SYS_RAWIO"),
            (transport(SgError::Os(Errno(ENOTTY))), Reason::Absent, "drives.ignored"),
            (transport(SgError::TimedOut(5000)), Reason::Stale, "kernel's log"),
            (
                DriveError::NoSmart { support: SmartSupport::Disabled },
                Reason::Absent,
                "smartctl -s on /dev/sdq",
            ),
            (DriveError::Asleep, Reason::NotCounted, "when it wakes"),
            (DriveError::NoRegisters { command }, Reason::Absent, "bridge"),
        ] {
            let absent = absent(&place(), error);
            assert_eq!(absent.reason, reason, "{absent:?}");
            assert!(absent.fix.contains(fix) && absent.what.starts_with("sdq: "), "{absent:?}");
        }
        assert_eq!(unopened(&place(), Errno(13)).reason, Reason::NoPermission);
        assert!(unopened(&place(), Errno(2)).what.contains("/dev/sdq"));
    }
}
