"""The guest with drives: NVMe first, then ATA."""

import energy
import nvme

TRIALS = (energy.is_absent_with_its_reason, *nvme.TRIALS)
