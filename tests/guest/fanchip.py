"""A fan controller and a thermometer that the guest's own kernel plays: their registers are i2c-stub's memory."""

from machine import Lost

# The ADT7475: its identity (0x3d to 0x3f), monitoring started (0x40), its first output by software (0x5c), half (0x30),
# temperatures in plain degrees (0x7c), fans turning (0x28 to 0x2f, a period in two bytes each).
ADDRESS = 0x2E
REGISTERS = {
    0x3D: 0x75, 0x3E: 0x41, 0x3F: 0x69, 0x40: 0x05, 0x5C: 0xE2, 0x7C: 0x01, 0x30: 0x80,
    0x28: 0x00, 0x29: 0x10, 0x2A: 0x00, 0x2B: 0x20, 0x2C: 0x00, 0x2D: 0x30, 0x2E: 0x00, 0x2F: 0x40,
    0x25: 40, 0x26: 35, 0x27: 45, 0x21: 0x80, 0x22: 0xC0,
}  # fmt: skip
PWM_1, CONFIG_PWM_1 = 0x30, 0x5C
# The LM75: one temperature, whole degrees in the first byte.
THERMOMETER = 0x48


class FanChip:
    """The fan controller seen as hardware (its registers) and as the kernel shows it (hwmon), and the thermometer."""

    def __init__(self, guest):
        self.guest = guest
        if guest.sh("grep -q ^i2c_stub /proc/modules")[0] != 0:
            code, _, error = guest.load("i2c-stub", f"chip_addr={ADDRESS:#x},{THERMOMETER:#x}")
            if code != 0:
                raise Lost(f"i2c-stub: {error}")
        named = guest.out("grep -l SMBus.stub /sys/class/i2c-dev/*/name").split("/")
        self.bus = named[4].removeprefix("i2c-")
        if guest.sh("grep -q ^adt7475 /proc/modules")[0] != 0:
            for register, value in REGISTERS.items():
                self.write(register, value)
            # The driver looks for its chip on the bus by itself.
            guest.load("adt7475")
            self.warm(40)
            guest.load("lm75")
            self.find_thermometer()
        # As the metrics name the chip.
        self.key = f"i2c_{self.bus}_{self.bus}_{ADDRESS:04x}"
        self.hwmon = guest.out(f"ls -d /sys/bus/i2c/devices/{self.bus}-{ADDRESS:04x}/hwmon/hwmon*").strip()

    def warm(self, degrees):
        """Warms the thermometer."""
        self.guest.out(f"i2cset -f -y {self.bus} {THERMOMETER:#x} 0 {degrees:#x} w")

    def find_thermometer(self):
        """Puts the thermometer on its bus, which no driver looks for by itself."""
        self.guest.out(f"echo lm75 {THERMOMETER:#x} >/sys/bus/i2c/devices/i2c-{self.bus}/new_device")

    def lose_thermometer(self):
        """Takes the thermometer off its bus."""
        self.guest.out(f"echo {THERMOMETER:#x} >/sys/bus/i2c/devices/i2c-{self.bus}/delete_device")

    def write(self, register, value):
        self.guest.out(f"i2cset -f -y {self.bus} {ADDRESS:#x} {register:#x} {value:#x}")

    def read(self, register):
        return int(self.guest.out(f"i2cget -f -y {self.bus} {ADDRESS:#x} {register:#x}"), 16)

    def file(self, name):
        return int(self.guest.out(f"cat {self.hwmon}/{name}"))

    def put(self, name, value):
        self.guest.out(f"echo {value} >{self.hwmon}/{name}")

    def register_becomes(self, register, condition, limit_s):
        """Waits until `[ $v condition ]` holds for a register's value."""
        return self.guest.until(
            f"v=$(($(i2cget -f -y {self.bus} {ADDRESS:#x} {register:#x}))); [ $v {condition} ]", limit_s
        )
