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

/// Returns the start of this machine as the system numbers it, so that machines of one name differ;
/// empty where the system does not.
pub(super) fn boot() -> String {
    /// Digits that are kept.
    const DIGITS: usize = 8;
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.chars().take(DIGITS).collect()
}
