"""What Hearth's lanes ask of the kernel while drives are polled, call by call: the same as without a drive."""

TICKS = {"steady": 100, "slow": 12}
SOON_S = 90

ANYWHERE = {"clock_nanosleep", "restart_syscall", "clock_gettime", "gettimeofday", "pread64", "getrusage"}
STEADY = {"adjtimex", "clock_adjtime", "uname"}


def is_expected(lane, call):
    """The tables of `tests/hot_path.rs`, which say why."""
    name = call.split("(")[0]
    if name in ANYWHERE or (name == "futex" and "FUTEX_WAKE" in call):
        return True
    if name == "read":
        return "perf_event" in call
    if lane == "steady":
        if name in ("sendto", "recvfrom"):
            return "<NETLINK:[" in call or "<socket:[" in call
        return name in STEADY or (name in ("statx", "lseek", "getdents64") and ("/fd>" in call or '/fd"' in call))
    if name == "futex":
        return "FUTEX_WAIT" in call and "_PRIVATE, 2, NULL" in call
    if name in ("lseek", "getdents64"):
        return "</proc>" in call or "</sys/class/nvme>" in call
    return name in ("openat", "close", "fcntl") and ('/stat"' in call or "/stat>" in call)


def do_what_they_may(guest, report):
    """Both lanes of the running daemon, traced side by side."""
    listed = guest.out("for t in /proc/$(cat /run/hearth.pid)/task/*; do echo ${t##*/} $(cat $t/comm); done")
    threads = {name: tid for tid, name in (line.split() for line in listed.splitlines() if len(line.split()) == 2)}
    for lane in TICKS:
        trace = f"strace -q -q -y -s 16 -e signal=none -o /tmp/{lane}.trace -p {threads['hearth-' + lane]}"
        guest.out(f"{trace} >/tmp/{lane}.said 2>&1 & echo $! >/run/{lane}.strace")
    for lane, ticks in TICKS.items():
        done = guest.until(f"[ $(grep -c ^clock_nanosleep /tmp/{lane}.trace) -ge {ticks} ]", SOON_S)
        # It lets the thread go before it ends.
        guest.out(f"kill $(cat /run/{lane}.strace); while kill -0 $(cat /run/{lane}.strace) 2>/dev/null; do sleep 0.1; done")
        said = guest.out(f"cat /tmp/{lane}.said")
        report.expect(guest.name, f"the {lane} lane is traced for {ticks} ticks", done, said)
        calls = [line for line in guest.out(f"cat /tmp/{lane}.trace").splitlines() if "(" in line]
        strange = [call for call in calls if not is_expected(lane, call)]
        statement = f"with drives armed the {lane} lane does only what it does without ({len(calls)} calls)"
        report.expect(guest.name, statement, calls and not strange, strange[:5])
