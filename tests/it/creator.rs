//! The offline creator: what it finds in episodes of a half-competent agent, whether that helps, and the gate.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::bank::evidence::Arm;
use reskill::bank::version::SkillFile;
use reskill::creator::ask::Question;
use reskill::creator::gate::{Verdict, gate};
use reskill::creator::grade::grade;
use reskill::creator::past::{Outcome, Past};
use reskill::creator::reservoir::{Experience, Reservoir, SameTask};
use reskill::creator::{CreatorConfig, NoProposal, Proposal, propose};
use reskill::engine::directives::MarkKind;
use reskill::engine::examples;
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::episode::{Step, Trajectory};
use reskill::lang::check::{SourceFile, check};
use reskill::world::World;
use reskill::world::household::{Household, HouseholdConfig};

/// The best proposal. `rejected` are fingerprints.
fn ask(
    bank: &[SkillFile],
    reservoir: &Reservoir,
    rejected: &[String],
    config: &CreatorConfig,
    seed: u64,
    step: u64,
) -> Result<Proposal, NoProposal> {
    let past = Past {
        number: 1,
        step: 0,
        origin: "inducer".to_owned(),
        patch: String::new(),
        outcome: Outcome::Rejected,
        told: String::new(),
        closed: rejected.to_vec(),
    };
    let question = Question {
        bank: bank.to_vec(),
        reservoir: reservoir.clone(),
        past: vec![past],
        busy: Vec::new(),
        wanted: 1,
        config: config.clone(),
        seed,
        step,
        grammar: None,
    };
    propose(&question).map(|proposals| proposals.into_iter().next().expect("one at least"))
}

fn world() -> Household {
    Household::load(None, HouseholdConfig { size: 0.6, horizon: 40, ..HouseholdConfig::default() }).unwrap()
}

fn domain() -> Vec<SkillFile> {
    let text = include_str!("../../skills/household/domain.skill").to_owned();
    vec![SkillFile { name: "domain.skill".to_owned(), text }]
}

/// What an agent without a mind of its own does under a bank: a preferred action if there is one, never an avoided
/// one; and with chance `skill` what the demonstrator would.
fn episode(
    world: &Household,
    bank: &[SkillFile],
    (split, index): (&str, usize),
    skill: f64,
    heed: f64,
    rng: &mut ChaCha8Rng,
) -> Trajectory {
    let sources: Vec<SourceFile> = bank.iter().map(|file| SourceFile::new(&file.name, &file.text)).collect();
    let mut session = Session::new(Program::of(&check(&sources).checked, 0));
    let mut env = world.open().unwrap();
    let reset = env.reset(split, index, 0).unwrap();
    let mut trajectory =
        Trajectory { task_id: reset.task_id, task: reset.task, first: reset.first, ..Trajectory::default() };
    let mut admissible = reset.admissible;
    let mut directives = session.start(&trajectory.task, &trajectory.first, &admissible).clone();
    loop {
        let marked = |kind: MarkKind| -> Vec<usize> {
            directives.marks.iter().filter(|m| m.kind == kind).map(|m| m.action as usize).collect()
        };
        let (preferred, avoided) = (marked(MarkKind::Prefer), marked(MarkKind::Avoid));
        let mut choices: Vec<usize> = (0..admissible.len()).collect();
        if rng.random::<f64>() < heed {
            let allowed: Vec<usize> = choices.iter().copied().filter(|a| !avoided.contains(a)).collect();
            let wanted: Vec<usize> = allowed.iter().copied().filter(|a| preferred.contains(a)).collect();
            choices = if !wanted.is_empty() {
                wanted
            } else if !allowed.is_empty() {
                allowed
            } else {
                choices
            };
        }
        let action = match env.expert().unwrap() {
            Some(action) if rng.random::<f64>() < skill => action,
            _ => admissible[choices[rng.random_range(0..choices.len())]].clone(),
        };
        let stepped = env.step(&action).unwrap();
        let observation = stepped.observation;
        directives = session.observe(&action, &observation, &stepped.admissible).clone();
        trajectory.steps.push(Step { admissible, action, observation, reward: stepped.reward });
        admissible = stepped.admissible;
        if stepped.done {
            (trajectory.done, trajectory.won, trajectory.score) = (true, stepped.won, stepped.score);
            return trajectory;
        }
    }
}

/// A reservoir of 200 episodes from eight rollouts of each task.
fn reservoir(world: &Household, bank: &[SkillFile], seed: u64) -> Reservoir {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut reservoir = Reservoir::new(200, SameTask::Text);
    for task in 0..140 {
        for rollout in 0..8 {
            let arm = if rollout % 2 == 0 { Arm::Incumbent } else { Arm::Challenger };
            let index = (seed as usize * 140 + task) % 3553;
            let trajectory = episode(world, bank, ("train", index), 0.25, 0.5, &mut rng);
            reservoir.insert(Experience {
                step: task as u64,
                arm,
                success: trajectory.won,
                chances: Vec::new(),
                trajectory,
            });
        }
    }
    reservoir
}

/// Success on 100 tasks of an agent that heeds every mark, and otherwise acts at random but for one action in five.
fn success(world: &Household, bank: &[SkillFile], split: &str) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    let won = (0..100).filter(|index| episode(world, bank, (split, *index), 0.2, 1.0, &mut rng).won).count();
    won as f64 / 100.0
}

fn propose_for(bank: &[SkillFile], reservoir: &Reservoir, rejected: &[String], step: u64) -> Proposal {
    let start = std::time::Instant::now();
    let proposal = ask(bank, reservoir, rejected, &CreatorConfig::default(), 1, step).unwrap();
    println!("{:?} for {} candidates\n{}", start.elapsed(), proposal.tried, proposal.patch);
    proposal
}

fn accepted(patch: &str, bank: &[SkillFile], reservoir: &Reservoir) -> Vec<SkillFile> {
    match gate(patch, bank, reservoir, &[], &CreatorConfig::default()) {
        Verdict::Accepted { files, .. } => files,
        Verdict::Rejected { reasons } => panic!("{reasons:#?}"),
    }
}

/// From no skill at all: proposals in a row, each from episodes played under the bank so far.
#[test]
fn proposals_pass_the_gate_check_clean_and_help_an_agent_that_follows_them() {
    let world = world();
    let mut bank = domain();
    let before = success(&world, &bank, "unseen");
    let mut titles = Vec::new();
    for step in 0..4 {
        let reservoir = reservoir(&world, &bank, step);
        let proposal = match ask(&bank, &reservoir, &[], &CreatorConfig::default(), 1, step) {
            Ok(proposal) => proposal,
            Err(NoProposal::NothingSeparates { .. }) => continue,
            Err(other) => panic!("{other}"),
        };
        println!("{}", proposal.patch);
        bank = accepted(&proposal.patch, &bank, &reservoir);
        let sources: Vec<SourceFile> = bank.iter().map(|file| SourceFile::new(&file.name, &file.text)).collect();
        let analysis = check(&sources);
        assert_eq!(analysis.findings, [], "{}", proposal.patch);
        let run = examples::run(&analysis.checked);
        assert!(run.failures.is_empty() && run.examples > 0, "{:?}", run.failures);
        assert!(!titles.contains(&proposal.title), "{titles:?}");
        titles.push(proposal.title);
        println!("success, unseen: {before:.2} -> {:.2}", success(&world, &bank, "unseen"));
    }
    let after = success(&world, &bank, "unseen");
    assert!(titles.len() >= 2, "{titles:?}");
    assert!(after >= before + 0.2, "{before} -> {after}");
}

#[test]
fn proposals_are_fixed_by_seed_and_step_and_learn_from_rejections() {
    let world = world();
    let bank = domain();
    let reservoir = reservoir(&world, &bank, 0);
    let first = propose_for(&bank, &reservoir, &[], 0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| propose_for(&bank, &reservoir, &[], 0)), first);
    let rejected = [first.fingerprint.clone()];
    let second = propose_for(&bank, &reservoir, &rejected, 0);
    assert_ne!(second.fingerprint, first.fingerprint);
    let Verdict::Rejected { reasons } = gate(&first.patch, &bank, &reservoir, &rejected, &CreatorConfig::default())
    else {
        panic!("a rejected proposal passed");
    };
    assert!(reasons[0].starts_with("G0703 "), "{reasons:?}");
    insta::assert_snapshot!("first_proposal_from_nothing", first.patch);
}

/// A skill of the creator's own that keeps the agent from what it needs goes; the same from another hand stays.
#[test]
fn an_own_skill_that_harms_is_retired() {
    let world = world();
    let text = r#"
/// Found by contrasts within tasks.
skill hands_off in household {
    for delivery(object, place)
    rule leave_it when available take(_, _) { advise "Leave the {object}." avoid take(x, _) where x is object }
    unverified "It is wrong."
    example mug { task "put a mug in shelf." available "take mug 1 from desk 1" expect leave_it }
}"#;
    let mut bank = domain();
    bank.push(SkillFile { name: "hands_off.skill".to_owned(), text: text.to_owned() });
    let reservoir = reservoir(&world, &bank, 3);
    let proposal = propose_for(&bank, &reservoir, &[], 0);
    assert!(proposal.patch.contains("retire hands_off"), "{}", proposal.patch);
    assert_eq!(accepted(&proposal.patch, &bank, &reservoir).len(), 1);
    bank[1].text = text.replace("/// Found", "/// Not found");
    assert!(!propose_for(&bank, &reservoir, &[], 0).patch.contains("retire"));
}

#[test]
fn without_evidence_there_is_no_proposal() {
    let mut reservoir = Reservoir::new(200, SameTask::Text);
    let config = CreatorConfig { min_episodes: 4, ..CreatorConfig::default() };
    let mut said = Vec::new();
    let mut ask = |reservoir: &Reservoir| {
        said.push(ask(&domain(), reservoir, &[], &config, 0, 0).unwrap_err().to_string());
    };
    ask(&reservoir);
    let insert = |reservoir: &mut Reservoir, task: &str, success| {
        let trajectory = Trajectory { task: task.to_owned(), ..Trajectory::default() };
        reservoir.insert(Experience { step: 0, arm: Arm::Incumbent, success, chances: Vec::new(), trajectory });
    };
    for task in ["a", "b", "c", "d"] {
        insert(&mut reservoir, task, false);
    }
    ask(&reservoir);
    insert(&mut reservoir, "a", true);
    ask(&reservoir);
    insta::assert_snapshot!("no_proposal", said.join("\n"));
}

/// Episodes for the gate: `carry` episodes pick something up, the others do nothing.
fn small_reservoir(carry: usize) -> Reservoir {
    let mut reservoir = Reservoir::new(200, SameTask::Text);
    for index in 0..10 {
        let task = format!("put a mug{} in shelf.", "g".repeat(index));
        let mut trajectory = Trajectory { task, ..Trajectory::default() };
        let action = if index < carry { "take mug 1 from desk 1" } else { "look" };
        let observation = if index < carry { "You pick up the mug 1 from the desk 1." } else { "You see a desk 1." };
        for (action, observation) in [(action, observation), ("look", "You are facing the desk 1.")] {
            let step = Step {
                admissible: vec!["look".into(), "take mug 1 from desk 1".into(), "go to shelf 1".into()],
                action: action.into(),
                observation: observation.into(),
                reward: 0.0,
            };
            trajectory.steps.push(step);
        }
        // What is asked for decides whether an assertion on holding the mug can tell.
        reservoir.insert(Experience {
            step: 0,
            arm: Arm::Incumbent,
            success: index < carry,
            chances: Vec::new(),
            trajectory,
        });
    }
    reservoir
}

const GOOD: &str = r#"patch "Walk" { add skill walk in household {
    for simple(object, place)
    rule walk when holding(_) { advise "Go to the {place}." prefer go_to(r) where r is place }
    assert held: eventually holding(_)
    example mug { task "put a mug in shelf." action "take mug 1 from desk 1" observation "You pick up the mug 1" expect walk }
} }"#;

#[test]
fn the_gate_says_every_reason() {
    let config = CreatorConfig::default();
    let bank = accepted(GOOD, &domain(), &small_reservoir(5));
    let names: Vec<&str> = bank.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["domain.skill", "walk.skill"]);
    let broken_example = GOOD.replace("skill walk", "skill walk_2").replace("expect walk", "expect not walk");
    let shouting = GOOD.replace("skill walk", "skill WALK");
    let cases = [
        ("syntax", "patch \"p\" { add skill x in household { rule r when { } } }"),
        ("not a patch", "skill x in household { }"),
        ("unknown name", &GOOD.replace("holding(_)", "carrying(_)")),
        ("already there", GOOD),
        ("not there", "patch \"p\" { retire wakl }"),
        ("example", &broken_example),
        ("file name", &shouting),
        (
            "never fires",
            &GOOD
                .replace("skill walk", "skill walk_2")
                .replace("when holding(_)", "when holding(_) and hot(_)")
                .replace("expect walk", "expect not walk"),
        ),
    ];
    let mut out = String::new();
    for (case, patch) in cases {
        let Verdict::Rejected { reasons } = gate(patch, &bank, &small_reservoir(5), &[], &config) else {
            panic!("{case} passed")
        };
        out += &format!("{case}\n    {}\n", reasons.join("\n    "));
    }
    insta::assert_snapshot!("reasons_of_the_gate", out);
}

#[test]
fn grades_split_verdicts_by_outcome() {
    let bank = accepted(GOOD, &domain(), &small_reservoir(4));
    let sources: Vec<SourceFile> = bank.iter().map(|file| SourceFile::new(&file.name, &file.text)).collect();
    let grades = grade(&check(&sources).checked, &small_reservoir(4));
    assert_eq!(grades.len(), 1);
    let grade = &grades[0];
    // All four successes picked something up, so that it was held before a later action; no failure did.
    assert_eq!((grade.satisfied.successes, grade.satisfied.failures), (4, 0));
    assert_eq!((grade.violated.successes, grade.violated.failures), (0, 6));
    let lift = grade.lift.unwrap();
    assert!(lift.difference == 1.0 && lift.low > 0.3 && lift.high <= 1.0 + 1e-9, "{lift:?}");
}
