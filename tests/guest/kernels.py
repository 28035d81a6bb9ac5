"""Saves what Debian's kernels write in /proc and /sys as texts for the parsers: kernels.py WORK [FIXTURES].

Each kernel runs with three CPUs, one of them off line, an NVMe drive with a file system, two network cards, and a group
of processes under limits. Its texts go, byte for byte, to FIXTURES/<parser>/<version>-captured[-<what>].txt.
"""

import base64
import io
import pathlib
import subprocess
import sys
import tarfile

import image
from machine import Guest, Lost

RELEASES = ("bullseye", "bookworm", "trixie")

# A module that a kernel has built in is not found, and not needed.
MODULES = ("nvme", "crc32c_generic", "ext4", "e1000", "nf_conntrack")

# Texts that go on after the last line that is read end with it, so that every cut of the rest costs a value:
# parser -> what that line begins with. Of several such lines it is the last.
ENDS = {
    "cgroup_cpu": (b"throttled_usec ",),
    "cgroup_memory": (b"anon ", b"file ", b"kernel ", b"shmem ", b"pgmajfault ", b"oom_kill ", b"nr_descendants "),
    "cpuinfo": (b"model\t",),
    "limits": (b"Max address space ",),
    "status": (b"nonvoluntary_ctxt_switches:",),
}

# What makes the texts say something, then `keep PARSER[-WHAT] FILE` for each.
SCRIPT = r"""
set -e
group=/sys/fs/cgroup/limited
echo 0 >/sys/devices/system/cpu/cpu1/online
echo 4 >/proc/sys/vm/nr_hugepages
echo 9223372036854775807 >/proc/sys/fs/file-max

echo "+cpu +io +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control
mkdir $group
echo "20000 100000" >$group/cpu.max
echo 33554432 >$group/memory.max
within() { sh -c 'echo $$ >'$group'/cgroup.procs; exec "$@"' within "$@"; }

mkdir -p /mnt/disk
mount -t ext4 /dev/nvme0n1 /mnt/disk
within dd if=/dev/zero of=/mnt/disk/data bs=1M count=8 conv=fsync
cp /bin/busybox /mnt/disk/busybox
umount /mnt/disk
mount -t ext4 /dev/nvme0n1 /mnt/disk
within sha256sum /mnt/disk/data
# More than the group may have: it is killed for it.
if within dd if=/dev/zero of=/dev/null bs=128M count=1; then exit 3; fi

mkdir -p "/mnt/with blank\\and	tab" "/tmp/a b"
mount -t tmpfs -o ro,nosuid,size=4k,mode=755 "" "/mnt/with blank\\and	tab"
mount --bind "/tmp/a b" /root
mount --make-shared /mnt/disk

for card in 0 1; do
    ip addr add 10.0.$((card + 2)).15/24 dev eth$card
    ip link set eth$card up
done
ping -c 2 -W 2 10.0.2.2
ping -c 1 -W 2 10.0.3.2
if ping -c 1 -W 1 10.0.3.77; then exit 4; fi
# What is asked of a neighbour that does not answer waits to be sent.
nslookup nobody 10.0.3.78 >/dev/null 2>&1 &
until grep -q " 4E03000A:0035 " /proc/net/udp; do sleep 0.05; done
cat /proc/net/udp >/tmp/udp

sh -c 'ulimit -n 20000; ulimit -v 1000000; exec /mnt/disk/busybox sleep 1000' &
process=$!
until [ "$(cut -d ' ' -f 2 /proc/$process/stat)" = "(busybox)" ]; do sleep 0.1; done

mkdir -p /tmp/kept
keep() { if [ -e "$2" ]; then cat "$2" >"/tmp/kept/$1"; else echo "$1: no $2" >&2; fi; }
for name in stat loadavg meminfo vmstat diskstats uptime cpuinfo; do keep $name /proc/$name; done
for name in snmp netstat snmp6 sockstat arp; do keep $name /proc/net/$name; done
keep net_dev /proc/net/dev
keep softnet /proc/net/softnet_stat
keep udp_queues /tmp/udp
keep conntrack /proc/net/stat/nf_conntrack
keep mounts /proc/self/mountinfo
for name in cpu io memory irq; do keep pressure-$name /proc/pressure/$name; done
keep file_nr /proc/sys/fs/file-nr
keep random-poolsize /proc/sys/kernel/random/poolsize
keep random-entropy /proc/sys/kernel/random/entropy_avail
keep process_stat /proc/$process/stat
for name in statm status limits; do keep $name /proc/$process/$name; done
keep cpu_list /sys/devices/system/cpu/online
keep cgroup_cpu $group/cpu.stat
keep cgroup_io $group/io.stat
keep cgroup_memory $group/memory.stat
keep cgroup_memory-events $group/memory.events
keep cgroup_memory-census /sys/fs/cgroup/cgroup.stat
keep cgroup_number $group/memory.current
"""


def hardware(folder):
    """An NVMe drive and two cards, each in a network of its own."""
    disk = folder / "kernels.img"
    with open(disk, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["/sbin/mke2fs", "-q", "-F", disk], check=True)
    devices = ["-smp", "3", "-drive", f"file={disk},if=none,id=disk,format=raw"]
    devices += ["-device", "nvme,drive=disk,serial=HEARTH-TEXTS"]
    for card in (0, 1):
        devices += ["-netdev", f"user,id=net{card},net=10.0.{card + 2}.0/24", "-device", f"e1000,netdev=net{card}"]
    return devices


def build(root, kernel, path):
    """An initramfs of busybox and the modules of one kernel."""
    made = image.Image(root, kernel)
    made.busybox()
    made.modules([name for name in MODULES if made.has(name)], ())
    made.file("init", pathlib.Path(__file__).with_name("agent.sh").read_bytes())
    made.write(path)


def trimmed(parser, text):
    """`text` up to the last line that is read."""
    starts = ENDS.get(parser)
    if starts is None:
        return text
    lines = text.splitlines(keepends=True)
    if parser == "cpuinfo":
        # Only the first processor is read.
        lines = lines[: lines.index(b"\n")]
        starts = (b"flags\t",)
    last = max(number for number, line in enumerate(lines) if line.startswith(starts))
    return b"".join(lines[: last + 1])


def texts(root, kernel, folder):
    """The texts of one kernel, (version, {name: bytes}), and what it said that it has not."""
    build(root, kernel, folder / "kernels.initrd")
    initrd = folder / "kernels.initrd"
    with Guest("kernels", root, folder, initrd, hardware(folder), "EPYC", kernel) as guest:
        version = ".".join(guest.out("uname -r").split(".")[:2])
        code, out, error = guest.sh(SCRIPT, 60)
        if code != 0:
            raise Lost(f"{version}: exit code {code}: {error}\n{out}")
        packed = base64.b64decode(guest.out("tar -c -C /tmp/kept . | base64"))
        with tarfile.open(fileobj=io.BytesIO(packed)) as kept:
            found = {pathlib.Path(one.name).name: kept.extractfile(one).read() for one in kept if one.isfile()}
        lacks = [line for line in error.splitlines() if ": no /" in line]
    return version, found, lacks


def main():
    work, fixtures = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder = work / "run"
    folder.mkdir(exist_ok=True)
    for release in RELEASES:
        version, found, lacks = texts(work / "root", work / "kernels" / release, folder)
        for name, text in sorted(found.items()):
            parser, _, what = name.partition("-")
            place = fixtures / parser / f"{version}-captured{'-' if what else ''}{what}.txt"
            if not place.parent.is_dir():
                raise RuntimeError(f"no parser has the texts {place.parent}")
            place.write_bytes(trimmed(parser, text))
        print(f"{version}: {len(found)} texts; {'; '.join(lacks) or 'nothing lacks'}", flush=True)


if __name__ == "__main__":
    main()
