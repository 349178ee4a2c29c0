//! `data`: fetch, check and list. Called by [`super::run`].

pub(super) fn run(
    _c: &super::context::Context,
    _a: &super::arguments::DataArguments,
) -> anyhow::Result<u8> {
    Ok(0)
}
