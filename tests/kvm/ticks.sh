# SPDX-License-Identifier: GPL-2.0-or-later
# For scenarios that look at what the host's processor is used for.

# What a process or thread has used, in ticks of 1/100 s, user and system (Linux, proc.rst).
ticks() { # STAT-FILE
    read -r line <"$1"
    # shellcheck disable=SC2086 # fields
    set -- ${line##*)}
    echo $((${12} + ${13}))
}
