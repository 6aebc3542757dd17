//! The offline creator: what it finds in episodes of a half-competent agent, whether that helps, and the gate.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::bank::version::SkillFile;
use reskill::bank::version_test::Arm;
use reskill::creator::gate::{Verdict, gate};
use reskill::creator::reservoir::{Experience, Reservoir};
use reskill::creator::{CreatorConfig, propose};
use reskill::engine::directives::MarkKind;
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::episode::{Step, Trajectory};
use reskill::lang::check::{SourceFile, check};
use reskill::world::World;
use reskill::world::household::{Household, HouseholdConfig};

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
fn reservoir(world: &Household, bank: &[SkillFile], skill: f64, seed: u64) -> Reservoir {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut reservoir = Reservoir::new(200);
    let mut won = 0;
    for task in 0..140 {
        for rollout in 0..8 {
            let arm = if rollout % 2 == 0 { Arm::Incumbent } else { Arm::Challenger };
            let index = (seed as usize * 140 + task) % 3553;
            let trajectory = episode(world, bank, ("train", index), skill, 0.5, &mut rng);
            won += usize::from(trajectory.won);
            reservoir.insert(Experience { step: task as u64, arm, success: trajectory.won, trajectory });
        }
    }
    println!("success rate {:.3}", f64::from(won as u32) / (140.0 * 8.0));
    reservoir
}

fn success(world: &Household, bank: &[SkillFile], skill: f64, split: &str) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    let won = (0..100).filter(|index| episode(world, bank, (split, *index), skill, 1.0, &mut rng).won).count();
    won as f64 / 100.0
}

#[test]
fn proposals_help_an_agent_that_follows_them() {
    let world = world();
    let config = CreatorConfig::default();
    let mut bank = domain();
    println!("before: {:.2} {:.2}", success(&world, &bank, 0.0, "unseen"), success(&world, &bank, 0.2, "unseen"));
    for round in 0..4 {
        let skill: f64 = std::env::var("SKILL").map_or(0.35, |s| s.parse().unwrap());
        let reservoir = reservoir(&world, &bank, skill, round);
        let start = std::time::Instant::now();
        let proposal = propose(&bank, &reservoir, &[], &config, 1, round);
        println!("took {:?}", start.elapsed());
        let Ok(proposal) = proposal else {
            println!("{proposal:?}");
            continue;
        };
        println!(
            "{}\ntried {}\n{:#?}",
            proposal.patch,
            proposal.tried,
            proposal
                .evidence
                .iter()
                .map(|e| (&e.rule, e.gain, e.score.z, e.score.effect, e.score.chain, e.score.failures_not_followed))
                .collect::<Vec<_>>()
        );
        match gate(&proposal.patch, &bank, &reservoir, &[], &config) {
            Verdict::Accepted { files, .. } => bank = files,
            Verdict::Rejected { reasons } => panic!("{reasons:?}"),
        }
        println!("after: {:.2} {:.2}", success(&world, &bank, 0.0, "unseen"), success(&world, &bank, 0.2, "unseen"));
    }
}
