#!/bin/sh
# What Hearth itself makes the processor draw: sh benches/own_energy.sh [ROUNDS [SECONDS [flags of `hearth run`]]]
# Energy of all packages is read around stretches of SECONDS (30) without and with Hearth running, alternately, ROUNDS
# (10) times; each pair begins with the other one. Shown: mean power of each, their difference with its standard error,
# and beside it what Hearth says of itself (hearth_own_energy_joules_total, its share by CPU time above the idle floor).
# The difference holds what the share cannot: CPUs kept from deeper sleep. Leave the machine alone meanwhile. Needs root
# and a processor whose energy the kernel counts in /sys/class/powercap.
set -eu
cd "$(dirname "$0")/.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH
rounds=${1:-10}
seconds=${2:-30}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] && shift

zones=
for zone in /sys/class/powercap/intel-rapl:*; do
    case $(cat "$zone/name" 2>/dev/null || true) in package-*) zones="$zones $zone" ;; esac
done
[ -n "$zones" ] || {
    echo "no energy source here: no zone named package-* in /sys/class/powercap (none inside a virtual machine)" >&2
    exit 3
}
for zone in $zones; do
    [ -r "$zone/energy_uj" ] || { echo "$zone/energy_uj cannot be read: run this as root" >&2; exit 3; }
done
[ -x target/release/hearth ] || cargo build --release --locked

place=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" || true; }
    rm -rf "$place"
}
trap finish EXIT
trap 'exit 1' INT TERM

# One line: the time in seconds, then each zone's microjoules and where it begins again.
counters() {
    printf '%s' "$(cut -d' ' -f1 /proc/uptime)"
    for zone in $zones; do printf ' %s %s' "$(cat "$zone/energy_uj")" "$(cat "$zone/max_energy_range_uj")"; done
    echo
}
# Watts between two such lines.
watts() {
    printf '%s\n%s\n' "$1" "$2" | awk '
        NR == 1 { for (i = 1; i <= NF; i++) before[i] = $i }
        NR == 2 { for (i = 2; i <= NF; i += 2) { d = $i - before[i]; uj += d < 0 ? d + $(i + 1) : d }
                  printf "%.4f\n", uj / 1e6 / ($1 - before[1]) }'
}
stretch() {
    before=$(counters)
    sleep "$seconds"
    watts "$before" "$(counters)"
}
own() { target/release/hearth get --socket "$place/socket" --text hearth_own_energy_joules_total 2>>"$place/log" | awk '!/^#/ { print $2 }'; }

with() {
    target/release/hearth run --listen 127.0.0.1:0 --socket "$place/socket" "$@" 2>"$place/log" &
    pid=$!
    until [ -S "$place/socket" ]; do
        kill -0 "$pid" 2>/dev/null || { cat "$place/log" >&2; exit 1; }
        sleep 0.2
    done
    # Arming and the idle floor are over before it counts.
    sleep 10
    first=$(own)
    on=$(stretch)
    # Hearth may have no share to tell of, as in a container.
    share=$(printf '%s %s\n' "$first" "$(own)" |
        awk -v s="$seconds" 'NF == 2 { printf "%.4f", ($2 - $1) / s } NF < 2 { printf "-" }')
    kill "$pid" && wait "$pid" || true
    pid=
}
without() {
    sleep 10
    off=$(stretch)
}

echo "round  without W  with W  own share W"
round=1
while [ "$round" -le "$rounds" ]; do
    if [ $((round % 2)) -eq 0 ]; then with "$@"; without; else without; with "$@"; fi
    echo "$round $off $on $share" | tee -a "$place/rounds" | awk '{ printf "%5d %10s %7s %12s\n", $1, $2, $3, $4 }'
    round=$((round + 1))
done
awk '{ off += $2; on += $3; own += $4; d = $3 - $2; sum += d; squares += d * d }
     END { mean = sum / NR
           error = NR > 1 ? sqrt((squares - NR * mean * mean) / (NR - 1) / NR) : 0
           printf "mean   %10.4f %7.4f %12s\n", off / NR, on / NR, $4 == "-" ? "-" : sprintf("%.4f", own / NR)
           printf "Hearth draws %.4f W, standard error %.4f W, in %d pairs\n", mean, error, NR }' "$place/rounds"
