//! Questions on a terminal. In: lines that a person types; out: answers, each asked for again until it will do.

use std::io::{self, BufRead, Write};

/// A person who answers.
pub(super) struct Asking<R, W> {
    answers: R,
    questions: W,
}

impl<R: BufRead, W: Write> Asking<R, W> {
    pub(super) fn new(answers: R, questions: W) -> Self {
        Asking { answers, questions }
    }

    /// One line; nothing where the line is empty or there are no more.
    pub(super) fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        write!(self.questions, "{question}: ")?;
        self.questions.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer = line.trim();
        Ok((!answer.is_empty()).then(|| answer.to_owned()))
    }

    /// One line that will do; asks again, with the reason, until `refuse` gives none or there are no more lines.
    pub(super) fn ask_for(
        &mut self,
        question: &str,
        refuse: impl Fn(&str) -> Option<String>,
    ) -> io::Result<Option<String>> {
        while let Some(answer) = self.ask(question)? {
            match refuse(&answer) {
                None => return Ok(Some(answer)),
                Some(reason) => writeln!(self.questions, "{reason}")?,
            }
        }
        Ok(None)
    }

    /// Lines up to an empty one.
    pub(super) fn ask_all(&mut self, question: &str) -> io::Result<Vec<String>> {
        let mut answers = Vec::new();
        while let Some(answer) = self.ask(question)? {
            answers.push(answer);
        }
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_asked_for_again_until_they_will_do() {
        let mut questions = Vec::new();
        let mut asking = Asking::new("1x\nok\na\nb\n\nrest".as_bytes(), &mut questions);
        let refuse = |answer: &str| answer.starts_with('1').then(|| "no digit first".to_owned());
        assert_eq!(asking.ask_for("Name", refuse).expect("read"), Some("ok".to_owned()));
        assert_eq!(asking.ask_all("More").expect("read"), ["a", "b"]);
        assert_eq!(asking.ask("Last").expect("read"), Some("rest".to_owned()));
        assert_eq!(asking.ask("Gone").expect("read"), None);
        assert_eq!(String::from_utf8_lossy(&questions), "Name: no digit first\nName: More: More: More: Last: Gone: ");
    }
}
