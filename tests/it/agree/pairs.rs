//! Many pairs of a program and an episode, on all cores. A pair has a number, which alone says what it is: the first one in
//! which the evaluators differ is the same however many threads there are.

use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::compare::{Sessions, agrees};
use super::generate::{Sound, episode, program};
use super::shrink;

/// So many episodes are played under one program.
const EPISODES: u64 = 10;
/// So many pairs are looked at where nobody says how many.
const SHARE: u64 = 8_000;

/// The pairs to look at: `AGREE=N` are the first N, `AGREE=M..N` those from M on.
pub fn told() -> Range<u64> {
    match std::env::var("AGREE") {
        Err(_) => 0..SHARE,
        Ok(told) => {
            let (from, to) = told.split_once("..").unwrap_or(("0", &told));
            let number =
                |text: &str| text.parse().unwrap_or_else(|_| panic!("AGREE={told}: a number, or two as in 10..20"));
            number(from)..number(to)
        }
    }
}

/// The lowest pair that differs, and how.
pub fn first_difference(pairs: Range<u64>) -> Option<(u64, String)> {
    let programs = pairs.start / EPISODES..pairs.end.div_ceil(EPISODES);
    let (next, done) = (AtomicU64::new(programs.start), AtomicU64::new(0));
    let first: Mutex<Option<(u64, String)>> = Mutex::new(None);
    let lowest = AtomicU64::new(u64::MAX);
    let begun = Instant::now();
    let progress = Progress::new(pairs.end - pairs.start);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= programs.end || number * EPISODES > lowest.load(Ordering::Relaxed) {
                        break;
                    }
                    let here = (number * EPISODES).max(pairs.start)..((number + 1) * EPISODES).min(pairs.end);
                    let count = here.end - here.start;
                    if let Some((pair, what)) = difference(number, here) {
                        let mut first = first.lock().expect("no thread has panicked");
                        if first.as_ref().is_none_or(|(known, _)| pair < *known) {
                            lowest.store(pair, Ordering::Relaxed);
                            *first = Some((pair, what));
                        }
                    }
                    progress.tell(done.fetch_add(count, Ordering::Relaxed) + count, begun);
                }
            });
        }
    });
    let pairs = done.into_inner();
    eprintln!("{pairs} pairs of a program and an episode in {:.1} s", begun.elapsed().as_secs_f64());
    first.into_inner().expect("no thread has panicked").map(|(pair, what)| (pair, shrink::told(pair, what, EPISODES)))
}

fn difference(number: u64, pairs: Range<u64>) -> Option<(u64, String)> {
    let Sound { checked, .. } = program(number);
    let mut sessions = Sessions::new(&checked, 0);
    pairs.into_iter().find_map(|pair| {
        let trajectory = episode(&checked, number, pair % EPISODES);
        let play = || agrees(&mut sessions, &checked, 0, &trajectory, pair % 2 == 1);
        let agreement = catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|_| Err("a panic".to_owned()));
        agreement.err().map(|what| (pair, what))
    })
}

/// On a terminal a line that changes, otherwise a line for every tenth.
struct Progress {
    all: u64,
    terminal: bool,
}

impl Progress {
    fn new(all: u64) -> Self {
        Progress { all, terminal: std::io::stderr().is_terminal() }
    }

    fn tell(&self, done: u64, begun: Instant) {
        let step = (self.all / if self.terminal { 1000 } else { 10 }).max(EPISODES);
        if done / step > (done - EPISODES.min(done)) / step {
            let seconds = begun.elapsed().as_secs();
            let end = if self.terminal { "\r" } else { "\n" };
            eprint!("{done} of {} pairs, {seconds} s{end}", self.all);
            let _ = std::io::stderr().flush();
        }
    }
}
