//! The policy learns, its checkpoints go on bit for bit, and GRPO improves on a bandit.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::engine::directives::{Directives, Mark, MarkKind, RuleId};
use reskill::grpo::{GrpoConfig, Sample, UpdateStats, WarmStartConfig, advantages, update, warm_start};
use reskill::policy::decision::Decision;
use reskill::policy::features::Featurizer;
use reskill::policy::net::Policy;
use reskill::policy::{PolicyConfig, greedy, sample};
use tch::Device;

const THINGS: [&str; 10] = ["mug", "apple", "pen", "book", "plate", "knife", "lamp", "key", "cup", "vase"];

fn policy(seed: u64) -> Policy {
    Policy::new(seed, PolicyConfig::default(), Device::Cpu).expect("a valid configuration")
}

/// "find the X": take X among things in random order; the right action's position comes along.
fn puzzles(n: usize, seed: u64) -> Vec<(Decision, usize)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut featurizer = Featurizer::new();
    (0..n)
        .map(|_| {
            let first = rng.random_range(0..THINGS.len());
            let count = rng.random_range(2..6);
            let things: Vec<&str> = (0..count).map(|i| THINGS[(first + i) % THINGS.len()]).collect();
            let wanted = rng.random_range(0..count);
            featurizer.start(&format!("find the {}", things[wanted]), &format!("You see {}.", things.join(" 1, ")));
            let actions: Vec<String> = things.iter().map(|t| format!("take {t} 1")).collect();
            (featurizer.decision(&actions, &[], &Directives::default(), &[]).expect("no marks"), wanted)
        })
        .collect()
}

fn success(policy: &Policy, puzzles: &[(Decision, usize)]) -> f64 {
    let rows = policy.distribution(&puzzles.iter().map(|(d, _)| d).collect::<Vec<_>>());
    rows.iter().zip(puzzles).map(|(row, (_, wanted))| f64::from(row[*wanted]).exp()).sum::<f64>() / puzzles.len() as f64
}

/// One GRPO step on 16 puzzles, eight draws each.
fn bandit_step(policy: &mut Policy, reference: &Policy, step: u64) -> UpdateStats {
    let config = GrpoConfig::default();
    let mut rng = ChaCha8Rng::seed_from_u64(step);
    let tasks = puzzles(config.tasks_per_step, 1000 + step);
    let rows = policy.distribution(&tasks.iter().map(|(d, _)| d).collect::<Vec<_>>());
    let mut samples = Vec::new();
    for (row, (decision, wanted)) in rows.iter().zip(&tasks) {
        let actions: Vec<usize> = (0..config.group_size).filter_map(|_| sample(row, &mut rng)).collect();
        let returns: Vec<Option<f64>> = actions.iter().map(|a| Some(if a == wanted { 1.0 } else { 0.0 })).collect();
        for (action, advantage) in actions.into_iter().zip(advantages(&returns)) {
            let advantage = advantage.expect("no rollout is void");
            samples.push(Sample { decision, action, log_prob: row[action], advantage });
        }
    }
    update(policy, Some(reference), &samples, &config, &mut rng).expect("a finite step")
}

#[test]
fn cloning_carries_over_to_unseen_puzzles() {
    let mut policy = policy(1);
    let unseen = puzzles(200, 2);
    let before = success(&policy, &unseen);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let stats = warm_start(&mut policy, &puzzles(300, 4), &WarmStartConfig::default(), &mut rng).expect("valid pairs");
    let after = success(&policy, &unseen);
    assert!(before < 0.4 && after > 0.8, "{before} {after} {stats:?}");
}

#[test]
fn grpo_improves_on_a_contextual_bandit_and_repeats_itself_exactly() {
    let run = || {
        let mut policy = policy(5);
        let reference = policy.snapshot();
        let stats: Vec<UpdateStats> = (0..40).map(|step| bandit_step(&mut policy, &reference, step)).collect();
        (policy, stats)
    };
    let (first, stats) = run();
    let unseen = puzzles(200, 6);
    let (before, after) = (success(&policy(5), &unseen), success(&first, &unseen));
    assert!(before < 0.4 && after > 0.8, "{before} {after}");
    assert!(stats.iter().all(|s| s.kl >= 0.0 && s.drift >= 0.0 && s.grad_norm.is_finite()), "{stats:?}");
    assert!(stats[0].drift > 0.0 && stats[0].kl < 0.05, "{:?}", stats[0]);

    let (second, again) = run();
    assert_eq!(stats, again);
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    first.save(&a).expect("writable");
    second.save(&b).expect("writable");
    assert!(std::fs::read(a).expect("saved") == std::fs::read(b).expect("saved"));
}

#[test]
fn a_restored_run_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = |name: &str| folder.path().join(name);
    let reference = policy(7).snapshot();
    let mut policy = policy(7);
    for step in 0..3 {
        bandit_step(&mut policy, &reference, step);
    }
    policy.save(&file("middle")).expect("writable");
    let mut restored = Policy::load(&file("middle"), Device::Cpu).expect("just written");
    for step in 3..6 {
        assert_eq!(bandit_step(&mut policy, &reference, step), bandit_step(&mut restored, &reference, step));
    }
    policy.save(&file("one")).expect("writable");
    restored.save(&file("two")).expect("writable");
    assert!(std::fs::read(file("one")).expect("saved") == std::fs::read(file("two")).expect("saved"));
}

#[test]
fn damaged_checkpoints_are_refused() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("policy.safetensors");
    policy(1).save(&path).expect("writable");
    let whole = std::fs::read(&path).expect("saved");
    std::fs::write(&path, &whole[..whole.len() - 4]).expect("writable");
    let error = Policy::load(&path, Device::Cpu).expect_err("cut short").to_string();
    assert!(error.contains("policy.safetensors") && error.contains("damaged"), "{error}");
    assert!(Policy::load(&folder.path().join("none"), Device::Cpu).is_err());
}

/// Three actions: preferred by a skill in slot 4, avoided by one in slot 9, unmarked.
fn marked() -> Decision {
    let mark = |action, skill, kind| Mark { action, rule: RuleId { skill, rule: 0 }, kind };
    let marks = vec![mark(0, 0, MarkKind::Prefer), mark(1, 1, MarkKind::Avoid)];
    let actions: Vec<String> = ["x", "x", "x"].map(String::from).to_vec();
    let mut featurizer = Featurizer::new();
    featurizer.start("t", "o");
    featurizer.decision(&actions, &[], &Directives { marks, ..Directives::default() }, &[4, 9]).expect("mapped")
}

#[test]
fn a_mark_is_worth_one_until_training_says_otherwise() {
    let decision = marked();
    let mut policy = policy(8);
    let lift = |policy: &Policy| {
        let row = &policy.distribution(&[&decision])[0];
        (row[0] - row[2], row[1] - row[2])
    };
    let (prefer, avoid) = lift(&policy);
    assert!((prefer - 1.0).abs() < 1e-5 && (avoid + 1.0).abs() < 1e-5);

    // Taught to do the contrary, the policy turns against the skill; another skill in its slot starts afresh.
    let pairs = vec![(decision.clone(), 1); 64];
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    warm_start(&mut policy, &pairs, &WarmStartConfig { epochs: 300, ..Default::default() }, &mut rng)
        .expect("valid pairs");
    let (taught, _) = lift(&policy);
    assert!(taught < 0.0, "{taught}");
    policy.reset_slot(4).expect("a slot");
    assert!(lift(&policy).0 > taught);
    assert!(policy.reset_slot(32).is_err());
}

#[test]
fn forbidden_actions_have_no_probability_and_teach_nothing() {
    let free = marked();
    let masked = Decision { forbidden: vec![0], ..free.clone() };
    let mut policy = policy(8);
    let rows = policy.distribution(&[&free, &masked]);
    assert_eq!(rows[1][0].exp(), 0.0);
    assert!((rows[1].iter().map(|l| l.exp()).sum::<f32>() - 1.0).abs() < 1e-5);
    // What is left keeps its proportions.
    assert!(((rows[0][1] - rows[0][2]) - (rows[1][1] - rows[1][2])).abs() < 1e-5);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    assert!((0..1000).all(|_| sample(&rows[1], &mut rng) != Some(0)));
    let pairs = vec![(masked.clone(), 1); 64];
    let stats = warm_start(&mut policy, &pairs, &WarmStartConfig { epochs: 50, ..Default::default() }, &mut rng)
        .expect("valid pairs");
    assert!(stats.loss.is_finite() && stats.entropy.is_finite());
    assert_eq!(policy.distribution(&[&masked])[0][0].exp(), 0.0);
}

#[test]
fn batching_does_not_change_the_scores() {
    let puzzles = puzzles(700, 10);
    let policy = policy(11);
    let mut decisions: Vec<&Decision> = puzzles.iter().map(|(d, _)| d).collect();
    let marked = marked();
    let empty = Decision { actions: vec![], lexical: vec![], ..marked.clone() };
    decisions.insert(3, &empty);
    decisions.insert(5, &marked);
    let rows = policy.distribution(&decisions);
    for (decision, row) in
        decisions.iter().zip(&rows).step_by(13).chain([(&decisions[3], &rows[3]), (&decisions[5], &rows[5])])
    {
        let alone = &policy.distribution(&[decision])[0];
        assert_eq!(alone.len(), row.len());
        assert_eq!(row.len(), decision.actions.len());
        assert!(alone.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!(row.is_empty() || (row.iter().map(|l| l.exp()).sum::<f32>() - 1.0).abs() < 1e-4);
        assert_eq!(greedy(row), greedy(alone));
    }
}
