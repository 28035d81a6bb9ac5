#!/bin/sh
# Prints Hearth's figures beside those of Debian's node_exporter, taken in one run: sh benches/peers/run.sh
# Installs what it needs on Debian 12; what is measured is said at the head of benches/peers/scrape.rs.
#   --rounds N    rounds, 5 unless given        --scrapes N   scrapes of node_exporter a round, 100 unless given
set -eu
cd "$(dirname "$0")/../.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH
.ci/install test
cargo build --release --locked
exec cargo bench --locked -p hearth-measure --bench peers -- "$@"
