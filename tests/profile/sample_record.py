#!/usr/bin/env python3
"""Prints a record of runs that were never made, by laws written here, for pictures of reports:

    python3 tests/profile/sample_record.py > /tmp/sample.json
    hearth profile --analyze /tmp/sample.json --export-html /tmp/report.html
"""

import json
import math
import random

IDLE_W = 6.2
ROUNDS = 24
POINTS = 900
# Name, seconds, and the phases: their part of the time, and their watts above the idle machine.
COMMANDS = [
    ("old", 2.40, [("read", 0.15, 3.0), ("compute", 0.70, 16.0), ("write", 0.15, 5.0)]),
    ("new", 2.33, [("read", 0.16, 3.0), ("compute", 0.68, 15.2), ("write", 0.16, 5.0)]),
    ("threads", 1.31, [("read", 0.28, 3.0), ("compute", 0.45, 34.0), ("write", 0.27, 5.0)]),
]
noise = random.Random(2026)


def run(round_, began_s, heat, seconds, phases):
    wall_s = seconds * (1 + 0.006 * noise.gauss(0, 1) + (0.02 if noise.random() < 0.06 else 0))
    level = 1 + 0.012 * heat + 0.004 * noise.gauss(0, 1)
    marks, at_s = [], 0.0
    for name, part, watts in phases:
        marks.append([name, at_s, at_s + part * wall_s, IDLE_W + watts * level, 0.0])
        at_s = marks[-1][2]
    step_s, trace, energy_j, flicker = wall_s / POINTS, [], 0.0, 0.0
    for point in range(1, POINTS + 1):
        end_s = point * step_s
        mark = next(mark for mark in marks if end_s <= mark[2] + 1e-9)
        flicker = 0.8 * flicker + 0.6 * noise.gauss(0, 1)
        rise = 1 - math.exp(-(end_s - mark[1]) / 0.03)
        watts = mark[3] * (0.8 + 0.2 * rise) * (1 + 0.03 * flicker)
        mark[4] += watts * step_s
        energy_j += watts * step_s
        trace.append({"at_s": end_s, "watts": [watts]})
    peak_w = max(sum(p["watts"][0] for p in trace[at:at + 40]) / 40 for at in range(0, POINTS - 40, 10))
    cycles = int(2.9e9 * wall_s * 0.93)
    return {
        "round": round_, "began_s": began_s, "wall_s": wall_s, "user_s": wall_s * 0.91, "system_s": wall_s * 0.04,
        "max_rss_bytes": 48_300_032, "minor_faults": 11_804, "major_faults": 0, "voluntary_switches": 312,
        "involuntary_switches": 41, "exit_code": 0, "signal": None, "cut_short": False, "energy_j": [energy_j],
        "peak_w": [peak_w],
        "counters": [{"value": cycles, "ratio": 1.0}, {"value": int(cycles * 1.73), "ratio": 1.0}],
        "trace": trace,
        "phases": [{"name": name, "began_s": from_s, "ended_s": to_s, "energy_j": [joules], "counters": [None, None]}
                   for name, from_s, to_s, _, joules in marks],
    }


def idle(began_s):
    watts = [IDLE_W * (1 + 0.006 * noise.gauss(0, 1)) for _ in range(5)]
    return {"began_s": began_s, "seconds": 5.0, "watts": [watts]}


results = [{"name": f"./job --{name}", "command": f"./job --{name} input.dat", "parameters": [], "runs": []}
           for name, _, _ in COMMANDS]
clock_s, heat, stretches = 5.0, 0.0, [idle(0.0)]
for round_ in range(ROUNDS):
    for at in noise.sample(range(len(COMMANDS)), len(COMMANDS)):
        heat = 0.8 * heat + 0.6 * noise.gauss(0, 1)
        results[at]["runs"].append(run(round_, clock_s, heat, *COMMANDS[at][1:]))
        clock_s += results[at]["runs"][-1]["wall_s"] + 0.05
    if round_ == ROUNDS // 2:
        stretches.append(idle(clock_s))
        clock_s += 5.0
stretches.append(idle(clock_s))

print(json.dumps({"hearth": {
    "format": 1, "version": "0.1.0", "began_unix_s": 1795291200.0, "seed": 271828,
    "facts": {
        "kernel": "Linux 6.12", "processor": "a sample record, not a machine", "cpus": 4, "order": "randomized", "rate_hz": 1000,
        "domains": [{"name": "package-0", "source": "powercap", "unit_j": 0.000061035}], "no_energy": None,
        "counters": ["cycles", "instructions"],
        "no_counters": [{"name": "cache-misses", "what": "the kernel has no such event here: ENOENT",
                         "fix": "ask for other events with --counters"}],
        "user_only": False, "notes": [],
    },
    "baseline": {"stretches": stretches}, "results": results, "cut_short": False,
}}))
