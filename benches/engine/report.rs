//! The results. In: what was measured; out: a table for people and an object for programs.

use std::fmt;

use serde_json::{Map, Value, json};

use super::assertions::Compared;
use super::bank::Tasks;
use super::clock::mean;
use super::steps::{Cell, Measured, SIZES};
use super::worlds::with_next;

/// What the project wants.
const STEP_PER_LEX: f64 = 3.0;
const STEP_NS: f64 = 6000.0;
const GROWTH: f64 = 3.0;
const PYTHON: f64 = 30.0;
const REGEX: f64 = 10.0;
const COMPILE_S: f64 = 1.0;
const TWO_CORES: f64 = 1.8;

/// Steps with observations of so many bytes are the ones reported, if the mean of all is not near 300.
const BAND: std::ops::RangeInclusive<usize> = 150..=600;
const NEAR: std::ops::RangeInclusive<f64> = 200.0..=400.0;

/// Regular expressions over the steps of one world.
pub struct Regexes {
    pub world: &'static str,
    pub expressions: usize,
    pub matches: usize,
    pub ns: f64,
    pub set_ns: Option<f64>,
}

/// What others need.
pub struct Peers {
    pub regexes: Vec<Regexes>,
    pub cel_ns: f64,
    pub assertions: Compared,
    pub two_core_scaling: f64,
}

/// Everything that is said.
pub struct Report {
    lines: Vec<String>,
    json: Value,
}

/// Figures over some steps.
struct Figures {
    lex: f64,
    /// By size, then the copies of the same tasks.
    steps: Vec<f64>,
    starts: Vec<f64>,
    bytes: f64,
    actions: f64,
    new_actions: f64,
    count: usize,
}

impl Report {
    pub fn new(measured: &[Measured], peers: Peers) -> Report {
        let counted: Vec<&Measured> = measured.iter().filter(|one| one.world.counts).collect();
        let everything = Figures::of(&counted, |_| true);
        let in_band = !NEAR.contains(&everything.bytes);
        let all = if in_band { Figures::of(&counted, |bytes| BAND.contains(&bytes)) } else { everything };
        let mut lines = Vec::new();
        let which = match in_band {
            true => format!("those with {} to {} bytes of observation", BAND.start(), BAND.end()),
            false => "all recorded".to_owned(),
        };
        lines.push(format!(
            "{} steps ({which}) of {} worlds: {:.0} bytes of observation, {:.1} admissible actions, {:.1} of them new",
            all.count,
            counted.len(),
            all.bytes,
            all.actions,
            all.new_actions
        ));
        lines.push(String::new());
        lines.push(format!(
            "{:<24} {:>8} {:>10} {:>10} {:>10} {:>10} {:>12} {:>10} {:>8}",
            "ns per step", "lex", 10, 100, 1000, 10_000, "10,000 same", "start, 10", "10/lex"
        ));
        let mut by_world = Map::new();
        let each: Vec<(&str, Figures)> =
            measured.iter().map(|one| (one.world.name, Figures::of(&[one], |_| true))).collect();
        let rows = each.iter().map(|(name, figures)| (*name, figures));
        for (name, figures) in std::iter::once(("all worlds", &all)).chain(rows) {
            let [ten, hundred, thousand, most, same] = figures.steps[..] else { continue };
            lines.push(format!(
                "{name:<24} {:>8.0} {ten:>10.0} {hundred:>10.0} {thousand:>10.0} {most:>10.0} {same:>12.0} {:>10.0} {:>8.2}",
                figures.lex,
                figures.starts[0],
                ten / figures.lex
            ));
            by_world.insert(name.to_owned(), figures.json());
        }
        lines.push(String::new());
        let mut inside = Map::new();
        lines.push(format!(
            "{:<24} {:>7} {:>6} {:>16} {:>19} {:>12} {:>11} {:>10}",
            "of each bank",
            "skills",
            "fired",
            "rules mean/max",
            "assertions mean/max",
            "allocs/step",
            "bytes",
            "compile s"
        ));
        for one in measured {
            for cell in &one.cells {
                lines.push(inside_line(one.world.name, cell));
                inside.insert(format!("{} {}{}", one.world.name, cell.skills, same(cell)), inside_json(cell));
            }
        }
        lines.push(String::new());
        let json = finish(&counted, &all, &peers, &mut lines, by_world, inside);
        Report { lines, json }
    }

    pub fn json(&self) -> &Value {
        &self.json
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Figures {
    /// Means over the steps of some worlds whose observation's length is as wanted.
    fn of(measured: &[&Measured], wanted: impl Fn(usize) -> bool) -> Figures {
        let (mut lex, mut bytes, mut actions, mut new_actions) = (vec![], vec![], vec![], vec![]);
        let cells = measured[0].cells.len();
        let (mut steps, mut starts) = (vec![vec![]; cells], vec![vec![]; cells]);
        for one in measured {
            let times: Vec<(Vec<f64>, Vec<f64>)> = one.cells.iter().map(Cell::times).collect();
            let lexed = one.lex();
            let next = one.world.episodes.iter().flat_map(with_next);
            for (at, (_, next)) in next.enumerate() {
                let length = one.new[at][0].len();
                if wanted(length) {
                    lex.push(lexed[at]);
                    bytes.push(length as f64);
                    actions.push(next.len() as f64);
                    new_actions.push((one.new[at].len() - 1) as f64);
                    times.iter().zip(&mut steps).for_each(|((times, _), steps)| steps.push(times[at]));
                }
            }
            times.iter().zip(&mut starts).for_each(|((_, times), starts)| starts.extend(times));
        }
        let count = lex.len();
        let means = |all: Vec<Vec<f64>>| all.into_iter().map(mean).collect();
        let (lex, bytes, actions, new_actions) = (mean(lex), mean(bytes), mean(actions), mean(new_actions));
        Figures { lex, steps: means(steps), starts: means(starts), bytes, actions, new_actions, count }
    }

    fn by_size(&self, of: &[f64]) -> Value {
        SIZES.iter().zip(of).map(|(size, time)| (size.to_string(), json!(time))).collect::<Map<_, _>>().into()
    }

    fn json(&self) -> Value {
        json!({
            "lex_ns": self.lex, "step_ns": self.by_size(&self.steps), "start_ns": self.by_size(&self.starts),
            "step_ns_10000_same_tasks": self.steps[SIZES.len()], "steps": self.count, "observation_bytes": self.bytes,
            "admissible": self.actions, "new_actions": self.new_actions,
        })
    }
}

fn same(cell: &Cell) -> &'static str {
    if cell.tasks == Tasks::Same { " same tasks" } else { "" }
}

/// Mean and maximum.
fn mean_max(counts: impl Iterator<Item = u32> + Clone) -> (f64, u32) {
    (mean(counts.clone().map(f64::from)), counts.max().unwrap_or(0))
}

fn inside_line(world: &str, cell: &Cell) -> String {
    let (rules, most_rules) = mean_max(cell.work.iter().map(|work| work.rules));
    let (assertions, most_assertions) = mean_max(cell.work.iter().map(|work| work.assertions));
    format!(
        "{:<24} {:>7} {:>6.2} {:>16} {:>19} {:>12.2} {:>11} {:>10.4}{}",
        world,
        cell.skills,
        mean(cell.fired.iter().map(|fired| *fired as f64)),
        format!("{rules:.1} / {most_rules}"),
        format!("{assertions:.1} / {most_assertions}"),
        cell.allocations_per_step,
        cell.session_bytes,
        cell.compile_s,
        same(cell)
    )
}

fn inside_json(cell: &Cell) -> Value {
    let (rules, most_rules) = mean_max(cell.work.iter().map(|work| work.rules));
    let (assertions, most_assertions) = mean_max(cell.work.iter().map(|work| work.assertions));
    json!({
        "fired": mean(cell.fired.iter().map(|fired| *fired as f64)), "rules_mean": rules, "rules_max": most_rules,
        "assertions_mean": assertions, "assertions_max": most_assertions, "allocs_per_step": cell.allocations_per_step,
        "session_bytes": cell.session_bytes, "compile_s": cell.compile_s,
    })
}

/// The lines with goals, and the whole object.
fn finish(
    counted: &[&Measured],
    all: &Figures,
    peers: &Peers,
    lines: &mut Vec<String>,
    by_world: Map<String, Value>,
    inside: Map<String, Value>,
) -> Value {
    let cells = |skills| counted.iter().map(move |one| one.cell(skills, Tasks::Own));
    let compile = cells(10_000).map(|cell| cell.compile_s).fold(0.0, f64::max);
    let steps: f64 = counted.iter().map(|one| one.world.steps() as f64).sum();
    let pooled = |of: &dyn Fn(&Measured) -> f64| {
        counted.iter().map(|one| of(one) * one.world.steps() as f64).sum::<f64>() / steps
    };
    let allocs = pooled(&|one| one.cell(10, Tasks::Own).allocations_per_step);
    let thousand = pooled(&|one| mean(one.cell(1000, Tasks::Own).times().0));
    let weight =
        |world: &str| counted.iter().find(|one| one.world.name == world).map_or(0.0, |one| one.world.steps() as f64);
    let regex = peers.regexes.iter().map(|of| of.ns * weight(of.world)).sum::<f64>() / steps;
    let sets: Option<f64> = peers.regexes.iter().map(|of| Some(of.set_ns? * weight(of.world))).sum();
    let set = sets.map(|sum| sum / steps);
    let rules = pooled(&|one| mean(one.cell(10, Tasks::Own).work.iter().map(|work| f64::from(work.rules))));
    let per_rule =
        (rules > 0.0).then(|| pooled(&|one| mean(one.cell(10, Tasks::Own).times().0) - mean(one.lex())) / rules);
    let (ten, most) = (all.steps[0], all.steps[SIZES.len() - 1]);
    let Peers { assertions, cel_ns, two_core_scaling, .. } = peers;

    let mut line = |what: &str, value: String, goal: &str, met: Option<bool>| {
        let verdict = met.map_or("", |met| if met { "met" } else { "NOT MET" });
        lines.push(format!("{what:<52} {value:>12}  {goal:<14} {verdict}"));
    };
    line("step / bare lexing, 10 skills", format!("{:.2}", ten / all.lex), "<= 3", Some(ten <= STEP_PER_LEX * all.lex));
    line("step, 10 skills, µs", format!("{:.2}", ten / 1e3), "<= 6", Some(ten <= STEP_NS));
    line("step, 10,000 skills / 10 skills", format!("{:.2}", most / ten), "<= 3", Some(most <= GROWTH * ten));
    line("  copies with the same tasks / 10 skills", format!("{:.2}", all.steps[SIZES.len()] / ten), "", None);
    line("compile 10,000 skills, s", format!("{compile:.3}"), "< 1", Some(compile < COMPILE_S));
    line("allocations per step, second pass", format!("{allocs:.2}"), "0", Some(allocs == 0.0));
    line(
        "one regex per pattern / step, 1,000 skills",
        format!("{:.1}", regex / thousand),
        ">= 10",
        Some(regex >= REGEX * thousand),
    );
    line(
        "  RegexSet of the same / step",
        set.map_or("too large".to_owned(), |set| format!("{:.1}", set / thousand)),
        "",
        None,
    );
    line("assertion and step, ns (150 assertions)", format!("{:.2}", assertions.ours), "", None);
    let python = assertions.python / assertions.ours;
    line("  Python re, compiled before / ours", format!("{python:.1}"), ">= 30", Some(python >= PYTHON));
    line(
        "  Python re.search(pattern, text) / ours",
        format!("{:.1}", assertions.python_by_name / assertions.ours),
        "",
        None,
    );
    let invariant = assertions.invariant.map(|ns| ns / assertions.ours);
    line("  Invariant / ours", invariant.map_or("not installed".to_owned(), |ratio| format!("{ratio:.0}")), "", None);
    line("CEL, ns per expression", format!("{cel_ns:.0}"), "", None);
    line(
        "  (step - lexing) per rule read anew, ns",
        per_rule.map_or("not counted".to_owned(), |ns| format!("{ns:.0}")),
        "",
        None,
    );
    line(
        "two threads / one, steps per second",
        format!("{two_core_scaling:.2}"),
        ">= 1.8",
        Some(*two_core_scaling >= TWO_CORES),
    );

    let regexes: Vec<Value> = (peers.regexes.iter())
        .map(|of| json!({ "world": of.world, "expressions": of.expressions, "matches": of.matches, "ns": of.ns, "set_ns": of.set_ns }))
        .collect();
    json!({
        "step_ns": all.by_size(&all.steps), "lex_ns": all.lex, "assertion_step_ns": assertions.ours, "ratio_python_re": python,
        "ratio_regex": regex / thousand, "ratio_invariant": invariant, "compile_10000_s": compile, "allocs_per_step": allocs,
        "two_core_scaling": two_core_scaling,
        "start_ns": all.by_size(&all.starts), "step_ns_10000_same_tasks": all.steps[SIZES.len()],
        "ratio_regex_set": set.map(|set| set / thousand), "regexes": regexes,
        "python_ns": assertions.python, "python_by_name_ns": assertions.python_by_name,
        "python_verdicts_compared": assertions.compared, "assertion_steps": assertions.steps, "invariant_ns": assertions.invariant,
        "cel_ns": cel_ns, "ns_per_rule_read_anew": per_rule,
        "observation_bytes": all.bytes, "admissible": all.actions, "steps": all.count, "worlds": by_world, "banks": inside,
    })
}
