//! The vector instructions of the processor that the kernels use.

use std::fmt;
use std::sync::OnceLock;

use pulp::Arch;

/// The environment variable that selects the instructions.
pub const SIMD_VARIABLE: &str = "CAMTRAIL_SIMD";

/// A value of [`SIMD_VARIABLE`] that names no instructions of this processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLevel {
    /// The value.
    pub asked: String,
    /// The names of the instructions that this processor has.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, known } = self;
        let known = match known.is_empty() {
            true => "none that can be selected".to_owned(),
            false => known.join(", "),
        };
        write!(
            formatter,
            "{SIMD_VARIABLE} is {asked:?}; this processor has: {known}"
        )
    }
}

impl std::error::Error for UnknownLevel {}

/// Checks that [`SIMD_VARIABLE`] is unset, empty, or names instructions of this processor. Without
/// it the kernels use the widest vectors that the processor has; results have the same bits.
///
/// # Errors
/// [`UnknownLevel`].
pub fn check_level() -> Result<(), UnknownLevel> {
    chosen().as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Returns the instructions to use.
///
/// # Panics
/// If [`check_level`] returns an error.
pub(super) fn arch() -> Arch {
    #[cfg(test)]
    if let Some(arch) = tests::forced() {
        return arch;
    }
    match chosen() {
        Ok(arch) => *arch,
        Err(error) => panic!("{error}"),
    }
}

fn chosen() -> &'static Result<Arch, UnknownLevel> {
    static CHOSEN: OnceLock<Result<Arch, UnknownLevel>> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let asked = std::env::var_os(SIMD_VARIABLE).filter(|value| !value.is_empty());
        match asked {
            Some(asked) => select(&asked.to_string_lossy(), &levels()),
            None => Ok(Arch::new()),
        }
    })
}

fn select(asked: &str, levels: &[(&'static str, Arch)]) -> Result<Arch, UnknownLevel> {
    let found = levels.iter().find(|(name, _)| *name == asked);
    found.map(|(_, arch)| *arch).ok_or_else(|| UnknownLevel {
        asked: asked.to_owned(),
        known: levels.iter().map(|(name, _)| *name).collect(),
    })
}

/// Returns the instructions of this processor by name.
#[cfg(target_arch = "x86_64")]
fn levels() -> Vec<(&'static str, Arch)> {
    let narrow = pulp::x86::V3::try_new().map(|simd| ("x86-v3", Arch::V3(simd)));
    let wide = pulp::x86::V4::try_new().map(|simd| ("x86-v4", Arch::V4(simd)));
    narrow.into_iter().chain(wide).collect()
}

/// Returns the instructions of this processor by name.
#[cfg(not(target_arch = "x86_64"))]
fn levels() -> Vec<(&'static str, Arch)> {
    Vec::new()
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// The instructions that a test selects. Other tests run meanwhile and must not notice.
    static FORCED: Mutex<Option<Arch>> = Mutex::new(None);

    pub(super) fn forced() -> Option<Arch> {
        *FORCED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what `work` returns with each of the instructions of this processor.
    pub(in super::super) fn with_each<R>(work: impl Fn() -> R) -> Vec<R> {
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let force = |arch| *FORCED.lock().unwrap_or_else(PoisonError::into_inner) = arch;
        let found = levels().into_iter().map(|(_, arch)| {
            force(Some(arch));
            work()
        });
        let found = found.collect();
        force(None);
        found
    }

    #[test]
    fn names_are_those_of_the_processor() {
        let levels = [("x86-v3", Arch::new()), ("x86-v4", Arch::new())];
        assert!(select("x86-v4", &levels).is_ok());
        let error = select("avx2", &levels).expect_err("no such name");
        assert_eq!(
            error.to_string(),
            "CAMTRAIL_SIMD is \"avx2\"; this processor has: x86-v3, x86-v4"
        );
        let error = select("x86-v3", &[]).expect_err("none");
        assert_eq!(
            error.to_string(),
            "CAMTRAIL_SIMD is \"x86-v3\"; this processor has: none that can be selected"
        );
    }
}
