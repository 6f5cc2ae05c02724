# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts of this folder: one check after the other.
limit=300 # seconds that anything may take; a guest in an emulated host on a busy machine is slow
why=

# Does COMMAND; it is good if it leaves $why empty.
check() { # NAME COMMAND...
    label=$1
    why= shown=output
    : >output
    shift
    "$@"
    if [ -z "$why" ]; then
        echo "ok $label"
    else
        echo "not ok $label: $why"
        tail -n 30 $shown | tr -d '\r' | awk '{ print "    " $0 }' # ends each line
    fi
}

# Each REGEX must match a line of FILE.
expect() { # FILE REGEX...
    file=$1
    shift
    for regex; do
        grep -Eq -- "$regex" "$file" || { shown=$file; : "${why:=no line of $file matches: $regex}"; }
    done
}
