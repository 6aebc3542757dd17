//! What a step costs, by the number of skills. In: worlds; out: times of start and of step, of bare lexing, of compiling, and
//! allocations and memory.
//!
//! All sizes of all worlds are measured in turn, round after round, so that what disturbs the machine disturbs all alike.

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::text::{self, Token};

use super::alloc;
use super::bank::{Tasks, bank};
use super::clock::{self, Times, median};
use super::work::{Work, work};
use super::worlds::{World, first_actions, with_next};

pub const SIZES: [usize; 4] = [10, 100, 1000, 10_000];

/// One world under a bank of one size.
pub struct Cell {
    pub skills: usize,
    pub tasks: Tasks,
    program: Arc<Program>,
    session: Session,
    starts: Times,
    steps: Times,
    rounds: usize,
    /// What one round takes.
    round: Duration,
    pub compile_s: f64,
    /// What a session holds after one episode.
    pub session_bytes: i64,
    pub allocations_per_step: f64,
    /// Rules that spoke, and what was read anew, at each step.
    pub fired: Vec<usize>,
    pub work: Vec<Work>,
}

/// A world in all sizes.
pub struct Measured<'w> {
    pub world: &'w World,
    pub cells: Vec<Cell>,
    /// By step: the text that is new in it, the observation and the actions that were not offered before.
    pub new: Vec<Vec<&'w str>>,
    lex: Times,
    tokens: Vec<Token>,
}

impl<'w> Measured<'w> {
    pub fn new(world: &'w World, compilations: usize) -> Self {
        let own = SIZES.map(|skills| (skills, Tasks::Own));
        let kinds = own.into_iter().chain([(10_000, Tasks::Same)]);
        let cells = kinds.map(|(skills, tasks)| Cell::new(world, skills, tasks, compilations)).collect();
        let mut new = Vec::new();
        for episode in &world.episodes {
            for (step, next) in with_next(episode) {
                let fresh = next.iter().filter(|action| !step.admissible.contains(action)).map(String::as_str);
                new.push(std::iter::once(step.observation.as_str()).chain(fresh).collect());
            }
        }
        Measured { world, cells, new, lex: Times::default(), tokens: Vec::new() }
    }

    /// Measures every size once; those whose round takes longer than `patience` are not measured again.
    pub fn round(&mut self, look: f64, patience: Duration) {
        // What ran before has taken the caches: as before the steps, one episode gets them back.
        let first = self.world.episodes.first().map_or(0, |episode| episode.steps.len());
        self.new[..first].iter().for_each(|new| lex(new, &mut self.tokens));
        self.lex.begin();
        for new in &self.new {
            let begun = Instant::now();
            lex(new, &mut self.tokens);
            self.lex.add(clock::nanoseconds(begun.elapsed()) - look);
        }
        for cell in &mut self.cells {
            if cell.rounds == 0 || cell.round < patience {
                cell.measure(self.world, look);
            }
        }
    }

    pub fn cell(&self, skills: usize, tasks: Tasks) -> &Cell {
        self.cells.iter().find(|cell| cell.skills == skills && cell.tasks == tasks).expect("every size was measured")
    }

    /// Nanoseconds of bare lexing, by step.
    pub fn lex(&self) -> Vec<f64> {
        self.lex.medians()
    }
}

fn lex(new: &[&str], tokens: &mut Vec<Token>) {
    for text in new {
        text::lex_into(black_box(text), tokens);
        black_box(&*tokens);
    }
}

impl Cell {
    fn new(world: &World, skills: usize, tasks: Tasks, compilations: usize) -> Cell {
        let checked = bank(&world.bank, skills, tasks);
        let mut times = Vec::new();
        let mut program = None;
        for _ in 0..compilations {
            drop(program.take());
            let begun = Instant::now();
            program = Some(Program::of(&checked, 0));
            times.push(begun.elapsed().as_secs_f64());
        }
        let program = program.unwrap_or_else(|| Program::of(&checked, 0));
        drop(checked);
        // What the program itself remembers of the episode is not the session's.
        play(&mut Session::new(Arc::clone(&program)), world, 1, |_, _, _| {});
        let before = alloc::held();
        let mut session = Session::new(Arc::clone(&program));
        play(&mut session, world, 1, |_, _, _| {});
        let session_bytes = alloc::held() - before;
        let mut cell = Cell {
            skills,
            tasks,
            program,
            session,
            starts: Times::default(),
            steps: Times::default(),
            rounds: 0,
            round: Duration::ZERO,
            compile_s: median(times),
            session_bytes,
            allocations_per_step: 0.0,
            fired: Vec::new(),
            work: Vec::new(),
        };
        cell.look_inside(world);
        cell
    }

    /// Two untimed passes: the first warms up, the second counts.
    fn look_inside(&mut self, world: &World) {
        let (fired, works) = (&mut self.fired, &mut self.work);
        play(&mut self.session, world, usize::MAX, |session, cost, part| {
            if part == Part::Step {
                fired.push(cost.fired);
                works.push(work(session));
            }
        });
        let mut allocations = 0;
        play(&mut self.session, world, usize::MAX, |_, cost, part| {
            if part == Part::Step {
                allocations += cost.allocations;
            }
        });
        self.allocations_per_step = allocations as f64 / world.steps() as f64;
    }

    fn measure(&mut self, world: &World, look: f64) {
        let begun = Instant::now();
        play(&mut self.session, world, 1, |_, _, _| {});
        let (starts, steps) = (&mut self.starts, &mut self.steps);
        starts.begin();
        steps.begin();
        play(&mut self.session, world, usize::MAX, |_, cost, part| {
            let time = clock::nanoseconds(cost.time) - look;
            match part {
                Part::Start => starts.add(time),
                Part::Step => steps.add(time),
            }
        });
        self.rounds += 1;
        self.round = begun.elapsed();
    }

    /// Nanoseconds by step, and by start of an episode.
    pub fn times(&self) -> (Vec<f64>, Vec<f64>) {
        (self.steps.medians(), self.starts.medians())
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }
}

/// Which call it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Start,
    Step,
}

/// What a call took, and how many rules spoke.
struct Cost {
    time: Duration,
    allocations: u64,
    fired: usize,
}

/// Plays a world's episodes, at most so many, and tells what every call took.
fn play(session: &mut Session, world: &World, at_most: usize, mut each: impl FnMut(&Session, &Cost, Part)) {
    for episode in world.episodes.iter().take(at_most) {
        let (before, begun) = (alloc::requests(), Instant::now());
        let said = black_box(session.start(&episode.task, &episode.first, first_actions(episode)));
        let time = begun.elapsed();
        let cost = Cost { time, allocations: alloc::requests() - before, fired: said.fired.len() };
        each(session, &cost, Part::Start);
        for (step, next) in with_next(episode) {
            let (before, begun) = (alloc::requests(), Instant::now());
            let said = session.observe(black_box(&step.action), black_box(&step.observation), black_box(next));
            let said = black_box(said);
            let time = begun.elapsed();
            let cost = Cost { time, allocations: alloc::requests() - before, fired: said.fired.len() };
            each(session, &cost, Part::Step);
        }
        black_box(session.finish());
    }
}

/// Plays all worlds that count, so many times, and nothing else: for programs that count instructions. Says how many steps.
pub fn passes(worlds: &[World], only: Option<&str>, skills: usize, passes: usize) -> io::Result<()> {
    let mut steps = 0;
    for world in worlds.iter().filter(|world| only.map_or(world.counts, |only| world.name == only)) {
        let mut session = Session::new(Program::of(&bank(&world.bank, skills, Tasks::Own), 0));
        for _ in 0..passes {
            play(&mut session, world, usize::MAX, |_, _, _| {});
            steps += world.steps();
        }
    }
    println!("{steps} steps");
    Ok(())
}
