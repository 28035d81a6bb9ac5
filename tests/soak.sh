#!/bin/sh
# A long run: does the daemon's memory stay flat while it is scraped and streamed from? Exits 0 only if it does.
#
#   sh tests/soak.sh                  half an hour with target/release/hearth
#   SOAK_MINUTES=600 sh tests/soak.sh
#   HEARTH_BIN=/usr/bin/hearth sh tests/soak.sh
#
# Clients: two scrapers, one stream at 1000 Hz, one stream read a few bytes at a time. Resident memory, open files and
# threads are looked at every seven seconds. Resident memory goes up and down as pages of code come and are given back, so
# that flat means: the mean of the last five minutes is at most 256 KiB above the mean of the five that follow a warm-up of
# two, and no look finds more than 8192 KiB. Needs python3.
set -eu
cd "$(dirname "$0")/.."
minutes=${SOAK_MINUTES:-30}
program=${HEARTH_BIN:-$PWD/target/release/hearth}
[ "$minutes" -ge 3 ] || { echo "SOAK_MINUTES=$minutes: the first two are warm-up, so take 3 at least" >&2; exit 2; }
[ -x "$program" ] || { echo "$program is not there: cargo build --release, or set HEARTH_BIN" >&2; exit 2; }
work=$(mktemp -d)
daemon=
clients=
end() {
    for pid in $clients $daemon; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM

: >"$work/hearth.toml"
: >"$work/log"
"$program" run --config "$work/hearth.toml" --listen 127.0.0.1:0 --socket "$work/hearth.sock" 2>"$work/log" &
daemon=$!
until grep -q 'serving at http://' "$work/log"; do
    kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
port=$(sed -n 's|.*serving at http://127.0.0.1:\([0-9]*\)/.*|\1|p' "$work/log" | head -n 1)

# A client: scrape PORT | stream SOCKET | trickle PORT. What it read is written down when it ends.
cat >"$work/client.py" <<'CLIENT'
import signal, socket, sys, time

what, where, report = sys.argv[1:]
count = {"answers": 0, "bytes": 0, "connections": 0}


def end(*_):
    with open(report, "w") as file:
        file.write(f"{what}: {count['connections']} connections, {count['answers']} answers, {count['bytes']} bytes\n")
    sys.exit(0)


def connect():
    unix = what == "stream"
    sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    if what == "trickle":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(where if unix else ("127.0.0.1", int(where)))
    count["connections"] += 1
    return sock


def demand_ok(head):
    """A server that refuses is no server to measure."""
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"{what}: refused with {head[:200]!r}")


def ask(sock, path, accept):
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode())


def scrape():
    with connect() as sock, sock.makefile("rb") as file:
        while True:
            ask(sock, "/metrics", "text/plain")
            length = None
            head = file.readline()
            if not head:
                return
            demand_ok(head)
            while (line := file.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                return
            count["bytes"] += len(file.read(length))
            count["answers"] += 1
            time.sleep(0.1)


def stream(hz, piece, pause):
    with connect() as sock:
        ask(sock, f"/v1/stream?hz={hz}", "text/event-stream")
        demand_ok(sock.recv(16))
        count["answers"] += 1
        while data := sock.recv(piece):
            count["bytes"] += len(data)
            if pause:
                time.sleep(pause)


signal.signal(signal.SIGTERM, end)
while True:
    try:
        if what == "scrape":
            scrape()
        elif what == "stream":
            stream(1000, 65536, 0)
        else:
            stream(10, 64, 1)
    except OSError as error:
        print(f"{what}: {error}", file=sys.stderr)
    # Closed by the server, as a client that reads too slowly is; it comes back.
    time.sleep(1)
CLIENT
for client in "scrape $port" "scrape $port" "stream $work/hearth.sock" "trickle $port"; do
    number=$(echo "$clients" | wc -w)
    # shellcheck disable=SC2086
    python3 "$work/client.py" $client "$work/report.$number" 2>"$work/trouble.$number" &
    clients="$clients $!"
done

# Resident KiB, open files, threads.
look() {
    rss=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$daemon/status")
    threads=$(awk '$1 == "Threads:" { print $2 }' "/proc/$daemon/status")
    # shellcheck disable=SC2012
    files=$(ls "/proc/$daemon/fd" | wc -l)
    [ -n "$rss" ] && echo "$1 $rss $files $threads"
}
seconds=0
while [ "$seconds" -le $((minutes * 60)) ]; do
    look "$seconds" >>"$work/samples" || { echo "the daemon is gone:"; tail -n 5 "$work/log"; exit 1; }
    for pid in $clients; do
        kill -0 "$pid" 2>/dev/null || { echo "a client has ended:"; cat "$work"/trouble.*; exit 1; }
    done
    sleep 7
    seconds=$((seconds + 7))
done
for pid in $clients; do kill "$pid"; done
for pid in $clients; do wait "$pid" || true; done
clients=
cat "$work"/report.*
sort "$work"/trouble.* | uniq -c
awk -v end="$seconds" '
    NR == 1 { for (i = 2; i <= 4; i++) first[i] = $i }
    $1 > 120 && $1 <= 420 { early += $2; earlies++ }
    $1 > end - 300 { late += $2; lates++ }
    { for (i = 2; i <= 4; i++) { last[i] = $i; if ($i > max[i]) max[i] = $i } }
    END {
        name[2] = "resident KiB"; name[3] = "open files"; name[4] = "threads"
        for (i = 2; i <= 4; i++)
            printf "%-12s first %d, last %d, most %d\n", name[i], first[i], last[i], max[i]
        early /= earlies; late /= lates
        grown = late - early
        flat = grown <= 256 && max[2] <= 8192
        printf "%s: mean %d KiB after warm-up, %d in the end, %+d (at most 256), most %d KiB (at most 8192)\n", \
            flat ? "flat" : "NOT flat", early, late, grown, max[2]
        exit !flat
    }' "$work/samples"
