//! The name of this machine.

use std::fs;

/// Returns this machine's name if the system provides it, else "this host".
pub(crate) fn host_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map_or_else(|| "this host".to_string(), |name| name.trim().to_string())
}
