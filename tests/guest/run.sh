#!/bin/sh
# Proves Hearth's hardware drivers on hardware that QEMU plays: sh tests/guest/run.sh
# Two guests run side by side (Debian's amd64 kernel, emulated: no /dev/kvm needed), each with busybox, Hearth, and the
# tools it is compared with: nvme-cli, smartctl, i2cget. QEMU, the kernel and the tools are unpacked below target/guest;
# nothing is installed. About a minute once they are there.
#   sh tests/guest/run.sh                 all of it
#   sh tests/guest/run.sh drives          one guest: drives or house
#   sh tests/guest/run.sh capture DIR     saves the drives' pages as fixtures
#   sh tests/guest/run.sh kernels         saves the texts of Debian's 5.10, 6.1 and 6.12 in drivers/fixtures; two minutes
# HEARTH_BIN names the binary, target/release/hearth otherwise. Exit codes: 0 proven, 1 not, 77 not possible here.
# What the guests and QEMU said is kept in target/guest/run.
set -eu
cd "$(dirname "$0")/../.."
fetched() {
    if ! sh "$@"; then
        echo "tests/guest: NOT RUN: QEMU and Debian's kernels could not be had (see above)" >&2
        exit 77
    fi
}
if [ "${1:-}" = kernels ]; then
    fetched tests/guest/fetch.sh target/guest
    fetched tests/guest/kernels.sh target/guest/kernels
    exec python3 -B tests/guest/kernels.py target/guest drivers/fixtures
fi
hearth=${HEARTH_BIN:-target/release/hearth}
if [ ! -x "$hearth" ]; then
    echo "tests/guest: no $hearth; build it with: cargo build --release" >&2
    exit 1
fi
fetched tests/guest/fetch.sh target/guest
exec python3 -B tests/guest/main.py target/guest "$hearth" "$@"
