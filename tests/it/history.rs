//! `reskill history` and `reskill why`: a run's versions in words, for somebody who knows the method and not the program.

use std::path::Path;

use reskill::bank::evidence::{Group, Rollout};
use reskill::bank::journal::Journal;
use reskill::bank::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use reskill::bank::version::{Origin, SkillFile, Version};
use reskill::bank::version_test::{Decision, Method, VersionTestConfig};

use super::cli::{code, reskill, text};

const DOMAIN: &str = "domain kitchen {\n}\n";

/// Writes versions and a journal of a run as the trainer does.
struct Scribe<'f> {
    folder: &'f Path,
    journal: Journal,
    incumbent: Version,
    /// The challenger under test with its files, by number.
    challengers: Vec<Version>,
    step: u64,
}

fn skill(name: &str, advice: &str) -> SkillFile {
    SkillFile {
        name: format!("{name}.skill"),
        text: format!("skill {name} in kitchen {{\n    unverified \"{advice}\"\n}}\n"),
    }
}

fn named(version: &Version) -> VersionName {
    VersionName { number: version.number(), hash: version.hash().to_owned() }
}

impl<'f> Scribe<'f> {
    fn begin(folder: &'f Path, config: VersionTestConfig) -> Scribe<'f> {
        let domain = SkillFile { name: "domain.skill".to_owned(), text: DOMAIN.to_owned() };
        let incumbent = Version::new(1, None, Origin::Seed, vec![domain, skill("look", "Look everywhere.")]).unwrap();
        incumbent.save(&folder.join("bank")).unwrap();
        let event =
            Event::Started { format: JOURNAL_FORMAT, seed: 1, version_test: config, incumbent: named(&incumbent) };
        let journal = Journal::begin(&folder.join("journal.jsonl"), &Record { step: 0, event }).unwrap();
        Scribe { folder, journal, incumbent, challengers: Vec::new(), step: 0 }
    }

    fn say(&mut self, event: Event) {
        self.journal.record(&Record { step: self.step, event }).unwrap();
    }

    fn version(&mut self, files: Vec<SkillFile>) -> Version {
        let parent = Some(self.incumbent.hash().to_owned());
        let number = self.journal.state().next_version();
        let version = Version::new(number, parent, Origin::Creator("inducer".to_owned()), files).unwrap();
        version.save(&self.folder.join("bank")).unwrap();
        version
    }

    /// The incumbent's files with one skill set or taken away.
    fn with(&self, name: &str, new: Option<SkillFile>) -> Vec<SkillFile> {
        let file = format!("{name}.skill");
        self.incumbent.files().iter().filter(|f| f.name != file).cloned().chain(new).collect()
    }

    fn propose(&mut self, title: &str, name: &str, new: Option<SkillFile>, refused: Option<&str>) {
        let proposal = self.journal.state().proposals().len() as u64 + 1;
        let (base, patch) = (self.incumbent.hash().to_owned(), format!("patch \"{title}\" {{\n    …\n}}\n"));
        let (origin, evidence) = ("inducer".to_owned(), String::new());
        self.say(Event::Proposal { proposal, base, patch, origin, evidence });
        if let Some(reason) = refused {
            return self.say(Event::GateRejection { proposal, reasons: vec![reason.to_owned()] });
        }
        let version = self.version(self.with(name, new));
        let (challenger, changes) = (named(&version), vec![name.to_owned()]);
        self.say(Event::TestStarted { proposal: Some(proposal), challenger, changes });
        self.challengers.push(version);
    }

    /// Four groups of eight, on two kinds of task: of the four rollouts that are served the first challenger so many win on
    /// each kind, and so many of the others; the last rollout of a group is a control, and loses.
    fn play(&mut self, served: [u32; 2], others: [u32; 2]) {
        self.step += 1;
        let numbers: Vec<u64> = self.challengers.iter().map(Version::number).collect();
        let mut skills: Vec<String> = self.journal.state().active().iter().flat_map(|a| a.changes.clone()).collect();
        skills.push("look".to_owned());
        let groups = (0..4u64).map(|group| {
            let kind = (group % 2) as usize;
            let rollouts = (0..8u32).map(|slot| {
                let (chosen, control) = (slot < 4, slot == 7);
                let won = if chosen { slot < served[kind] } else { slot - 4 < others[kind] };
                // The second challenger's arms lie across the first one's.
                let of = |at: usize| if at == 0 { chosen } else { slot % 2 == 0 };
                let served =
                    numbers.iter().enumerate().filter(|(at, _)| of(*at) && !control).map(|(_, n)| *n).collect();
                Rollout {
                    slot,
                    served,
                    control,
                    reward: f64::from(u8::from(won && !control)),
                    mattered: skills.iter().map(|skill| (skill.clone(), slot % 3)).collect(),
                }
            });
            Group {
                group: self.step * 4 + group,
                kind: ["cool", "heat"][kind].to_owned(),
                rollouts: rollouts.collect(),
            }
        });
        let groups = groups.collect();
        self.say(Event::Outcomes { drift: 0.01, claims: 32, groups });
        loop {
            let due = self
                .journal
                .state()
                .active()
                .iter()
                .find_map(|active| Some((active.challenger.number, active.test.decision()?, active.test.means())));
            let Some((challenger, decision, (challenger_mean, incumbent_mean))) = due else { break };
            self.say(Event::Decided { challenger, decision, challenger_mean, incumbent_mean });
            let at = self.challengers.iter().position(|c| c.number() == challenger).unwrap();
            let decided = self.challengers.remove(at);
            if decision == Decision::Accept {
                let before = std::mem::replace(&mut self.incumbent, decided);
                for other in std::mem::take(&mut self.challengers) {
                    let new: Vec<SkillFile> =
                        other.files().iter().filter(|file| !before.files().contains(file)).cloned().collect();
                    let files = self.incumbent.files().iter().cloned().chain(new).collect();
                    let version = self.version(files);
                    self.say(Event::Rebased { challenger: other.number(), to: named(&version) });
                    self.challengers.push(version);
                }
            }
        }
    }
}

/// A run with everything in it: an accepted version, one that goes on under a new incumbent and is rejected, a refused
/// proposal, a skill retired without a test.
pub fn run(folder: &Path) {
    let mut config = VersionTestConfig::default();
    config.sequential.max_groups = 40;
    let mut scribe = Scribe::begin(folder, config);
    scribe.play([2, 2], [1, 1]);
    scribe.propose("Heat what is cold.", "heat", Some(skill("heat", "Heat it.")), None);
    scribe.play([4, 3], [1, 0]);
    scribe.propose("Look twice.", "look", None, Some("it fires in 1 of 80 episodes; at least 5% are needed"));
    scribe.propose("Wash what is dirty.", "wash", Some(skill("wash", "Wash it.")), None);
    for _ in 0..4 {
        scribe.play([4, 3], [1, 0]);
    }
    for _ in 0..5 {
        scribe.play([1, 0], [3, 2]);
    }
    let files = scribe.with("look", None);
    let version = scribe.version(files);
    let (name, reason) = ("look".to_owned(), "-0.4 points [-3.0, +2.2] against silence".to_owned());
    scribe.say(Event::Retired { name, reason, incumbent: named(&version) });
    scribe.journal.sync().unwrap();
}

fn told(arguments: &[&str], folder: &Path) -> String {
    let mut all: Vec<&str> = arguments.to_vec();
    let folder = folder.to_str().unwrap();
    all.insert(1, folder);
    let output = reskill(&all);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_run_is_told_as_a_tree_and_a_timeline() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    insta::assert_snapshot!(told(&["history"], folder.path()));
    let json: serde_json::Value = serde_json::from_str(&told(&["history", "--json"], folder.path())).unwrap();
    assert_eq!(json["versions"][1]["fate"]["kind"], "in_force");
    assert_eq!(json["versions"][1]["parent"], 1);
}

#[test]
fn an_accepted_version_and_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    insta::assert_snapshot!(told(&["why", "2"], folder.path()));
}

#[test]
fn a_rejected_version_and_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    insta::assert_snapshot!(told(&["why", "v0004"], folder.path()));
}

#[test]
fn a_version_of_paper_mode() {
    let folder = tempfile::tempdir().unwrap();
    let mut scribe = Scribe::begin(folder.path(), VersionTestConfig { method: Method::Paper, ..Default::default() });
    scribe.propose("Heat what is cold.", "heat", Some(skill("heat", "Heat it.")), None);
    for _ in 0..5 {
        scribe.play([3, 2], [1, 2]);
    }
    scribe.journal.sync().unwrap();
    insta::assert_snapshot!(told(&["why", "2"], folder.path()));
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    let path = folder.path().to_str().unwrap();
    let output = reskill(&["why", path, "9"]);
    assert_eq!(code(&output), 2);
    assert_eq!(text(&output.stderr), "error: version 9: this run has 1, 2, 3, 4, 5\n");
    let output = reskill(&["history", &format!("{path}/nowhere")]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("no run is there"), "{}", text(&output.stderr));
}
