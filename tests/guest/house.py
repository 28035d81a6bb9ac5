"""What is not a drive: fans, registers, counters."""

TRIALS = ()
