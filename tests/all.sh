#!/bin/sh
# Every check of the project, installing what it needs on Debian 12: sh tests/all.sh
# It ends with the test runner's own summary, and right before it with the list of what was NOT RUN on this machine and
# why. HEARTH_REQUIRE=fuse,guest,io_uring,strace,tsan (or some of them) makes it fail instead. Longer forms:
# tests/fuzz/run.sh 600, sh tests/soak.sh.
set -eu
cd "$(dirname "$0")/.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH CARGO_TERM_COLOR=never
say() { printf '\n== %s (%s s)\n' "$1" "$(($(date +%s) - started))"; }
started=$(date +%s)
# Proofs that are left out, a line each: name, colon, reason. Tests write theirs by hearth_board::not_run.
mkdir -p target
HEARTH_NOT_RUN=$PWD/target/not-run.txt
export HEARTH_NOT_RUN
: >"$HEARTH_NOT_RUN"

say "what is needed"
.ci/install test

say "formatting"
cargo fmt --all --check

say "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
cargo test --workspace --doc --locked --quiet

say "memory model and races"
sh tests/races.sh

say "fuzzing, short form"
sh tests/fuzz/run.sh 2

say "release build"
cargo build --release --locked
size=$(stat -c %s target/release/hearth)
echo "stripped binary: $size bytes (limit 4194304)"
[ "$size" -le 4194304 ]

HEARTH_BIN=$PWD/target/release/hearth
export HEARTH_BIN

say "hardware drivers, in guests"
guests=0
sh tests/guest/run.sh || guests=$?
if [ $guests = 1 ]; then
    echo "guests: failed; once more, as every test of this project that fails on a busy machine"
    guests=0
    sh tests/guest/run.sh || guests=$?
fi
case $guests in
0) ;;
77)
    case ",${HEARTH_REQUIRE:-}," in
    *,guest,*) echo "guests: NOT RUN, and guest is in HEARTH_REQUIRE"; exit 1 ;;
    esac
    echo "guests: NOT RUN on this machine, for the reason above; every other check goes on"
    echo "guest: QEMU or Debian's kernel could not be had; sh tests/guest/run.sh says why" >>"$HEARTH_NOT_RUN"
    ;;
*) echo "guests: failed (exit code $guests)"; exit 1 ;;
esac

say "tests, with the release binary"
# The list comes before the runner's summary, which is the last thing that is said.
code=$PWD/target/tests.code
{
    code_now=0
    cargo nextest run --workspace --locked --profile ci --no-fail-fast || code_now=$?
    echo $code_now >"$code"
} 2>&1 | sh tests/not_run.sh "$HEARTH_NOT_RUN"
exit "$(cat "$code")"
