"""What is not a drive: a fan controller, energy registers, counters."""

import counters
import energy
import fans
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
        seen = hearth.until("^node_hwmon_temp_celsius.* [0-9]", 60)
        if not report.expect(guest.name, "the fan chip is polled", seen, hearth.log("hwmon")):
            return
        samples = hearth.metrics()
        wanted = {sensor: chip.file(name) / worth for name, _, sensor, worth in CHANNELS}
        found = {sensor: of(samples, metric, chip=chip.key, sensor=sensor) for _, metric, sensor, _ in CHANNELS}
        served = {sensor: float(values[0]) if len(values) == 1 else values for sensor, values in found.items()}
        report.equal(guest.name, "the chip's channels are as in sysfs", served, wanted)


TRIALS = (
    a_fan_chip_is_played,
    the_chip_is_served,
    *fans.TRIALS,
    energy.is_absent_with_its_reason,
    counters.software_events_are_counted,
)
