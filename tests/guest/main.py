"""Starts the guests and runs what is tried in each: main.py WORK HEARTH [GUEST... | capture DIR]. See run.sh."""

import pathlib
import sys
import threading
import traceback

import capture
import devices
import drives
import house
import image
from machine import Guest, Lost
from report import Report

# Each guest: its devices, and what is tried in it, in this order.
GUESTS = {"drives": (devices.drives, drives.TRIALS), "house": (devices.house, house.TRIALS)}


def run(name, root, folder, report):
    """One guest from start to end; what ends it early is a failure as well."""
    hardware, trials = GUESTS[name]
    trial = "starts"
    try:
        with Guest(name, root, folder, folder / "initrd", hardware(folder)) as guest:
            report.say(name, f"up, {guest.ready_s} s after the kernel began")
            for attempt in trials:
                trial = attempt.__name__
                attempt(guest, report)
    except Lost as lost:
        report.expect(name, trial, False, lost)
    except Exception:
        report.expect(name, trial, False, traceback.format_exc())


def main():
    work, hearth, *words = sys.argv[1:]
    root, folder = pathlib.Path(work) / "root", pathlib.Path(work) / "run"
    folder.mkdir(exist_ok=True)
    image.build(root, hearth, pathlib.Path(__file__).with_name("agent.sh"), folder / "initrd")
    if words[:1] == ["capture"]:
        with Guest("drives", root, folder, folder / "initrd", devices.drives(folder)) as guest:
            capture.capture(guest, words[1])
        return 0
    report = Report()
    threads = [threading.Thread(target=run, args=(name, root, folder, report)) for name in words or GUESTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0 if report.end() else 1


if __name__ == "__main__":
    sys.exit(main())
