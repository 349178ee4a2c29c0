//! Progress display: a bar over items; for a training run, one moving line on a terminal, or a
//! plain line per epoch when piped.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::run::{CheckpointName, Quality, RunDir, log_epochs};
use crate::train::{EpochReport, Progress, TrainEvents};

use crate::study;

use super::output::{self, shown};
use super::train_line::{ALWAYS, Part, fitted};

/// Format of a bar over a known number of items.
const BAR: &str = "{msg}  {bar:30.cyan}  {percent} %  {pos}/{len}  {eta} left";
/// Format of a counter for an unknown number of items.
const COUNTER: &str = "{human_pos} {msg}, {per_sec}";
/// Width of a terminal that does not tell its own.
const USUAL_WIDTH: u16 = 80;

/// Shows a piece of work on a terminal; hidden otherwise.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Returns the bar of the work called `label`. A counter appears with its first item, so that
    /// work without items is not shown.
    pub(super) fn new(label: &str, items: Option<usize>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let (bar, template) = match items {
            Some(items) => (ProgressBar::new(items as u64), BAR),
            None => (ProgressBar::no_length(), COUNTER),
        };
        let style = ProgressStyle::with_template(template).expect("the template names known keys");
        Self(
            bar.with_style(style)
                .with_message(shown(label).into_owned()),
        )
    }
}

impl study::Progress for Bar {
    fn advance(&self, items: usize) {
        self.0.inc(items as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Refresh rate of the moving line, in frames per second.
const FRAMES_PER_SECOND: u8 = 8;

/// The trainings that follow the current one in the same command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Following {
    /// So many of the same length.
    Alike(usize),
    /// Trainings that take so many seconds together.
    Seconds(f64),
}

impl Following {
    /// Returns the seconds until all are done, if the current training takes `whole` seconds in all, of
    /// which `left` are left; nothing if no other follows.
    fn all(self, whole: f64, left: f64) -> Option<f64> {
        match self {
            Self::Alike(0) => None,
            Self::Alike(runs) => Some(left + runs as f64 * whole),
            Self::Seconds(seconds) => (seconds > 0.0).then_some(left + seconds),
        }
    }
}

/// Shows a training run.
pub(super) struct TrainView {
    bar: ProgressBar,
    /// Prefix of every line, such as "trial-d seed 0".
    label: String,
    following: Following,
    /// The run whose epochs are written for TensorBoard, if any.
    logged: Option<RunDir>,
    /// The first step that was seen, and when it was done.
    first_step: Option<(u64, Instant)>,
    /// Cells of the bar as it is drawn.
    cells: Option<usize>,
}

impl TrainView {
    /// Returns the view of the run `label`; the epochs of `logged` are written for TensorBoard.
    pub(super) fn new(label: &str, following: Following, logged: Option<RunDir>) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let target = ProgressDrawTarget::stderr_with_hz(FRAMES_PER_SECOND);
            ProgressBar::with_draw_target(None, target)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(ProgressStyle::with_template("").expect("an empty template is one"));
        Self {
            bar,
            label: shown(label).into_owned(),
            following,
            logged,
            first_step: None,
            cells: None,
        }
    }

    /// Draws a bar of so many cells.
    fn set_cells(&mut self, cells: usize) {
        if self.cells.replace(cells) == Some(cells) {
            return;
        }
        let template = match cells {
            0 => "{prefix}  {msg}".to_string(),
            cells => format!("{{prefix}}  {{bar:{cells}.cyan}}  {{msg}}"),
        };
        let style = ProgressStyle::with_template(&template).expect("the template names known keys");
        self.bar.set_style(style);
    }

    fn print(&self, line: &str) {
        self.bar.suspend(|| output::result(line));
    }
}

impl Drop for TrainView {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl TrainEvents for TrainView {
    fn step(&mut self, progress: &Progress) {
        if self.bar.is_hidden() {
            return;
        }
        let done = u64::from(progress.epoch - 1) * progress.steps + progress.step;
        let all = u64::from(progress.epochs) * progress.steps;
        // What came before took no training time: the other steps of a resumed run, and validation.
        let (first, since) = *self.first_step.get_or_insert((done, Instant::now()));
        let per_step = since.elapsed().as_secs_f64() / (done - first) as f64;
        let left = (done > first).then_some(per_step * (all - done) as f64);
        let later = left.and_then(|left| self.following.all(per_step * all as f64, left));
        let in_words = |seconds: Option<f64>, what: &str| {
            seconds.map_or(String::new(), |seconds| {
                format!("{} {what}", duration(seconds))
            })
        };
        let parts = [
            Part::new(
                ALWAYS,
                format!("{:3.0} %", 100.0 * done as f64 / all as f64),
            ),
            Part::new(
                ALWAYS,
                format!("epoch {}/{}", progress.epoch, progress.epochs),
            ),
            Part::new(5, format!("step {}/{}", progress.step, progress.steps)),
            Part::new(2, format!("loss {:.3}", progress.loss)),
            Part::new(3, quality(progress.quality)),
            Part::new(4, rate(progress.images_per_second, progress.quality)),
            Part::new(ALWAYS, in_words(left, "left")),
            Part::new(1, in_words(later, "for all")),
        ];
        let width = match Term::stderr().size_checked() {
            Some((_, columns)) => columns,
            None => USUAL_WIDTH,
        };
        // A line as wide as the terminal wraps on some.
        let line = fitted(&self.label, &parts, usize::from(width).saturating_sub(1));
        self.bar.set_prefix(line.name);
        self.bar.set_message(line.text);
        self.bar.set_length(all);
        self.bar.set_position(done);
        // The last, so that no bar is drawn without its text.
        self.set_cells(line.bar);
    }

    fn epoch(&mut self, report: &EpochReport) {
        // A training does not stop for it; the next epoch tries again.
        if let Some(Err(error)) = self.logged.as_ref().map(log_epochs) {
            self.warn(&error.to_string());
        }
        let trained = match report.trained {
            Some(means) => format!(
                "train loss {:.3}, {}  ",
                means.loss,
                quality_alone(means.quality),
            ),
            None => "before training  ".to_string(),
        };
        let pace = report.trained.map_or(String::new(), |means| {
            format!("  {}", rate(means.images_per_second, means.quality))
        });
        let mark = if report.is_best && report.epoch > 0 {
            "  best"
        } else {
            ""
        };
        self.print(&format!(
            "{}  epoch {}/{}  {trained}validation {:.3}, {}{pace}{mark}",
            self.label,
            report.epoch,
            report.epochs,
            report.validation_loss,
            quality_alone(report.validation_quality),
        ));
    }

    fn resumed(&mut self, from: CheckpointName) {
        self.bar
            .suspend(|| output::note(format!("{}: resumed from {from}", self.label)));
    }

    fn warn(&mut self, message: &str) {
        self.bar
            .suspend(|| output::note(format!("warning: {message}")));
    }
}

/// Returns the measure next to the loss, in words.
fn quality(quality: Quality) -> String {
    match quality {
        Quality::Accuracy(accuracy) => format!("accuracy {:.1} %", 100.0 * accuracy),
        Quality::FrameError(error) => format!("frame MSE {error:.1}"),
    }
}

/// Returns the measure next to the loss, as briefly as can be.
fn quality_alone(quality: Quality) -> String {
    match quality {
        Quality::Accuracy(accuracy) => format!("{:.1} %", 100.0 * accuracy),
        Quality::FrameError(error) => format!("MSE {error:.1}"),
    }
}

fn rate(per_second: f64, of: Quality) -> String {
    match of {
        Quality::Accuracy(_) => format!("{per_second:.0} images/s"),
        Quality::FrameError(_) => format!("{per_second:.1} clips/s"),
    }
}

/// Returns `seconds` as "4 s", "3 min 20 s" or "2 h 05 min".
pub(super) fn duration(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds.round())
        .unwrap_or_default()
        .as_secs();
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds:02} s"),
        _ => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Following, duration};

    #[test]
    fn what_follows_is_added() {
        assert_eq!(Following::Alike(0).all(100.0, 30.0), None);
        assert_eq!(Following::Alike(2).all(100.0, 30.0), Some(230.0));
        assert_eq!(Following::Seconds(50.0).all(100.0, 30.0), Some(80.0));
        assert_eq!(Following::Seconds(0.0).all(100.0, 30.0), None);
    }

    #[test]
    fn durations_by_hand() {
        assert_eq!(duration(4.4), "4 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(7_500.0), "2 h 05 min");
    }
}
