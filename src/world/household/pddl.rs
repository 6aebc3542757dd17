//! PDDL's brackets. In: text. Out: nested [`Form`]s of lower-case words with their lines (PDDL knows no case), or the line
//! at which it is wrong.

/// A word, or a list in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    Word(String, usize),
    List(Vec<Form>, usize),
}

/// Brackets within brackets, at most: goals nest about ten deep.
const DEEPEST: usize = 100;

impl Form {
    /// The line where it begins, from 1.
    pub fn line(&self) -> usize {
        let (Form::Word(_, line) | Form::List(_, line)) = self;
        *line
    }

    /// Its text, if it is a word.
    pub fn word(&self) -> Option<&str> {
        match self {
            Form::Word(word, _) => Some(word),
            Form::List(..) => None,
        }
    }

    /// Its parts; a word has none.
    pub fn parts(&self) -> &[Form] {
        match self {
            Form::Word(..) => &[],
            Form::List(parts, _) => parts,
        }
    }

    /// The first word and the parts after it: `(holds ?a ?o)` is `holds` of two parts.
    pub fn head(&self) -> Option<(&str, &[Form])> {
        let (first, rest) = self.parts().split_first()?;
        Some((first.word()?, rest))
    }
}

/// Reads one form that is all of the text but comments (`;` to the end of the line).
///
/// # Errors
/// The line and what is wrong there.
pub fn parse(text: &str) -> Result<Form, (usize, String)> {
    let mut open: Vec<(Vec<Form>, usize)> = Vec::new();
    let mut whole: Option<Form> = None;
    let mut last = 1;
    for (number, line) in (1..).zip(text.lines()) {
        last = number;
        let code = line.split(';').next().unwrap_or_default();
        // Brackets stand alone once they have blanks around them.
        let spaced = code.replace('(', " ( ").replace(')', " ) ");
        for token in spaced.split_whitespace() {
            if whole.is_some() {
                return Err((number, format!("`{token}` after the last bracket")));
            }
            let form = match token {
                "(" if open.len() == DEEPEST => return Err((number, format!("more than {DEEPEST} brackets deep"))),
                "(" => {
                    open.push((Vec::new(), number));
                    continue;
                }
                ")" => match open.pop() {
                    Some((parts, began)) => Form::List(parts, began),
                    None => return Err((number, "`)` closes nothing".to_owned())),
                },
                word => Form::Word(word.to_lowercase(), number),
            };
            match open.last_mut() {
                Some((parts, _)) => parts.push(form),
                None => whole = Some(form),
            }
        }
    }
    match (open.first(), whole) {
        (Some((_, began)), _) => Err((last, format!("the text ends, but the bracket of line {began} is still open"))),
        (None, Some(whole)) => Ok(whole),
        (None, None) => Err((last, "nothing is written".to_owned())),
    }
}
