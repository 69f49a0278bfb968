#!/bin/sh
# The browser tests drive Debian's chromium: install it where that is possible, else say what to do.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done
if ! command -v apt-get >/dev/null; then
    echo "The tests need Chromium. Install it so that 'chromium' is on the PATH, then run this again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "The tests need Chromium. Run this once, then again: sudo apt-get install chromium" >&2
    exit 1
fi
echo "Installing Chromium for the browser tests …"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
