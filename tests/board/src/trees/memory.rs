//! `/proc/meminfo` and `/proc/vmstat`.

use super::law::{
    CACHED_KB, FREE_START_KB, MAJOR_PAGE_FAULTS, MEMORY_TOTAL_KB, PAGE_FAULTS, PAGED_IN_KB, PAGED_OUT_KB,
};
use super::over_time;
use crate::Board;
use std::time::Duration;

/// Lines of `meminfo` behind `Cached`, as the kernel prints them (`fs/proc/meminfo.c`). They stand still.
const MEMINFO_REST: &str = "\
SwapCached:            0 kB
Active:          1200000 kB
Inactive:        1100000 kB
Active(anon):     500000 kB
Inactive(anon):   100000 kB
Active(file):     700000 kB
Inactive(file):  1000000 kB
Unevictable:       15564 kB
Mlocked:           14580 kB
SwapTotal:       2097148 kB
SwapFree:        2097148 kB
Zswap:                 0 kB
Zswapped:              0 kB
Dirty:               752 kB
Writeback:            44 kB
AnonPages:        590000 kB
Mapped:           210000 kB
Shmem:             12000 kB
KReclaimable:     160000 kB
Slab:             240000 kB
SReclaimable:     160000 kB
SUnreclaim:        80000 kB
KernelStack:        5200 kB
PageTables:         9800 kB
SecPageTables:         0 kB
NFS_Unstable:          0 kB
Bounce:                0 kB
WritebackTmp:          0 kB
CommitLimit:     6121436 kB
Committed_AS:    1682680 kB
VmallocTotal:   34359738367 kB
VmallocUsed:       44396 kB
VmallocChunk:          0 kB
Percpu:             1712 kB
HardwareCorrupted:     0 kB
AnonHugePages:    204800 kB
ShmemHugePages:        0 kB
ShmemPmdMapped:        0 kB
FileHugePages:         0 kB
FilePmdMapped:         0 kB
HugePages_Total:       0
HugePages_Free:        0
HugePages_Rsvd:        0
HugePages_Surp:        0
Hugepagesize:       2048 kB
Hugetlb:               0 kB
DirectMap4k:      188672 kB
DirectMap2M:     6068480 kB
DirectMap1G:     2097152 kB
";

/// Names of `vmstat` in the order of `mm/vmstat.c`.
const VMSTAT: &str = "\
nr_free_pages nr_zone_inactive_anon nr_zone_active_anon nr_zone_inactive_file
nr_zone_active_file nr_zone_unevictable nr_zone_write_pending nr_mlock nr_zspages nr_free_cma
numa_hit numa_miss numa_foreign numa_interleave numa_local numa_other nr_inactive_anon
nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_slab_reclaimable
nr_slab_unreclaimable nr_isolated_anon nr_isolated_file workingset_nodes
workingset_refault_anon workingset_refault_file workingset_activate_anon
workingset_activate_file workingset_restore_anon workingset_restore_file workingset_nodereclaim
nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback nr_shmem nr_shmem_hugepages
nr_shmem_pmdmapped nr_file_hugepages nr_file_pmdmapped nr_anon_transparent_hugepages
nr_vmscan_write nr_vmscan_immediate_reclaim nr_dirtied nr_written nr_throttled_written
nr_kernel_misc_reclaimable nr_foll_pin_acquired nr_foll_pin_released nr_kernel_stack
nr_page_table_pages nr_sec_page_table_pages nr_swapcached pgpromote_success pgpromote_candidate
pgdemote_kswapd pgdemote_direct nr_dirty_threshold nr_dirty_background_threshold pgpgin pgpgout
pswpin pswpout pgalloc_dma pgalloc_dma32 pgalloc_normal pgalloc_movable allocstall_dma
allocstall_dma32 allocstall_normal allocstall_movable pgskip_dma pgskip_dma32 pgskip_normal
pgskip_movable pgfree pgactivate pgdeactivate pglazyfree pgfault pgmajfault pglazyfreed
pgrefill pgreuse pgsteal_kswapd pgsteal_direct pgscan_kswapd pgscan_direct
pgscan_direct_throttle pgscan_anon pgscan_file pgsteal_anon pgsteal_file zone_reclaim_success
zone_reclaim_failed pginodesteal slabs_scanned kswapd_inodesteal kswapd_low_wmark_hit_quickly
kswapd_high_wmark_hit_quickly pageoutrun pgrotated drop_pagecache drop_slab oom_kill
numa_pte_updates numa_huge_pte_updates numa_hint_faults numa_hint_faults_local
numa_pages_migrated pgmigrate_success pgmigrate_fail thp_migration_success thp_migration_fail
thp_migration_split compact_migrate_scanned compact_free_scanned compact_isolated compact_stall
compact_fail compact_success compact_daemon_wake compact_daemon_migrate_scanned
compact_daemon_free_scanned htlb_buddy_alloc_success htlb_buddy_alloc_fail
unevictable_pgs_culled unevictable_pgs_scanned unevictable_pgs_rescued unevictable_pgs_mlocked
unevictable_pgs_munlocked unevictable_pgs_cleared unevictable_pgs_stranded thp_fault_alloc
thp_fault_fallback thp_fault_fallback_charge thp_collapse_alloc thp_collapse_alloc_failed
thp_file_alloc thp_file_fallback thp_file_fallback_charge thp_file_mapped thp_split_page
thp_split_page_failed thp_deferred_split_page thp_split_pmd thp_scan_exceed_none_pte
thp_scan_exceed_swap_pte thp_scan_exceed_share_pte thp_split_pud thp_zero_page_alloc
thp_zero_page_alloc_failed thp_swpout thp_swpout_fallback balloon_inflate balloon_deflate
balloon_migrate swap_ra swap_ra_hit ksm_swpin_copy cow_ksm zswpin zswpout
direct_map_level2_splits direct_map_level3_splits nr_unstable";

pub(super) fn add(board: Board) -> Board {
    board.file("proc/meminfo", over_time(meminfo)).file("proc/vmstat", over_time(vmstat))
}

/// The page cache takes from free memory what it grows by, and never the last of it.
fn meminfo(elapsed: Duration) -> String {
    let cached = CACHED_KB.at(elapsed);
    let free = FREE_START_KB.saturating_sub(cached - CACHED_KB.start);
    let head = [
        ("MemTotal:", MEMORY_TOTAL_KB),
        ("MemFree:", free),
        ("MemAvailable:", 6_400_000),
        ("Buffers:", 180_000),
        ("Cached:", cached),
    ];
    head.map(|(name, kb)| format!("{name:<16}{kb:>8} kB\n")).concat() + MEMINFO_REST
}

fn vmstat(elapsed: Duration) -> String {
    let value = |name: &str| match name {
        "nr_free_pages" => FREE_START_KB.saturating_sub(CACHED_KB.at(elapsed) - CACHED_KB.start) / 4,
        "nr_dirty_threshold" => 1_217_484,
        "nr_dirty_background_threshold" => 607_998,
        "pgpgin" => PAGED_IN_KB.at(elapsed),
        "pgpgout" => PAGED_OUT_KB.at(elapsed),
        "pgfault" => PAGE_FAULTS.at(elapsed),
        "pgmajfault" => MAJOR_PAGE_FAULTS.at(elapsed),
        _ => 0,
    };
    VMSTAT.split_whitespace().map(|name| format!("{name} {}\n", value(name))).collect()
}
