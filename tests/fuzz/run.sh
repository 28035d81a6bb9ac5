#!/bin/sh
# Fuzzes every parser: tests/fuzz/run.sh [seconds per target, 10 if not given] [target...]
#
# Builds each target with coverage counters, seeds it with drivers/fixtures/<target>/ and what earlier runs
# found (tests/fuzz/corpus/), and prints one line for each. Exit status 1 if a target crashed or hung:
# the input is then in tests/fuzz/artifacts/, and running the target's program with that file repeats it.
#
# The coverage flags are the stable compiler's, and the code under test has no unsafe block, so neither the
# nightly toolchain nor cargo-fuzz nor a sanitizer is needed; a C++ compiler is (libFuzzer is C++).
#
# To add a parser: a row in drivers/tests/parsers/mod.rs, texts in drivers/fixtures/<name>/, a four-line
# targets/<name>.rs and its [[bin]] in Cargo.toml. The row alone puts it into the ordinary test run.
set -eu

seconds=${1:-10}
[ $# -gt 0 ] && shift
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
host=$(rustc -vV | sed -n 's/^host: //p')

# With a target named, these flags do not reach build scripts.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing" \
    cargo build --quiet --release --target "$host"

[ $# -gt 0 ] || set -- $(cd targets && ls | sed 's/\.rs$//')
failed=0
for target; do
    mkdir -p "corpus/$target" "artifacts/$target"
    seeds=../../drivers/fixtures/$target
    [ -d "$seeds" ] || seeds=../../drivers/fixtures/meminfo
    log=artifacts/$target/log
    if "target/$host/release/$target" "corpus/$target" "$seeds" -max_total_time="$seconds" -max_len=16384 \
        -timeout=5 -rss_limit_mb=512 -artifact_prefix="artifacts/$target/" -print_final_stats=1 >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
        echo "$target: passed, $runs runs, $edges edges"
    else
        failed=1
        echo "$target: FAILED, see tests/fuzz/$log"
        tail -n 20 "$log"
    fi
done
exit $failed
