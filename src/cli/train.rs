//! `reskill train`. In: a configuration or a run to resume; out: progress on stderr, the closing tables on stdout. Ctrl-C ends
//! the run after the step at hand, with everything saved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tch::Device;

use super::{Failure, Outcome, say};
use crate::bank::version_test::Method;
use crate::train::RunError;
use crate::train::config::Config;
use crate::train::summary;
use crate::train::trainer::{StepReport, Trainer};
use crate::world::config::configuration;

/// Set by Ctrl-C; runs look at it between steps.
pub(super) fn interruption() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        // A second Ctrl-C means it: what the last checkpoint holds is safe.
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("\nsaving after this step; Ctrl-C again to stop at once");
    })?;
    Ok(flag)
}

/// The device named on the command line.
pub(super) fn device(name: &str) -> Result<Device, Failure> {
    match name {
        "cpu" => Ok(Device::Cpu),
        "cuda" => crate::policy::device::cuda().map_err(Failure),
        other => Err(Failure(format!("unknown device `{other}`: cpu or cuda"))),
    }
}

/// A bar for one run on a terminal; elsewhere a line every ten steps.
pub(super) struct Progress {
    bar: ProgressBar,
    name: String,
}

impl Progress {
    pub(super) fn new(name: &str, trainer: &Trainer) -> Self {
        let bar = ProgressBar::with_draw_target(Some(trainer.steps()), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {elapsed} eta {eta}  {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.set_position(trainer.step());
        Progress { bar, name: name.to_owned() }
    }

    pub(super) fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    pub(super) fn step(&self, report: &StepReport, steps: u64) {
        let record = &report.record;
        let line = format!(
            "success {:.2} entropy {:.2} {:.2} s {}",
            record.success,
            record.entropy,
            report.took.as_secs_f64(),
            record.version
        );
        for news in &report.news {
            self.tell(&format!("step {}: {news}", record.step));
        }
        if self.bar.is_hidden() {
            if record.step.is_multiple_of(10) || record.step == steps {
                eprintln!("{} step {}/{steps} {line}", self.name, record.step);
            }
        } else {
            self.bar.set_position(record.step);
            self.bar.set_message(line);
        }
    }

    fn tell(&self, line: &str) {
        match self.bar.is_hidden() {
            true => eprintln!("{} {line}", self.name),
            false => self.bar.println(format!("{} {line}", self.name)),
        }
    }
}

/// Trains until the last step or until interrupted; true if it reached the end.
pub(super) fn drive(trainer: &mut Trainer, progress: &Progress, stop: &AtomicBool) -> Result<bool, RunError> {
    while !trainer.is_done() {
        let report = trainer.advance()?;
        progress.step(&report, trainer.steps());
        if stop.load(Ordering::SeqCst) && !trainer.is_done() {
            trainer.save()?;
            progress.bar.abandon();
            return Ok(false);
        }
    }
    progress.bar.finish_and_clear();
    Ok(true)
}

/// What `reskill train` was told.
pub(super) struct Training<'a> {
    pub config: Option<&'a Path>,
    pub resume: Option<&'a Path>,
    pub out: Option<PathBuf>,
    pub seed: Option<u64>,
    pub steps: Option<u64>,
    pub version_test: Option<Method>,
    pub device: &'a str,
    pub json: bool,
}

pub(super) fn train(told: Training) -> Result<Outcome, Failure> {
    let device = device(told.device)?;
    let stop = interruption()?;
    let mut trainer = match (told.config, told.resume) {
        (_, Some(run)) => Trainer::resume(run, told.steps, device)?,
        (Some(path), None) => {
            let path = &configuration(path);
            let mut config = Config::read(path)?;
            config.seed = told.seed.unwrap_or(config.seed);
            config.run.steps = told.steps.unwrap_or(config.run.steps);
            config.version_test.method = told.version_test.unwrap_or(config.version_test.method);
            // A configuration that is called like all others goes by its folder's name.
            let folder = path.parent().filter(|folder| path.ends_with("train.toml") && folder.file_name().is_some());
            let stem = folder.unwrap_or(path).file_stem().and_then(|s| s.to_str()).unwrap_or("run");
            let out = told.out.unwrap_or_else(|| PathBuf::from(format!("runs/{stem}-{}", config.seed)));
            eprintln!("run directory {}", out.display());
            Trainer::begin(config, &out, device)?
        }
        (None, None) => return Err(Failure("name a configuration, or a run to --resume".to_owned())),
    };
    let progress = Progress::new("train", &trainer);
    let finished = drive(&mut trainer, &progress, &stop)?;
    let root = trainer.dir().root.display().to_string();
    if !finished {
        eprintln!("saved after step {}; go on with: reskill train --resume {root}", trainer.step());
        return Ok(Outcome::Findings);
    }
    let summary = summary::read(trainer.dir())?;
    match told.json {
        true => say(serde_json::to_string_pretty(&summary)?),
        false => say(format!("{}\n{}", summary.closing_table(), summary.timing_table())),
    }
    Ok(Outcome::Clean)
}
