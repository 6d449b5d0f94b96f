# shellcheck shell=bash
# Makes sure of what Firn needs, and says what it does. Sourced by ./up and ./test:
#
#   firn_root=/path/of/the/checkout
#   . "$firn_root/scripts/bootstrap.sh"
#   bootstrap run      # what a running Firn needs
#   bootstrap test     # that, and what the tests need
#   build_web          # the web page, when its sources have changed
#
# Sets firn_node (a Node 24 that runs here) and, for the tests, exports FIRN_TEST_NIX. Everything is looked at first and
# nothing is done when nothing is missing. Ends the script with status 2 when something cannot be had. System packages
# are installed on Debian >= 12 and Ubuntu >= 24.04 only, and no configuration of the machine is changed.

firn_nix_oldest=2.8
firn_node_major=24
firn_npm=11.6.0

# Each argument is a line.
say() { printf '%s\n' "$@" >&2; }

give_up() {
  say "$@"
  exit 2
}

bootstrap() {
  [ "$(uname -s)" = Linux ] || give_up "Firn runs on Linux. This is $(uname -s)."
  install_packages "$1"
  refuse_old_nix
  refuse_closed_store
  install_modules
  find_node
  if [ "$1" = test ]; then install_second_nix; fi
}

# --- what the operating system has to offer ---------------------------------------------------------------------------

has() { command -v "$1" > /dev/null 2>&1; }

# Debian's packages for the commands that are missing here.
missing_packages() {
  old_or_no_node && echo nodejs
  has npm || echo npm
  has git || echo git
  has nix || echo nix-bin
  needs_sandbox_shell && echo busybox-static
  has bwrap || echo bubblewrap
  has unshare && has setpriv && has flock || echo util-linux
  [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/ssl/certs/ca-bundle.crt ] || echo ca-certificates
  [ "$1" = test ] || return 0
  has chromium || echo chromium fonts-liberation
  has patchelf || echo patchelf
  has openssl || echo openssl
  has shellcheck || echo shellcheck
}

# Any Node from 18 on can fetch the Node that Firn itself runs on.
old_or_no_node() {
  ! has node || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 18 ]
}

has_nix_daemon() { [ -S /nix/var/nix/daemon-socket/socket ]; }

# Builds expect /bin/sh. A Nix daemon has its own configuration; without one, Firn's lends a static busybox.
needs_sandbox_shell() { ! has_nix_daemon && ! has busybox; }

install_packages() {
  local packages
  packages=$(missing_packages "$1" | tr '\n' ' ')
  packages=${packages% }
  [ -n "$packages" ] || return 0
  if ! apt_is_ours; then other_system "$packages"; fi
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    may_sudo || give_up "Missing on this machine: $packages. As root, run" \
      "" "  apt-get update && apt-get install --no-install-recommends $packages" "" "and start again."
    sudo=(sudo)
  fi
  say "Installing with apt-get: $packages"
  # shellcheck disable=SC2086 # several words
  quietly "${sudo[@]}" apt-get update
  # shellcheck disable=SC2086
  quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
  hash -r
  packages=$(missing_packages "$1" | tr '\n' ' ')
  [ -z "$packages" ] || give_up "apt-get has nothing more to do, and this is still missing: ${packages% }"
}

may_sudo() { has sudo && { [ -t 0 ] || sudo -n true 2> /dev/null; }; }

# Debian >= 12 and Ubuntu >= 24.04, and testing or unstable, which have no number.
apt_is_ours() {
  has apt-get && [ -r /etc/os-release ] || return 1
  local id number
  # shellcheck source=/dev/null
  read -r id number < <(. /etc/os-release && echo "${ID:-none} ${VERSION_ID:-99}")
  case $id in
    debian) at_least 12 "$number" ;;
    ubuntu) at_least 24.04 "$number" ;;
    *) return 1 ;;
  esac
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

other_system() {
  say "Missing on this machine, by their names in Debian: $1" \
    "Firn installs packages by itself on Debian 12, Ubuntu 24.04 and newer only. Here, run" ""
  if [ -e /etc/NIXOS ]; then
    say "  nix-shell -p nodejs_24 git bubblewrap util-linux --run ./up"
  elif has dnf; then
    say "  sudo dnf install nodejs npm git nix busybox bubblewrap util-linux"
  elif has pacman; then
    say "  sudo pacman -S --needed nodejs npm git nix busybox bubblewrap util-linux"
  elif has zypper; then
    say "  sudo zypper install nodejs npm git nix busybox-static bubblewrap util-linux"
  elif has apk; then
    say "  apk add nodejs npm git nix busybox-static bubblewrap util-linux setpriv"
  else
    say "  (the package manager of this system, for Node >= 18, npm, git, Nix >= $firn_nix_oldest, busybox, bubblewrap, util-linux)"
  fi
  give_up "" "and start again. Where the system has no package of Nix: https://nixos.org/download"
}

refuse_old_nix() {
  local version
  version=$(HOME=/ nix --version | grep -oE '[0-9]+(\.[0-9]+)+' | tail -n 1) || version=0
  at_least "$firn_nix_oldest" "$version" || give_up \
    "This machine has Nix $version. Firn needs $firn_nix_oldest or newer: older ones cannot report results of single builds" \
    "(the store protocol before 1.34) and have no stable flakes. Update Nix, and start again."
}

# Root makes /nix by itself at first use, and a daemon has made it already.
refuse_closed_store() {
  if [ "$(id -u)" -eq 0 ] || has_nix_daemon || [ -w /nix/store ]; then return 0; fi
  if [ -w /nix ] && [ ! -e /nix/store ]; then return 0; fi
  local owner
  owner=$(id -un)
  give_up "Nix keeps everything in /nix, and user $owner may not write there. Do one of these once, then start again:" \
    "" "  sudo mkdir -p /nix && sudo chown -R $owner /nix    (this user alone uses Nix on this machine)" \
    "  sudo apt-get install nix-setup-systemd             (Debian, Ubuntu: a Nix daemon for all users)" ""
}

# Runs a command; its output is shown only when it fails.
quietly() {
  local output status
  output=$(mktemp)
  status=0
  "$@" > "$output" 2>&1 < /dev/null || status=$?
  [ "$status" -eq 0 ] || { cat "$output" >&2 && say "This failed (status $status): $*"; }
  rm -f "$output"
  [ "$status" -eq 0 ] || exit 2
}

# --- what comes with npm ----------------------------------------------------------------------------------------------

# One at a time: two starts in the same checkout would write the same folders.
alone() {
  exec 9< "$firn_root/package-lock.json"
  flock 9
  "$@"
  exec 9<&-
}

hash_of() { (cd "$firn_root" && sha256sum -- "$@" | sha256sum | cut -d ' ' -f 1); }

# Sets npm_path: a PATH with a Node and an npm that install all that we ask for. An older Node leaves out, in silence,
# optional packages that want a newer one, among them the native half of the web page's build tool. So where the
# system's Node is older than ours, its npm fetches the right two first, once for all checkouts.
find_npm() {
  local version tools fresh
  npm_path=$PATH
  if [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$firn_node_major" ]; then return 0; fi
  version=$(node -p "require('$firn_root/package.json').devDependencies.node")
  tools=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/firn/node-$version-npm-$firn_npm
  if [ ! -x "$tools/node_modules/.bin/npm" ]; then
    say "Fetching Node $version and npm $firn_npm into $tools"
    mkdir -p "${tools%/*}"
    fresh=$(mktemp -d "$tools.XXXXXX")
    quietly npm install --prefix "$fresh" --no-save --no-audit --no-fund \
      "node-linux-$(node -p process.arch)@$version" "npm@$firn_npm"
    rm -rf "$tools"
    mv "$fresh" "$tools"
  fi
  npm_path=$tools/node_modules/.bin:$PATH
}

install_modules() { alone install_modules_alone; }

install_modules_alone() {
  local wanted stamp=$firn_root/node_modules/.firn-installed
  wanted=$(hash_of package-lock.json)
  if [ "$(cat "$stamp" 2> /dev/null)" = "$wanted" ]; then return 0; fi
  # Whoever develops has run `npm install`: then all is there, and need not be thrown away.
  if ! node "$firn_root/scripts/modules-match.mjs" "$firn_root"; then
    say "Installing the JavaScript packages with npm ci"
    find_npm
    # npm 11.19 refuses a lock file that leaves out packages of other platforms, as ours does: then the gentler command.
    (cd "$firn_root" && PATH=$npm_path && hash -r &&
      { npm ci --no-audit --no-fund > /dev/null 2>&1 < /dev/null || quietly npm install --no-save --no-audit --no-fund; }) || exit 2
  fi
  echo "$wanted" > "$stamp"
}

# npm's Node is linked for an ordinary Linux. Where it cannot run (NixOS), the system's own will do if it is new enough.
find_node() {
  local candidate
  for candidate in "$firn_root/node_modules/.bin/node" "$(command -v node)"; do
    if [ "$("$candidate" -p 'process.versions.node.split(".")[0]' 2> /dev/null || echo 0)" -ge "$firn_node_major" ]; then
      firn_node=$candidate
      return 0
    fi
  done
  give_up "Node $firn_node_major could not be had: npm's does not run here, and the system's is $(node --version)." \
    "Install Node $firn_node_major or newer, and start again."
}

build_web() { alone build_web_alone; }

# Built again when a source of it has changed.
build_web_alone() {
  local web=$firn_root/packages/web sources wanted
  grep -q '"build"' "$web/package.json" 2> /dev/null || return 0
  mapfile -d '' sources < <(cd "$firn_root" && find packages/web packages/contract packages/core -type f \
    -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.test.ts' -print0 | sort -z)
  wanted=$(hash_of package-lock.json "${sources[@]}")
  if [ "$(cat "$web/dist/.firn-built" 2> /dev/null)" = "$wanted" ]; then return 0; fi
  say "Building the web page"
  (cd "$firn_root" && quietly npm run build -w @firn/web) || exit 2
  if [ -d "$web/dist" ]; then echo "$wanted" > "$web/dist/.firn-built"; fi
}

# --- what only the tests need -----------------------------------------------------------------------------------------

# The tests of Nix run against every Nix they are told of. FIRN_TEST_NIX: folders of programs, with colons between. Unset: the
# second version, and a third where scripts/install-nix.sh has put one.
install_second_nix() {
  if [ -n "${FIRN_TEST_NIX:-}" ]; then return 0; fi
  local folder=/opt
  [ "$(id -u)" -eq 0 ] || folder=${XDG_CACHE_HOME:-$HOME/.cache}/firn
  local prefix=$folder/nix-trixie third=$folder/nix-sid/usr/bin
  if [ -x "$third/nix-store" ]; then export FIRN_TEST_NIX=$third; fi
  if [ ! -x "$prefix/usr/bin/nix-store" ]; then
    if ! apt_is_ours; then
      say "Tests against a second version of Nix are left out: it comes from Debian's packages."
      return 0
    fi
    say "Unpacking Nix 2.26 into $prefix, to test against a second version"
    quietly bash "$firn_root/scripts/install-nix.sh" trixie "$prefix"
  fi
  export FIRN_TEST_NIX=$prefix/usr/bin${FIRN_TEST_NIX:+:$FIRN_TEST_NIX}
}
