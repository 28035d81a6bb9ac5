"""Saves what QEMU's drives answer, byte for byte, as fixtures for the drivers' tests: main.py capture DIR.

NVMe pages come from `nvme-cli -b`, ATA sectors from the listing of `smartctl -r ioctl,2`.
"""

import base64
import pathlib
import re

NVME = {
    "nvme-smart.bin": "nvme get-log -b -i 2 -l 512 /dev/nvme0",
    "nvme-errors.bin": "nvme get-log -b -i 1 -l 256 /dev/nvme0",
    "nvme-identify.bin": "nvme id-ctrl -b /dev/nvme0",
}
# In the order in which smartctl asks: the error log, then the self-test log.
ATA = (
    ("ata-identify.bin", "IDENTIFY DEVICE"),
    ("ata-smart.bin", "SMART READ ATTRIBUTE VALUES"),
    ("ata-thresholds.bin", "SMART READ ATTRIBUTE THRESHOLDS"),
    ("ata-errors.bin", "SMART READ LOG"),
    ("ata-selftests.bin", "SMART READ LOG"),
)


def capture(guest, folder):
    """Works the drives a little, so that the pages are not all zeros, and writes their pages into `folder`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    guest.out("dd if=/dev/zero of=/dev/nvme0n1 bs=1M count=32 oflag=direct; dd if=/dev/nvme0n1 of=/dev/null bs=1M")
    # Too hot and read-only; QEMU keeps what it is told.
    guest.qmp("qom-set", path="/machine/peripheral/fixed", property="smart_critical_warning", value=0b1010)
    for name, command in NVME.items():
        (folder / name).write_bytes(base64.b64decode(guest.out(f"{command} | base64")))
    guest.out("smartctl -d sat -t short /dev/sda")
    told = guest.sh("smartctl -r ioctl,2 -d sat -a /dev/sda")[1]
    found = re.findall(r"===== \[([A-Z ]+)\] DATA START.*?\n(.*?)===== \[\1\] DATA END", told, re.S)
    titles = [title for title, _ in found]
    if titles != [title for _, title in ATA]:
        raise RuntimeError(f"smartctl listed {titles}")
    for (name, _), (_, listing) in zip(ATA, found):
        rows = re.findall(r"^\d{3}-\d{3}: ((?:[0-9a-f]{2} ){16})", listing, re.M)
        (folder / name).write_bytes(bytes.fromhex("".join(rows)))
    for path in sorted(folder.glob("*.bin")):
        print(f"{path}: {path.stat().st_size} bytes")
