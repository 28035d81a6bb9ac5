"""What was proven and what was not: one line for every statement, from guests that run side by side."""

import threading
import time


class Report:
    """Lines of one run. A statement is printed when it is decided; nothing is raised for a false one."""

    def __init__(self):
        self.began, self.lock = time.monotonic(), threading.Lock()
        self.proven, self.failed, self.left = 0, [], []

    def _print(self, mark, guest, words):
        with self.lock:
            print(f"{mark:<5} {guest:<7} {time.monotonic() - self.began:6.1f} s  {words}", flush=True)

    def say(self, guest, words):
        self._print("", guest, words)

    def expect(self, guest, statement, holds, seen=""):
        """A statement and whether it holds; `seen` is what was there instead."""
        if holds:
            with self.lock:
                self.proven += 1
            self._print("ok", guest, statement)
        else:
            self.failed.append(f"{guest}: {statement}: {seen}")
            self._print("FAIL", guest, f"{statement}: {seen}")
        return bool(holds)

    def equal(self, guest, statement, seen, wanted):
        """Two mappings that must be the same, difference by difference."""
        names = sorted(set(seen) | set(wanted), key=str)
        apart = [
            f"{name} is {seen.get(name, 'missing')}, not {wanted.get(name, 'there')}"
            for name in names
            if seen.get(name) != wanted.get(name) or name not in seen or name not in wanted
        ]
        same, seen = names and not apart, "; ".join(apart) or "nothing"
        return self.expect(guest, f"{statement} ({len(names)} values)", same, seen)

    def leave(self, guest, statement, why):
        """What could not be tried."""
        self.left.append(f"{guest}: {statement}: {why}")
        self._print("left", guest, f"{statement}: {why}")

    def end(self):
        """The summary; whether all that was tried holds."""
        print()
        for line in self.failed:
            print(f"FAIL {line}")
        for line in self.left:
            print(f"left {line}")
        took = time.monotonic() - self.began
        print(f"guest: {self.proven} proven, {len(self.failed)} failed, {len(self.left)} not tried, {took:.0f} s")
        return not self.failed and self.proven > 0
