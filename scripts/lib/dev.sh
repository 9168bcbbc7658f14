# shellcheck shell=bash
# A platform that a script starts for itself, by `frescod dev`.
#
#   free_ports COUNT            that many ports that nobody listens on, a line each; none that the kernel gives to connections
#   dev_start FRESCOD FOLDER …  starts it with these options, its log and ready file in that folder; returns when it is ready
#   dev_ready KEY               what its ready file says
#   dev_stop                    stops it, and waits for it

dev_daemon=
dev_folder=

free_ports() {
    python3 -c '
import random, socket, sys
wanted = int(sys.argv[1])
for port in random.sample(range(10000, 20000), 10000):
    if wanted == 0:
        break
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    wanted -= 1
' "$1"
}

dev_start() {
    local frescod=$1
    dev_folder=$2
    shift 2
    "$frescod" dev "$@" --cache "$FRESCO_CACHE" --ready-file "$dev_folder/ready.json" >"$dev_folder/frescod.log" 2>&1 &
    dev_daemon=$!
    wait_until 120 dev_is_ready_or_dead || die "frescod is not ready after 120 s"
    [[ -f $dev_folder/ready.json ]] || die "frescod ended before it was ready"
}

dev_is_ready_or_dead() { [[ -f $dev_folder/ready.json ]] || ! kill -0 "$dev_daemon" 2>/dev/null; }

dev_ready() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$dev_folder/ready.json" "$1"; }

dev_stop() {
    [[ -n $dev_daemon ]] || return 0
    # A test may have started it anew since.
    local daemon
    daemon=$(dev_ready pid 2>/dev/null) || daemon=$dev_daemon
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$dev_daemon" 2>/dev/null || true
    wait_until 60 dev_is_gone "$daemon" || true
    dev_daemon=
}

dev_is_gone() { ! kill -0 "$1" 2>/dev/null; }
