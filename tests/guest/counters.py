"""Counters of the kernel's and the processor's events, where the processor has none of its own."""

from daemon import Hearth, of

SWITCHES, PAGES = 400, 2048


def software_events_are_counted(guest, report):
    """Events of known number are counted, and no more than the kernel's own totals since before the start."""
    totals = "awk '/^ctxt/ {print $2}' /proc/stat; awk '/^pgfault/ {print $2}' /proc/vmstat"
    guest.out("echo never >/sys/kernel/mm/transparent_hugepage/enabled")
    before = [int(number) for number in guest.out(totals).split()]
    with Hearth(guest) as hearth:
        first = hearth.until("^node_perf_context_switches_total.* [0-9]", 60)
        if not report.expect(guest.name, "software events are counted", first, hearth.log("perf")):
            return
        names = ("node_perf_context_switches_total", "node_perf_page_faults_total")
        old = [sum(float(value) for value in of(hearth.metrics(), name)) for name in names]
        # A program's start and the wait for its end are a switch at least. Of a buffer each page is touched once.
        guest.out(f"for n in $(seq {SWITCHES}); do /bin/busybox true; done")
        guest.out(f"dd if=/dev/zero of=/dev/null bs={PAGES * 4096} count=1 2>/dev/null")
        wanted = (old[0] + SWITCHES, old[1] + PAGES)
        for name, least in zip(names, wanted):
            summed = f"awk '/^{name}[{{]/ {{ s += $NF }} END {{ exit !(s >= {least}) }}'"
            grown = guest.until(f"wget -q -O - http://127.0.0.1:9110/metrics | {summed}", 60)
            report.expect(guest.name, f"{name} grew by what was done", grown, hearth.log("perf"))
        seen = [sum(float(value) for value in of(hearth.metrics(), name)) for name in names]
        after = [int(number) for number in guest.out(totals).split()]
        for name, value, start, end in zip(names, seen, before, after):
            most = (end - start) * 1.01
            report.expect(guest.name, f"{name} is within the kernel's own total", value <= most, (value, most))
