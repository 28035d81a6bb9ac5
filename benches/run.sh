#!/bin/sh
# Prints every figure that Hearth keeps to, with its limit: sh benches/run.sh
# About half an hour. What is measured is said at the head of each bench; figures come in pairs, Hearth beside what it is
# compared with, so a busy machine changes both. Beside node_exporter: sh benches/peers/run.sh. Instructions, which are
# the same on any machine: sh benches/count/run.sh.
set -eu
cd "$(dirname "$0")/.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH
.ci/install run
cargo build --release --locked
bench() { cargo bench --locked --quiet "$@"; }
bench --bench tick -- --rounds 30 --seconds 2
bench --bench home_server
bench --bench cgroups
bench --bench profile
bench -p hearth-measure --bench idle
bench --bench encode
bench -p hearth-hot --bench ring
bench -p hearth-drivers --bench netdev
bench -p hearth-measure --bench hostile
