"""ATA drives: each of Hearth's figures is smartctl's, and a self-test that Hearth starts is in the drive's log."""

import json

from daemon import Hearth, of

DRIVE = "sda"
ANSWERED = 'smartctl_device_smart_status.*"sda".* [0-9]'


def smartctl(guest):
    """All that smartctl tells of the drive."""
    # Bits of the exit code say what smartctl thinks of the drive.
    return json.loads(guest.sh(f"smartctl -j -a -d sat /dev/{DRIVE}")[1])


def a_self_test_is_run(guest, report):
    """QEMU's drive is done with a test at once; it is in the log before anybody asks."""
    logged = smartctl(guest)["ata_smart_self_test_log"]["standard"]["count"]
    report.expect(guest.name, "the drive's log of self-tests is empty", logged == 0, logged)
    code, said, error = guest.sh(f"hearth drives test {DRIVE} short")
    report.expect(guest.name, "hearth starts a short self-test", code == 0 and "short" in said, said + error)
    tests = smartctl(guest)["ata_smart_self_test_log"]["standard"]["table"]
    told = [(test["type"]["string"], test["status"]["passed"], test["lifetime_hours"]) for test in tests]
    report.expect(guest.name, "smartctl finds it in the drive's log", told == [("Short offline", True, 0x1234)], told)
    status = guest.out(f"hearth drives test {DRIVE} status")
    shown = "no self-test runs" in status and f"short: passed, at {0x1234} h" in status
    report.expect(guest.name, "and hearth shows it as ended, with its result", shown, status)


def figures_equal_smartctl(guest, report):
    with Hearth(guest) as hearth:
        if not report.expect(guest.name, "the ATA drive is polled", hearth.until(ANSWERED, 90), hearth.log("ata")):
            return
        samples = hearth.metrics()
    told = smartctl(guest)
    attributes = [
        (dict(labels), float(value))
        for (name, labels), value in samples.items()
        if name == "smartctl_device_attribute" and ("device", DRIVE) in labels
    ]
    seen = {(int(having["attribute_id"]), having["attribute_value_type"]): value for having, value in attributes}
    flags = {int(having["attribute_id"]): having["attribute_flags_short"] for having, _ in attributes}
    table = told["ata_smart_attributes"]["table"]
    wanted = {(row["id"], kind): float(row[kind]) for row in table for kind in ("value", "worst", "thresh")}
    wanted |= {(row["id"], "raw"): float(row["raw"]["value"]) for row in table}
    report.equal(guest.name, "ATA attributes equal smartctl's", seen, wanted)
    report.equal(guest.name, "and their flags", flags, {row["id"]: row["flags"]["string"].strip() for row in table})
    log = told["ata_smart_self_test_log"]["standard"]
    others = {
        ("smartctl_device_smart_status",): int(told["smart_status"]["passed"]),
        ("smartctl_device_temperature", "current"): told["temperature"]["current"],
        ("smartctl_device_power_on_seconds",): told["power_on_time"]["hours"] * 3600,
        ("smartctl_device_power_cycle_count",): told["power_cycle_count"],
        ("smartctl_device_capacity_bytes",): told["user_capacity"]["bytes"],
        ("smartctl_device_self_test_log_count", "standard"): log["count"],
        ("hearth_drive_self_test_passed", "short"): int(log["table"][0]["status"]["passed"]),
        ("hearth_drive_self_test_at_seconds", "short"): log["table"][0]["lifetime_hours"] * 3600,
        ("hearth_drive_asleep",): 0,
    }
    found = {key: _one(samples, *key) for key in others}
    others = {key: [float(value)] for key, value in others.items()}
    report.equal(guest.name, "the ATA drive's other figures equal smartctl's", found, others)
    info = [dict(labels) for name, labels in samples if name == "hearth_drive_info" and ("device", DRIVE) in labels]
    names = [(having["model"], having["firmware"]) for having in info]
    report.expect(guest.name, "and so do its names", names == [(told["model_name"], told["firmware_version"])], names)


def _one(samples, name, label=None):
    """Values of a metric of the drive, of one kind if its labels name kinds."""
    kinds = ("temperature_type", "self_test_log_type", "kind")
    its = ((labels, value) for (metric, labels), value in samples.items() if metric == name and ("device", DRIVE) in labels)
    return [float(value) for labels, value in its if not label or any((kind, label) in labels for kind in kinds)]


def drives_are_listed(guest, report):
    """At one look, without a daemon."""
    rows = {line.split()[0]: line for line in guest.out("hearth drives").splitlines() if line.strip()}
    wanted = {
        "nvme0": ("50 °C", "0 h", "QEMU NVMe Ctrl", "HEARTH-FIXED"),
        "nvme1": ("50 °C", "0 h", "QEMU NVMe Ctrl", "HEARTH-SLOT"),
        "sda": ("31 °C", "1 h", "QEMU HARDDISK", "HEARTH-ATA"),
    }
    found = {drive: tuple(part for part in parts if part in rows.get(drive, "")) for drive, parts in wanted.items()}
    report.equal(guest.name, "hearth drives lists each drive with its heat, hours, model and serial number", found, wanted)


def a_command_that_hangs_stops_nothing_else(guest, report):
    """The fifth command to the drive, one of its first poll, is held up on its way for twenty seconds."""
    held_up = "strace -f --seccomp-bpf -e trace=ioctl -e inject=ioctl:delay_enter=20000000:when=5 -o /tmp/held_up "
    # Opening counters takes such calls as well.
    config = '[sensors]\ndisabled = ["counters", "energy"]'
    asked = "wget -q -O - --header 'Accept: application/json' http://127.0.0.1:9110/v1/snapshot | tr '{' '\\n'"
    with Hearth(guest, config, under=held_up) as hearth:
        early = hearth.metrics()
        stale = guest.until(f"""{asked} | grep -Eq '^"device":"{DRIVE}".*"reason":"stale"'""", 60)
        report.expect(guest.name, "a drive whose command hangs is stale", stale, hearth.log("ata"))
        now = hearth.metrics()
        shown = _one(now, "smartctl_device_smart_status")
        report.expect(guest.name, "none of its figures is served meanwhile", not shown, shown)
        nvme = of(now, "smartctl_device_smart_status", device="nvme0")
        report.expect(guest.name, "the other drives are served", nvme == ["1"], nvme)
        ticks = [sum(float(value) for value in of(samples, "hearth_lane_ticks_total")) for samples in (early, now)]
        report.expect(guest.name, "and the lanes tick on", ticks[0] < ticks[1], ticks)
        back = hearth.until(ANSWERED, 90)
        report.expect(guest.name, "when the command comes back, so do the drive's figures", back, hearth.log("ata"))
    delayed = guest.sh("grep DELAYED /tmp/held_up | grep -c SG_IO")[1].strip()
    report.expect(guest.name, "and it was a command that was held up", delayed != "0", delayed)


TRIALS = (
    drives_are_listed,
    a_self_test_is_run,
    figures_equal_smartctl,
    a_command_that_hangs_stops_nothing_else,
)
