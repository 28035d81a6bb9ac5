"""The guest with drives: what is tried in it."""

import ata
import energy
import nvme

TRIALS = (energy.is_absent_with_its_reason, *ata.TRIALS, *nvme.TRIALS)
