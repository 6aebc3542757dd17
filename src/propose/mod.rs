//! A domain proposed from recorded episodes. In: trajectories; out: the text of a domain that checks, with a count beside
//! everything in it, and how many of the actions its patterns match. Nothing is known of the world but what was said: what
//! varies is a capture, what stays is a pattern. A person names things and throws away what is chance.

mod actions;
pub mod draft;
mod facts;
mod observations;
mod tokens;
mod write;

use std::collections::BTreeMap;

use thiserror::Error;

use self::actions::Actions;
use self::observations::Sentences;
use self::write::Writer;
use crate::engine::program::Vocabulary;
use crate::episode::Trajectory;
use crate::lang::check::{SourceFile, check};

/// What came of the episodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The domain, in canonical form.
    pub text: String,
    /// Different actions, taken or admissible.
    pub actions: usize,
    /// So many of them are events of the domain.
    pub matched: usize,
    /// Some of those that are not.
    pub unmatched: Vec<String>,
}

/// Why there is no proposal.
#[derive(Debug, Error)]
pub enum ProposeError {
    #[error("no action in these episodes: nothing can be proposed")]
    NoActions,
    /// A mistake of ours: what was put together does not check.
    #[error("the proposed domain does not check ({0}); please report this with the episodes")]
    Unsound(String),
}

/// Of the actions that match nothing, this many are told.
const SHOWN: usize = 10;

/// Proposes a domain. `name` must be a name of the language.
pub fn propose(name: &str, episodes: &[Trajectory]) -> Result<Proposal, ProposeError> {
    let counts = count(episodes);
    if counts.is_empty() {
        return Err(ProposeError::NoActions);
    }
    let sentences = Sentences::of(episodes);
    let actions = Actions::find(&counts, &sentences);
    let observed = observations::find(&sentences, &actions.inventory());
    let tasks = observations::tasks(episodes, &actions.inventory());
    let fails = facts::fails(episodes, &actions);
    let fluents = facts::fluents(episodes, &actions, &fails);
    let text = Writer::new(name, episodes).write(&tasks, &fails, &actions, &observed, &fluents);
    let analysis = check(&[SourceFile::new(name, text.as_str())]);
    if let Some(error) = analysis.errors().next() {
        return Err(ProposeError::Unsound(error.diagnostic.message.clone()));
    }
    let Some(domain) = analysis.checked.domains.into_iter().next() else {
        return Err(ProposeError::Unsound("no domain in it".to_owned()));
    };
    let vocabulary = Vocabulary::new(domain);
    let mut unmatched: Vec<String> = counts.keys().filter(|action| !vocabulary.is_event(action)).cloned().collect();
    let matched = counts.len() - unmatched.len();
    unmatched.truncate(SHOWN);
    Ok(Proposal { text, actions: counts.len(), matched, unmatched })
}

/// How often each action was taken or admissible.
fn count(episodes: &[Trajectory]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for step in episodes.iter().flat_map(|e| &e.steps) {
        // What was taken is among the admissible ones, if these are told.
        let listed = step.admissible.contains(&step.action);
        for action in step.admissible.iter().chain((!listed).then_some(&step.action)) {
            if !action.trim().is_empty() {
                *counts.entry(action.clone()).or_insert(0) += 1;
            }
        }
    }
    counts
}
