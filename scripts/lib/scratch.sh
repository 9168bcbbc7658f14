# shellcheck shell=bash
# A folder for the length of a script, in which servers work that a program of ours starts.
#
#   scratch_make        makes it; TMPDIR of whatever is started afterwards
#   scratch_remove      ends the servers of programs that were ended before they could stop theirs, and removes it

scratch=

scratch_make() {
    scratch=$(mktemp -d)
    chmod 755 "$scratch" # servers under another account work in it
    export TMPDIR=$scratch
}

scratch_remove() {
    [[ -n $scratch ]] || return 0
    local cwd
    for cwd in /proc/[0-9]*/cwd; do
        [[ $(readlink "$cwd") != "$scratch"/* ]] || kill "$(basename "${cwd%/cwd}")" || true
    done 2>/dev/null
    wait_until 30 scratch_is_left || say "processes are left that work in $scratch"
    rm -rf "$scratch"
    scratch=
}

scratch_is_left() {
    ! readlink /proc/[0-9]*/cwd | grep -F "$scratch/" >/dev/null
}
