//! The journal of version tests: what is written rebuilds every posterior and every stake, bit for bit, and what does not add
//! up is refused and changes nothing.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reskill::bank::discount::Discount;
use reskill::bank::evidence::{Group, Rollout};
use reskill::bank::journal::{Journal, JournalError, replay};
use reskill::bank::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use reskill::bank::state::StateError;
use reskill::bank::version_test::{Decision, Method, VersionTest, VersionTestConfig};

fn name(number: u64) -> VersionName {
    VersionName { number, hash: format!("hash{number}") }
}

fn started(version_test: VersionTestConfig) -> Record {
    Record { step: 0, event: Event::Started { format: JOURNAL_FORMAT, seed: 7, version_test, incumbent: name(1) } }
}

fn paper(discount: Discount) -> VersionTestConfig {
    let mut config = VersionTestConfig { method: Method::Paper, ..VersionTestConfig::default() };
    (config.paper.discount, config.paper.test_steps, config.paper.min_episodes) = (discount, 3, 10);
    config
}

fn sequential() -> VersionTestConfig {
    let mut config = VersionTestConfig::default();
    (config.sequential.max_groups, config.sequential.beta, config.sequential.parallel) = (12, 0.4, 2);
    config
}

/// What a rollout of the script is: which of the challengers under test it is served (one bit each), its reward, which
/// skills mattered (one bit each), and whether it is a control.
type Played = (u8, f64, u8, bool);

/// Plays `script` as a run would: tests are started wherever there is room, every decision is taken as soon as it is due, and
/// the other challengers are made anew when the incumbent changes. The journal is left open after the last step.
fn play(path: &Path, config: &VersionTestConfig, script: &[Vec<Vec<Played>>]) -> Journal {
    let mut journal = Journal::begin(path, &started(config.clone())).unwrap();
    let mut proposals = 0;
    for (step, groups) in script.iter().enumerate() {
        let step = step as u64 + 1;
        let say = |journal: &mut Journal, event| journal.record(&Record { step, event }).unwrap();
        while journal.state().active().len() < config.parallel() {
            proposals += 1;
            let base = journal.state().incumbent().hash.clone();
            let (patch, origin) = (format!("retire skill s{proposals}\n"), "inducer".to_owned());
            let proposal = Event::Proposal { proposal: proposals, base, patch, origin, evidence: "{}".to_owned() };
            say(&mut journal, proposal);
            if proposals % 5 == 0 {
                let reasons = vec!["never fires".to_owned()];
                say(&mut journal, Event::GateRejection { proposal: proposals, reasons });
                continue;
            }
            let challenger = name(journal.state().next_version());
            let changes = vec![format!("s{proposals}")];
            say(&mut journal, Event::TestStarted { proposal: Some(proposals), challenger, changes });
        }
        let numbers: Vec<u64> = journal.state().active().iter().map(|a| a.challenger.number).collect();
        let skills: Vec<String> = journal.state().active().iter().flat_map(|a| a.changes.clone()).collect();
        let drift = 0.01 * (step % 3) as f64;
        let claims = 1 + groups.iter().map(Vec::len).sum::<usize>() as u64;
        let groups = groups.iter().enumerate().map(|(at, rollouts)| {
            let chosen = |bits: u8, at: usize| bits & (1 << at) != 0;
            let rollouts = rollouts.iter().enumerate().map(|(slot, (served, reward, mattered, control))| Rollout {
                slot: slot as u32,
                served: match control {
                    true => Vec::new(),
                    false => (0..numbers.len()).filter(|i| chosen(*served, *i)).map(|i| numbers[i]).collect(),
                },
                control: *control,
                reward: *reward,
                mattered: (skills.iter().cloned().chain(["old".to_owned()]).enumerate())
                    .filter(|(i, _)| chosen(*mattered, *i))
                    .map(|(i, skill)| (skill, i as u32))
                    .collect(),
            });
            Group {
                group: step * 10 + at as u64,
                kind: ["heat", "cool"][at % 2].to_owned(),
                rollouts: rollouts.collect(),
            }
        });
        let groups = groups.collect();
        say(&mut journal, Event::Outcomes { drift, claims, groups });
        while let Some((challenger, decision, (challenger_mean, incumbent_mean))) = journal
            .state()
            .active()
            .iter()
            .find_map(|a| Some((a.challenger.number, a.test.decision()?, a.test.means())))
        {
            say(&mut journal, Event::Decided { challenger, decision, challenger_mean, incumbent_mean });
            if decision == Decision::Accept {
                let left: Vec<u64> = journal.state().active().iter().map(|a| a.challenger.number).collect();
                for challenger in left {
                    let to = name(journal.state().next_version());
                    say(&mut journal, Event::Rebased { challenger, to });
                }
            }
        }
        if let Some(skill) = journal.state().dead_weight().map(|(skill, _)| skill.to_owned()) {
            let incumbent = name(journal.state().next_version());
            say(&mut journal, Event::Retired { name: skill, reason: "as good as silent".to_owned(), incumbent });
        }
        journal.sync().unwrap();
    }
    journal.sync().unwrap();
    journal
}

fn any_script() -> impl Strategy<Value = Vec<Vec<Vec<Played>>>> {
    let rewards = prop_oneof![Just(0.0), Just(1.0), -0.5..1.5f64];
    let rollout = (0u8..4, rewards, 0u8..8, prop::bool::weighted(0.1));
    prop::collection::vec(prop::collection::vec(prop::collection::vec(rollout, 0..9), 0..5), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn replay_rebuilds_the_state_bit_for_bit(
        script in any_script(),
        config in prop::sample::select(vec![
            paper(Discount::None), paper(Discount::LastStep), paper(Discount::Adaptive), sequential(),
            VersionTestConfig::default(),
        ]),
        cut in 0u64..25,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let live = play(&path, &config, &script);
        let again = replay(&path).unwrap();
        prop_assert_eq!(live.state(), &again);
        // Every number is shown with all of its digits.
        prop_assert_eq!(format!("{:?}", live.state()), format!("{again:?}"));
        drop(live);
        // Cut back to a checkpoint, in mid-test or not, the state is that of a run that ended there.
        let cut = cut.min(script.len() as u64);
        let (resumed, torn) = Journal::resume(&path, cut).unwrap();
        prop_assert_eq!(torn, None);
        let shorter = folder.path().join("shorter.jsonl");
        let stopped = play(&shorter, &config, &script[..cut as usize]);
        prop_assert_eq!(format!("{:?}", resumed.state()), format!("{:?}", stopped.state()));
        prop_assert_eq!(fs::read(&path).unwrap(), fs::read(&shorter).unwrap());
    }
}

/// A group in which the challenger under test wins and the incumbent loses.
fn won(groups: u64) -> Vec<Vec<Played>> {
    (0..groups).map(|_| (0..8).map(|slot| (slot % 2, f64::from(slot % 2), 1, false)).collect()).collect()
}

#[test]
fn a_journal_that_does_not_add_up_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    drop(play(&path, &paper(Discount::Adaptive), &[won(1), won(1), won(1), won(1)]));
    let text = fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!(text);
    // One outcome altered by hand: the recorded means no longer follow from the outcomes.
    fs::write(&path, text.replacen("\"served\":[2],\"reward\":1.0", "\"served\":[2],\"reward\":0.0", 1)).unwrap();
    let error = replay(&path).unwrap_err();
    assert!(matches!(&error, JournalError::Record { line: 7, source: StateError::Means { .. }, .. }), "{error}");
    fs::write(&path, text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert!(matches!(replay(&path), Err(JournalError::Record { line: 1, source: StateError::NotStarted, .. })));
    assert!(matches!(Journal::begin(&path, &started(paper(Discount::None))), Err(JournalError::Exists { .. })));
    assert!(matches!(Journal::resume(&folder.path().join("none"), 3), Err(JournalError::Empty { .. })));
}

#[test]
fn what_cannot_be_counted_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    // After three steps version 2 is decided; versions 3 and 4 are under test.
    let mut journal = play(&path, &sequential(), &[won(3), won(3), won(3), vec![]]);
    let state = journal.state();
    assert_eq!(state.finished().len(), 1, "{:?}", state.finished());
    let under_test: Vec<u64> = state.active().iter().map(|a| a.challenger.number).collect();
    assert_eq!(under_test.len(), 2);
    let before = (format!("{state:?}"), fs::read(&path).unwrap());
    let rollout =
        |slot, served: &[u64], reward| Rollout { slot, served: served.to_vec(), reward, ..Rollout::default() };
    let groups = |rollouts| vec![Group { group: 1, kind: String::new(), rollouts }];
    let outcomes = |groups| Event::Outcomes { drift: 0.0, claims: 8, groups };
    let one = under_test[0];
    let decided =
        Event::Decided { challenger: one, decision: Decision::Accept, challenger_mean: 0.9, incumbent_mean: 0.1 };
    let twice = |r: Vec<Rollout>| [groups(r.clone()), groups(r)].concat();
    let mut control = rollout(0, &[one], 1.0);
    control.control = true;
    let cases: Vec<(&str, u64, Event)> = vec![
        ("a step twice", 4, outcomes(groups(vec![rollout(0, &[], 1.0)]))),
        ("a slot twice", 5, outcomes(groups(vec![rollout(0, &[], 1.0), rollout(0, &[one], 1.0)]))),
        ("a group twice", 5, outcomes(twice(vec![rollout(0, &[], 1.0)]))),
        ("a version that is not under test", 5, outcomes(groups(vec![rollout(0, &[77], 1.0)]))),
        ("a version after its decision", 5, outcomes(groups(vec![rollout(0, &[2], 1.0)]))),
        ("no number", 5, outcomes(groups(vec![rollout(3, &[one], f64::NAN)]))),
        ("a control that was served", 5, outcomes(groups(vec![control]))),
        ("no drift", 5, Event::Outcomes { drift: f64::INFINITY, claims: 8, groups: vec![] }),
        ("a step before", 3, outcomes(vec![])),
        ("a verdict that the outcomes do not give", 5, decided),
        ("a third test", 5, Event::TestStarted { proposal: None, challenger: name(9), changes: vec![] }),
        ("a number again", 5, Event::Rebased { challenger: one, to: name(2) }),
        ("a test that is over", 5, Event::TestCancelled { challenger: 2, reason: "late".into() }),
        ("a proposal never made", 5, Event::GateRejection { proposal: 44, reasons: vec![] }),
        ("a second start", 5, started(sequential()).event),
    ];
    let mut told = String::new();
    for (what, step, event) in cases {
        let error = journal.record(&Record { step, event }).expect_err(what);
        let message = error.to_string().replace(&path.display().to_string(), "JOURNAL");
        told.push_str(&format!("{what}:\n  {message}\n"));
        assert_eq!(format!("{:?}", journal.state()), before.0, "{what}");
    }
    journal.sync().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before.1);
    insta::assert_snapshot!(told);

    // A skill under test is left to its test.
    let skill = journal.state().active()[0].changes[0].clone();
    let retired = Event::Retired { name: skill, reason: String::new(), incumbent: name(9) };
    let error = journal.record(&Record { step: 5, event: retired }).unwrap_err();
    assert!(matches!(error, JournalError::Record { source: StateError::SameSkill { .. }, .. }), "{error}");
    journal
        .record(&Record { step: 5, event: Event::TestCancelled { challenger: one, reason: "asked".into() } })
        .unwrap();
    assert_eq!(journal.state().active().len(), 1);
}

/// Groups that say nothing about versions count as time and as nothing else.
#[test]
fn groups_without_a_comparison_are_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let lone = vec![vec![(1, 1.0, 7, false)]];
    let equal = vec![(0..8).map(|slot| (slot % 2, 1.0, 7, false)).collect()];
    let one_arm = vec![(0..8).map(|slot| (0, f64::from(slot % 2), 7, false)).collect()];
    let untouched = vec![(0..8).map(|slot| (slot % 2, f64::from(slot % 2), 0, false)).collect()];
    for (index, groups) in [lone, equal, one_arm, untouched].into_iter().enumerate() {
        let journal = play(&folder.path().join(index.to_string()), &sequential(), &[groups]);
        let VersionTest::Sequential(test) = &journal.state().active()[0].test else { panic!("a sequential test") };
        assert_eq!((test.groups(), test.effect().mean, test.share()), (1, 0.0, 0.5), "case {index}");
        assert!(test.steps()[0].log_accept <= 0.0 && test.decision().is_none(), "case {index}");
    }
}
