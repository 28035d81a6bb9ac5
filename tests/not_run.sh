#!/bin/sh
# Passes the test runner's words on, and puts the proofs that were left out before its summary: not_run.sh LIST
# LIST has a line for each time, name and reason; of each name the first reason is said, and how often it was left out.
exec awk -v list="$1" '
    function tell(is_whole,    line, name, names, count, first, times, row) {
        if (told++) return
        while ((getline line < list) > 0) {
            name = line
            sub(/:.*/, "", name)
            if (!times[name]++) { names[++count] = name; first[name] = line }
        }
        if (count) print "NOT RUN on this machine:"
        else if (is_whole) print "Every proof was run on this machine."
        for (row = 1; row <= count; row++) {
            name = names[row]
            print "  " first[name] (times[name] > 1 ? " (" times[name] " times)" : "")
        }
    }
    /^ *Summary \[/ { tell(1) }
    { print; fflush() }
    END { tell(0) }'
