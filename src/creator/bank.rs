//! A bank as creators read it. In: its files; out: its one domain and its skills, each as a tree, as checked and compiled.

use std::sync::Arc;

use crate::bank::served::{BankError, DOMAIN_FILE, analyse};
use crate::bank::version::SkillFile;
use crate::engine::program::{Program, Vocabulary};
use crate::lang::ast::{self, Item};
use crate::lang::check::{SourceFile, check};
use crate::lang::checked::{Domain, Skill};
use crate::lang::print;

/// A bank of one domain.
pub(super) struct Bank {
    pub files: Vec<SkillFile>,
    /// What all skills may use; the same as a tree, and in a file of its own.
    pub domain: Domain,
    pub domain_tree: ast::Domain,
    pub domain_file: SourceFile,
    /// The domain and what the skills declare for themselves.
    pub vocabulary: Arc<Vocabulary>,
    pub trees: Vec<ast::Skill>,
    /// The same skills, checked.
    pub skills: Vec<Skill>,
    pub program: Arc<Program>,
}

impl Bank {
    /// # Errors
    /// The files do not check, or do not hold exactly one domain.
    pub fn read(files: &[SkillFile]) -> Result<Bank, BankError> {
        let analysis = analyse(files)?;
        let (mut domains, mut trees) = (Vec::new(), Vec::new());
        for item in analysis.trees.into_iter().flatten() {
            match item {
                Item::Domain(domain) => domains.push(domain),
                Item::Skill(skill) => trees.push(skill),
                Item::Patch(_) => {}
            }
        }
        let names = || domains.iter().map(|d| d.name.text.as_str()).collect::<Vec<_>>().join(", ");
        let (whole, domain_tree) = match (analysis.checked.domains.as_slice(), domains.as_slice()) {
            ([whole], [tree]) => (whole.clone(), tree.clone()),
            ([], _) => return Err(BankError::NoDomain),
            _ => return Err(BankError::Domains { names: names() }),
        };
        let domain_file = SourceFile::new(DOMAIN_FILE, print::domain(&domain_tree));
        let alone = check(std::slice::from_ref(&domain_file)).checked.domains.pop();
        let vocabulary = Vocabulary::new(whole.clone());
        let skills = analysis.checked.skills;
        Ok(Bank {
            files: files.to_vec(),
            domain: alone.unwrap_or(whole),
            domain_tree,
            domain_file,
            program: Program::with_vocabulary(Arc::clone(&vocabulary), skills.clone()),
            vocabulary,
            trees,
            skills,
        })
    }

    pub fn tree(&self, name: &str) -> Option<&ast::Skill> {
        self.trees.iter().find(|tree| tree.name.text == name)
    }
}
