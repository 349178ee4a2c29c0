//! Embeds every file of `experiments/`, so that an installed binary knows the shipped trials and a
//! new trial is one new file. It also sets a flag by which tests know the instructions of this
//! machine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=experiments");
    println!("cargo::rustc-check-cfg=cfg(both_levels)");
    if has_both_levels() {
        println!("cargo::rustc-cfg=both_levels");
    }
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("experiments");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut code = String::from("/// Name and text of every shipped experiment.\n");
    code.push_str("pub(crate) const EMBEDDED: &[(&str, &str)] = &[\n");
    for file in files {
        let name = file
            .strip_prefix(&root)
            .expect("the file was found below the root");
        let name = name.with_extension("");
        let name = name
            .to_str()
            .expect("experiment names are ASCII")
            .replace('\\', "/");
        writeln!(code, "    ({name:?}, include_str!({file:?})),").expect("a String takes any text");
    }
    code.push_str("];\n");
    fs::write(
        PathBuf::from(variable("OUT_DIR")).join("experiments.rs"),
        code,
    )
    .expect("cargo gives a folder that can be written");
}

/// Returns whether this machine has AVX2 and AVX-512, which one test compares.
fn has_both_levels() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

fn variable(name: &str) -> String {
    std::env::var(name).expect("cargo sets it for build scripts")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("experiments/ can be listed") {
        let path = entry.expect("experiments/ can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
}
