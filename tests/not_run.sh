#!/bin/sh
# Passes the test runner's words on, and puts the proofs that were left out before its summary: not_run.sh LIST
# LIST has a line of each, name and reason, more than once where several tests left it out.
exec awk -v list="$1" '
    function tell(is_whole,    line, seen, count) {
        if (told++) return
        while ((getline line < list) > 0) if (!seen[line]++) rows[++count] = line
        if (count) print "NOT RUN on this machine:"
        else if (is_whole) print "Every proof was run on this machine."
        for (row = 1; row <= count; row++) print "  " rows[row]
    }
    /^ *Summary \[/ { tell(1) }
    { print; fflush() }
    END { tell(0) }'
