//! `reskill lsp`. In: a client of the Language Server Protocol on stdin; out: its answers on stdout, until it says `exit`.

use std::io::{BufReader, BufWriter, stdin, stdout};

use clap::Args;

use super::{Failure, Outcome};
use crate::lsp::serve;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  VS Code: the extension in editors/vscode starts it by itself
  Neovim:  vim.lsp.start({ name = 'reskill', cmd = { 'reskill', 'lsp' }, root_dir = vim.fn.getcwd() })
  Helix:   [language-server.reskill]
           command = \"reskill\"
           args = [\"lsp\"]
  Emacs:   (add-to-list 'eglot-server-programs '(skill-mode . (\"reskill\" \"lsp\")))")]
pub(super) struct Arguments {
    /// Talk over stdin and stdout: what the server always does; editors like to say it
    #[arg(long)]
    stdio: bool,
}

pub(super) fn lsp(told: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { stdio: _ } = told;
    let in_order = serve(BufReader::new(stdin()), BufWriter::new(stdout()))?;
    Ok(if in_order { Outcome::Clean } else { Outcome::Findings })
}
