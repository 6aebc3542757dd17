//! One question's calls to a model, one after the other. In: prompts; out: replies. Each call is looked for among those made before,
//! fits the budget or is not made, and is on record before its reply is used.

use super::budget::{Spent, counts, estimate};
use super::calls::{Call, Calls, Outcome, request_hash};
use super::client::Transport;
use super::config::Constrain;
use super::extract::spoken;
use super::fault::Fault;
use super::wire::Chat;
use crate::creator::ask::{Question, Reply};

/// A reply's length at most, in bytes.
const LONGEST: usize = 64 << 10;

/// The calls of one question.
pub(super) struct Talk<'t> {
    question: &'t Question,
    calls: &'t Calls,
    transport: &'t dyn Transport,
    tell: &'t dyn Fn(&str),
    spent: Spent,
    made: usize,
    /// What was answered, in order.
    pub(super) replies: Vec<Reply>,
}

/// What a model said, and whether it was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) cut: bool,
}

impl<'t> Talk<'t> {
    pub(super) fn new(
        question: &'t Question,
        calls: &'t Calls,
        transport: &'t dyn Transport,
        tell: &'t dyn Fn(&str),
    ) -> Talk<'t> {
        let spent = calls.spent_before(question.step);
        Talk { question, calls, transport, tell, spent, made: 0, replies: Vec::new() }
    }

    pub(super) fn tell(&self, news: &str) {
        (self.tell)(news);
    }

    /// Asks, or finds what was answered before.
    pub(super) fn say(&mut self, stage: &str, system: &str, prompt: &str, grammar: bool) -> Result<Words, Fault> {
        let config = &self.question.config;
        let grammar = self.question.grammar.clone().filter(|_| grammar && config.model.constrain != Constrain::None);
        let chat = Chat {
            kind: config.kind,
            model: config.model.model.clone(),
            system: system.to_owned(),
            prompt: prompt.to_owned(),
            max_tokens: config.model.max_tokens,
            temperature: config.model.temperature,
            constrain: config.model.constrain,
            grammar,
        };
        let request = request_hash(self.question.step, self.made, stage, &chat);
        let call = match self.calls.find(&request) {
            Some(call) => call,
            None => self.call(stage, request, chat)?,
        };
        self.made += 1;
        self.spent.add(call.tokens);
        let [sent, back] = call.tokens;
        match call.outcome {
            Outcome::Reply { text, cut } => {
                self.tell(&format!("{stage}: {sent} tokens sent, {back} came back"));
                self.replies.push(Reply { request: call.request, text: text.clone() });
                let text = spoken(&text).to_owned();
                match text.is_empty() {
                    true if cut => Err(Fault::Empty {
                        why: ": all of creator.model.max_tokens went into thoughts; raise it".to_owned(),
                    }),
                    true => Err(Fault::Empty { why: String::new() }),
                    false => Ok(Words { text, cut }),
                }
            }
            Outcome::Fault(fault) => {
                self.tell(&format!("{stage}: {fault}"));
                Err(fault)
            }
        }
    }

    /// Makes a call and keeps it.
    fn call(&self, stage: &str, request: String, chat: Chat) -> Result<Call, Fault> {
        let asked = format!("{}\n{}", chat.system, chat.prompt);
        self.spent.allows(estimate(&asked), &self.question.config.model)?;
        let mut call = Call::new(self.spent.calls + 1, self.question.step, stage, request, chat);
        let (attempts, result) = self.transport.send(stage, &call.chat);
        call.attempts = attempts;
        match result {
            Ok(said) => {
                call.tokens = counts(&asked, &said, call.chat.max_tokens);
                let mut text = said.text;
                let mut end = text.len().min(LONGEST);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.truncate(end);
                call.outcome = Outcome::Reply { text, cut: said.cut };
            }
            Err(fault) => call.outcome = Outcome::Fault(fault),
        }
        // A reply that is not on record could not come again when the run is resumed.
        self.calls
            .keep(&call)
            .map_err(|error| Fault::Own(format!("a call cannot be kept in the run's folder: {error}")))?;
        Ok(call)
    }
}
