"""What is not a drive: a fan controller, energy registers, software counters."""

from machine import Lost

# An ADT7475 on the stub's bus: its identity (0x3d to 0x3f), monitoring started (0x40), its first output by software
# (0x5c), half (0x30), temperatures in plain degrees (0x7c), a fan turning (0x28, 0x29).
CHIP = 0x2E
REGISTERS = {0x3D: 0x75, 0x3E: 0x41, 0x3F: 0x69, 0x40: 0x05, 0x5C: 0xE2, 0x7C: 0x01, 0x30: 0x80, 0x28: 0x00, 0x29: 0x10}
REMOTE_1, PWM_1 = 0x25, 0x30


class FanChip:
    """The ADT7475 that i2c-stub plays, seen as hardware (its registers) and as the kernel shows it (hwmon)."""

    def __init__(self, guest):
        self.guest = guest
        code, _, error = guest.load("i2c-stub", f"chip_addr={CHIP:#x}")
        if code != 0:
            raise Lost(f"i2c-stub: {error}")
        named = guest.out("grep -l SMBus.stub /sys/class/i2c-dev/*/name").split("/")
        self.bus = named[4].removeprefix("i2c-")
        for register, value in {**REGISTERS, REMOTE_1: 40}.items():
            self.write(register, value)
        # The driver looks for its chip on the bus by itself.
        guest.load("adt7475")
        self.hwmon = guest.out(f"ls -d /sys/bus/i2c/devices/{self.bus}-{CHIP:04x}/hwmon/hwmon*").strip()

    def write(self, register, value):
        self.guest.out(f"i2cset -f -y {self.bus} {CHIP:#x} {register:#x} {value:#x}")

    def read(self, register):
        return int(self.guest.out(f"i2cget -f -y {self.bus} {CHIP:#x} {register:#x}"), 16)

    def file(self, name):
        return int(self.guest.out(f"cat {self.hwmon}/{name}"))


def a_fan_chip_is_played(guest, report):
    """The stage on which fan control is tried stands: sysfs and registers are the same chip."""
    chip = FanChip(guest)
    guest.out(f"echo 1 >{chip.hwmon}/pwm1_enable; echo 77 >{chip.hwmon}/pwm1")
    report.expect(guest.name, "what sysfs writes to pwm1 is in the chip's register", chip.read(PWM_1) == 77, chip.read(PWM_1))
    degrees = chip.file("temp1_input")
    report.expect(guest.name, "and the chip's temperature is in sysfs", degrees == 40_000, degrees)


def energy_registers_are_zero(guest, report):
    """QEMU answers every register with zero, which is no energy counter."""
    values = guest.out(
        "for r in 0x606 0x611 0x639; do"
        " dd if=/dev/cpu/0/msr bs=8 count=1 iflag=skip_bytes skip=$((r)) 2>/dev/null | hexdump -v -e '8/1 \"%02x\" \"\\n\"'; done"
    )
    report.expect(guest.name, "the emulated CPU's energy registers read zero", values.split() == ["0" * 16] * 3, values)


TRIALS = (a_fan_chip_is_played, energy_registers_are_zero)
