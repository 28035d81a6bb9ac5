"""Energy: QEMU plays processors whose models have energy counters, and answers every register with zero."""

from daemon import Hearth

# Of each guest's make of processor: the registers of the units, the package's energy and the cores'.
REGISTERS = {"drives": (0xC0010299, 0xC001029B, 0xC001029A), "house": (0x606, 0x611, 0x639)}
BACK_ENDS = ("power PMU", "powercap", "msr of package 0")


def is_absent_with_its_reason(guest, report):
    """A counter that stands at zero is no reading of 0 W: there is no series, and a line says why for each way."""
    registers = REGISTERS[guest.name]
    read = " ".join(
        f"dd if=/dev/cpu/0/msr bs=8 count=1 iflag=skip_bytes skip={register} 2>/dev/null |"
        " hexdump -v -e '8/1 \"%02x\" \"\\n\"';"
        for register in registers
    )
    values = guest.out(read).split()
    report.expect(guest.name, "the emulated processor's energy registers read zero", values == ["0" * 16] * 3, values)
    for module in ("intel_rapl_common", "intel_rapl_msr", "rapl"):
        # They refuse processors that are not of their make, and find nothing in the others.
        guest.load(module)
    with Hearth(guest) as hearth:
        samples = hearth.metrics()
        rapl = ("hearth_energy_joules_total", "node_rapl_", "hearth_power_")
        served = [name for name, _ in samples if name.startswith(rapl)]
        report.expect(guest.name, "neither energy nor power is served from zero registers", not served, served)
    lines = guest.out("hearth sensors").splitlines()
    at = next((number for number, line in enumerate(lines) if line.startswith("energy ")), len(lines))
    rows = lines[at:][:1] + [line for line in _until_next(lines[at + 1 :])]
    said = "\n".join(rows)
    report.expect(guest.name, "hearth sensors says that energy is absent", "absent" in said.partition("\n")[0], said)
    for back_end in BACK_ENDS:
        named = [number for number, row in enumerate(rows) if row.strip().startswith(f"{back_end}:")]
        fixed = bool(named) and "; to do: " in rows[named[0]]
        report.expect(guest.name, f"and of {back_end} why, and what to do", fixed, said)
    zero = [row for row in rows if "reads 0" in row and f"{registers[0]:#x}" in row.lower()]
    report.expect(guest.name, "the register that reads zero is named", zero, said)


def _until_next(lines):
    for line in lines:
        if not line.startswith(" "):
            return
        yield line
