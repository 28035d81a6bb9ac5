#!/bin/sh
# Unpacks what the guest needs from Debian 12 below a directory, and installs nothing: sh fetch.sh DIR
# QEMU and its libraries, the amd64 kernel with its modules, and the tools that Hearth is compared with. What is
# installed already is not fetched again, save those tools, which are taken from Debian in any case. The packages stay
# in DIR/debs; DIR/unpacked names what was unpacked.
# Exit codes: 0 all is there, 1 apt failed, 77 this machine cannot have it (no apt, another architecture).
set -eu
mkdir -p "$1"
dir=$(cd "$1" && pwd)
tools="qemu-system-x86 busybox-static i2c-tools nvme-cli smartmontools strace"

cannot() { echo "$1" >&2; exit 77; }
[ "$(uname -m)" = x86_64 ] || cannot "the guests run this machine's binaries: x86_64 is needed, not $(uname -m)"
for program in apt-get apt-cache dpkg-deb python3; do
    command -v $program >/dev/null 2>&1 || cannot "no $program: Debian 12 with python3 is needed"
done

# A qemu-utils newer than Debian 12's keeps its QEMU from being installed; nothing is installed here, so apt is shown
# a machine without it.
awk 'BEGIN { RS = ""; ORS = "\n\n" } $0 !~ /^Package: qemu-utils\n/' /var/lib/dpkg/status >"$dir/status"

list() {
    simulated=$(apt-get -s -q -o "Dir::State::status=$dir/status" install --no-install-recommends $tools) || return 1
    kernel=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
    [ -n "$kernel" ] || { echo "apt knows no linux-image-amd64" >&2; return 1; }
    { printf '%s\n' $tools "$kernel"; printf '%s\n' "$simulated" | awk '$1 == "Inst" { print $2 }'; } | sort -u
}
# The tools are listed even when they are installed; their libraries come from where they are.
fetch() {
    packages=$(list) || return 1
    if [ -f "$dir/unpacked" ] && [ "$packages" = "$(cat "$dir/unpacked")" ]; then return 0; fi
    mkdir -p "$dir/debs"
    (cd "$dir/debs" && timeout 240 apt-get download -q $packages) || return 1
    rm -rf "$dir/root" "$dir/unpacked"
    mkdir -p "$dir/root"
    # Only the newest of a package that was fetched twice; apt wrote the names.
    for package in $packages; do
        deb=$(ls -t "$dir/debs/${package}_"*.deb | head -n 1)
        # Of the kernel's modules, those of cards and networks are half and never loaded.
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/root" --wildcards \
            --exclude './lib/modules/*/drivers/gpu' --exclude './lib/modules/*/drivers/media' \
            --exclude './lib/modules/*/drivers/net' --exclude './lib/modules/*/drivers/staging' \
            --exclude './lib/modules/*/sound' --exclude './usr/share/doc' --exclude './usr/share/man'
    done
    printf '%s\n' "$packages" >"$dir/unpacked"
}

n=1
until fetch >"$dir/fetch.log" 2>&1; do
    # What was unpacked by an earlier run serves when apt does not.
    if [ -f "$dir/unpacked" ]; then
        echo "apt failed ($(tail -n 1 "$dir/fetch.log")); using what is unpacked in $dir" >&2
        exit 0
    fi
    if [ $n -ge 3 ]; then tail -n 20 "$dir/fetch.log" >&2; exit 1; fi
    n=$((n + 1))
    # Without package lists nothing is found; they are brought by root alone.
    if [ "$(id -u)" = 0 ]; then timeout 240 apt-get update -q >"$dir/update.log" 2>&1 || tail -n 3 "$dir/update.log" >&2; fi
    sleep 5
done
