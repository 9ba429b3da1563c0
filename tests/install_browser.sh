#!/usr/bin/env bash
# Sees to it that the browser tests have a browser and a font with Chinese characters, and the examples curl and openssl.
# The browser is chromium's shell without windows; chromium itself does as well, and takes three times as long.
set -euo pipefail
missing=()
command -v chromium-headless-shell >/dev/null || missing+=(chromium-headless-shell)
command -v curl >/dev/null || missing+=(curl)
command -v openssl >/dev/null || missing+=(openssl)
fc-list :lang=zh-cn 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk)
[[ ${#missing[@]} -eq 0 ]] && exit 0

enough() { [[ ${missing[*]} == chromium-headless-shell ]] && command -v chromium >/dev/null; }

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    enough && exit 0
    echo "The browser tests and the examples need ${missing[*]}. On Debian, run this once and then 'make test' again:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

started=$SECONDS
echo "→ installing ${missing[*]} for the browser tests and the examples (once, about a minute)"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    enough && exit 0
    tail -n 20 "$log" >&2
    exit 1
fi
echo "  done in $((SECONDS - started)) s"
