"""Hearth in a guest: started, asked, ended."""

import json
import re

from machine import Lost

LINE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Hearth:
    """A daemon in a guest, for a `with` block; `config` is written as its configuration, `under` is a program it runs
    under."""

    def __init__(self, guest, config="", under=""):
        self.guest, self.config, self.under = guest, config, under

    def __enter__(self):
        written = f"mkdir -p /etc/hearth; cat >/etc/hearth/hearth.toml <<'END'\n{self.config}\nEND"
        self.guest.out(f"{written}\nhearth check-config")
        self.guest.out(f"{self.under}hearth run >/tmp/hearth.log 2>&1 & echo $! >/run/hearth.pid")
        if not self.guest.until("wget -q -O /dev/null http://127.0.0.1:9110/metrics 2>/dev/null", 60):
            log = self.guest.out("tail -n 5 /tmp/hearth.log")
            self.__exit__()
            raise Lost(f"the daemon does not answer: {log}")
        return self

    def __exit__(self, *_):
        with open(self.guest.run / f"{self.guest.name}.hearth", "a") as kept:
            kept.write(self.guest.sh("cat /tmp/hearth.log")[1] + "\n")
        # A program it runs under passes no signal on; what guards the fans ends by itself.
        self.guest.sh("killall hearth" if self.under else "kill $(cat /run/hearth.pid)")
        self.guest.until("! kill -0 $(cat /run/hearth.pid) 2>/dev/null", 30)

    def kill(self):
        """Kills the daemon without a chance to do anything about it."""
        self.guest.out("kill -9 $(cat /run/hearth.pid)")

    def lives(self):
        return self.guest.sh("kill -0 $(cat /run/hearth.pid)")[0] == 0

    def log(self, about):
        """What the log says of something, at most the last lines; all of it is kept beside the console's."""
        return self.guest.sh(f"grep -i {about} /tmp/hearth.log | tail -n 5")[1].strip() or f"nothing about {about}"

    def metrics(self):
        """What /metrics says now, as text by series."""
        return series(self.guest.out("wget -q -O - http://127.0.0.1:9110/metrics"))

    def until(self, pattern, limit_s):
        """Waits until a line of /metrics matches an extended regular expression."""
        return self.guest.until(f"wget -q -O - http://127.0.0.1:9110/metrics | grep -Eq '{pattern}'", limit_s)

    def until_not(self, pattern, limit_s):
        """Waits until no line of /metrics matches, and there are lines."""
        asked = "wget -q -O /tmp/metrics http://127.0.0.1:9110/metrics"
        return self.guest.until(f"{asked} && ! grep -Eq '{pattern}' /tmp/metrics", limit_s)

    def sources(self, sensor):
        """What the status says of each source of a sensor."""
        status = json.loads(self.guest.out("wget -q -O - http://127.0.0.1:9110/v1/status"))
        return [source for row in status["sensors"] if row["sensor"] == sensor for source in row.get("sources", [])]


def series(text):
    """Samples of an exposition: {(name, ((label, value), ...)): value as written}."""
    found = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match and not line.startswith("#"):
            found[match[1], tuple(LABEL.findall(match[2] or ""))] = match[3]
    return found


def of(samples, name, **labels):
    """Values of a metric whose labels include these."""
    wanted = set(labels.items())
    return [value for (metric, having), value in samples.items() if metric == name and wanted <= set(having)]
