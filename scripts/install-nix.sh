#!/usr/bin/env bash
# Puts the Nix of another Debian suite beside the machine's own, for tests against several versions.
#
#   scripts/install-nix.sh SUITE PREFIX     e.g.  scripts/install-nix.sh trixie /opt/nix-trixie
#
# The packages and all their libraries are unpacked below PREFIX and nothing else of the machine changes; PREFIX/usr/bin
# then holds nix, nix-daemon and the rest. Idempotent. Packages come from the mirror in the machine's own apt sources.
# Needs: root or a writable PREFIX, apt-get, patchelf.
set -euo pipefail

suite=${1:?usage: install-nix.sh SUITE PREFIX}
prefix=${2:?usage: install-nix.sh SUITE PREFIX}
[ -x "$prefix/usr/bin/nix-store" ] && "$prefix/usr/bin/nix" --version && exit 0

mirror=$(grep -hoE '^(deb .*|URIs: *)(https?|file|copy)://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
  grep -oE '(https?|file|copy)://[^ ]+' | head -n 1) || true
[ -n "$mirror" ] || { echo "no Debian mirror found in the apt sources of this machine" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$prefix"
: > "$work/status" # nothing counts as installed, so the whole closure with its own libc is fetched
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$work/sources.list"
apt_get() {
  apt-get -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$work/lists" \
    -o Dir::Cache="$work/cache" -o Dir::State::status="$work/status" -o APT::Install-Recommends=false \
    -o Debug::NoLocking=1 -o APT::Sandbox::User=root -qq "$@"
}
apt_get update
apt_get install -y --download-only nix-bin > /dev/null
for deb in "$work"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$prefix"; done

# All Nix tools are links to one binary; it is told to use the libraries beside it.
lib="$prefix/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")"
loader=$(ls "$lib"/ld-linux-*.so.* | head -n 1)
patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$lib" "$prefix/usr/bin/nix"
"$prefix/usr/bin/nix" --version
