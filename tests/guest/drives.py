"""The guest with drives: NVMe first, then ATA."""

import nvme

TRIALS = nvme.TRIALS
