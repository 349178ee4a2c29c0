//! Runs as a researcher reads them: by data set, the best first, the seeds of one experiment together.

use serde_json::{Map, Value};

use super::listed::ListedRun;

/// Keys that change what is kept or how long a call lasts, and no result.
const WITHOUT_RESULT: [(&str, Option<&str>); 2] =
    [("checkpoints", None), ("train", Some("max_minutes"))];

/// The runs of one data set.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    /// The data set; none for runs whose record cannot be read.
    pub dataset: Option<&'a str>,
    /// Whether its runs predict frames: the lowest loss is the best.
    pub by_loss: bool,
    /// Its runs, the best first.
    pub groups: Vec<Group<'a>>,
}

/// The runs of one name and one experiment: its seeds.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Name; with the seeds where several experiments have one name.
    pub name: String,
    /// The runs, by seed; never empty.
    pub runs: Vec<&'a ListedRun>,
}

/// A mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation of one seed, from n - 1; none for a single seed.
    pub deviation: Option<f64>,
    /// Number of seeds with a value.
    pub n: usize,
}

impl Spread {
    /// Returns the mean of `values` with its spread; nothing where there is none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().collect();
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (n > 0).then(|| Self {
            mean,
            deviation: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
            n,
        })
    }
}

impl Group<'_> {
    /// Returns the validation accuracy of the seeds, or their loss.
    pub fn validation(&self, by_loss: bool) -> Option<Spread> {
        Spread::of(self.runs.iter().filter_map(|run| match by_loss {
            true => run.validation_loss,
            false => run.validation_accuracy,
        }))
    }

    /// Returns the test accuracy of the seeds for which it was measured.
    pub fn test(&self) -> Option<Spread> {
        Spread::of(self.runs.iter().filter_map(|run| run.test_accuracy))
    }
}

/// Returns `runs` by data set and by rank; the seeds of one name and experiment together, or `each` run
/// apart.
pub fn sections(runs: &[ListedRun], each: bool) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for run in runs {
        let dataset = run.dataset.as_deref();
        let place = sections.iter().position(|known| known.dataset == dataset);
        let place = place.unwrap_or_else(|| {
            let by_loss = run.kind == Some("predictor");
            let groups = Vec::new();
            sections.push(Section {
                dataset,
                by_loss,
                groups,
            });
            sections.len() - 1
        });
        let groups = &mut sections[place].groups;
        let same = |group: &&mut Group<'_>| {
            let first = group.runs[0];
            !each && first.run == run.run && trained_as(first) == trained_as(run)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.runs.push(run),
            None => groups.push(Group {
                name: run.run.clone(),
                runs: vec![run],
            }),
        }
    }
    // Runs whose record cannot be read come last.
    sections.sort_by_key(|section| (section.dataset.is_none(), section.dataset));
    for section in &mut sections {
        name_apart(&mut section.groups, each);
        let by_loss = section.by_loss;
        let rank = |group: &Group<'_>| {
            let score = group.validation(by_loss).map(|found| found.mean);
            let sign = if by_loss { 1.0 } else { -1.0 };
            score.map_or(f64::INFINITY, |score| sign * score)
        };
        let order = |a: &Group<'_>, b: &Group<'_>| rank(a).total_cmp(&rank(b));
        section
            .groups
            .sort_by(|a, b| order(a, b).then_with(|| a.name.cmp(&b.name)));
    }
    sections
}

/// Returns what decides the result of `run`.
fn trained_as(run: &ListedRun) -> Option<Value> {
    let mut experiment = run.experiment.clone()?;
    for (section, key) in WITHOUT_RESULT {
        let sections = experiment.as_object_mut()?;
        match key {
            None => drop(sections.remove(section)),
            Some(key) => {
                let keys: Option<&mut Map<_, _>> =
                    sections.get_mut(section).and_then(Value::as_object_mut);
                keys.map(|keys| keys.remove(key));
            }
        }
    }
    Some(experiment)
}

/// Adds the seeds to the names of groups that share one, or to `each` name.
fn name_apart(groups: &mut [Group<'_>], each: bool) {
    let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    for group in groups {
        let is_shared = names.iter().filter(|name| **name == group.name).count() > 1;
        if each || is_shared {
            let seeds: Vec<String> = group.runs.iter().map(|run| run.seed.to_string()).collect();
            group.name = format!("{}/seed-{}", group.name, seeds.join(","));
        }
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
