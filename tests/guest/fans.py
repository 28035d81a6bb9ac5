"""Fans: the loop from a thermometer through Hearth to a chip's register, and a fan whose Hearth is gone."""

from daemon import Hearth
from fanchip import CONFIG_PWM_1, PWM_1, FanChip

CONFIG = """
[[fan]]
name = "case"
pwm = "adt7475/pwm1"
temperature = "lm75/temp1"
points = [[40, 25], [60, 100]]
hysteresis = 3
minimum = 20
"""
FULL = 255
# Of the register that says who drives the output: its three upper bits.
BY_SOFTWARE = 0b111
# A fan is looked after each second, and so is the thermometer; a busy machine is late.
SOON_S = 45


def duty(degrees):
    """The curve above, of 255: each 20 degrees are 75 %."""
    return FULL * (25 + (degrees - 40) * 75 / 20) / 100


def follows(report, chip, degrees, wanted, words):
    """Waits until the register is within a step of what the curve says."""
    low, high = round(wanted) - 2, min(round(wanted) + 2, FULL)
    seen = chip.register_becomes(PWM_1, f"-ge {low} -a $v -le {high}", SOON_S)
    statement = f"at {degrees} degrees the register is at {wanted:.0f}: {words}"
    report.expect(chip.guest.name, statement, seen, chip.read(PWM_1))


def found_automatic(chip):
    """The chip drives its fan itself, as a board's firmware leaves it; what its register says then."""
    chip.put("pwm1_auto_channels_temp", 1)
    chip.put("pwm1_enable", 2)
    return chip.read(CONFIG_PWM_1)


def a_loop_is_closed(guest, report):
    chip = FanChip(guest)
    chip.warm(40)
    before = found_automatic(chip)
    with Hearth(guest, CONFIG) as hearth:
        follows(report, chip, 40, duty(40), "the curve's begin")
        control = chip.read(CONFIG_PWM_1)
        taken = control >> 5 == BY_SOFTWARE != before >> 5
        report.expect(guest.name, "the chip is taken over from its own control", taken, f"{before:#x} {control:#x}")
        chip.warm(50)
        follows(report, chip, 50, duty(50), "warmer")
        chip.warm(65)
        follows(report, chip, 65, FULL, "beyond the curve's end")
        chip.warm(55)
        follows(report, chip, 55, duty(58), "cooler, behind by the hysteresis")
        chip.lose_thermometer()
        follows(report, chip, "no", FULL, "the thermometer is lost")
        failsafe = hearth.until('^hearth_fan_failsafe.*"case".* 1', SOON_S)
        report.expect(guest.name, "and full speed for want of it is served", failsafe, hearth.log("fan"))
        chip.find_thermometer()
        follows(report, chip, 55, duty(55), "the thermometer is back")
    after = chip.read(CONFIG_PWM_1)
    statement = "a stopped Hearth leaves the fan as it was found"
    report.expect(guest.name, statement, after == before, f"{before:#x} {after:#x}")


def a_killed_hearth_leaves_full_speed(guest, report):
    chip = FanChip(guest)
    chip.warm(45)
    before = found_automatic(chip)
    with Hearth(guest, CONFIG) as hearth:
        follows(report, chip, 45, duty(45), "driven")
        hearth.kill()
        full = chip.register_becomes(PWM_1, f"-eq {FULL}", SOON_S)
        report.expect(guest.name, "after kill -9 the register is at full speed", full, chip.read(PWM_1))
        back = chip.register_becomes(CONFIG_PWM_1, f"-eq {before}", SOON_S)
        after = chip.read(CONFIG_PWM_1)
        report.expect(guest.name, "and the chip drives its fan as it was found", back, f"{before:#x} {after:#x}")


TRIALS = (a_loop_is_closed, a_killed_hearth_leaves_full_speed)
