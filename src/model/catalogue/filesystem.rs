//! Mounted file systems: `statvfs(3)` of each mount in `/proc/self/mountinfo`.

use crate::{Unit, gauge};

super::metrics! {
    /// Size of the file system.
    SIZE = gauge("node_filesystem_size_bytes", Unit::Bytes, "Size of the file system.").labels(&["device", "mountpoint", "fstype"]);
    /// Free space, what only root may use included.
    FREE = gauge("node_filesystem_free_bytes", Unit::Bytes, "Free space, what only root may use included.").labels(&["device", "mountpoint", "fstype"]);
    /// Free space for everybody.
    AVAIL = gauge("node_filesystem_avail_bytes", Unit::Bytes, "Free space for everybody.").labels(&["device", "mountpoint", "fstype"]).history();
    /// File nodes in all.
    FILES = gauge("node_filesystem_files", Unit::None, "File nodes in all.").labels(&["device", "mountpoint", "fstype"]);
    /// Free file nodes.
    FILES_FREE = gauge("node_filesystem_files_free", Unit::None, "Free file nodes.").labels(&["device", "mountpoint", "fstype"]);
    /// Whether it is mounted read-only.
    READONLY = gauge("node_filesystem_readonly", Unit::None, "Whether it is mounted read-only.").labels(&["device", "mountpoint", "fstype"]);
    /// Whether asking the file system failed or took too long.
    DEVICE_ERROR = gauge("node_filesystem_device_error", Unit::None, "Whether asking the file system failed or took too long.").labels(&["device", "mountpoint", "fstype"]);
}
