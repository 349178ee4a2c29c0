//! Commands to paste into a shell.

use std::path::Path;

use super::shared::{DEFAULT_RUNS, DeviceName, Shared};

/// Words commands with the shared options of this one.
#[derive(Debug, Clone, Default)]
pub(super) struct Commands {
    /// The shared options that differ from their defaults.
    shared: Vec<String>,
}

impl Commands {
    /// Returns commands with the options in `shared` that differ from their defaults.
    pub(super) fn with(shared: &Shared) -> Self {
        let mut words = Vec::new();
        if let Some(folder) = &shared.data_dir {
            words.extend(option("--data-dir", folder.display()));
        }
        if shared.runs != Path::new(DEFAULT_RUNS) {
            words.extend(option("--runs", shared.runs.display()));
        }
        match shared.device {
            DeviceName::Auto => {}
            DeviceName::Cpu => words.extend(option("--device", "cpu")),
            DeviceName::Cuda => words.extend(option("--device", "cuda")),
        }
        Self { shared: words }
    }

    /// Returns the shared options, as words of a command.
    pub(super) fn shared(&self) -> &[String] {
        &self.shared
    }

    /// Returns the command with these words and the shared options, ready to paste.
    pub(super) fn of<T: AsRef<str>>(&self, words: impl IntoIterator<Item = T>) -> String {
        let mut words: Vec<String> = words
            .into_iter()
            .map(|word| quoted(word.as_ref()))
            .collect();
        words.extend(self.shared.iter().map(|word| quoted(word)));
        format!("{} {}", program(), words.join(" "))
    }

    /// Returns the command that this program was started with, but without `--force`, which would
    /// remove what is to be kept.
    pub(super) fn again() -> String {
        Self::default().of(given_words().filter(|word| word != "--force"))
    }

    /// Returns the command that this program was started with, with `words` in place of the options
    /// `replaced`.
    pub(super) fn again_with(replaced: &[&str], words: &[String]) -> String {
        let kept = without(given_words(), replaced);
        Self::default().of(kept.iter().chain(words))
    }
}

fn given_words() -> impl Iterator<Item = String> {
    let words = std::env::args_os().skip(1);
    words.map(|word| word.to_string_lossy().into_owned())
}

/// Returns `words` without `options` and their values.
fn without(words: impl Iterator<Item = String>, options: &[&str]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut is_value = false;
    for word in words {
        let name = word.split('=').next().unwrap_or_default();
        let dropped = options.contains(&name);
        if !dropped && !is_value {
            kept.push(word.clone());
        }
        is_value = dropped && !word.contains('=');
    }
    kept
}

/// Returns an option with its value, as words of a command.
pub(super) fn option(name: &str, value: impl std::fmt::Display) -> [String; 2] {
    [name.to_string(), value.to_string()]
}

/// Returns the option for `base`, as words of a command.
pub(super) fn base_words(base: Option<&str>) -> Vec<String> {
    base.map_or(Vec::new(), |base| option("--base", base).to_vec())
}

/// Returns the command that started this program.
fn program() -> &'static str {
    if std::env::var_os("CARGO").is_some() {
        "cargo run --"
    } else {
        "camtrail"
    }
}

/// Returns `word` as a shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    if word.contains(char::is_control) {
        return printed(word);
    }
    // The quoting library also quotes what a shell obeys only at the start of a command.
    let is_name =
        |character: char| character.is_ascii_alphanumeric() || "._+=-".contains(character);
    if word.starts_with(|first: char| first.is_ascii_alphanumeric()) && word.chars().all(is_name) {
        return word.to_string();
    }
    // A comma has a meaning only in braces, which are quoted.
    let is_plain = |part: &str| shlex::try_quote(part).is_ok_and(|quoted| quoted == part);
    if word.contains(',')
        && word
            .split(',')
            .all(|part| part.is_empty() || is_plain(part))
    {
        return word.to_string();
    }
    shlex::try_quote(word).map_or_else(|_| printed(word), |quoted| quoted.into_owned())
}

/// Returns `word` as a command that prints it: control characters cannot be pasted.
fn printed(word: &str) -> String {
    let mut text = String::from("\"$(printf '");
    for character in word.chars() {
        match character {
            '%' => text.push_str("%%"),
            '\'' | '\\' | '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\{byte:03o}"));
                }
            }
            other => text.push(other),
        }
    }
    text.push_str("')\"");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for word in [
            "plain-1.0/a_b:c@d",
            "0,1,2",
            "a,b c",
            "q'uote",
            "r u'ns",
            "model.filters=[32,64]",
            "trial-d+train.learning_rate=3e-3",
            "$HOME `id` \"x\" \\ !",
            "",
            "a\u{1b}[31m'%d\\.jpg",
            "one\ntwo",
            "\u{e4} \u{732b}",
        ] {
            let line = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            let output = output.expect("a shell").stdout;
            assert_eq!(String::from_utf8_lossy(&output), word, "{line}");
            assert!(!line.contains(char::is_control), "{line}");
        }
        assert_eq!(quoted("--seeds"), "--seeds");
        assert_eq!(quoted("0,1"), "0,1");
    }

    #[test]
    fn options_are_taken_out_with_their_values() {
        let words = "explain trial-d --base a --seed=3 --method cam --dataset b --seed 1";
        let words = words.split(' ').map(str::to_string);
        let kept = without(words, &["--base", "--dataset", "--seed"]);
        assert_eq!(kept, ["explain", "trial-d", "--method", "cam"]);
    }

    #[test]
    fn shared_options_follow_the_words() {
        let shared = Shared {
            data_dir: Some("d 1".into()),
            runs: "r u'ns".into(),
            device: DeviceName::Cpu,
        };
        let command = Commands::with(&shared).of(["train", "q'uote"]);
        let expected = r#" train "q'uote" --data-dir 'd 1' --runs "r u'ns" --device cpu"#;
        assert!(command.ends_with(expected), "{command}");
    }
}
