//! Asking whichever creator there is. In: what a creator may know; out: a proposal with its evidence, or why there is none, and the calls
//! that were made to a model. Training and `reskill propose` both come through here.

use std::path::Path;

use super::model::calls::Calls;
use super::model::client::{Client, Transport};
use super::model::config::{Constrain, Kind};
use super::model::fault::Fault;
use super::past::Past;
use super::reservoir::Reservoir;
use super::{CreatorConfig, NoProposal, Proposal, model, propose};
use crate::bank::served::DOMAIN_FILE;
use crate::bank::version::SkillFile;
use crate::lang::grammar::{Names, Notation, Root, export};
use crate::lang::parse::parse;

const NO_GRAMMAR: &str =
    "creator.model.constrain: the bank's domain gave no grammar to send; the model was asked without";

/// Everything that a proposal depends on.
#[derive(Debug, Clone)]
pub struct Question {
    /// The files of the incumbent.
    pub bank: Vec<SkillFile>,
    pub reservoir: Reservoir,
    /// Every earlier proposal of the run with what became of it.
    pub past: Vec<Past>,
    /// Names of skills that are under test.
    pub busy: Vec<String>,
    /// Proposals that could be tested at once. A model makes one.
    pub wanted: usize,
    pub config: CreatorConfig,
    pub seed: u64,
    /// The step at which it is asked.
    pub step: u64,
    /// The grammar of patches, in the form that `creator.model.constrain` names.
    pub grammar: Option<String>,
}

/// The grammar of patches to a bank, narrowed to what its domain names, in the form that `constrain` asks for. `None` where none is
/// asked for, or the bank's domain cannot be read.
pub fn grammar(constrain: Constrain, bank: &[SkillFile]) -> Option<String> {
    let notation = match constrain {
        Constrain::None => return None,
        Constrain::Lark => Notation::Lark,
        Constrain::Gbnf => Notation::Gbnf,
    };
    let domain = bank.iter().find(|file| file.name == DOMAIN_FILE)?;
    let names = Names::of(&parse(&domain.text).items).ok()?;
    export(notation, Root::Patch, Some(&names)).ok()
}

/// What a creator came to.
#[derive(Debug, Clone)]
pub struct Answer {
    /// At least one, each of skills of its own.
    pub proposals: Result<Vec<Proposed>, Nothing>,
    /// Every reply that a model gave, in order.
    pub replies: Vec<Reply>,
    /// The last patch that the gate refused, where none passed.
    pub refused: Option<Refused>,
    /// What whoever asks should know besides.
    pub remark: Option<String>,
}

/// A patch that has passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// One sentence.
    pub title: String,
    /// Canonically printed.
    pub patch: String,
    /// What speaks for it, as JSON.
    pub evidence: String,
}

/// A patch that has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub patch: String,
    pub evidence: String,
    pub reasons: Vec<String>,
}

/// A model's reply and the hash of what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub request: String,
    pub text: String,
}

/// Why there is no proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nothing {
    /// It is too early; no news.
    Early(String),
    Because(String),
    /// It is of no use to ask again in this run.
    Over(String),
}

impl Nothing {
    pub fn told(&self) -> &str {
        match self {
            Nothing::Early(why) | Nothing::Because(why) | Nothing::Over(why) => why,
        }
    }
}

impl From<NoProposal> for Nothing {
    fn from(reason: NoProposal) -> Nothing {
        match reason {
            NoProposal::TooFewEpisodes { .. } | NoProposal::OneOutcome { .. } => Nothing::Early(reason.to_string()),
            other => Nothing::Because(other.to_string()),
        }
    }
}

impl From<Fault> for Nothing {
    fn from(fault: Fault) -> Nothing {
        match fault {
            Fault::Budget { .. } => Nothing::Over(fault.to_string()),
            other => Nothing::Because(other.to_string()),
        }
    }
}

/// A creator.
pub enum Creator {
    /// The offline inducer.
    Inducer,
    /// A language model, and where its calls are kept.
    Model { calls: Calls, transport: Box<dyn Transport + Send> },
    /// A language model that cannot be asked.
    Broken(Fault),
}

impl Creator {
    /// The creator of a configuration; the calls of a model are kept in `folder`.
    pub fn of(config: &CreatorConfig, folder: &Path) -> Creator {
        if config.kind == Kind::Induce {
            return Creator::Inducer;
        }
        match Client::new(config.kind, &config.model) {
            Ok(client) => Creator::Model { calls: Calls::new(folder), transport: Box::new(client) },
            Err(fault) => Creator::Broken(fault),
        }
    }

    /// Asks for proposals. `tell` hears of every stage. The same question comes to the same answer, as far as what is asked of a
    /// server has been answered before.
    pub fn ask(&self, question: &Question, tell: &dyn Fn(&str)) -> Answer {
        let answer = |proposals: Result<Vec<Proposed>, Nothing>| Answer {
            proposals,
            replies: Vec::new(),
            refused: None,
            remark: None,
        };
        match self {
            Creator::Inducer => {
                let proposed = |proposal: Proposal| Proposed {
                    evidence: serde_json::to_string(&proposal.evidence).unwrap_or_default(),
                    title: proposal.title,
                    patch: proposal.patch,
                };
                let proposals = propose(question).map(|proposals| proposals.into_iter().map(proposed).collect());
                answer(proposals.map_err(Nothing::from))
            }
            Creator::Broken(fault) => answer(Err(fault.clone().into())),
            Creator::Model { calls, transport } => {
                let answer = model::create(question, calls, transport.as_ref(), tell);
                let bare = question.config.model.constrain != Constrain::None && question.grammar.is_none();
                let remark = bare.then(|| NO_GRAMMAR.to_owned());
                remark.iter().for_each(|remark| tell(remark));
                Answer { remark, ..answer }
            }
        }
    }
}

/// The creator's name in versions and in the journal.
pub fn origin(config: &CreatorConfig) -> String {
    match config.kind {
        Kind::Induce => "inducer".to_owned(),
        kind => format!("{}/{}", kind.word(), model::quote::line(&config.model.model, 60)),
    }
}
