# SPDX-License-Identifier: GPL-2.0-or-later
# Moves the guest of one vtlemu to another one in this folder:
#   sh migrate.sh move OPTION...         once, and the guest ends at the target
#   sh migrate.sh linux PATTERN OPTION...   once, as soon as PATTERN is there, and the guest ends by itself
#   sh migrate.sh back OPTION...         there and back again, then to a third one
#   sh migrate.sh broken 'WHAT...' OPTION...   through tests/migration/relay.c, which breaks it so: the
#                                        guest goes on at the source, and ends there
#   sh migrate.sh lost WHAT OPTION...    the same, where the source must not go on
#   sh migrate.sh off OPTION...          called off while the target is silent, and while it stalls; then
#                                        the guest ends in the middle of one
# OPTIONs are vtlemu's for the source; in the environment DOWNTIME, that of `vtlemu migrate`, and
# ADDRESS to move to. The guest is the payload `migrate`, but for linux: it says where it is, and ends
# when it reads a q. The last that each vtlemu has said is shown after its name.
mode=$1; shift
case $mode in broken | lost | linux) what=$1; shift ;; esac
# The keyboard is VTL0's, here and there.
case $* in *--vtl2-kernel*) consoles="--vtl2-console null" ;; *) consoles= ;; esac

# Starts vtlemu with its own socket NAME.s, log NAME.log and keyboard, to be written to by `key NAME`.
start() { # NAME OPTION...
    name=$1; shift
    mkfifo "$name.in"
    vtlemu run --control "$name.s" --timeout 200 $consoles "$@" <"$name.in" >"$name.log" 2>&1 &
    eval "${name}_pid=$!"
    # Somebody has to keep it open, or its reader sees the end.
    sleep 1000 >"$name.in" &
    eval "${name}_keeper=$!"
}

key() { echo q >"$1.in"; }

await() { # FILE PATTERN
    for _ in $(seq 600); do
        ! grep -q "$2" "$1" || return 0
        sleep 0.2
    done
    echo "migrate.sh: $1 has no $2"
    return 1
}

last_lap() { sed -n 's/^.*vtl0: lap \([0-9]*\).*$/\1/p' "$1" | tail -n 1; }

# Waits until the guest there has come to another lap than now.
await_progress() { # NAME
    lap=$(last_lap "$1.log")
    for _ in $(seq 300); do
        [ "$(last_lap "$1.log")" = "$lap" ] || return 0
        sleep 0.2
    done
    echo "migrate.sh: the guest does not go on at $1"
    return 1
}

finish() { # NAME: waits for it and shows all
    eval "wait \$${1}_pid"; echo "$1: status $?"
    eval "kill \$${1}_keeper"
    tail -n 12 "$1.log" | tr -d '\r' | sed "s/^/$1: /"
}

# The lines that the guest has finished, there and then here: one may have begun there and ended
# here. They end in CR LF.
said() { # FROM TO
    awk '/vtlemu: / { next }
        { line = line $0 }
        sub(/\r$/, "", line) { print line; line = "" }' "$1.log" "$2.log"
}

# No lap is lost and none is told twice.
check_order() { # FROM TO STEP
    said "$1" "$2" | sed -n 's/^.*vtl0: lap \([0-9]*\)$/\1/p' | awk -v step="$3" '
        NR == 1 { first = $1 }
        NR > 1 && $1 != last + step { lost = 1 }
        { last = $1 }
        END { print "from lap " first " to lap " last; if (lost || NR < 2) print "migrate.sh: laps are lost" }'
}

await_socket() { # PATH
    for _ in $(seq 300); do
        [ ! -S "$1" ] || return 0
        sleep 0.2
    done
    echo "migrate.sh: nobody listens on $1"
}

move() { # FROM TO
    address=${ADDRESS:-unix:$2.to}
    start "$2" --incoming "$address"
    case $address in
    unix:*) await_socket "$2.to" ;;
    *) await_port ;;
    esac
    vtlemu migrate --control "$1.s" ${DOWNTIME:+--downtime "$DOWNTIME"} "$address" ||
        echo "migrate.sh: status $?"
}

# Something listens (state 0A) for TCP.
await_port() {
    for _ in $(seq 300); do
        ! grep -q ' 00000000:0000 0A ' /proc/net/tcp || return 0
        sleep 0.2
    done
    echo "migrate.sh: nobody listens on $address"
}

go() { # FROM TO: moves the guest, which is the payload
    await "$1.log" 'vtl0: lap'
    move "$1" "$2"
    await "$2.log" 'vtl0: lap\|FAIL'
    finish "$1"
    check_order "$1" "$2" 20
}

# Each in its turn, with the same source.
break_it() { # WHAT
    start "to_$1" --incoming "unix:$1.to"
    "$PAYLOADS/relay" "$1.relay" "$1.to" "$1" &
    relay=$!
    await_socket "$1.to"; await_socket "$1.relay"
    vtlemu migrate --control from.s "unix:$1.relay" && echo "migrate.sh: $1 goes well"
    wait $relay
    case $1 in hello) kill -TERM "$to_hello_pid" ;; esac
}

# A migration that gets no further; `client` is who has asked for it.
hang() { # WHAT
    [ "$1" = silent ] || start "to_$1" --incoming "unix:$1.to"
    "$PAYLOADS/relay" "$1.relay" "$1.to" "$1" >"$1.said" &
    relay=$!
    await_socket "$1.relay"
    vtlemu migrate --control from.s "unix:$1.relay" &
    client=$!
    await "$1.said" stalled
}

call_off() { # WHAT
    hang "$1"
    kill -TERM $client; wait $client; wait $relay
    await_progress from
}

start from "$@"
[ "$mode" = linux ] || await from.log 'vtl0: lap'
case $mode in
move)
    go from to
    key to; finish to ;;
linux)
    await from.log "$what"
    move from to
    finish from; finish to ;;
back)
    go from to
    go to again
    go again third
    key third; finish third ;;
broken)
    for one in $what; do
        break_it "$one"
        await_progress from
        finish "to_$one"
    done
    key from; finish from ;;
off)
    call_off silent
    call_off stall
    finish to_stall
    hang silent
    key from; finish from
    wait $client; echo "client: status $?" ;;
lost)
    break_it "$what"
    finish from
    [ "$what" = commit ] || key "to_$what"
    finish "to_$what" ;;
esac
