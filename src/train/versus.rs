//! Two policies on the same tasks. In: what either did with each task; out: rates and their paired difference, over all tasks and by
//! kind.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::evaluate::Tried;
use crate::stats::mean_interval;

/// Both on some tasks. Rates are in 0..1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versus {
    /// Kind of task; empty for all together.
    pub kind: String,
    /// Tasks that both have played.
    pub tasks: usize,
    pub first: f64,
    pub second: f64,
    /// Tasks that only the first, and only the second solved.
    pub only_first: usize,
    pub only_second: usize,
    /// Mean over tasks of second minus first, and its 95% interval by Student's t; no interval for a single task.
    pub difference: f64,
    pub interval: Option<(f64, f64)>,
}

/// Compares two on the tasks that both have played: all together, then by kind.
pub fn versus(first: &[Tried], second: &[Tried]) -> Vec<Versus> {
    let other: HashMap<&str, &Tried> = second.iter().map(|tried| (tried.task_id.as_str(), tried)).collect();
    let pairs = first.iter().filter_map(|one| Some((one, *other.get(one.task_id.as_str())?)));
    let mut kinds: BTreeMap<&str, Vec<(bool, bool)>> = BTreeMap::new();
    for (one, other) in pairs {
        let kind = Some(one.kind.as_str()).filter(|kind| !kind.is_empty());
        for kind in [""].into_iter().chain(kind) {
            kinds.entry(kind).or_default().push((one.won, other.won));
        }
    }
    kinds.into_iter().map(|(kind, pairs)| row(kind, &pairs)).collect()
}

fn row(kind: &str, pairs: &[(bool, bool)]) -> Versus {
    let count = |of: &dyn Fn(&(bool, bool)) -> bool| pairs.iter().filter(|pair| of(pair)).count();
    let rate = |hits: usize| hits as f64 / pairs.len().max(1) as f64;
    let differences: Vec<f64> =
        pairs.iter().map(|(one, other)| f64::from(u8::from(*other)) - f64::from(u8::from(*one))).collect();
    let (difference, interval) = mean_interval(&differences);
    Versus {
        kind: kind.to_owned(),
        tasks: pairs.len(),
        first: rate(count(&|(one, _)| *one)),
        second: rate(count(&|(_, other)| *other)),
        only_first: count(&|(one, other)| *one && !other),
        only_second: count(&|(one, other)| *other && !one),
        difference,
        interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(id: usize, kind: &str, won: bool) -> Tried {
        Tried { task_id: format!("seen/{id}"), kind: kind.to_owned(), won, score: f64::from(u8::from(won)) }
    }

    #[test]
    fn pairs_are_made_by_task_and_what_one_has_not_played_is_left_out() {
        let first = [tried(0, "a", true), tried(1, "a", false), tried(2, "b", false), tried(3, "b", true)];
        let second = [tried(2, "b", true), tried(1, "a", true), tried(0, "a", true)];
        let rows = versus(&first, &second);
        let kinds: Vec<(&str, usize)> = rows.iter().map(|row| (row.kind.as_str(), row.tasks)).collect();
        assert_eq!(kinds, [("", 3), ("a", 2), ("b", 1)]);
        let all = &rows[0];
        assert_eq!((all.only_first, all.only_second), (0, 2));
        assert!((all.difference - 2.0 / 3.0).abs() < 1e-12 && all.interval.is_some() && rows[2].interval.is_none());
        let none = [tried(0, "", true), tried(1, "", false)];
        assert_eq!(versus(&none, &none).iter().map(|row| row.tasks).collect::<Vec<_>>(), [2]);
        assert!(versus(&first, &[]).is_empty());
    }
}
