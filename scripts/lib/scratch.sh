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
    scratch_unmount
    rm -rf "$scratch"
    scratch=
}

# An engine that was killed leaves its data folder mounted on itself.
scratch_unmount() {
    local mounted
    while read -r mounted; do
        as_root umount "$mounted" || say "$mounted stays mounted"
    done < <(awk -v inside="$scratch/" 'index($5, inside) == 1 { print $5 }' /proc/self/mountinfo | sort --reverse)
}

scratch_is_left() {
    ! readlink /proc/[0-9]*/cwd | grep -F "$scratch/" >/dev/null
}
