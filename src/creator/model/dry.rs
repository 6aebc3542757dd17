//! Prompts without a model. In: questions; out: the same questions, kept; every reply only says what it stands for.

use std::cell::RefCell;

use super::client::Transport;
use super::fault::Fault;
use super::wire::{Chat, Said};

/// Keeps what would have been asked.
#[derive(Debug, Default)]
pub struct Dry {
    asked: RefCell<Vec<(String, Chat)>>,
}

impl Dry {
    /// Every question so far with its stage.
    pub fn asked(self) -> Vec<(String, Chat)> {
        self.asked.into_inner()
    }
}

impl Transport for Dry {
    fn send(&self, stage: &str, chat: &Chat) -> (u32, Result<Said, Fault>) {
        self.asked.borrow_mut().push((stage.to_owned(), chat.clone()));
        (0, Ok(Said { text: format!("(the reply to the prompt `{stage}`)"), ..Said::default() }))
    }
}
