#!/bin/sh
# Shows a report as a browser draws it, to be looked at: light, dark, narrow, and on paper.
#
#     HEARTH_PICTURE=/tmp/report.html cargo test --test profile_board -- --ignored picture
#     tests/profile/screenshot.sh /tmp/report.html /tmp/pictures
#
# Needs chromium. Writes light.png, dark.png, narrow.png, paper.pdf; the README's picture is light.png.
set -eu

report=$(realpath "${1:?usage: screenshot.sh REPORT.html FOLDER [HEIGHT]}")
folder=${2:?usage: screenshot.sh REPORT.html FOLDER [HEIGHT]}
height=${3:-2600}
mkdir -p "$folder"
folder=$(realpath "$folder")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

draw() {
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" \
        --force-color-profile=srgb "$@" "file://$report" 2>"$profile/words" || { cat "$profile/words" >&2; exit 1; }
}

# 1 is light and 0 dark.
draw --blink-settings=preferredColorScheme=1 --window-size="820,$height" --screenshot="$folder/light.png"
draw --blink-settings=preferredColorScheme=0 --window-size="820,$height" --screenshot="$folder/dark.png"
draw --blink-settings=preferredColorScheme=1 --window-size="500,$height" --screenshot="$folder/narrow.png"
draw --no-pdf-header-footer --print-to-pdf="$folder/paper.pdf"
ls -l "$folder"
