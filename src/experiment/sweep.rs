//! Sweeps: the experiments, values and seeds of many runs, from one TOML file or from flags.

use std::path::Path;

use toml_edit::{Document, Item, TableLike, Value};

use super::chain::parse;
use super::error::{ExperimentError, Located};
use super::overrides::Override;
use super::resolve::header_of;
use super::run_name::{check_run_name, plain};
use super::source::{SWEEPS, Source, find, names_below};
use super::sweep_place::{of_key, of_name, of_own};
use super::value::value_error;
use crate::run::nearest;

/// The form of each key.
const KEYS: [(&str, &str); 8] = [
    ("experiments", "a list of experiments in quotes"),
    ("base", "the name of a base in quotes"),
    ("seeds", "a list of whole numbers of at least 0"),
    ("set", "a table of keys with their values"),
    ("grid", "a table of keys, each with a list of values"),
    ("list", "a list of tables of keys with their values"),
    ("test", "true or false"),
    ("most_cells", "a whole number of at least 1"),
];
/// Most cells by default.
const MOST_CELLS: u64 = 1000;

/// The experiments, values and seeds of a sweep. Its cells are every experiment with every setting and
/// every seed; its settings are every combination of the grid with every entry of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Its name.
    pub name: String,
    /// The header comment of its file.
    pub header: String,
    /// Names of the experiments.
    pub experiments: Vec<String>,
    /// The base that replaces the experiments' own, if any.
    pub base: Option<String>,
    /// Training seeds.
    pub seeds: Vec<u64>,
    /// Changes of every cell.
    pub set: Vec<Override>,
    /// Keys with their values.
    pub grid: Vec<(String, Vec<String>)>,
    /// Settings listed one by one; if empty, there is one without changes.
    pub list: Vec<Vec<Override>>,
    /// Whether the best checkpoint of each run is measured on the test split.
    pub test: bool,
    /// The largest number of cells that is allowed.
    pub most_cells: u64,
    /// Its file; none for a sweep that was described otherwise.
    pub source: Option<Source>,
}

impl Sweep {
    /// Returns the sweep called `name`, with one run of nothing.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            header: String::new(),
            experiments: Vec::new(),
            base: None,
            seeds: vec![0],
            set: Vec::new(),
            grid: Vec::new(),
            list: Vec::new(),
            test: false,
            most_cells: MOST_CELLS,
            source: None,
        }
    }

    /// Returns the sweep in the file `name` of the folder of sweeps.
    ///
    /// # Errors
    /// No such sweep, with the known ones; an error in its file, with the position.
    pub fn load(folder: &Path, name: &str) -> Result<Self, ExperimentError> {
        // It is part of paths and of scripts.
        check_sweep_name(folder, name)?;
        let source = find(folder, &format!("{SWEEPS}/{name}")).map_err(|error| match error {
            ExperimentError::Unknown { .. } => {
                let known = known_sweeps(folder);
                ExperimentError::UnknownSweep {
                    near: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
                    name: name.to_string(),
                    known,
                }
            }
            other => other,
        })?;
        Self::parse(name, &source)
    }

    fn parse(name: &str, source: &Source) -> Result<Self, ExperimentError> {
        let document = parse(source)?;
        let mut sweep = Self::new(name);
        sweep.source = Some(source.clone());
        sweep.header = header_of(&source.text);
        for (key, item) in document.iter() {
            let Some((_, form)) = KEYS.iter().find(|(known, _)| *known == key) else {
                return Err(unknown_key(key, source, &document));
            };
            let wrong = || {
                let layers = [(source, document.clone())];
                value_error(key, item, format!("must be {form}"), &layers)
            };
            sweep.read(key, item).ok_or_else(wrong)?;
        }
        Ok(sweep)
    }

    /// Reads the value of one key; `None` if it has another form.
    fn read(&mut self, key: &str, item: &Item) -> Option<()> {
        match key {
            "experiments" => {
                let names = item.as_array()?.iter();
                self.experiments = names
                    .map(|name| name.as_str().map(str::to_string))
                    .collect::<Option<_>>()?;
            }
            "base" => self.base = Some(item.as_str()?.to_string()),
            "seeds" => {
                let seeds = item.as_array()?.iter();
                let seed = |seed: &Value| seed.as_integer()?.try_into().ok();
                self.seeds = seeds.map(seed).collect::<Option<_>>()?;
            }
            "set" => self.set = overrides(item.as_table_like()?, "")?,
            "grid" => {
                let keys = overrides_of(item.as_table_like()?, "")?;
                let list = |(key, value): (String, &Value)| {
                    let values = value.as_array()?.iter().map(plain).collect();
                    Some((key, values))
                };
                self.grid = keys.into_iter().map(list).collect::<Option<_>>()?;
            }
            "list" => {
                let entries: Vec<&dyn TableLike> =
                    match (item.as_array_of_tables(), item.as_array()) {
                        (Some(tables), _) => tables.iter().map(|table| table as _).collect(),
                        (_, Some(list)) => list
                            .iter()
                            .map(|entry| entry.as_inline_table().map(|table| table as _))
                            .collect::<Option<_>>()?,
                        _ => return None,
                    };
                let setting = |entry: &dyn TableLike| overrides(entry, "");
                self.list = entries.into_iter().map(setting).collect::<Option<_>>()?;
            }
            "test" => self.test = item.as_bool()?,
            _ => {
                let most = item.as_integer()?.try_into().ok();
                self.most_cells = most.filter(|most| *most > 0)?;
            }
        }
        Some(())
    }

    /// Returns where in its file the fault of `error` is, if it has a file: `value` returns the cell's value
    /// of a key.
    pub fn place(
        &self,
        error: &ExperimentError,
        value: impl Fn(&str) -> Option<String>,
    ) -> Option<Located> {
        let source = self.source.as_ref()?;
        match error {
            ExperimentError::UnknownKey {
                key, place: None, ..
            } => of_key(source, key, None),
            ExperimentError::Value {
                key, place: None, ..
            } => of_key(source, key, value(key).as_deref()),
            // "KEY=", without a value.
            ExperimentError::BadOverride { given } => {
                of_key(source, given.split('=').next()?, Some(""))
            }
            ExperimentError::Unknown {
                name, place: None, ..
            }
            | ExperimentError::OtherKind { name, .. } => of_name(source, "experiments", name),
            ExperimentError::UnknownBase { .. }
            | ExperimentError::NoBase { .. }
            | ExperimentError::OtherBase { .. } => of_own(source, "base"),
            _ => None,
        }
    }

    /// Returns the number of cells, also where it is far too large to make them.
    pub fn cells(&self) -> u64 {
        let counts = [
            self.experiments.len(),
            self.seeds.len(),
            self.list.len().max(1),
        ];
        let grid = self.grid.iter().map(|(_, values)| values.len());
        let counts = counts.into_iter().chain(grid);
        counts.fold(1, |product, count| product.saturating_mul(count as u64))
    }

    /// Returns the changed keys and their values of every setting, with those of every cell: the last
    /// key of the grid changes fastest.
    pub fn settings(&self) -> Vec<Vec<Override>> {
        let mut settings = match self.list.is_empty() {
            true => vec![Vec::new()],
            false => self.list.clone(),
        };
        for (key, values) in &self.grid {
            let with = |setting: &Vec<Override>, value: &String| {
                let mut setting = setting.clone();
                setting.push(Override::of(key, value));
                setting
            };
            settings = settings
                .iter()
                .flat_map(|setting| values.iter().map(move |value| with(setting, value)))
                .collect();
        }
        settings
    }
}

/// Fails if no sweep can have the name `name`.
///
/// # Errors
/// [`ExperimentError::SweepName`].
pub fn check_sweep_name(folder: &Path, name: &str) -> Result<(), ExperimentError> {
    match check_run_name(folder, name, "") {
        Err(ExperimentError::RunName { name, problem }) => {
            Err(ExperimentError::SweepName { name, problem })
        }
        checked => checked.map(drop),
    }
}

/// Returns the names of all sweeps, local and shipped, in order.
pub fn known_sweeps(folder: &Path) -> Vec<String> {
    names_below(folder, SWEEPS)
}

fn overrides(table: &dyn TableLike, prefix: &str) -> Option<Vec<Override>> {
    let values = overrides_of(table, prefix)?.into_iter();
    Some(
        values
            .map(|(key, value)| Override::of(&key, &plain(value)))
            .collect(),
    )
}

/// Returns the keys of all values with their sections, written with dots or as tables.
fn overrides_of<'a>(table: &'a dyn TableLike, prefix: &str) -> Option<Vec<(String, &'a Value)>> {
    let mut found = Vec::new();
    for (key, item) in table.iter() {
        let path = format!("{prefix}{key}");
        match item.as_table_like() {
            Some(inner) => found.extend(overrides_of(inner, &format!("{path}."))?),
            None => found.push((path, item.as_value()?)),
        }
    }
    Some(found)
}

fn unknown_key(key: &str, source: &Source, document: &Document<String>) -> ExperimentError {
    let span = document
        .as_table()
        .get_key_value(key)
        .and_then(|(key, _)| key.span())
        .unwrap_or(0..0);
    let known: Vec<String> = KEYS.iter().map(|(known, _)| known.to_string()).collect();
    ExperimentError::UnknownKey {
        near: nearest(key, known.iter().map(String::as_str)).map(str::to_owned),
        key: key.to_string(),
        known,
        place: Some(Box::new(Located::new(source.origin(), &source.text, span))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Sweep, ExperimentError> {
        let source = Source {
            name: "sweeps/s".into(),
            path: None,
            text: text.into(),
        };
        Sweep::parse("s", &source)
    }

    fn texts(settings: &[Vec<Override>]) -> Vec<String> {
        let text = |setting: &Vec<Override>| {
            let changes = setting
                .iter()
                .map(|change| format!("{}={}", change.key, change.value));
            changes.collect::<Vec<_>>().join(" ")
        };
        settings.iter().map(text).collect()
    }

    #[test]
    fn every_entry_of_the_list_meets_every_point_of_the_grid() {
        let sweep = parsed(
            "# Which rate?\nexperiments = [\"trial-b\", \"trial-d\"]\nbase = \"shapes\"\n\
             seeds = [0, 1, 2]\nlist = [{ \"train.optimizer\" = \"adam\" }, \
             { train = { optimizer = \"sgd\", momentum = 0.8 } }]\n\
             [set]\ntrain.epochs = 3\n\
             [grid]\n\"train.learning_rate\" = [1e-3, 0.01]\nmodel.filters = [[4, 8], [8, 16]]\n",
        )
        .expect("valid");
        assert_eq!(sweep.header, "Which rate?");
        assert_eq!(sweep.cells(), 2 * 3 * 2 * 2 * 2);
        let settings = texts(&sweep.settings());
        assert_eq!(settings.len(), 8);
        assert_eq!(
            settings[0],
            "train.optimizer=adam train.learning_rate=1e-3 model.filters=[4, 8]"
        );
        assert_eq!(
            settings[7],
            "train.optimizer=sgd train.momentum=0.8 train.learning_rate=0.01 model.filters=[8, 16]"
        );
        assert_eq!(texts(std::slice::from_ref(&sweep.set)), ["train.epochs=3"]);
    }

    #[test]
    fn huge_sweeps_are_counted_without_making_them() {
        let mut sweep = parsed("experiments = [\"trial-a\"]\n").expect("valid");
        let values: Vec<String> = (0..1000).map(|value| value.to_string()).collect();
        for key in 0..7 {
            sweep.grid.push((key.to_string(), values.clone()));
        }
        assert_eq!(sweep.cells(), u64::MAX);
    }

    #[test]
    fn wrong_values_are_shown_with_their_line() {
        for (text, message) in [
            (
                "experiments = \"trial-a\"",
                "must be a list of experiments in quotes",
            ),
            (
                "seeds = [-1]",
                "must be a list of whole numbers of at least 0",
            ),
            (
                "[grid]\n\"train.epochs\" = 3",
                "must be a table of keys, each with a list of values",
            ),
            ("most_cells = 0", "must be a whole number of at least 1"),
            ("seed = [1]", "unknown key \"seed\""),
        ] {
            let told = parsed(text).expect_err("wrong").to_string();
            assert!(told.contains(message), "{told}");
            assert!(told.contains("line 1, column"), "{told}");
        }
    }
}
