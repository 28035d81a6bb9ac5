#!/bin/sh
# Counts the instructions of the hot path and prints them beside the committed counts: sh benches/count/run.sh
#   --keep    writes the counts to benches/count/baseline.txt
# What is counted is said at the head of benches/count/benches/count.rs. Compiler and C library change counts too: with
# others than the baseline's, keep a new one first. Exits 1 if anything takes more instructions than the baseline and
# the tolerance, or if a count of the baseline is gone. Needs valgrind (Debian: apt-get install valgrind); the runner is built here.
set -eu
cd "$(dirname "$0")"
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH
tolerance_percent=2
version=0.20.0
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 1; }
tools=$PWD/target/tools
GUNGRAUN_RUNNER=$tools/bin/gungraun-runner
GUNGRAUN_COLOR=never
export GUNGRAUN_RUNNER GUNGRAUN_COLOR
[ -x "$GUNGRAUN_RUNNER" ] || cargo install gungraun-runner --version "=$version" --locked --quiet --root "$tools"

cargo bench --locked --quiet >target/count.log || { cat target/count.log >&2; exit 1; }
# A line that names a benchmark, then its counts: "  Instructions:   1234|1230   (...)".
awk '/^[a-z_]+::/ { split($1, path, "::"); name = path[3]; if ($2 != "") { split($2, id, ":"); name = name "." id[1] } }
     $1 == "Instructions:" { split($2, count, "|"); print name, count[1] }' target/count.log >target/counts.txt
[ -s target/counts.txt ] || { echo "no counts in benches/count/target/count.log" >&2; exit 1; }
if [ "${1:-}" = --keep ]; then
    { echo "# Instructions; $(rustc -V), $(uname -m)"; cat target/counts.txt; } >baseline.txt
fi
[ -f baseline.txt ] || touch baseline.txt
grep '^#' baseline.txt || true
awk -v tolerance="$tolerance_percent" '
    NR == FNR { if ($1 != "#") before[$1] = $2; next }
    FNR == 1 { printf "%-36s %10s %10s %8s  verdict (tolerance %s %%)\n", "instructions", "baseline", "now", "change", tolerance }
    !($1 in before) { printf "%-36s %10s %10s %8s  new\n", $1, "-", $2, "-"; next }
    { change = ($2 / before[$1] - 1) * 100
      verdict = $2 * 100 > before[$1] * (100 + tolerance) ? "MORE" : change < -tolerance ? "fewer" : "same"
      if (verdict == "MORE") more = more " " $1
      counted[$1] = 1
      printf "%-36s %10d %10d %+7.1f%%  %s\n", $1, before[$1], $2, change, verdict }
    END {
      for (name in before) if (!(name in counted)) gone = gone " " name
      if (gone != "") print "failed: no longer counted:" gone
      if (more != "") print "failed: more instructions than the baseline and " tolerance " %:" more
      exit (more != "" || gone != "") }' baseline.txt target/counts.txt
