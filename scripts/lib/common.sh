# shellcheck shell=bash
# What every script here needs: where things are, how to say things, how to become root. Source it first.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export repository
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# The same rule as `Places::usual` in crates/embedded/src/binaries.rs. Root's cache is the system's: /root is closed to
# the account that PostgreSQL runs under.
cache_folder() {
    local user_cache=${XDG_CACHE_HOME:-$HOME/.cache}
    ((EUID != 0)) || user_cache=/var/cache
    echo "${FRESCO_CACHE:-$user_cache/fresco-platform}"
}

FRESCO_CACHE=$(cache_folder)
export FRESCO_CACHE
export PATH="$FRESCO_CACHE/tools/bin:$FRESCO_CACHE/node/bin:$PATH"

say() { printf '%s\n' "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "this needs root and there is no sudo: run as root: $*"
    fi
}

# Repeats a condition until it holds: wait_until SECONDS COMMAND…
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}
