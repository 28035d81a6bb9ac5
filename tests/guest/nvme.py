"""NVMe drives: each of Hearth's figures is nvme-cli's and smartctl's, and a drive may be pulled."""

import json

import lanes
from daemon import Hearth, of

FIXED, SLOT = "nvme0", "nvme1"

# A metric with its labels, what one count of the page is worth in it, nvme-cli's name of the field, smartctl's.
FIELDS = (
    ("smartctl_device_critical_warning", {}, 1, "critical_warning", "critical_warning"),
    ("smartctl_device_available_spare", {}, 1, "avail_spare", "available_spare"),
    ("smartctl_device_available_spare_threshold", {}, 1, "spare_thresh", "available_spare_threshold"),
    ("smartctl_device_percentage_used", {}, 1, "percent_used", "percentage_used"),
    ("smartctl_device_bytes_read", {}, 512_000, "data_units_read", "data_units_read"),
    ("smartctl_device_bytes_written", {}, 512_000, "data_units_written", "data_units_written"),
    ("hearth_drive_host_reads_total", {}, 1, "host_read_commands", "host_reads"),
    ("hearth_drive_host_writes_total", {}, 1, "host_write_commands", "host_writes"),
    ("hearth_drive_busy_seconds_total", {}, 60, "controller_busy_time", "controller_busy_time"),
    ("smartctl_device_power_cycle_count", {}, 1, "power_cycles", "power_cycles"),
    ("smartctl_device_power_on_seconds", {}, 3600, "power_on_hours", "power_on_hours"),
    ("hearth_drive_unsafe_shutdowns_total", {}, 1, "unsafe_shutdowns", "unsafe_shutdowns"),
    ("smartctl_device_media_errors", {}, 1, "media_errors", "media_errors"),
    ("smartctl_device_num_err_log_entries", {}, 1, "num_err_log_entries", "num_err_log_entries"),
    ("hearth_drive_warning_temperature_seconds_total", {}, 60, "warning_temp_time", "warning_temp_time"),
    ("hearth_drive_critical_temperature_seconds_total", {}, 60, "critical_comp_time", "critical_comp_time"),
    ("hearth_drive_throttles_total", {"level": "light"}, 1, "thm_temp1_trans_count", None),
    ("hearth_drive_throttles_total", {"level": "heavy"}, 1, "thm_temp2_trans_count", None),
    ("hearth_drive_throttled_seconds_total", {"level": "light"}, 1, "thm_temp1_total_time", None),
    ("hearth_drive_throttled_seconds_total", {"level": "heavy"}, 1, "thm_temp2_total_time", None),
)


def nvme_cli(guest, drive):
    """The SMART log by nvme-cli, as integers by its names."""
    told = json.loads(guest.out(f"nvme smart-log -o json /dev/{drive}"))
    return {name: int(value) for name, value in told.items()}


def smartctl(guest, drive):
    """The SMART log by smartctl, as integers by its names."""
    # Bits of the exit code say what smartctl thinks of the drive.
    return json.loads(guest.sh(f"smartctl -j -A /dev/{drive}")[1])["nvme_smart_health_information_log"]


def the_tools_agree(guest, report):
    """Before Hearth is compared with them, the two tools are compared with each other, after some work."""
    guest.out(
        "dd if=/dev/zero of=/dev/nvme0n1 bs=1M count=24 oflag=direct &&"
        " dd if=/dev/nvme0n1 of=/dev/null bs=1M count=40 iflag=direct"
    )
    serials = guest.out("cat /sys/class/nvme/nvme0/serial /sys/class/nvme/nvme1/serial").split()
    report.expect(guest.name, "the guest has both NVMe drives", serials == ["HEARTH-FIXED", "HEARTH-SLOT"], serials)
    ours, theirs = nvme_cli(guest, FIXED), smartctl(guest, FIXED)
    report.equal(
        guest.name,
        "nvme-cli and smartctl read the same NVMe page",
        {name: ours[field] for _, _, _, field, name in FIELDS if name},
        {name: theirs[name] for _, _, _, _, name in FIELDS if name},
    )
    report.expect(guest.name, "its counters are not all zero", ours["host_write_commands"] > 0, ours)


def compare(guest, report, samples, how):
    """Hearth's figures of the fixed drive against both tools, now."""
    for tool, page, column in (("nvme-cli", nvme_cli(guest, FIXED), 0), ("smartctl", smartctl(guest, FIXED), 1)):
        seen, wanted = {}, {}
        for metric, labels, worth, *names in FIELDS:
            if names[column]:
                key = " ".join([metric, *labels.values()])
                found = of(samples, metric, device=FIXED, **labels)
                seen[key] = [float(value) for value in found]
                wanted[key] = [float(page[names[column]] * worth)]
        temperature = page["temperature"] - 273 if column == 0 else page["temperature"]
        # The page holds whole kelvins; the tools subtract 273.
        warm = of(samples, "smartctl_device_temperature", device=FIXED, temperature_type="current")
        seen["temperature"], wanted["temperature"] = [round(float(value)) for value in warm], [temperature]
        report.equal(guest.name, f"NVMe SMART by {how} equals {tool}'s", seen, wanted)


def the_error_log_agrees(guest, report, samples):
    """QEMU's drive keeps no error, so that what is compared is that there is none."""
    log = json.loads(guest.out(f"nvme error-log -o json /dev/{FIXED}"))["errors"]
    numbers = [entry["error_count"] for entry in log if entry["error_count"]]
    ever = [float(value) for value in of(samples, "smartctl_device_num_err_log_entries", device=FIXED)]
    wanted = [float(max(numbers, default=0))]
    report.expect(guest.name, "the number of errors is that of nvme-cli's newest in the log", ever == wanted, (ever, log))
    newest = of(samples, "hearth_drive_newest_error_status", device=FIXED)
    report.expect(guest.name, "and the newest error is shown where there is one", bool(newest) == bool(numbers), newest)


def a_self_test_is_refused(guest, report):
    """QEMU's drive has none, and says so when it is asked what it is."""
    code, said, error = guest.sh(f"hearth drives test {FIXED} short")
    report.expect(guest.name, "a drive without self-tests is not told to run one", code == 1 and "self-test" in error, said + error)


def access(samples):
    """How each NVMe drive is asked."""
    labels = (dict(labels) for name, labels in samples if name == "hearth_drive_info")
    return [having["access"] for having in labels if having["protocol"] == "NVMe"]


ANSWERED = 'smartctl_device_critical_warning.*"nvme0".* [0-9]'


def by_uring(guest, report):
    with Hearth(guest) as hearth:
        if not report.expect(guest.name, "the NVMe drive is polled", hearth.until(ANSWERED, 60), hearth.log("nvme")):
            return
        samples = hearth.metrics()
        ways = access(samples)
        report.expect(guest.name, "both drives are asked by io_uring", ways == ["io_uring"] * 2, ways)
        compare(guest, report, samples, "uring_cmd")
        the_error_log_agrees(guest, report, samples)
        chips = {source["source"]: source["state"] for source in hearth.sources("hwmon")}
        left = {f"nvme_{drive}": "spare" for drive in (FIXED, SLOT)}
        report.equal(guest.name, "the drives' hwmon chips are left alone, as each reading is a command", chips, left)
        pulled(guest, report, hearth)
        warned(guest, report, hearth)
        report.expect(guest.name, "the daemon has run through all that", hearth.lives(), hearth.log("panic"))


def by_ioctl(guest, report):
    """io_uring refused by the kernel, as a container's seccomp profile does."""
    refused = "strace -f --seccomp-bpf -e trace=io_uring_setup -e inject=io_uring_setup:error=EPERM -o /tmp/refused "
    with Hearth(guest, under=refused) as hearth:
        polled = hearth.until(ANSWERED, 90)
        if not report.expect(guest.name, "the NVMe drive is polled by ioctl", polled, hearth.log("nvme")):
            return
        samples = hearth.metrics()
        report.expect(guest.name, "the drive is asked by ioctl", access(samples) == ["ioctl"], access(samples))
        compare(guest, report, samples, "ioctl")
    report.expect(guest.name, "and io_uring was refused", "EPERM" in guest.out("cat /tmp/refused"))


def warned(guest, report, hearth):
    """A warning that the drive raises is seen at the next poll: 60 seconds, plus what the machine is late."""
    guest.qmp("qom-set", path="/machine/peripheral/fixed", property="smart_critical_warning", value=4)
    began = float(guest.out("cut -d ' ' -f 1 /proc/uptime"))
    # The time until then is used to watch the lanes, which hand the question to the drive's thread and take its answer.
    lanes.do_what_they_may(guest, report)
    seen = hearth.until('smartctl_device_critical_warning.*"nvme0".* 4', 90)
    took = float(guest.out("cut -d ' ' -f 1 /proc/uptime")) - began
    report.expect(guest.name, f"a critical warning set through QMP is served ({took:.0f} s of the guest)", seen)
    samples = hearth.metrics()
    verdict = {
        dict(labels)["verdict"]: value
        for (name, labels), value in samples.items()
        if name == "hearth_drive_verdict" and ("device", FIXED) in labels
    }
    report.expect(guest.name, "and the drive's verdict is failing", verdict.get("failing") == "1", verdict)
    guest.qmp("qom-set", path="/machine/peripheral/fixed", property="smart_critical_warning", value=0)


def pulled(guest, report, hearth):
    """A drive that is pulled while it is polled: its figures end, the status says why, everything else goes on."""
    guest.qmp("device_del", id="pulled")
    guest.event("DEVICE_DELETED")
    gone = guest.until("[ ! -e /sys/class/nvme/nvme1 ]", 30)
    report.expect(guest.name, "the pulled drive is gone from the guest", gone, guest.out("ls /sys/class/nvme"))
    ended = hearth.until_not('^(smartctl|hearth_drive).*"nvme1".* [0-9]', 90)
    report.expect(guest.name, "no figure is served of a drive that is gone", ended, hearth.log("nvme"))
    served = of(hearth.metrics(), "smartctl_device_smart_status", device=FIXED)
    report.expect(guest.name, "the other drive is served as before", served == ["1"], served)
    said = [source for source in hearth.sources("nvme") if source["source"] == "/dev/nvme1"]
    told = bool(said) and said[0]["state"] != "used" and "gone" in json.dumps(said[0])
    report.expect(guest.name, "the status says of the pulled drive that it has gone", told, said)


TRIALS = (the_tools_agree, a_self_test_is_refused, by_uring, by_ioctl)
