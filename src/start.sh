#!/bin/sh
# Builds Hearth and runs it: sh src/start.sh [flags of `hearth run`]. Installs what it needs on Debian 12.
set -eu
cd "$(dirname "$0")/.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH
.ci/install run
cargo build --release --locked
echo "Hearth's page: http://127.0.0.1:9110/ (unless --listen or the configuration says otherwise)"
exec target/release/hearth run "$@"
