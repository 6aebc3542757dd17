//! The reserved words of the language, each with its meaning in one line: for hover, completion, highlighting and
//! "did you mean". The grammar has the same list (`keyword` in `grammar/skill.pest`); a test keeps them equal.

/// Every reserved word and what it means, in alphabetical order.
pub const KEYWORDS: &[(&str, &str)] = &[
    ("action", "`action \"…\"`: what an agent does; the whole text of the action matches."),
    ("add", "`add …`: a patch puts in a new skill, or a new member of the skill that it modifies."),
    ("advise", "`advise \"…\"`: the sentence that the agent is told when the rule fires; `{x}` shows a value."),
    ("all", "`let xs = all x: …`: every value of x for which the condition holds, in order."),
    ("always", "`assert …: always C`: C holds at every step."),
    ("and", "Joins conditions: all of them must hold."),
    ("assert", "`assert NAME: …`: what must be true of every episode that the skill is for."),
    ("at", "`at most n …`, `at least n …`: a bound on how often something happens."),
    ("available", "`available event(…)`: an action that the world admits now would be this event."),
    ("avoid", "`avoid event(…)`: the agent should rather not do this; the policy may learn otherwise."),
    ("because", "`because \"…\"`: why the assertion must hold; shown when it breaks."),
    ("between", "`between n and m times C`: C holds at least n and at most m times in an episode."),
    ("by", "`initiated by`, `terminated by`, `set by`, `cleared by`: the event that changes a fluent."),
    ("cleared", "`cleared by event(…)`: the fluent has no value any more."),
    ("consecutive", "`at most n consecutive C`: C holds at most n steps in a row."),
    ("contains", "`a contains b`: the words of b stand in a, in a row."),
    ("count", "`count(fluent(…))`, `count(event(…))`: how many there are, to be compared with a number."),
    ("define", "`define name(…) = C`: a name for a condition."),
    ("domain", "`domain NAME { … }`: the vocabulary of a world: tasks, events, fluents, definitions."),
    ("drop", "`drop rule NAME`: a patch takes a member out of the skill that it modifies."),
    ("each", "`each observation \"…\"`: every match in a text, not only the first."),
    ("event", "`event name(…) = action \"…\" | observation \"…\"`: what can happen, and the texts that tell it."),
    ("eventually", "`assert …: eventually C`: C holds at some step before the episode ends."),
    ("every", "`every f(x): C`: for all x with f(x), C holds; true where there is none."),
    ("example", "`example NAME { … }`: a short episode with what is expected of the skill in it."),
    ("expect", "`expect RULE`, `expect not RULE`, `expect violated ASSERTION`: what the example shows."),
    ("fails", "`fails \"…\"`: an action answered by such a text has not happened."),
    ("finally", "`assert …: finally C`: C holds at the end of the episode."),
    ("first", "`first C then D`: both happen, the first C before the first D. In an example: the first observation."),
    ("fluent", "`fluent name(…) initiated by … terminated by …`: what is true for a while."),
    ("for", "`for task(…)`: the tasks that the skill is for; its variables are known in the whole skill."),
    ("forbid", "`forbid event(…)`: the agent must not do this; a mask, not a hint."),
    ("in", "`skill NAME in DOMAIN`; `x in xs`: x is one of the items of a list."),
    ("initiated", "`initiated by event(…)`: from then on the fluent holds."),
    ("is", "`x is \"mug\"`, `x is y`: of that kind, or the same."),
    ("kind", "`kind NAME = \"…\" | \"…\"`: a name for several kinds. As a type: words without a number."),
    ("least", "`at least n times C`: C holds that often or more."),
    ("let", "`let xs = all x: C`: a list of values, to be shown in advice as `{xs}`."),
    ("max", "`fluent f(…) max n …`: keeps at most n rows; the oldest goes first."),
    ("modify", "`modify SKILL { … }`: a patch changes some members of a skill."),
    ("most", "`at most n times`: that often or less."),
    ("never", "`assert …: never C`: C holds at no step."),
    ("no", "`no f(x) with C`: there is no x with f(x) for which C holds."),
    ("not", "The condition after it does not hold; its variables must have a value already."),
    ("observation", "`observation \"…\"`: what the world answers; the text matches anywhere in it."),
    ("once", "`once event(…)`: it has happened up to now; `within n steps` looks back only so far."),
    ("or", "`or when …`: another condition under which the rule fires."),
    ("patch", "`patch \"why\" { … }`: changes to a bank, applied whole or not at all."),
    ("prefer", "`prefer event(…)`: the agent should rather do this."),
    ("priority", "`priority n`: rules with a higher number speak first; of two marks on an action the higher decides."),
    ("repeated", "The action is the same as the one before it."),
    ("replace", "`replace …`: a patch puts a new text in the place of one with the same name."),
    ("retire", "`retire SKILL`: a patch takes a skill out of the bank."),
    ("rule", "`rule NAME when C { … }`: what to tell an agent while C holds."),
    ("set", "`set by event(…)`: the fluent has this value from then on."),
    ("shared", "`shared(a, b)`: how many different words both texts have."),
    ("skill", "`skill NAME in DOMAIN { … }`: rules, assertions and examples for some tasks."),
    ("some", "`some f(x) with C`: there is an x with f(x) for which C holds."),
    ("step", "The number of actions so far, the one that is judged included."),
    ("steps", "`within n steps`: so many transitions, at most."),
    ("suggest", "`suggest \"…\"`: an action in words, for worlds that list no actions."),
    ("table", "`table name(a, b) = (\"…\", \"…\") | …`: constant rows, used as a condition."),
    ("task", "`task name(…) = \"…\"`: the sentences that set such a task. In an example: the task's sentence."),
    ("terminated", "`terminated by event(…)`: from then on the fluent does not hold."),
    ("then", "`whenever C then D`, `first C then D`, `action \"…\" then observation \"…\"`."),
    ("times", "`at most n times`: how often."),
    ("todo", "`todo \"…\"`: a condition that cannot be stated yet, in prose; it never holds."),
    ("type", "`type name = /…/`: a type of captures whose text matches an expression."),
    ("unverified", "`unverified \"why\"`: the skill has no assertion, on purpose."),
    ("violated", "`expect violated ASSERTION`: the example breaks the assertion."),
    ("when", "`rule NAME when C`: the condition under which the rule fires."),
    ("whenever", "`whenever C then D`: at every step where C holds, D holds too (or follows, `within n steps`)."),
    ("where", "`prefer event(…) where C`: only actions for which C holds."),
    ("with", "`initiated by event(…) with C`, `some f(x) with C`: under this condition."),
    ("within", "`within n steps`: a window of so many transitions."),
    ("words", "`words(a)`: how many words a text has. As a type: one to eight words."),
];

/// The types that need no declaration, each with its meaning.
pub const TYPES: &[(&str, &str)] = &[
    ("item", "words and an optional number, `mug 1`; an article before it is dropped"),
    ("kind", "words without a number, `mug`; an article before it is dropped"),
    ("word", "exactly one word"),
    ("words", "one to eight words on one line, within a sentence"),
    ("number", "a decimal number"),
    ("list", "items joined by `,` and `and`, at most 64; `nothing` is the empty list"),
    ("text", "the rest of the line"),
    ("money", "a number, after `$`, `€` or `£` if one is there"),
];

/// What a built-in type means; `None` if it is none.
pub fn type_meaning(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(ty, _)| *ty == name).map(|(_, meaning)| *meaning)
}

/// What the reserved word means; `None` if it is none.
pub fn meaning(word: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|(keyword, _)| *keyword == word).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_type_has_a_meaning() {
        let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        let types: Vec<&str> = crate::lang::pattern::Type::ALL.iter().map(|(_, name)| *name).collect();
        assert_eq!(known, types);
    }

    #[test]
    fn the_grammar_reserves_the_same_words() {
        let grammar = include_str!("../../grammar/skill.pest");
        let list = grammar.split_once("keyword = _{").and_then(|(_, rest)| rest.split_once('}')).expect("the rule").0;
        let mut reserved: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        reserved.sort_unstable();
        let known: Vec<&str> = KEYWORDS.iter().map(|(word, _)| *word).collect();
        assert_eq!(known, reserved);
    }
}
