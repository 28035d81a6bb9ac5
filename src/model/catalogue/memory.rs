//! Memory: every key of `/proc/meminfo`. An entry's help names the key it stands for.

use crate::{Scale, Unit, gauge};

super::metrics! {
    /// `MemTotal` of `/proc/meminfo`.
    MEMTOTAL = gauge("node_memory_MemTotal_bytes", Unit::Bytes, "MemTotal of /proc/meminfo.").scale(Scale::KIB).history();
    /// `MemFree` of `/proc/meminfo`.
    MEMFREE = gauge("node_memory_MemFree_bytes", Unit::Bytes, "MemFree of /proc/meminfo.").scale(Scale::KIB).history();
    /// `MemAvailable` of `/proc/meminfo`.
    MEMAVAILABLE = gauge("node_memory_MemAvailable_bytes", Unit::Bytes, "MemAvailable of /proc/meminfo.").scale(Scale::KIB).history();
    /// `Buffers` of `/proc/meminfo`.
    BUFFERS = gauge("node_memory_Buffers_bytes", Unit::Bytes, "Buffers of /proc/meminfo.").scale(Scale::KIB);
    /// `Cached` of `/proc/meminfo`.
    CACHED = gauge("node_memory_Cached_bytes", Unit::Bytes, "Cached of /proc/meminfo.").scale(Scale::KIB).history();
    /// `SwapCached` of `/proc/meminfo`.
    SWAPCACHED = gauge("node_memory_SwapCached_bytes", Unit::Bytes, "SwapCached of /proc/meminfo.").scale(Scale::KIB);
    /// `Active` of `/proc/meminfo`.
    ACTIVE = gauge("node_memory_Active_bytes", Unit::Bytes, "Active of /proc/meminfo.").scale(Scale::KIB);
    /// `Inactive` of `/proc/meminfo`.
    INACTIVE = gauge("node_memory_Inactive_bytes", Unit::Bytes, "Inactive of /proc/meminfo.").scale(Scale::KIB);
    /// `Active(anon)` of `/proc/meminfo`.
    ACTIVE_ANON = gauge("node_memory_Active_anon_bytes", Unit::Bytes, "Active(anon) of /proc/meminfo.").scale(Scale::KIB);
    /// `Inactive(anon)` of `/proc/meminfo`.
    INACTIVE_ANON = gauge("node_memory_Inactive_anon_bytes", Unit::Bytes, "Inactive(anon) of /proc/meminfo.").scale(Scale::KIB);
    /// `Active(file)` of `/proc/meminfo`.
    ACTIVE_FILE = gauge("node_memory_Active_file_bytes", Unit::Bytes, "Active(file) of /proc/meminfo.").scale(Scale::KIB);
    /// `Inactive(file)` of `/proc/meminfo`.
    INACTIVE_FILE = gauge("node_memory_Inactive_file_bytes", Unit::Bytes, "Inactive(file) of /proc/meminfo.").scale(Scale::KIB);
    /// `Unevictable` of `/proc/meminfo`.
    UNEVICTABLE = gauge("node_memory_Unevictable_bytes", Unit::Bytes, "Unevictable of /proc/meminfo.").scale(Scale::KIB);
    /// `Mlocked` of `/proc/meminfo`.
    MLOCKED = gauge("node_memory_Mlocked_bytes", Unit::Bytes, "Mlocked of /proc/meminfo.").scale(Scale::KIB);
    /// `SwapTotal` of `/proc/meminfo`.
    SWAPTOTAL = gauge("node_memory_SwapTotal_bytes", Unit::Bytes, "SwapTotal of /proc/meminfo.").scale(Scale::KIB);
    /// `SwapFree` of `/proc/meminfo`.
    SWAPFREE = gauge("node_memory_SwapFree_bytes", Unit::Bytes, "SwapFree of /proc/meminfo.").scale(Scale::KIB).history();
    /// `Zswap` of `/proc/meminfo`.
    ZSWAP = gauge("node_memory_Zswap_bytes", Unit::Bytes, "Zswap of /proc/meminfo.").scale(Scale::KIB);
    /// `Zswapped` of `/proc/meminfo`.
    ZSWAPPED = gauge("node_memory_Zswapped_bytes", Unit::Bytes, "Zswapped of /proc/meminfo.").scale(Scale::KIB);
    /// `Dirty` of `/proc/meminfo`.
    DIRTY = gauge("node_memory_Dirty_bytes", Unit::Bytes, "Dirty of /proc/meminfo.").scale(Scale::KIB).history();
    /// `Writeback` of `/proc/meminfo`.
    WRITEBACK = gauge("node_memory_Writeback_bytes", Unit::Bytes, "Writeback of /proc/meminfo.").scale(Scale::KIB);
    /// `AnonPages` of `/proc/meminfo`.
    ANONPAGES = gauge("node_memory_AnonPages_bytes", Unit::Bytes, "AnonPages of /proc/meminfo.").scale(Scale::KIB);
    /// `Mapped` of `/proc/meminfo`.
    MAPPED = gauge("node_memory_Mapped_bytes", Unit::Bytes, "Mapped of /proc/meminfo.").scale(Scale::KIB);
    /// `Shmem` of `/proc/meminfo`.
    SHMEM = gauge("node_memory_Shmem_bytes", Unit::Bytes, "Shmem of /proc/meminfo.").scale(Scale::KIB);
    /// `KReclaimable` of `/proc/meminfo`.
    KRECLAIMABLE = gauge("node_memory_KReclaimable_bytes", Unit::Bytes, "KReclaimable of /proc/meminfo.").scale(Scale::KIB);
    /// `Slab` of `/proc/meminfo`.
    SLAB = gauge("node_memory_Slab_bytes", Unit::Bytes, "Slab of /proc/meminfo.").scale(Scale::KIB);
    /// `SReclaimable` of `/proc/meminfo`.
    SRECLAIMABLE = gauge("node_memory_SReclaimable_bytes", Unit::Bytes, "SReclaimable of /proc/meminfo.").scale(Scale::KIB);
    /// `SUnreclaim` of `/proc/meminfo`.
    SUNRECLAIM = gauge("node_memory_SUnreclaim_bytes", Unit::Bytes, "SUnreclaim of /proc/meminfo.").scale(Scale::KIB);
    /// `KernelStack` of `/proc/meminfo`.
    KERNELSTACK = gauge("node_memory_KernelStack_bytes", Unit::Bytes, "KernelStack of /proc/meminfo.").scale(Scale::KIB);
    /// `ShadowCallStack` of `/proc/meminfo`.
    SHADOWCALLSTACK = gauge("node_memory_ShadowCallStack_bytes", Unit::Bytes, "ShadowCallStack of /proc/meminfo.").scale(Scale::KIB);
    /// `PageTables` of `/proc/meminfo`.
    PAGETABLES = gauge("node_memory_PageTables_bytes", Unit::Bytes, "PageTables of /proc/meminfo.").scale(Scale::KIB);
    /// `SecPageTables` of `/proc/meminfo`.
    SECPAGETABLES = gauge("node_memory_SecPageTables_bytes", Unit::Bytes, "SecPageTables of /proc/meminfo.").scale(Scale::KIB);
    /// `NFS_Unstable` of `/proc/meminfo`.
    NFS_UNSTABLE = gauge("node_memory_NFS_Unstable_bytes", Unit::Bytes, "NFS_Unstable of /proc/meminfo.").scale(Scale::KIB);
    /// `Bounce` of `/proc/meminfo`.
    BOUNCE = gauge("node_memory_Bounce_bytes", Unit::Bytes, "Bounce of /proc/meminfo.").scale(Scale::KIB);
    /// `WritebackTmp` of `/proc/meminfo`.
    WRITEBACKTMP = gauge("node_memory_WritebackTmp_bytes", Unit::Bytes, "WritebackTmp of /proc/meminfo.").scale(Scale::KIB);
    /// `CommitLimit` of `/proc/meminfo`.
    COMMITLIMIT = gauge("node_memory_CommitLimit_bytes", Unit::Bytes, "CommitLimit of /proc/meminfo.").scale(Scale::KIB);
    /// `Committed_AS` of `/proc/meminfo`.
    COMMITTED_AS = gauge("node_memory_Committed_AS_bytes", Unit::Bytes, "Committed_AS of /proc/meminfo.").scale(Scale::KIB);
    /// `VmallocTotal` of `/proc/meminfo`.
    VMALLOCTOTAL = gauge("node_memory_VmallocTotal_bytes", Unit::Bytes, "VmallocTotal of /proc/meminfo.").scale(Scale::KIB);
    /// `VmallocUsed` of `/proc/meminfo`.
    VMALLOCUSED = gauge("node_memory_VmallocUsed_bytes", Unit::Bytes, "VmallocUsed of /proc/meminfo.").scale(Scale::KIB);
    /// `VmallocChunk` of `/proc/meminfo`.
    VMALLOCCHUNK = gauge("node_memory_VmallocChunk_bytes", Unit::Bytes, "VmallocChunk of /proc/meminfo.").scale(Scale::KIB);
    /// `Percpu` of `/proc/meminfo`.
    PERCPU = gauge("node_memory_Percpu_bytes", Unit::Bytes, "Percpu of /proc/meminfo.").scale(Scale::KIB);
    /// `HardwareCorrupted` of `/proc/meminfo`.
    HARDWARECORRUPTED = gauge("node_memory_HardwareCorrupted_bytes", Unit::Bytes, "HardwareCorrupted of /proc/meminfo.").scale(Scale::KIB);
    /// `AnonHugePages` of `/proc/meminfo`.
    ANONHUGEPAGES = gauge("node_memory_AnonHugePages_bytes", Unit::Bytes, "AnonHugePages of /proc/meminfo.").scale(Scale::KIB);
    /// `ShmemHugePages` of `/proc/meminfo`.
    SHMEMHUGEPAGES = gauge("node_memory_ShmemHugePages_bytes", Unit::Bytes, "ShmemHugePages of /proc/meminfo.").scale(Scale::KIB);
    /// `ShmemPmdMapped` of `/proc/meminfo`.
    SHMEMPMDMAPPED = gauge("node_memory_ShmemPmdMapped_bytes", Unit::Bytes, "ShmemPmdMapped of /proc/meminfo.").scale(Scale::KIB);
    /// `FileHugePages` of `/proc/meminfo`.
    FILEHUGEPAGES = gauge("node_memory_FileHugePages_bytes", Unit::Bytes, "FileHugePages of /proc/meminfo.").scale(Scale::KIB);
    /// `FilePmdMapped` of `/proc/meminfo`.
    FILEPMDMAPPED = gauge("node_memory_FilePmdMapped_bytes", Unit::Bytes, "FilePmdMapped of /proc/meminfo.").scale(Scale::KIB);
    /// `CmaTotal` of `/proc/meminfo`.
    CMATOTAL = gauge("node_memory_CmaTotal_bytes", Unit::Bytes, "CmaTotal of /proc/meminfo.").scale(Scale::KIB);
    /// `CmaFree` of `/proc/meminfo`.
    CMAFREE = gauge("node_memory_CmaFree_bytes", Unit::Bytes, "CmaFree of /proc/meminfo.").scale(Scale::KIB);
    /// `Unaccepted` of `/proc/meminfo`.
    UNACCEPTED = gauge("node_memory_Unaccepted_bytes", Unit::Bytes, "Unaccepted of /proc/meminfo.").scale(Scale::KIB);
    /// `Balloon` of `/proc/meminfo`.
    BALLOON = gauge("node_memory_Balloon_bytes", Unit::Bytes, "Balloon of /proc/meminfo.").scale(Scale::KIB);
    /// `GPUActive` of `/proc/meminfo`.
    GPUACTIVE = gauge("node_memory_GPUActive_bytes", Unit::Bytes, "GPUActive of /proc/meminfo.").scale(Scale::KIB);
    /// `GPUReclaim` of `/proc/meminfo`.
    GPURECLAIM = gauge("node_memory_GPUReclaim_bytes", Unit::Bytes, "GPUReclaim of /proc/meminfo.").scale(Scale::KIB);
    /// `HugePages_Total` of `/proc/meminfo`.
    HUGEPAGES_TOTAL = gauge("node_memory_HugePages_Total", Unit::None, "HugePages_Total of /proc/meminfo.");
    /// `HugePages_Free` of `/proc/meminfo`.
    HUGEPAGES_FREE = gauge("node_memory_HugePages_Free", Unit::None, "HugePages_Free of /proc/meminfo.");
    /// `HugePages_Rsvd` of `/proc/meminfo`.
    HUGEPAGES_RSVD = gauge("node_memory_HugePages_Rsvd", Unit::None, "HugePages_Rsvd of /proc/meminfo.");
    /// `HugePages_Surp` of `/proc/meminfo`.
    HUGEPAGES_SURP = gauge("node_memory_HugePages_Surp", Unit::None, "HugePages_Surp of /proc/meminfo.");
    /// `Hugepagesize` of `/proc/meminfo`.
    HUGEPAGESIZE = gauge("node_memory_Hugepagesize_bytes", Unit::Bytes, "Hugepagesize of /proc/meminfo.").scale(Scale::KIB);
    /// `Hugetlb` of `/proc/meminfo`.
    HUGETLB = gauge("node_memory_Hugetlb_bytes", Unit::Bytes, "Hugetlb of /proc/meminfo.").scale(Scale::KIB);
    /// `DirectMap4k` of `/proc/meminfo`.
    DIRECTMAP4K = gauge("node_memory_DirectMap4k_bytes", Unit::Bytes, "DirectMap4k of /proc/meminfo.").scale(Scale::KIB);
    /// `DirectMap2M` of `/proc/meminfo`.
    DIRECTMAP2M = gauge("node_memory_DirectMap2M_bytes", Unit::Bytes, "DirectMap2M of /proc/meminfo.").scale(Scale::KIB);
    /// `DirectMap4M` of `/proc/meminfo`.
    DIRECTMAP4M = gauge("node_memory_DirectMap4M_bytes", Unit::Bytes, "DirectMap4M of /proc/meminfo.").scale(Scale::KIB);
    /// `DirectMap1G` of `/proc/meminfo`.
    DIRECTMAP1G = gauge("node_memory_DirectMap1G_bytes", Unit::Bytes, "DirectMap1G of /proc/meminfo.").scale(Scale::KIB);
    /// `HighTotal` of `/proc/meminfo`.
    HIGHTOTAL = gauge("node_memory_HighTotal_bytes", Unit::Bytes, "HighTotal of /proc/meminfo.").scale(Scale::KIB);
    /// `HighFree` of `/proc/meminfo`.
    HIGHFREE = gauge("node_memory_HighFree_bytes", Unit::Bytes, "HighFree of /proc/meminfo.").scale(Scale::KIB);
    /// `LowTotal` of `/proc/meminfo`.
    LOWTOTAL = gauge("node_memory_LowTotal_bytes", Unit::Bytes, "LowTotal of /proc/meminfo.").scale(Scale::KIB);
    /// `LowFree` of `/proc/meminfo`.
    LOWFREE = gauge("node_memory_LowFree_bytes", Unit::Bytes, "LowFree of /proc/meminfo.").scale(Scale::KIB);
    /// `MmapCopy` of `/proc/meminfo`.
    MMAPCOPY = gauge("node_memory_MmapCopy_bytes", Unit::Bytes, "MmapCopy of /proc/meminfo.").scale(Scale::KIB);
    /// `EarlyMemtestBad` of `/proc/meminfo`.
    EARLYMEMTESTBAD = gauge("node_memory_EarlyMemtestBad_bytes", Unit::Bytes, "EarlyMemtestBad of /proc/meminfo.").scale(Scale::KIB);
}
