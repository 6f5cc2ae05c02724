# SPDX-License-Identifier: GPL-2.0-or-later
# Helpers that all scripts share; to be sourced by bash. Nothing here touches the user's system
# except `install_packages`; downloads go to the cache, outside the tree.
# shellcheck shell=bash

set -euo pipefail
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${VTLEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vtlemu}
ME=${0##*/}

say() { printf '%s: %s\n' "$ME" "$*" >&2; }
die() { say "$*"; exit 1; }

# For scripts without options: their usage() on --help, an error for anything else.
takes_nothing() { # "$@"
    case ${1-} in
    '') ;;
    -h | --help) usage; exit 0 ;;
    *) die "$1: not understood (see scripts/$ME --help)" ;;
    esac
}

# Is this an arm64 host with a KVM one may use? Then there is no need for a bed.
has_kvm() { [ "$(uname -m)" = aarch64 ] && [ -r /dev/kvm ] && [ -w /dev/kvm ]; }

# One at a time: two runs must not fill the same place of the cache at once.
lock() {
    mkdir -p "$CACHE"
    exec {LOCK_FD}>"$CACHE/$1.lock"
    flock "$LOCK_FD"
}
unlock() { exec {LOCK_FD}>&-; }

# Runs a command as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root rights are needed for: $* (run this as root once, or install sudo)"
    fi
}

# --- A private apt -----------------------------------------------------------------------------
# Packages of other suites and of arm64 come by an apt configuration of our own, so that the
# user's stays as it is. The mirror is the user's; apt verifies signatures and checksums.

APT_DIR=$CACHE/apt

# The user's Debian mirror, as apt has it.
debian_mirror() {
    local site
    site=$(apt-get indextargets --format '$(SITE) $(ORIGIN) $(CODENAME)' 2>/dev/null |
        awk '$2 == "Debian" && $3 == "bookworm" { print $1; exit }')
    if [ -z "$site" ]; then
        # Before the first `apt-get update` apt knows no origin; the suite's name must do.
        site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null |
            awk '$2 == "bookworm" { print $1; exit }')
    fi
    [ -n "$site" ] || die "no Debian 12 (bookworm) mirror in apt's sources; vtlemu's scripts need one"
    printf '%s\n' "$site"
}

write_apt_config() {
    local mirror suite
    mirror=$(debian_mirror)
    mkdir -p "$APT_DIR"/{state/lists/partial,cache/archives/partial,debs}
    for suite in bookworm bookworm-updates bookworm-backports trixie-backports; do
        printf 'deb [signed-by=%s] %s %s main\n' \
            /usr/share/keyrings/debian-archive-keyring.gpg "$mirror" "$suite"
    done >"$APT_DIR/sources.list"
    cat >"$APT_DIR/apt.conf" <<END
Dir::Etc::SourceList "$APT_DIR/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$APT_DIR/state/lists";
Dir::Cache "$APT_DIR/cache";
APT::Architectures { "$(dpkg --print-architecture)"; "arm64"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
END
}

# Fetches the package lists, once a day. Without a network yesterday's must do.
update_lists() {
    [ ! -e "$APT_DIR/updated" ] || [ -n "$(find "$APT_DIR/updated" -mtime +0)" ] || return 0
    write_apt_config
    say "fetching package lists"
    if APT_CONFIG=$APT_DIR/apt.conf apt-get -qq update >&2; then
        touch "$APT_DIR/updated"
    elif [ -e "$APT_DIR/updated" ]; then
        say "apt could not fetch package lists; going on with those of $(date -r "$APT_DIR/updated" +%F)"
    else
        die "apt could not fetch the package lists; is there a network?"
    fi
}

# Runs an apt tool with our configuration.
private_apt() {
    mkdir -p "$CACHE"
    (flock 9 && update_lists) 9>"$CACHE/apt.lock"
    APT_CONFIG=$APT_DIR/apt.conf "$@"
}

# fetch_debs DIRECTORY PACKAGE[:ARCH][/SUITE]...: downloads packages without installing them.
fetch_debs() {
    local directory=$1
    shift
    mkdir -p "$directory"
    (cd "$directory" && private_apt apt-get -qq download "$@" >&2)
}

unpack_debs() {
    local directory=$1 target=$2 deb
    for deb in "$directory"/*.deb; do
        dpkg-deb -x "$deb" "$target"
    done
}

# The newest package of Linux' source, 7.x, that the mirror has in trixie-backports.
linux_source() {
    local package
    package=$(private_apt apt-cache search --names-only '^linux-source-7\.[0-9]+$' |
        awk '{ print $1 }' | sort -V | tail -n 1)
    [ -n "$package" ] || die "no linux-source-7.x in trixie-backports of your Debian mirror"
    printf '%s\n' "$package"
}
