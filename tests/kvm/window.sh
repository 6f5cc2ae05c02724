# SPDX-License-Identifier: GPL-2.0-or-later
# For scenarios of the register window.

banks() { # HOW SEED ROUNDS
    vtlemu run --register-window "$1" --cpus 2 \
        --vtl0-kernel "$PAYLOADS/banks.vtl0" --vtl0-cmdline "vps=2 seed=$2 rounds=$3" \
        --vtl2-kernel "$PAYLOADS/banks.vtl2" --vtl2-cmdline "vps=2 seed=$2 rounds=$3"
}

# Pushes the threads of all vtlemu from one processor to the next, until they have ended.
push_around() {
    moved=0
    while kill -0 "$1" 2>/dev/null || kill -0 "$2" 2>/dev/null; do
        for task in /proc/"$1"/task/* /proc/"$2"/task/*; do
            [ -d "$task" ] || continue # it has ended
            taskset -p "$((1 << (moved + ${task##*/}) % 2))" "${task##*/}" >/dev/null 2>&1
        done
        moved=$((moved + 1))
    done
    echo "moved $moved times"
}

# Two runs at once.
window_shared_host() {
    banks verify 1 300 >first.txt 2>&1 &
    first=$!
    banks verify 2 300 >second.txt 2>&1 &
    second=$!
    push_around $first $second
    wait $first; first=$?
    wait $second; second=$?
    cat first.txt second.txt
    echo "first: $first, second: $second"
}

# Where the kernel does not tell its structures, and without the right to load programs.
run="vtlemu run --vtl0-kernel $PAYLOADS/banks.vtl0 --vtl0-cmdline rounds=20 --vtl2-kernel \
    $PAYLOADS/banks.vtl2 --vtl2-cmdline rounds=20"
with_and_without="$run --register-window on; echo status \$?; $run"

window_refused() {
    unshare -m sh -c "umount -l /sys && { $with_and_without; vtlemu probe; }"
}

window_forbidden() {
    unshare -U -r sh -c "$with_and_without" # root there has no rights here
}
