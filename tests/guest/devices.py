"""The hardware of the guests: which devices each has, as arguments of QEMU, and the files behind its drives."""

import pathlib

DRIVE_BYTES = 64 << 20


def drives(run):
    """Two NVMe drives, the second in a slot it can be pulled from, and an ATA drive."""
    arguments = []
    for name in ("nvme-fixed", "nvme-slot", "ata"):
        path = pathlib.Path(run) / f"{name}.img"
        with open(path, "wb") as image:
            image.truncate(DRIVE_BYTES)
        arguments += ["-blockdev", f"driver=raw,node-name={name},file.driver=file,file.filename={path}"]
    arguments += ["-device", "nvme,id=fixed,drive=nvme-fixed,serial=HEARTH-FIXED"]
    arguments += ["-device", "pcie-root-port,id=rootport,chassis=1"]
    arguments += ["-device", "nvme,id=pulled,drive=nvme-slot,serial=HEARTH-SLOT,bus=rootport"]
    arguments += ["-device", "ide-hd,id=ata,drive=ata,bus=ide.0,serial=HEARTH-ATA"]
    return arguments


def house(_run):
    """No drive: fans and registers are played by the guest's own kernel."""
    return []
