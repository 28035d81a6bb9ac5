"""What is not a drive: a fan controller, energy registers, counters."""

from daemon import Hearth, of
from fanchip import PWM_1, FanChip

# Files of the chip, and the metric with the power of ten between them.
CHANNELS = (
    *((f"temp{n}_input", "node_hwmon_temp_celsius", f"temp{n}", 1000) for n in (1, 2, 3)),
    *((f"fan{n}_input", "node_hwmon_fan_rpm", f"fan{n}", 1) for n in (1, 2, 3, 4)),
    *((f"in{n}_input", "node_hwmon_in_volts", f"in{n}", 1000) for n in (1, 2)),
    *((f"pwm{n}", "node_hwmon_pwm", f"pwm{n}", 1) for n in (1, 2, 3)),
)


def a_fan_chip_is_played(guest, report):
    """The stage on which fan control is tried stands: sysfs and registers are the same chip."""
    chip = FanChip(guest)
    chip.put("pwm1_enable", 1)
    chip.put("pwm1", 77)
    report.expect(guest.name, "what sysfs writes to pwm1 is in the chip's register", chip.read(PWM_1) == 77)
    degrees = chip.file("temp1_input")
    report.expect(guest.name, "and the chip's temperature is in sysfs", degrees == 40_000, degrees)


def the_chip_is_served(guest, report):
    chip = FanChip(guest)
    with Hearth(guest) as hearth:
        seen = hearth.until("^node_hwmon_temp_celsius.* [0-9]", 30)
        if not report.expect(guest.name, "the fan chip is polled", seen, hearth.log("hwmon")):
            return
        samples = hearth.metrics()
        wanted = {sensor: chip.file(name) / worth for name, _, sensor, worth in CHANNELS}
        found = {sensor: of(samples, metric, sensor=sensor) for _, metric, sensor, _ in CHANNELS}
        served = {sensor: float(values[0]) if len(values) == 1 else values for sensor, values in found.items()}
        report.equal(guest.name, "the chip's channels are as in sysfs", served, wanted)


def energy_is_absent_with_its_reason(guest, report):
    """QEMU answers every register with zero, which is no energy counter."""
    values = guest.out(
        "for r in 0x606 0x611 0x639; do"
        " dd if=/dev/cpu/0/msr bs=8 count=1 iflag=skip_bytes skip=$((r)) 2>/dev/null | hexdump -v -e '8/1 \"%02x\" \"\\n\"'; done"
    )
    report.expect(guest.name, "the emulated CPU's energy registers read zero", values.split() == ["0" * 16] * 3, values)
    for module in ("intel_rapl_common", "intel_rapl_msr", "rapl"):
        guest.load(module)
    with Hearth(guest) as hearth:
        samples = hearth.metrics()
        joules = [name for name, _ in samples if "joules_total" in name and "hwmon" not in name]
        report.expect(guest.name, "no energy is served where the registers are zero", not joules, joules)
        power = [value for (name, _), value in samples.items() if name == "hearth_power_watts"]
        report.expect(guest.name, "nor power", not power, power)
    lines = [line for line in guest.out("hearth sensors").splitlines()]
    at = next((number for number, line in enumerate(lines) if line.startswith("energy ")), None)
    said = "" if at is None else "\n".join(lines[at:][:8])
    report.expect(guest.name, "hearth sensors says that energy is absent", "absent" in said or "unsupported" in said, said)
    report.say(guest.name, said)


SWITCHES, PAGES = 400, 2048


def software_counters_count(guest, report):
    """Events of known number are counted, and no more than the kernel's own totals since before the start."""
    totals = "awk '/^ctxt/ {print $2}' /proc/stat; awk '/^pgfault/ {print $2}' /proc/vmstat"
    guest.out("echo never >/sys/kernel/mm/transparent_hugepage/enabled")
    before = [int(number) for number in guest.out(totals).split()]
    with Hearth(guest) as hearth:
        first = hearth.until("^node_perf_context_switches_total.* [0-9]", 30)
        if not report.expect(guest.name, "software events are counted", first, hearth.log("perf")):
            return
        names = ("node_perf_context_switches_total", "node_perf_page_faults_total")
        old = [sum(float(value) for value in of(hearth.metrics(), name)) for name in names]
        # A program's start and the wait for its end are a switch at least. Of a buffer each page is touched once.
        guest.out(f"for n in $(seq {SWITCHES}); do /bin/busybox true; done")
        guest.out(f"dd if=/dev/zero of=/dev/null bs={PAGES * 4096} count=1 2>/dev/null")
        wanted = (old[0] + SWITCHES, old[1] + PAGES)
        for name, least in zip(names, wanted):
            test = f"wget -q -O - http://127.0.0.1:9110/metrics | awk '/^{name}[{{]/ {{s+=$NF}} END {{exit !(s>={least})}}'"
            report.expect(guest.name, f"{name} grew by what was done", guest.until(test, 30), hearth.log("perf"))
        seen = [sum(float(value) for value in of(hearth.metrics(), name)) for name in names]
        after = [int(number) for number in guest.out(totals).split()]
        for name, value, start, end in zip(names, seen, before, after):
            report.expect(guest.name, f"{name} is within the kernel's own total", value <= (end - start) * 1.01, (value, end - start))
    said = guest.out("hearth sensors | grep -A 12 '^perf '")
    report.say(guest.name, said)


TRIALS = (a_fan_chip_is_played, the_chip_is_served, energy_is_absent_with_its_reason, software_counters_count)
