//! What seed skills make of a world's demonstrator. In: a world, its skills, how many tasks; out: who spoke, and what they
//! held against the demonstrator.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use reskill::engine::directives::MarkKind;
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::engine::verdict::Verdict;
use reskill::lang::check::check;
use reskill::lang::load::load;
use reskill::world::World;

#[derive(Debug, Default)]
pub struct Heard {
    pub steps: usize,
    /// Actions of the demonstrator that some skill forbids.
    pub forbidden: usize,
    /// Skills that spoke.
    pub spoke: BTreeSet<String>,
    /// Skills and their assertions that broke.
    pub violated: BTreeSet<(String, String)>,
}

/// Plays the demonstrator on the first tasks of `train`, under the skills in `skills/NAME`.
pub fn heard(world: &dyn World, name: &str, tasks: usize) -> Heard {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills").join(name);
    let analysis = check(&load(&[path]).unwrap().files);
    let program = Program::of(&analysis.checked, 0);
    let mut session = Session::new(Arc::clone(&program));
    let mut env = world.open().unwrap();
    let mut heard = Heard::default();
    for index in 0..tasks {
        let reset = env.reset("train", index, 0).unwrap();
        let mut admissible = reset.admissible;
        session.start(&reset.task, &reset.first, &admissible);
        while let Some(action) = env.expert().unwrap() {
            let directives = session.directives();
            let is_it = |at: u32| admissible.get(at as usize) == Some(&action);
            heard.forbidden +=
                directives.marks.iter().filter(|m| m.kind == MarkKind::Forbid && is_it(m.action)).count();
            let fired = directives.fired.iter().map(|firing| usize::from(firing.rule.skill));
            heard.spoke.extend(fired.map(|skill| program.skills()[skill].name.clone()));
            let stepped = env.step(&action).unwrap();
            heard.steps += 1;
            admissible = stepped.admissible;
            session.observe(&action, &stepped.observation, &admissible);
        }
        for (skill, verdicts) in program.skills().iter().zip(&session.finish().verdicts) {
            let broken = skill.assertions.iter().zip(verdicts).filter(|(_, v)| matches!(v, Verdict::Violated { .. }));
            heard.violated.extend(broken.map(|(assertion, _)| (skill.name.clone(), assertion.name.clone())));
        }
    }
    println!("{heard:?}");
    heard
}
