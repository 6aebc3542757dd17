//! Times. In: what is to be timed; out: nanoseconds, as medians over rounds, so that what else the machine does in between
//! moves them little.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// What looking at the clock costs: the shortest time between two looks.
pub fn look() -> f64 {
    let between = || {
        let begun = Instant::now();
        begun.elapsed()
    };
    (0..2000).map(|_| black_box(between())).min().map_or(0.0, nanoseconds)
}

pub fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    match times.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => times[odd / 2],
        even => (times[even / 2 - 1] + times[even / 2]) / 2.0,
    }
}

pub fn mean(times: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0usize);
    for time in times {
        sum += time;
        count += 1;
    }
    sum / count as f64
}

/// The times of many places (steps, say), each measured once in every round.
#[derive(Default)]
pub struct Times {
    places: Vec<Vec<f64>>,
    at: usize,
}

impl Times {
    /// Begins a round: the next time is the first place's.
    pub fn begin(&mut self) {
        self.at = 0;
    }

    pub fn add(&mut self, time: f64) {
        if self.at == self.places.len() {
            self.places.push(Vec::new());
        }
        self.places[self.at].push(time);
        self.at += 1;
    }

    /// The median of every place.
    pub fn medians(&self) -> Vec<f64> {
        self.places.iter().cloned().map(median).collect()
    }
}
