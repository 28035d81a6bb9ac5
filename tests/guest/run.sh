#!/bin/sh
# Proves Hearth's hardware drivers on hardware that QEMU plays: sh tests/guest/run.sh
# Two guests run side by side (Debian's amd64 kernel, emulated: no /dev/kvm needed), each with busybox, Hearth, and the
# tools it is compared with: nvme-cli, smartctl, i2cget. QEMU, the kernel and the tools are unpacked below target/guest;
# nothing is installed. About a minute once they are there.
#   sh tests/guest/run.sh                 all of it
#   sh tests/guest/run.sh drives          one guest: drives or house
#   sh tests/guest/run.sh capture DIR     saves the drives' pages as fixtures
# HEARTH_BIN names the binary, target/release/hearth otherwise. Exit codes: 0 proven, 1 not, 77 not possible here.
# What the guests and QEMU said is kept in target/guest/run.
set -eu
cd "$(dirname "$0")/../.."
hearth=${HEARTH_BIN:-target/release/hearth}
if [ ! -x "$hearth" ]; then
    echo "tests/guest: no $hearth; build it with: cargo build --release" >&2
    exit 1
fi
code=0
sh tests/guest/fetch.sh target/guest || code=$?
if [ $code != 0 ]; then
    echo "tests/guest: NOT RUN: QEMU and Debian's kernel could not be had (see above)" >&2
    exit 77
fi
exec python3 -B tests/guest/main.py target/guest "$hearth" "$@"
