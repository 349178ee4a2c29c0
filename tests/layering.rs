//! The rules of the source tree that the compiler does not know: which module may use which, where
//! gradients are taken, where a cargo feature is asked for, who prints, and how long a file may be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what it may use.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("run", &[]),
    ("device", &["kernels"]),
    ("kernels", &[]),
    ("data", &["run", "device"]),
    ("model", &["run", "device", "data", "kernels"]),
    ("train", &["run", "device", "data", "model", "kernels"]),
    ("evaluate", &["run", "device", "data", "model"]),
    ("explain", &["run", "device", "data", "model", "kernels"]),
    (
        "experiment",
        &[
            "run", "device", "data", "model", "train", "evaluate", "explain",
        ],
    ),
    (
        "study",
        &[
            "kernels",
            "run",
            "device",
            "data",
            "model",
            "train",
            "evaluate",
            "explain",
            "experiment",
        ],
    ),
    ("figure", &["run"]),
    ("report", &["run", "figure"]),
    (
        "cli",
        &[
            "run",
            "device",
            "data",
            "model",
            "train",
            "evaluate",
            "explain",
            "experiment",
            "study",
            "figure",
            "report",
        ],
    ),
    ("main", &["cli"]),
];

/// Most lines of a file; tables of names are excepted.
const MOST_LINES: usize = 400;
/// Files that are a table.
const TABLES: [&str; 1] = ["src/data/cifar100/names.rs"];

/// A source file without its tests, comments and texts.
struct Source {
    /// Path from the root, such as "src/data/mod.rs".
    path: String,
    /// The module at the top of its path, such as "data".
    module: String,
    lines: usize,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    let texts: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file");
            (path, text)
        })
        .collect();
    let tests: BTreeSet<PathBuf> = texts
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let sources = texts
        .iter()
        .filter(|(path, _)| !tests.contains(path))
        .map(|(path, text)| {
            let path = path.strip_prefix(root).expect("below the root");
            let path = path
                .to_str()
                .expect("source paths are ASCII")
                .replace('\\', "/");
            let rest = path.strip_prefix("src/").expect("below src");
            let module = rest
                .split('/')
                .next()
                .expect("a first part")
                .trim_end_matches(".rs");
            Source {
                module: module.to_string(),
                lines: text.lines().count(),
                code: without_tests(&code_only(text)),
                path,
            }
        });
    sources.collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be listed") {
        let path = entry.expect("src can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

/// Returns the files of the modules that `text` declares for tests alone.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let stem = path.file_stem().expect("a file name");
    let folder = path.parent().expect("a folder");
    let folder = match stem.to_str() {
        Some("mod" | "lib" | "main") => folder.to_path_buf(),
        _ => folder.join(stem),
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut files = Vec::new();
    for (number, _) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| **line == "#[cfg(test)]")
    {
        let mut item = lines[number + 1..]
            .iter()
            .skip_while(|line| line.starts_with("#["));
        let declared = item.next().and_then(|line| line.split_once("mod "));
        let Some(name) = declared.and_then(|(_before, name)| name.strip_suffix(';')) else {
            continue;
        };
        let named = lines[number + 1].strip_prefix("#[path = \"");
        files.push(match named.and_then(|rest| rest.strip_suffix("\"]")) {
            // Such a path starts from the folder that the file is in.
            Some(file) => path.with_file_name(file),
            None => folder.join(name).with_extension("rs"),
        });
    }
    files
}

/// Returns `text` with comments and the content of string and character literals blanked out;
/// lines stay lines.
fn code_only(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: usize| characters.get(index).copied().unwrap_or('\0');
    let mut code = String::new();
    let mut index = 0;
    let keep_newlines = |code: &mut String, from: usize, to: usize| {
        code.extend(
            characters[from..to.min(characters.len())]
                .iter()
                .filter(|c| **c == '\n'),
        );
    };
    while index < characters.len() {
        let start = index;
        match at(index) {
            '/' if at(index + 1) == '/' => {
                while index < characters.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            '"' => {
                // A raw string has its number of # before the quote.
                let hashes = characters[..start]
                    .iter()
                    .rev()
                    .take_while(|c| **c == '#')
                    .count();
                let raw = start > hashes && characters[start - hashes - 1] == 'r';
                index += 1;
                loop {
                    match at(index) {
                        '\0' => break,
                        '\\' if !raw => index += 2,
                        '"' if !raw || (0..hashes).all(|n| at(index + 1 + n) == '#') => break,
                        _ => index += 1,
                    }
                }
                index += 1;
                code.push_str("\"\"");
                keep_newlines(&mut code, start, index);
            }
            '\'' if at(index + 1) == '\\' || at(index + 2) == '\'' => {
                index += if at(index + 1) == '\\' { 3 } else { 2 };
                while index < characters.len() && at(index) != '\'' {
                    index += 1;
                }
                index += 1;
                code.push_str("''");
            }
            other => {
                code.push(other);
                index += 1;
            }
        }
    }
    code
}

/// Returns `code` without the items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let mut depth = 0i64;
        for line in lines.by_ref() {
            depth += line.matches(['{', '(']).count() as i64;
            depth -= line.matches(['}', ')']).count() as i64;
            let ended = line.trim_end().ends_with(['}', ';']);
            if depth == 0 && ended {
                break;
            }
        }
    }
    kept
}

/// Returns the modules that `code` names after `start` ("crate::"), groups in braces included.
fn uses(code: &str, start: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (place, _) in code.match_indices(start) {
        let before = code[..place].chars().next_back().unwrap_or(' ');
        if before.is_alphanumeric() || before == '_' || before == ':' {
            continue;
        }
        let rest = &code[place + start.len()..];
        match rest.strip_prefix('{') {
            None => {
                found.insert(identifier(rest));
            }
            Some(group) => {
                let mut depth = 0;
                let mut expected = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => expected = true,
                        other if expected && depth == 0 && !other.is_whitespace() => {
                            found.insert(identifier(&group[at..]));
                            expected = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Returns the modules of the crate that `source` uses.
fn modules_used(source: &Source) -> BTreeSet<String> {
    let mut used = uses(&source.code, "crate::");
    used.extend(uses(&source.code, "camtrail::"));
    if source.path.matches('/').count() == 1 {
        // One step up from a file in src/ is the crate itself.
        used.extend(uses(&source.code, "super::"));
    }
    used.remove(&source.module);
    used
}

fn all_but<'a>(sources: &'a [Source], allowed: &[&str]) -> Vec<&'a Source> {
    let allowed = |path: &str| allowed.iter().any(|prefix| path.starts_with(prefix));
    sources
        .iter()
        .filter(|source| !allowed(&source.path))
        .collect()
}

/// Returns "path: pattern" for every pattern found.
fn offences(sources: &[&Source], patterns: &[&str]) -> Vec<String> {
    let found = sources.iter().flat_map(|source| {
        let found = patterns
            .iter()
            .filter(|pattern| source.code.contains(**pattern));
        found.map(|pattern| format!("{}: {pattern}", source.path))
    });
    found.collect()
}

#[test]
fn modules_use_only_what_stands_left_of_them() {
    let sources = sources();
    let known: Vec<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    let mut seen = BTreeSet::new();
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.module != "lib") {
        let entry = MAY_USE.iter().find(|(module, _)| *module == source.module);
        let (_, allowed) = entry.unwrap_or_else(|| panic!("{} is of no known module", source.path));
        for used in modules_used(source) {
            if !allowed.contains(&used.as_str()) && known.contains(&used.as_str()) {
                offences.push(format!("{} uses {used}", source.path));
            }
            seen.insert((source.module.clone(), used));
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
    // The scan sees what is known to be there.
    for (module, used) in [
        ("data", "run"),
        ("model", "data"),
        ("train", "model"),
        ("evaluate", "data"),
        ("explain", "model"),
        ("experiment", "train"),
        ("study", "experiment"),
        ("figure", "run"),
        ("cli", "study"),
        ("main", "cli"),
    ] {
        let pair = (module.to_string(), used.to_string());
        // A module that may use another need not; these do, but for `data`.
        assert!(
            module == "data" || seen.contains(&pair),
            "{module} uses {used}: {seen:?}"
        );
    }
}

#[test]
fn every_name_after_crate_is_a_module_and_nothing_climbs_past_its_parent() {
    let sources = sources();
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    for source in &sources {
        for used in uses(&source.code, "crate::") {
            assert!(
                known.contains(used.as_str()),
                "{} uses crate::{used}",
                source.path
            );
        }
    }
    let climbing = offences(&sources.iter().collect::<Vec<_>>(), &["super::super::"]);
    assert!(climbing.is_empty(), "{climbing:#?}");
}

/// What one file takes from others: each file of `src` by its place among them.
struct Imports<'a> {
    sources: &'a [Source],
    /// For each file, the names it defines that others can use.
    defined: Vec<BTreeSet<String>>,
}

impl<'a> Imports<'a> {
    fn of(sources: &'a [Source]) -> Self {
        let defined = sources.iter().map(|source| definitions(&source.code));
        Self {
            sources,
            defined: defined.collect(),
        }
    }

    /// Returns the place of the file of the module at `path`, such as ["explain", "localize"].
    fn file_of(&self, path: &[String]) -> Option<usize> {
        let stem = format!("src/{}", path.join("/"));
        let names = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
        let root = path.is_empty().then_some("src/lib.rs");
        self.sources.iter().position(|source| {
            names.contains(&source.path) || root.is_some_and(|root| source.path == root)
        })
    }

    /// Returns the files that the file at `place` takes a name from; a name that a module passes on is
    /// that of the file which defines it.
    fn of_file(&self, place: usize) -> BTreeSet<usize> {
        let source = &self.sources[place];
        let module = module_path(&source.path);
        let mut found = BTreeSet::new();
        // What a module only passes on, it does not use.
        for path in paths_used(&without_passing_on(&source.code)) {
            let Some((first, rest)) = path.split_first() else {
                continue;
            };
            let start: Vec<String> = match first.as_str() {
                "crate" => Vec::new(),
                "super" => module[..module.len().saturating_sub(1)].to_vec(),
                "self" => module.clone(),
                // A module of this file, or another crate.
                name if source.code.contains(&format!("mod {name};")) => {
                    [&module[..], &[name.to_string()]].concat()
                }
                _ => continue,
            };
            found.extend(self.follow(start, rest, 0));
        }
        found.remove(&place);
        found
    }

    /// Returns the file that defines what `rest` names, seen from the module `at`.
    fn follow(&self, mut at: Vec<String>, rest: &[String], depth: usize) -> Option<usize> {
        let mut rest = rest;
        while let Some((name, after)) = rest.split_first() {
            let below = [&at[..], std::slice::from_ref(name)].concat();
            if self.file_of(&below).is_none() {
                break;
            }
            (at, rest) = (below, after);
        }
        let file = self.file_of(&at)?;
        let Some(name) = rest.first() else {
            return Some(file);
        };
        if self.defined[file].contains(name) || depth > 4 {
            return Some(file);
        }
        // Passed on by `pub use`: look at what this file takes under that name.
        let module = module_path(&self.sources[file].path);
        for path in paths_used(&self.sources[file].code) {
            if path.last() == Some(name) && path.len() > 1 {
                let start = match path[0].as_str() {
                    "crate" => Vec::new(),
                    "super" => module[..module.len().saturating_sub(1)].to_vec(),
                    first => [&module[..], &[first.to_string()]].concat(),
                };
                if let Some(found) = self.follow(start, &path[1..], depth + 1) {
                    return Some(found);
                }
            }
        }
        Some(file)
    }
}

/// Returns the path of the module in the file at `path`, such as ["explain", "localize"].
fn module_path(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = inner.trim_end_matches("/mod");
    match inner {
        "lib" | "main" => Vec::new(),
        inner => inner.split('/').map(str::to_string).collect(),
    }
}

/// Returns the names that `code` defines at the left margin.
fn definitions(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in code.lines() {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        let mut words = words.by_ref().filter(|word| !word.is_empty());
        if line.starts_with(' ') {
            continue;
        }
        while let Some(word) = words.next() {
            let names = [
                "fn",
                "struct",
                "enum",
                "trait",
                "const",
                "static",
                "type",
                "macro_rules",
                "mod",
            ];
            if names.contains(&word) {
                found.extend(words.next().filter(|_| word != "mod").map(str::to_string));
                break;
            }
        }
    }
    found
}

/// Returns `code` without its `pub use` lines.
fn without_passing_on(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let passes_on = line.starts_with("pub") && line.contains(" use ");
        if !passes_on {
            kept.push_str(line);
            kept.push('\n');
        } else if !line.ends_with(';') {
            lines.by_ref().find(|line| line.ends_with(';'));
        }
    }
    kept
}

/// Returns every path of names that `code` takes by `use` or writes out, groups taken apart.
fn paths_used(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let starts = ["crate::", "super::", "self::"];
    for (place, _) in code.match_indices("use ") {
        let before = code[..place].chars().next_back().unwrap_or('\n');
        if before.is_whitespace() || before == ')' {
            let end = code[place..]
                .find(';')
                .map_or(code.len(), |end| place + end);
            take_apart(&code[place + 4..end], &[], &mut paths);
        }
    }
    for start in starts {
        for (place, _) in code.match_indices(start) {
            let name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let rest: String = code[place..].chars().take_while(|c| name(*c)).collect();
            if rest.ends_with("::") {
                // A group, which is taken apart above.
                continue;
            }
            let path = rest.split("::").filter(|part| !part.is_empty());
            paths.push(path.map(str::to_string).collect());
        }
    }
    paths
}

fn take_apart(text: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match character {
            ',' if depth == 0 => parts.push(String::new()),
            other => parts.last_mut().expect("never empty").push(other),
        }
    }
    for part in parts.iter().map(|part| part.trim()) {
        let (own, group) = match part.find('{') {
            Some(open) => (&part[..open], Some(&part[open + 1..])),
            None => (part, None),
        };
        let own = own.split(" as ").next().unwrap_or_default();
        let names = own
            .split("::")
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let path: Vec<String> = [before, &names.map(str::to_string).collect::<Vec<_>>()].concat();
        match group {
            Some(group) => take_apart(group.trim_end().trim_end_matches('}'), &path, paths),
            None => paths.push(path.into_iter().filter(|name| name != "self").collect()),
        }
    }
}

/// Returns the files that import each other in a circle, one list per circle.
fn circles(imports: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let reach = |from: usize| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            for &other in &imports[file] {
                if seen.insert(other) {
                    next.push(other);
                }
            }
        }
        seen
    };
    let reached: Vec<BTreeSet<usize>> = (0..imports.len()).map(reach).collect();
    let mut found: Vec<Vec<usize>> = Vec::new();
    for file in 0..imports.len() {
        let together = |other: &usize| reached[*other].contains(&file);
        let circle: Vec<usize> = reached[file].iter().copied().filter(together).collect();
        if circle.contains(&file) && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let imports = Imports::of(&sources);
    let of_files: Vec<BTreeSet<usize>> = (0..sources.len())
        .map(|place| imports.of_file(place))
        .collect();
    let arrows: usize = of_files.iter().map(BTreeSet::len).sum();
    assert!(arrows > 500, "the imports were read: {arrows}");
    let name = |place: &usize| sources[*place].path.as_str();
    let circles: Vec<Vec<&str>> = (circles(&of_files).iter())
        .map(|circle| circle.iter().map(name).collect())
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

/// The circle finder against a house whose circle is plain to see.
#[test]
fn a_circle_is_found_through_what_a_module_passes_on() {
    let file = |path: &str, code: &str| Source {
        path: path.to_string(),
        module: String::new(),
        lines: 0,
        code: code.to_string(),
    };
    let sources = [
        file("src/lib.rs", "pub mod a;\n"),
        file(
            "src/a/mod.rs",
            "mod one;\nmod two;\nmod three;\npub use one::One;\npub use two::Two;\n",
        ),
        file("src/a/one.rs", "use super::Two;\npub struct One;\n"),
        file(
            "src/a/two.rs",
            "use crate::a::{three::{Three}, One as Other};\npub struct Two;\n",
        ),
        file("src/a/three.rs", "pub struct Three;\n"),
    ];
    let imports = Imports::of(&sources);
    let of_files: Vec<BTreeSet<usize>> = (0..5).map(|place| imports.of_file(place)).collect();
    assert_eq!(of_files[2], BTreeSet::from([3]));
    assert_eq!(of_files[3], BTreeSet::from([2, 4]));
    assert_eq!(circles(&of_files), [[2, 3]]);
}

#[test]
fn gradients_are_taken_in_training_and_for_evidence_alone() {
    let sources = sources();
    let pattern = ["backward("];
    // The kernels say what the gradient of an operation is; they do not take one.
    let takers = all_but(&sources, &["src/kernels/"]);
    assert_eq!(offences(&takers, &pattern).len(), 3);
    let allowed = ["src/train/", "src/explain/evidence.rs", "src/kernels/"];
    assert_eq!(offences(&all_but(&sources, &allowed), &pattern), [""; 0]);
}

#[test]
fn a_cargo_feature_is_asked_for_in_device_alone() {
    let sources = sources();
    let elsewhere = all_but(&sources, &["src/device.rs"]);
    let patterns = [
        "cfg(feature",
        "cfg!(feature",
        "cfg_attr(feature",
        "(feature =",
    ];
    assert_eq!(offences(&elsewhere, &patterns), [""; 0]);
}

#[test]
fn only_the_command_line_prints() {
    let sources = sources();
    let elsewhere = all_but(&sources, &["src/cli/", "src/main.rs"]);
    let patterns = [
        "print!(",
        "println!(",
        "io::stdout",
        "io::stderr",
        "stdout()",
        "stderr()",
    ];
    assert_eq!(offences(&elsewhere, &patterns), [""; 0]);
}

/// Whatever is printed passes through one file, which escapes what a terminal would obey.
#[test]
fn the_command_line_prints_in_one_file() {
    let sources = sources();
    let elsewhere = all_but(&sources, &["src/cli/output.rs"]);
    let patterns = [
        "print!(",
        "println!(",
        "writeln!(std",
        "write!(std",
        "stdout()",
        "stderr().write",
        "stderr().lock",
    ];
    assert_eq!(offences(&elsewhere, &patterns), [""; 0]);
}

#[test]
fn nothing_unwraps_or_is_left_undone_outside_tests() {
    let sources = sources();
    let patterns = [".unwrap()", "todo!(", "unimplemented!(", "dbg!("];
    assert_eq!(
        offences(&sources.iter().collect::<Vec<_>>(), &patterns),
        [""; 0]
    );
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let sources = sources();
    let long: Vec<String> = sources
        .iter()
        .filter(|source| source.lines > MOST_LINES && !TABLES.contains(&source.path.as_str()))
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
    assert!(
        sources.len() > 50,
        "the whole tree was read: {}",
        sources.len()
    );
}

/// The scanner against texts whose answer is plain to see.
#[test]
fn the_scanner_reads_code_and_nothing_else() {
    let text = r##"
//! crate::comment
use crate::run::{RunDir, RunError};
use crate::{data::Splits, model};
use crate::{
    explain::{Method, crate_like},
    figure,
};
fn f() {
    let text = "crate::text \" crate::more"; // crate::note
    let raw = r#"crate::raw " backward("#;
    let quote = '"';
    mycrate::other(crate::train::train(quote, '\'', raw));
}
#[cfg(test)]
mod tests {
    use crate::cli;
    fn g() { h().unwrap(); }
}
fn last() { crate::experiment::load() }
"##;
    let code = without_tests(&code_only(text));
    let expected = [
        "data",
        "experiment",
        "explain",
        "figure",
        "model",
        "run",
        "train",
    ];
    assert_eq!(uses(&code, "crate::"), expected.map(str::to_string).into());
    assert!(
        !code.contains("backward(") && !code.contains("unwrap"),
        "{code}"
    );
    assert_eq!(code_only(text).lines().count(), text.lines().count());

    let modules = "#[cfg(test)]\nmod cases;\n#[cfg(test)]\nmod tests {\n}\nmod real;\n\
                   #[cfg(test)]\n#[path = \"far.rs\"]\nmod far_cases;\n";
    let of = |path: &str| test_modules(Path::new(path), modules);
    let paths = |names: [&str; 2]| names.map(PathBuf::from);
    assert_eq!(
        of("src/explain/mod.rs"),
        paths(["src/explain/cases.rs", "src/explain/far.rs"])
    );
    assert_eq!(
        of("src/explain/cam.rs"),
        paths(["src/explain/cam/cases.rs", "src/explain/far.rs"])
    );
}
