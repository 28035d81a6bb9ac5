"""One QEMU guest: its process, its QMP monitor, and the agent on its second serial line."""

import base64
import gzip
import json
import os
import pathlib
import shlex
import socket
import subprocess
import time

# How long the slowest step may take on a busy machine; nothing waits longer than what it waits for needs.
BOOT_S = 150
ANSWER_S = 120


class Guest:
    """A guest from start to end, for a `with` block. `devices` are further arguments of QEMU, `words` of the kernel,
    which is the one below `kernel` if it is not the one below `root`."""

    def __init__(self, name, root, run, initrd, devices, cpu="max", kernel=None, words=""):
        self.name, self.run = name, pathlib.Path(run)
        self.number, self.process = 0, None
        root = pathlib.Path(root)
        self.sockets = {}
        for use in ("monitor", "agent"):
            path = self.run / f"{name}.{use}"
            path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            # A socket's address is short, the way to it may be long.
            listener.bind(_short(path))
            listener.listen(1)
            listener.settimeout(BOOT_S)
            self.sockets[use] = (path, listener)
        kernel = sorted(pathlib.Path(kernel or root).glob("boot/vmlinuz-*"))[-1]
        command = [str(root / "usr/bin/qemu-system-x86_64")]
        for data in ("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"):
            command += ["-L", str(root / data)]
        command += ["-nodefaults", "-no-user-config", "-machine", "q35", "-accel", "tcg", "-cpu", cpu]
        command += ["-m", "512", "-display", "none", "-no-reboot"]
        command += ["-chardev", f"file,id=console,path={self.run}/{name}.console", "-serial", "chardev:console"]
        for use in ("agent", "monitor"):
            command += ["-chardev", f"socket,id={use},path={_short(self.sockets[use][0])}"]
        command += ["-serial", "chardev:agent", "-mon", "chardev=monitor,mode=control"]
        command += ["-kernel", str(kernel), "-initrd", str(initrd)]
        command += ["-append", f"console=ttyS0 panic=-1 quiet {words}".rstrip()] + devices
        self.command = command
        libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu"
        self.environment = dict(os.environ, LD_LIBRARY_PATH=libraries)
        self.environment["QEMU_MODULE_DIR"] = str(root / "usr/lib/x86_64-linux-gnu/qemu")

    def __enter__(self):
        self.said = open(self.run / f"{self.name}.qemu", "wb")
        (self.run / f"{self.name}.command").write_text(shlex.join(self.command) + "\n")
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said
        )
        try:
            self.agent = Line(self._accept("agent"))
            self.monitor = Line(self._accept("monitor"))
            self.monitor.read(ANSWER_S)
            self.qmp("qmp_capabilities")
            self.ready_s = float(self.agent.read(BOOT_S).split()[1])
        except Lost as lost:
            self.__exit__()
            said = (self.run / f"{self.name}.qemu").read_text(errors="replace").strip()
            raise Lost(f"{self.name} did not start: {lost}; QEMU said: {said or 'nothing'}") from lost
        except BaseException:
            self.__exit__()
            raise
        return self

    def lives(self):
        """Whether QEMU runs, so that there may be an answer."""
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Ends QEMU, from whatever thread."""
        if self.lives():
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.kill()
        self.said.close()
        for path, listener in self.sockets.values():
            listener.close()
            path.unlink(missing_ok=True)

    def _accept(self, use):
        listener = self.sockets[use][1]
        until = time.monotonic() + BOOT_S
        listener.settimeout(0.5)
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise Lost(f"QEMU did not connect its {use}") from None

    def qmp(self, execute, **arguments):
        """The answer of a QMP command; events that come meanwhile are kept for `event`."""
        self.monitor.write(json.dumps({"execute": execute, "arguments": arguments}))
        while True:
            answer = json.loads(self.monitor.read(ANSWER_S))
            if "event" in answer:
                self.monitor.events.append(answer)
            elif "error" in answer:
                raise Lost(f"{self.name}: QMP {execute}: {answer['error']}")
            else:
                return answer["return"]

    def event(self, name):
        """Waits for a QMP event."""
        while True:
            for event in self.monitor.events:
                if event["event"] == name:
                    self.monitor.events.remove(event)
                    return event
            self.monitor.events.append(json.loads(self.monitor.read(ANSWER_S)))

    def sh(self, script, limit_s=ANSWER_S):
        """Runs a script in the guest: exit code, standard output, standard error."""
        self.number += 1
        packed = base64.b64encode(script.encode()).decode()
        self.agent.write(f"{self.number} {packed}")
        answer = self.agent.read(limit_s).split(" ")
        if answer[:2] != ["done", str(self.number)]:
            raise Lost(f"{self.name}: the agent answered {answer[:3]} to request {self.number}")
        out, error = (gzip.decompress(base64.b64decode(text)).decode(errors="replace") for text in answer[3:])
        return int(answer[2]), out, error

    def out(self, script, limit_s=ANSWER_S):
        """Standard output of a script that must succeed."""
        code, out, error = self.sh(script, limit_s)
        if code != 0:
            raise Lost(f"{self.name}: exit code {code} of {script!r}: {error.strip() or out.strip()}")
        return out

    def until(self, condition, limit_s, every_s=0.5):
        """Waits in the guest until a script succeeds; says whether it did within the guest's own time."""
        script = (
            f"end=$(($(cut -d . -f 1 /proc/uptime) + {limit_s})); until {{ {condition}\n}}; do\n"
            f"[ $(cut -d . -f 1 /proc/uptime) -lt $end ] || exit 9; sleep {every_s}; done"
        )
        code, _, error = self.sh(script, limit_s * 3 + ANSWER_S)
        if code not in (0, 9):
            raise Lost(f"{self.name}: waiting for {condition!r}: {error.strip()}")
        return code == 0

    def load(self, module, *parameters):
        """Loads a module of `image.LATER` with what it depends on."""
        module = module.replace("-", "_")
        given = shlex.join(parameters)
        return self.sh(
            f"""for m in $(sed -n 's/^{module} //p' /etc/modules.later); do
            grep -q "^$m " /proc/modules || insmod /lib/modules/$m.ko || exit
            done; insmod /lib/modules/{module}.ko {given}"""
        )


class Lost(Exception):
    """The guest or QEMU did not do what no test is about."""


class Line:
    """Lines over a socket, each within a time."""

    def __init__(self, stream):
        self.stream, self.rest, self.events = stream, b"", []

    def write(self, line):
        self.stream.settimeout(ANSWER_S)
        try:
            self.stream.sendall(line.encode() + b"\n")
        except OSError as error:
            raise Lost(f"the guest ended: {error}") from error

    def read(self, limit_s):
        until = time.monotonic() + limit_s
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0:
                raise Lost(f"no answer within {limit_s} s")
            self.stream.settimeout(left)
            try:
                got = self.stream.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError as error:
                raise Lost(f"the guest ended: {error}") from error
            if not got:
                raise Lost("the guest ended")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace").rstrip("\r")


def _short(path):
    """A name of `path` within the 107 bytes that a socket's address has."""
    near = os.path.relpath(path)
    return min(str(path), near, key=len)
