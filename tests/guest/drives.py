"""Drives: what Hearth says of them is what nvme-cli and smartctl say."""

import json

from daemon import Hearth, of

FIXED, SLOT, ATA = "/dev/nvme0", "/dev/nvme1", "/dev/sda"


def the_tools_agree_on_the_drives(guest, report):
    """Before Hearth is compared with them, the two oracles are compared with each other."""
    serials = guest.out("cat /sys/class/nvme/nvme0/serial /sys/class/nvme/nvme1/serial").split()
    report.expect(guest.name, "the guest has both NVMe drives", serials == ["HEARTH-FIXED", "HEARTH-SLOT"], serials)
    ours = nvme_cli(guest, FIXED)
    theirs = json.loads(guest.out(f"smartctl -j -A {FIXED}"))["nvme_smart_health_information_log"]
    report.expect(
        guest.name,
        "nvme-cli and smartctl read the same counters of the NVMe drive",
        (ours["data_units_written"], ours["host_write_commands"], ours["temperature"] - 273)
        == (theirs["data_units_written"], theirs["host_writes"], theirs["temperature"]),
        f"{ours} and {theirs}",
    )
    told = json.loads(guest.out(f"smartctl -j -A -d sat {ATA}"))
    numbers = [row["id"] for row in told["ata_smart_attributes"]["table"]]
    report.expect(guest.name, "smartctl reads the ATA drive's attributes", numbers == [1, 3, 4, 5, 9, 12, 190], numbers)


def nvme_cli(guest, drive):
    """The SMART log by nvme-cli, as integers by its names."""
    told = json.loads(guest.out(f"nvme smart-log -o json {drive}"))
    return {name: int(value) for name, value in told.items()}


def the_daemon_runs_beside_the_drives(guest, report):
    with Hearth(guest) as hearth:
        samples = hearth.metrics()
        disks = {dict(labels).get("device") for name, labels in samples if name.startswith("node_disk_")}
        report.expect(guest.name, "the daemon serves the disks", {"nvme0n1", "nvme1n1", "sda"} <= disks, disks)
        report.expect(guest.name, "the daemon is up", of(samples, "node_uname_info"), hearth.log())


TRIALS = (the_tools_agree_on_the_drives, the_daemon_runs_beside_the_drives)
