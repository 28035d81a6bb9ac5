"""Starts the guests and runs what is tried in each: main.py WORK HEARTH [GUEST... | capture DIR]. See run.sh."""

import pathlib
import signal
import sys
import threading
import time
import traceback

import capture
import devices
import drives
import house
import image
from machine import Guest, Lost
from report import Report

# Each guest: its CPU, its devices, and what is tried in it, in this order. The CPUs are of makes that have energy
# counters; QEMU's have none behind the registers.
GUESTS = {
    "drives": ("EPYC", devices.drives, drives.TRIALS),
    "house": ("Skylake-Client", devices.house, house.TRIALS),
}


# All guests together; a machine that needs longer has something wrong with it.
LIMIT_S = 270


def run(name, root, folder, report, running):
    """One guest from start to end; what ends it early is a failure as well."""
    cpu, hardware, trials = GUESTS[name]
    guest = Guest(name, root, folder, folder / "initrd", hardware(folder), cpu)
    running.append(guest)
    try:
        with guest:
            report.say(name, f"up, {guest.ready_s} s after the kernel began")
            for trial in trials:
                attempt(trial, guest, report)
    except Lost as lost:
        report.expect(name, "the guest runs to its end", False, lost)
    except Exception:
        report.expect(name, "the guest runs to its end", False, traceback.format_exc())


def attempt(trial, guest, report):
    """One trial; what ends it early is a failure, and no reason not to go on with the next if the guest lives."""
    try:
        trial(guest, report)
    except Exception as error:
        report.expect(guest.name, trial.__name__, False, error if isinstance(error, Lost) else traceback.format_exc())
        if not guest.lives():
            raise


def main():
    work, hearth, *words = sys.argv[1:]
    root, folder = pathlib.Path(work) / "root", pathlib.Path(work) / "run"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.hearth"):
        old.unlink()
    image.build(root, hearth, pathlib.Path(__file__).with_name("agent.sh"), folder / "initrd")
    if words[:1] == ["capture"]:
        with Guest("drives", root, folder, folder / "initrd", devices.drives(folder)) as guest:
            capture.capture(guest, words[1])
        return 0
    report, running = Report(), []
    # Told to end, the guests end as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threads = [
        threading.Thread(name=name, target=run, args=(name, root, folder, report, running), daemon=True)
        for name in words or GUESTS
    ]
    until = time.monotonic() + LIMIT_S
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0, until - time.monotonic()))
            if thread.is_alive():
                report.expect(thread.name, "ends in time", False, f"not within {LIMIT_S} s")
    finally:
        for guest in running:
            guest.kill()
    return 0 if report.end() else 1


if __name__ == "__main__":
    sys.exit(main())
