"""The guest's file system: an initramfs of busybox, Debian's tools, kernel modules and Hearth.

Nothing of it depends on the time or the order of a directory: the same files give the same image.
"""

import lzma
import os
import pathlib
import re
import stat
import subprocess

# Programs from the unpacked Debian packages; their libraries come along.
TOOLS = ("usr/sbin/nvme", "usr/sbin/smartctl", "usr/sbin/i2cget", "usr/sbin/i2cset", "usr/bin/strace")

# Modules loaded at the start, in this order. Those that tests load themselves are in LATER.
MODULES = ("nvme", "ahci", "sd_mod", "sg", "i2c-dev", "msr", "nvme-core")
LATER = ("i2c-stub", "adt7475", "lm75", "intel_rapl_common", "intel_rapl_msr", "rapl")

FOLDERS = ("dev", "proc", "sys", "tmp", "run", "etc", "bin", "lib", "lib64", "root")


class Image:
    """A tree of files, kept as path -> (mode, content), written as a newc archive."""

    def __init__(self, root, kernel=None):
        self.root = pathlib.Path(root)
        self.entries = {}
        # Where a kernel's package is unpacked, if not with everything else. Debian 13 has modules below /usr, packed.
        found = sorted(pathlib.Path(kernel or root).glob("**/lib/modules/**/*.ko*"))
        self.kernel_modules = {path.name.split(".ko")[0].replace("-", "_"): path for path in found}
        for folder in FOLDERS:
            self.folder(folder)

    def folder(self, path):
        parts = pathlib.PurePosixPath(path).parts
        for length in range(1, len(parts) + 1):
            self.entries.setdefault("/".join(parts[:length]), (0o040755, b""))

    def file(self, path, content, mode=0o755):
        self.folder(str(pathlib.PurePosixPath(path).parent))
        self.entries[path] = (0o100000 | mode, content)

    def link(self, path, target):
        self.folder(str(pathlib.PurePosixPath(path).parent))
        self.entries[path] = (0o120777, target.encode())

    def program(self, path, source):
        """Puts a program and the libraries it loads, each where the loader looks first."""
        self.file(path, pathlib.Path(source).read_bytes())
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        environment = dict(os.environ, LD_LIBRARY_PATH=f"{libraries}:{self.root}/lib/x86_64-linux-gnu")
        told = subprocess.run(["ldd", source], env=environment, capture_output=True, text=True)
        if told.returncode != 0:
            raise RuntimeError(f"ldd {source}: {told.stderr.strip() or told.stdout.strip()}")
        if "not found" in told.stdout:
            raise RuntimeError(f"{source} lacks a library: {told.stdout}")
        for name, place in re.findall(r"^\s*(\S+)(?: => (\S+))? \(0x", told.stdout, re.M):
            if place:
                self.file(f"lib/x86_64-linux-gnu/{name}", pathlib.Path(place).read_bytes())
            elif name.startswith("/"):
                self.file(name.lstrip("/"), pathlib.Path(name).read_bytes())

    def busybox(self):
        source = self.root / "bin/busybox"
        self.file("bin/busybox", source.read_bytes())
        names = subprocess.run([source, "--list"], capture_output=True, text=True, check=True).stdout
        for name in names.split():
            if name != "busybox":
                self.link(f"bin/{name}", "busybox")

    def modules(self, names, later):
        """Puts modules with what they depend on, and lists the first ones in the order of loading."""
        order = []
        for name in (*names, *later):
            self._module(name.replace("-", "_"), order, [])
        kept = {module for name in names for module in self._closure(name.replace("-", "_"))}
        self.file("etc/modules", "".join(f"{name}\n" for name in order if name in kept).encode(), 0o644)
        # For a test's own loading: one line of a module and what has to be loaded before it.
        lines = []
        for name in later:
            name = name.replace("-", "_")
            before = self._closure(name)
            lines.append(f"{name} {' '.join(module for module in before if module != name)}\n")
        self.file("etc/modules.later", "".join(lines).encode(), 0o644)

    def has(self, name):
        """Whether the kernel's package has this module; a part that is built in is none."""
        return name.replace("-", "_") in self.kernel_modules

    def _closure(self, name):
        order = []
        self._module(name, order, [])
        return order

    def _module(self, name, order, path):
        if name in order:
            return
        if name not in self.kernel_modules:
            raise RuntimeError(f"the kernel's package has no module {name} ({' <- '.join([*path, name])})")
        if name in path:
            raise RuntimeError(f"modules depend on each other: {' <- '.join([*path, name])}")
        content = self.kernel_modules[name].read_bytes()
        if self.kernel_modules[name].suffix == ".xz":
            content = lzma.decompress(content)
        said = re.search(rb"\0depends=([^\0]*)\0", content)
        for needed in (said.group(1).decode().split(",") if said else []):
            if needed:
                self._module(needed.replace("-", "_"), order, [*path, name])
        self.file(f"lib/modules/{name}.ko", content, 0o644)
        order.append(name)

    def write(self, path):
        """Writes the archive: cpio's newc form, sorted, of root, without times."""
        with open(path, "wb") as out:
            for number, (name, (mode, content)) in enumerate(sorted(self.entries.items()), 1):
                out.write(_record(number, name, mode, content))
            out.write(_record(0, "TRAILER!!!", 0, b""))


def _record(number, name, mode, content):
    label = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(label), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + label
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def build(root, hearth, agent, path):
    """The image at `path`: Debian's files from `root`, the `hearth` binary, `agent` as its init."""
    image = Image(root)
    image.busybox()
    for tool in TOOLS:
        image.program(f"bin/{pathlib.Path(tool).name}", image.root / tool)
    image.program("bin/hearth", hearth)
    image.modules(MODULES, LATER)
    image.file("init", pathlib.Path(agent).read_bytes())
    image.write(path)
