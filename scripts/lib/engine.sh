# shellcheck shell=bash
# A container engine for the length of a script: the one that answers, or one that we start and stop.
#
#   engine_ensure            an engine answers afterwards
#   engine_stop_if_ours      stops it if one of our scripts started it and none uses it any more
#
# An engine is ours if its process id and the kernel's start time of that process stand in our file, so a recycled id is
# never taken for it. Two locks: `users`, shared by every script that uses an engine (who gets it alone is the last one),
# and `starting`, so that two scripts don't start one each.

engine_folder="$FRESCO_CACHE/engine"
engine_users=

engine_socket() {
    local host=${DOCKER_HOST:-unix:///var/run/docker.sock}
    [[ $host == unix://* ]] || die "DOCKER_HOST is $host: only a unix socket is supported here"
    echo "${host#unix://}"
}

engine_answers() {
    curl --silent --fail --max-time 5 --unix-socket "$(engine_socket)" http://engine/_ping
}

# An engine that we may not ask answers as little as one that isn't there.
engine_must_be_open() {
    local socket who
    socket=$(engine_socket) who=$(id -un)
    [[ ! -S $socket || -w $socket ]] ||
        die "$socket is closed to $who: as root, usermod --append --groups $(stat -c %G "$socket") $who, and log in again; or run this as root"
}

engine_ensure() {
    engine_must_be_open
    mkdir -p "$engine_folder"
    exec {engine_users}>"$engine_folder/users"
    flock --shared "$engine_users"
    {
        flock --exclusive 9
        engine_is_ours || rm -f "$engine_folder/owner"
        engine_answers >/dev/null 2>&1 || engine_start
    } 9>"$engine_folder/starting"
}

engine_start() {
    have dockerd || die "no container engine answers at $(engine_socket) and dockerd isn't installed: run scripts/setup"
    say "engine: none answers at $(engine_socket), starting dockerd (log: $engine_folder/log)"
    # In a subshell without our locks: the daemon would hold them.
    (exec {engine_users}>&- 9>&- && engine_launch)
    if ! wait_until 60 engine_answers; then
        engine_must_be_open
        tail -n 20 "$engine_folder/log" >&2
        die "dockerd doesn't answer after 60 s, its log ends as above"
    fi
}

# All its descriptors are files, so it keeps no reader of our output waiting.
engine_launch() {
    # shellcheck disable=SC2016 # the inner shell, which may be root's, expands these
    as_root bash -c '
        setsid dockerd --host "unix://$1" >"$2/log" 2>&1 </dev/null &
        echo "$! $(sed "s/.*) //" "/proc/$!/stat" | cut -d" " -f20)" >"$2/owner"
    ' engine "$(engine_socket)" "$engine_folder"
}

engine_is_ours() {
    local pid started
    [[ -f $engine_folder/owner ]] || return 1
    read -r pid started <"$engine_folder/owner" || return 1
    [[ -r /proc/$pid/stat && $(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20) == "$started" ]]
}

engine_has_ended() { ! engine_is_ours; }

engine_stop_if_ours() {
    [[ -n $engine_users ]] || return 0
    # Without the lock another script still works with the engine, and stops it when it is the last.
    if flock --exclusive --nonblock "$engine_users" && engine_is_ours; then
        engine_stop
    fi
    exec {engine_users}>&-
    engine_users=
}

engine_stop() {
    local pid
    read -r pid _ <"$engine_folder/owner"
    as_root kill -TERM "$pid"
    if wait_until 30 engine_has_ended; then
        rm -f "$engine_folder/owner"
    else
        say "engine: dockerd ($pid) doesn't end; its log: $engine_folder/log"
    fi
}
