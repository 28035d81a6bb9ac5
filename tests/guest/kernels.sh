#!/bin/sh
# Unpacks the kernels whose texts are captured below a directory, and installs nothing: sh kernels.sh DIR
# The amd64 kernels of Debian 11, 12 and 13 (5.10, 6.1 and 6.12), from the archive that this machine's apt uses for
# Debian 12, through package lists of their own. DIR/<release> holds one kernel with its modules.
# Exit codes: 0 all are there, 1 apt failed, 77 this machine has no Debian archive.
set -eu
mkdir -p "$1"
dir=$(cd "$1" && pwd)
archive=$(apt-get indextargets --format '$(REPO_URI)' "Codename: bookworm" "Created-By: Packages" | head -n 1)
[ -n "$archive" ] || { echo "apt names no archive of Debian 12 here" >&2; exit 77; }
keys=/usr/share/keyrings/debian-archive-keyring.gpg

mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
for release in bullseye bookworm trixie; do
    echo "deb [signed-by=$keys] $archive $release main"
done >"$dir/apt/sources.list"
apt="-q -o Dir::Etc::SourceList=$dir/apt/sources.list -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::lists=$dir/apt/lists -o Dir::State::status=/dev/null -o Dir::Cache=$dir/apt/cache
    -o Acquire::Languages=none -o APT::Sandbox::User=root"
try() {
    n=1
    until "$@" >"$dir/apt.log" 2>&1; do
        if [ $n -ge 3 ]; then tail -n 20 "$dir/apt.log" >&2; return 1; fi
        n=$((n + 1)); sleep 5
    done
}
# shellcheck disable=SC2086 # $apt is a list of words
try timeout 240 apt-get $apt update || exit 1
for release in bullseye bookworm trixie; do
    # shellcheck disable=SC2086
    package=$(apt-cache $apt show "linux-image-amd64/$release" | sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p')
    [ -n "$package" ] || { echo "apt knows no kernel of $release" >&2; exit 1; }
    if [ "$package" = "$(cat "$dir/$release.package" 2>/dev/null)" ]; then continue; fi
    rm -rf "${dir:?}/$release"
    mkdir -p "$dir/$release" "$dir/debs"
    # shellcheck disable=SC2086
    (cd "$dir/debs" && try timeout 240 apt-get $apt download "$package") || exit 1
    dpkg-deb --fsys-tarfile "$(ls -t "$dir/debs/${package}_"*.deb | head -n 1)" |
        tar -x -C "$dir/$release" --wildcards --exclude '*/drivers/gpu' --exclude '*/drivers/media' --exclude '*/sound'
    echo "$package" >"$dir/$release.package"
done
