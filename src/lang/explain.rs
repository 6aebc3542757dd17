//! What a code means, at length. In: a code; out: its page (`docs/codes/CODE.md`) in its four fixed sections, and the
//! snippets that show it. A test compiles every snippet and sees that it yields what the page says.

use super::diag::Code;

/// The headings of a page, in order.
pub const SECTIONS: [&str; 4] = ["What it means", "Why it matters", "Example", "What to do"];

/// A page, taken apart. The sections are Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub code: Code,
    pub means: &'static str,
    pub matters: &'static str,
    pub example: &'static str,
    pub to_do: &'static str,
}

/// A fenced block: its info string and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snippet {
    pub info: &'static str,
    pub text: &'static str,
}

/// The code with this id, in any case of letters.
pub fn by_id(id: &str) -> Option<Code> {
    Code::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
}

/// The page of a code. A section that the page lacks is empty; a test sees to it that none does.
pub fn page(code: Code) -> Page {
    let [means, matters, example, to_do] = SECTIONS.map(|heading| section(code.page(), heading));
    Page { code, means, matters, example, to_do }
}

impl Page {
    /// The sections with their headings, in order.
    pub fn sections(&self) -> [(&'static str, &'static str); 4] {
        let [means, matters, example, to_do] = SECTIONS;
        [(means, self.means), (matters, self.matters), (example, self.example), (to_do, self.to_do)]
    }
}

/// The text below `## heading`, up to the next one.
fn section(page: &'static str, heading: &str) -> &'static str {
    let mut rest = page;
    while let Some(at) = rest.find("\n## ") {
        rest = &rest[at + 4..];
        if let Some(body) = rest.strip_prefix(heading).and_then(|body| body.strip_prefix('\n')) {
            return body[..body.find("\n## ").unwrap_or(body.len())].trim();
        }
    }
    ""
}

/// The fenced blocks of a Markdown text.
pub fn snippets(markdown: &'static str) -> Vec<Snippet> {
    let mut found = Vec::new();
    let mut rest = markdown;
    while let Some(at) = rest.find("```") {
        let block = &rest[at + 3..];
        let Some((info, body)) = block.split_once('\n') else { break };
        let Some(end) = body.find("```") else { break };
        found.push(Snippet { info, text: &body[..end] });
        rest = &body[end + 3..];
    }
    found
}
