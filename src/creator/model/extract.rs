//! The patch in a reply. In: whatever a model said; out: the text from `patch "` to the bracket that closes it, or nothing.

/// A reply's length at most; a patch that passes the gate is much shorter.
const LONGEST: usize = 64 << 10;

/// What a reply says after its thoughts.
pub fn spoken(reply: &str) -> &str {
    let said = reply.rsplit("</think>").next().unwrap_or(reply).trim();
    let mut end = said.len().min(LONGEST);
    while !said.is_char_boundary(end) {
        end -= 1;
    }
    &said[..end]
}

/// The last patch in a reply: models say at the end what they mean.
pub fn patch(reply: &str) -> Option<String> {
    let said = spoken(reply);
    let starts: Vec<usize> = said.match_indices("patch").map(|(at, _)| at).filter(|at| begins(said, *at)).collect();
    let start = *starts.last()?;
    let text = &said[start..];
    // Without its last bracket it is still what was meant: the parser says what is missing.
    let end = closing(text).or_else(|| text.find("```")).unwrap_or(text.len());
    Some(text[..end].trim_end().to_owned() + "\n")
}

/// Whether a patch begins here: the word, alone, and then a text.
fn begins(said: &str, at: usize) -> bool {
    let before = said[..at].chars().next_back();
    let after = said[at + "patch".len()..].trim_start();
    before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '"') && after.starts_with('"')
}

/// The end of the bracket that opens first; brackets in texts and comments do not count.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                while let Some((_, inner)) = characters.next() {
                    match inner {
                        '\\' => drop(characters.next()),
                        '"' | '\n' => break,
                        _ => {}
                    }
                }
            }
            '/' if characters.peek().is_some_and(|(_, next)| *next == '/') => {
                while characters.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_patch_counts_with_or_without_a_fence() {
        let told = |reply: &str| patch(reply).unwrap_or_default();
        let fenced = "<think>patch \"no\" {}</think>Here:\n```skill\npatch \"Say {x}\" { add skill a in d { } // }\n}\n```\nDone. }";
        assert_eq!(told(fenced), "patch \"Say {x}\" { add skill a in d { } // }\n}\n");
        assert_eq!(
            told("First patch \"one\" {} and better patch \"two\" { retire a } thanks"),
            "patch \"two\" { retire a }\n"
        );
        assert_eq!(told("```\npatch \"open\" { retire a\n```\nbye"), "patch \"open\" { retire a\n");
        assert_eq!(told("I would dispatch \"x\" {}"), "");
        assert_eq!(told("def patch(): pass"), "");
        assert_eq!(told(""), "");
    }

    proptest! {
        #[test]
        fn no_reply_is_too_strange(reply in ".{0,200}", open in "(patch|\"|\\{|\\}|/|é|\\\\| ){0,40}") {
            let told = patch(&format!("{open}{reply}{open}"));
            prop_assert!(told.is_none_or(|text| text.starts_with("patch")));
        }
    }
}
