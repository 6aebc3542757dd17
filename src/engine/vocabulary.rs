//! A domain, compiled. In: a checked domain; out: its symbols, the automaton over all its patterns, and what its events do
//! to its fluents: everything that texts become. Immutable, shared by programs and their sessions.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex_automata::meta;
use regex_automata::util::syntax;
use regex_automata::{Input as Haystack, MatchKind, PatternSet};

use super::automaton::{Automaton, Hit};
use super::condition::{Args, Cond, CondId, Conditions, Context, Scope, slots};
use super::intern::{Constants, Val};
use super::matcher::{Matching, Read, Tools};
use super::pattern::{Compiled, NOTHING_CAPTURED, captured, literals};
use super::reading::Symbols;
use super::value::Value;
use crate::lang::checked::{Arg, Domain, EventForm, Trigger};
use crate::lang::pattern::Pattern;
use crate::text;

/// What a pattern is there for. In this order the patterns of a vocabulary are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Fails,
    Observation,
    Then,
    Action,
    Sentence,
}

/// A pattern of the vocabulary.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) role: Role,
    /// The event, or for a sentence the task.
    pub(super) of: u32,
    pub(super) compiled: Compiled,
    /// An observation: all matches, not only the first.
    pub(super) each: bool,
    /// An action: the pattern that must match the answer.
    pub(super) then: Option<u32>,
    /// A sentence: how many literal tokens it demands.
    pub(super) weight: usize,
}

/// What an event, or the task, does to a fluent.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) fluent: u32,
    pub(super) adds: bool,
    pub(super) args: Args,
    pub(super) with: CondId,
}

/// A relation's shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) arity: usize,
    /// So many leading columns identify a row.
    pub(super) keys: usize,
    pub(super) max: usize,
}

/// The rows of a constant table, one after another.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) arity: usize,
    pub(super) cells: Vec<Val>,
}

/// A domain with all that reading its texts needs.
#[derive(Debug)]
pub struct Vocabulary {
    pub(super) domain: Domain,
    pub(super) symbols: Symbols,
    automaton: Automaton,
    pub(super) patterns: Vec<Placed>,
    /// By role: patterns without an anchor, which are tried on every text.
    always: [Vec<u32>; 5],
    /// By role: the expressions.
    expressions: [Vec<Expressions>; 5],
    /// By event, then by task: positions in `effects`.
    triggered: Vec<Vec<u32>>,
    /// By fluent, and for each what removes rows before what adds them: the order in which they take effect.
    pub(super) effects: Vec<Effect>,
    /// The conditions of the effects.
    pub(super) conds: Vec<Cond>,
    pub(super) constants: Constants,
    pub(super) tables: Vec<Rows>,
    pub(super) fluents: Vec<Shape>,
    /// By task: the tasks that may follow from it.
    followers: Vec<Vec<u32>>,
}

/// Several expressions as one: which of them match is found in one pass.
#[derive(Debug)]
struct Expressions {
    set: meta::Regex,
    patterns: Vec<u32>,
}

/// A pattern that may match a text, and where its anchor stands, if it has one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Woken {
    pub(super) pattern: u32,
    pub(super) hit: Option<Hit>,
    /// It is known to match, and captures nothing.
    pub(super) is_certain: bool,
}

/// Room for reading that is kept from text to text.
#[derive(Debug, Default)]
pub(super) struct Scan {
    hits: Vec<Hit>,
    matched: Option<PatternSet>,
    pub(super) woken: Vec<Woken>,
}

impl Vocabulary {
    pub fn new(domain: Domain) -> Arc<Self> {
        let all = || {
            let forms = domain.events.iter().flat_map(|event| &event.forms);
            let patterns = forms.flat_map(|form| match form {
                EventForm::Action { pattern, then } => [Some(pattern), then.as_ref()],
                EventForm::Observation { pattern, .. } => [Some(pattern), None],
            });
            let sentences = domain.tasks.iter().flat_map(|task| &task.sentences);
            patterns.flatten().chain(sentences).chain(&domain.fails)
        };
        let symbols = Symbols::new(all().flat_map(literals));
        let mut frequency = vec![0; symbols.len()];
        all().flat_map(literals).for_each(|token| frequency[symbols.of_folded(token).0 as usize] += 1);
        let mut patterns = placed(&domain, &symbols);
        let mut always: [Vec<u32>; 5] = Default::default();
        let mut expressions: [Vec<(u32, &str)>; 5] = Default::default();
        for (number, placed) in patterns.iter_mut().enumerate() {
            match &mut placed.compiled {
                Compiled::Tokens(pattern) => {
                    pattern.choose_anchor(&frequency);
                    if pattern.anchor.is_none() {
                        always[placed.role as usize].push(number as u32);
                    }
                }
                Compiled::Regex { regex, .. } => {
                    expressions[placed.role as usize].push((number as u32, regex.source()))
                }
            }
        }
        for (always, of_role) in always.iter_mut().zip(&mut expressions) {
            if of_role.len() <= FEW {
                always.extend(of_role.drain(..).map(|(number, _)| number));
            }
        }
        let expressions = expressions.map(|of_role| {
            let mut sets = Vec::new();
            expressions_of(&of_role, &mut sets);
            sets
        });
        let anchors = patterns.iter().enumerate().filter_map(|(number, placed)| {
            let anchor = placed.compiled.tokens()?.anchor.as_ref()?;
            Some((number as u32, &*anchor.syms))
        });
        let automaton = Automaton::new(symbols.len(), anchors);
        let mut constants = Constants::default();
        let (effects, triggered, conds) = effects(&domain, &mut constants);
        let tables = domain.tables.iter().map(|table| {
            let rows = table.rows.iter().filter_map(|row| row.iter().map(Value::constant).collect::<Option<Vec<_>>>());
            let cells = rows.flatten().map(|value| constants.value(&value)).collect();
            Rows { arity: table.params.len(), cells }
        });
        let tables = tables.collect();
        let fluents =
            domain.fluents.iter().map(|f| Shape { arity: f.params.len(), keys: f.keys(), max: f.max }).collect();
        let mut followers = vec![Vec::new(); domain.tasks.len()];
        for (index, task) in domain.tasks.iter().enumerate() {
            task.derived.iter().for_each(|derived| followers[derived.task].push(index as u32));
        }
        Arc::new(Vocabulary {
            symbols,
            automaton,
            patterns,
            always,
            expressions,
            triggered,
            effects,
            conds,
            constants,
            tables,
            fluents,
            followers,
            domain,
        })
    }

    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether `action` could be an event of the domain.
    pub fn is_event(&self, action: &str) -> bool {
        let mut values = super::intern::Values::over(Arc::new(self.constants.clone()));
        let (mut tools, mut scan, mut toks) = (Tools::default(), Scan::default(), Vec::new());
        self.symbols.read(action, &mut toks, &mut tools.scratch);
        let text = Read { raw: action, toks: &toks };
        self.wake(text, &[Role::Action], &mut scan);
        let mut matching = Matching { symbols: &self.symbols, values: &mut values, tools: &mut tools };
        scan.woken.iter().any(|woken| {
            let pattern = &self.patterns[woken.pattern as usize].compiled;
            matching.whole(pattern, &NOTHING_CAPTURED, text).is_some()
        })
    }

    /// The patterns of these roles that may match `text`, ascending, in `scan.woken`.
    pub(super) fn wake(&self, text: Read, roles: &[Role], scan: &mut Scan) {
        let Scan { hits, matched, woken } = scan;
        self.automaton.scan(text.toks, hits);
        woken.clear();
        let wanted = hits.iter().filter(|hit| roles.contains(&self.patterns[hit.pattern as usize].role));
        woken.extend(wanted.map(|hit| Woken { pattern: hit.pattern, hit: Some(*hit), is_certain: false }));
        for role in roles {
            let always = self.always[*role as usize].iter();
            woken.extend(always.map(|pattern| Woken { pattern: *pattern, hit: None, is_certain: false }));
            for Expressions { set, patterns } in &self.expressions[*role as usize] {
                let matched = match matched {
                    Some(known) if known.capacity() >= patterns.len() => {
                        known.clear();
                        known
                    }
                    _ => matched.insert(PatternSet::new(patterns.len())),
                };
                set.which_overlapping_matches(&Haystack::new(text::cut(text.raw)), matched);
                woken.extend(matched.iter().map(|at| {
                    let pattern = patterns[at.as_usize()];
                    let is_certain = self.patterns[pattern as usize].compiled.captures_nothing();
                    Woken { pattern, hit: None, is_certain }
                }));
            }
        }
        woken.sort_unstable_by_key(|woken| woken.pattern);
    }

    /// How many states the automaton has.
    pub(super) fn states(&self) -> usize {
        self.automaton.states()
    }

    /// What an event does; positions in `effects`.
    pub(super) fn effects_of_event(&self, event: u32) -> &[u32] {
        &self.triggered[event as usize]
    }

    pub(super) fn effects_of_task(&self, task: u32) -> &[u32] {
        &self.triggered[self.domain.events.len() + task as usize]
    }

    /// Adds the derived tasks to `tasks`, which holds at most the basic one: each with the places of its arguments among
    /// those of the task that it follows from.
    pub(super) fn follow(&self, tasks: &mut Vec<(u32, Vec<Val>)>) {
        let mut pending: BTreeSet<u32> = BTreeSet::new();
        if let Some((basic, _)) = tasks.first() {
            pending.extend(&self.followers[*basic as usize]);
        }
        while let Some(index) = pending.pop_first() {
            if tasks.iter().any(|(task, _)| *task == index) {
                continue;
            }
            let derived = self.domain.tasks[index as usize].derived.iter().find_map(|derived| {
                let (_, args) = tasks.iter().find(|(task, _)| *task as usize == derived.task)?;
                Some(derived.from.iter().map(|from| args[*from]).collect())
            });
            if let Some(args) = derived {
                tasks.push((index, args));
                // A task that comes earlier in the domain has had its turn.
                pending.extend(self.followers[index as usize].iter().filter(|follower| **follower > index));
            }
        }
    }
}

/// All patterns in the order of their numbers.
fn placed(domain: &Domain, symbols: &Symbols) -> Vec<Placed> {
    let simple = |role: Role, of: usize, compiled: Compiled| Placed {
        role,
        of: of as u32,
        compiled,
        each: false,
        then: None,
        weight: 0,
    };
    let fails = domain.fails.iter().map(|pattern| simple(Role::Fails, 0, Compiled::new(pattern, 0, symbols)));
    let mut patterns: Vec<Placed> = fails.collect();
    let forms =
        || domain.events.iter().enumerate().flat_map(|(e, event)| event.forms.iter().map(move |form| (e, form)));
    for (event, form) in forms() {
        if let EventForm::Observation { pattern, each } = form {
            let compiled = Compiled::new(pattern, 0, symbols);
            patterns.push(Placed { each: *each, ..simple(Role::Observation, event, compiled) });
        }
    }
    let mut thens = Vec::new();
    let mut actions = Vec::new();
    let first_then = patterns.len();
    for (event, form) in forms() {
        if let EventForm::Action { pattern, then } = form {
            let place = then.as_ref().map(|_| (first_then + thens.len()) as u32);
            thens.extend(
                then.iter()
                    .map(|then: &Pattern| simple(Role::Then, event, Compiled::new(then, captured(pattern), symbols))),
            );
            let compiled = Compiled::new(pattern, 0, symbols);
            actions.push(Placed { then: place, ..simple(Role::Action, event, compiled) });
        }
    }
    patterns.extend(thens);
    patterns.extend(actions);
    for (task, declared) in domain.tasks.iter().enumerate() {
        let sentences = declared.sentences.iter().map(|pattern| Placed {
            weight: pattern.literal_tokens(),
            ..simple(Role::Sentence, task, Compiled::sentence(pattern, symbols))
        });
        patterns.extend(sentences);
    }
    patterns
}

/// Fewer expressions are quicker tried one by one.
const FEW: usize = 4;

/// One set for all, or several where one would be too large.
fn expressions_of(all: &[(u32, &str)], out: &mut Vec<Expressions>) {
    if all.is_empty() {
        return;
    }
    let sources: Vec<&str> = all.iter().map(|(_, source)| *source).collect();
    // As `regex::RegexSet` is built: all that match are wanted, so no match may hide another.
    let config =
        meta::Regex::config().match_kind(MatchKind::All).nfa_size_limit(Some(10 << 20)).hybrid_cache_capacity(2 << 20);
    let built = meta::Regex::builder().configure(config).syntax(syntax::Config::new()).build_many(&sources);
    match built {
        Ok(set) => out.push(Expressions { set, patterns: all.iter().map(|(number, _)| *number).collect() }),
        Err(_) if all.len() > 1 => {
            let (left, right) = all.split_at(all.len() / 2);
            expressions_of(left, out);
            expressions_of(right, out);
        }
        // Each was compiled alone when it was checked, under a smaller limit.
        Err(error) => unreachable!("an expression that was checked: {error}"),
    }
}

/// What events and tasks do, by event and then task, and the conditions.
fn effects(domain: &Domain, constants: &mut Constants) -> (Vec<Effect>, Vec<Vec<u32>>, Vec<Cond>) {
    let mut conditions = Conditions::default();
    let mut effects = Vec::new();
    let mut triggered = vec![Vec::new(); domain.events.len() + domain.tasks.len()];
    for (index, fluent) in domain.fluents.iter().enumerate() {
        for adds in [false, true] {
            for cause in fluent.causes.iter().filter(|cause| cause.adds == adds) {
                let trigger = match cause.trigger {
                    Trigger::Event(event) => event,
                    Trigger::Task(task) => domain.events.len() + task,
                };
                triggered[trigger].push(effects.len() as u32);
                let bound: Vec<usize> = slots(&cause.args).collect();
                let arg = |arg: &Arg| if let Arg::Var(slot) = arg { *slot as u8 } else { super::condition::ANY };
                effects.push(Effect {
                    fluent: index as u32,
                    adds,
                    args: cause.args.iter().map(arg).collect(),
                    with: conditions.add(&cause.with, Scope::new(&bound, Context::Other), constants),
                });
            }
        }
    }
    // What effects read does not wake anything: they are asked for whenever their event occurs.
    let (mut conds, _) = conditions.finish();
    conds.iter_mut().for_each(|cond| cond.shared = None);
    (effects, triggered, conds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_follow_their_events() {
        let text = "domain d { event e(x: item) = action \"e {x}\"
            fluent f(x: item) initiated by e(x) fluent g(x: item) initiated by e(x) with f(x) }";
        let checked = crate::lang::check::check(&[crate::lang::check::SourceFile::new("d", text)]).checked;
        let vocabulary = Vocabulary::new(checked.domains[0].clone());
        assert_eq!(vocabulary.effects.len(), 2);
        assert_eq!(vocabulary.effects_of_event(0), [0, 1]);
        assert!(vocabulary.is_event("E mug 1") && !vocabulary.is_event("f mug"));
    }
}
