//! Patches: parse pairs in, tree out.

use super::super::ast::*;
use super::{Builder, Built, Node, Rule, mismatch};

impl Builder<'_> {
    pub(super) fn patch(&self, node: Node) -> Built<Patch> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let title = self.string(children.must()?)?;
        let operations = children.map(|c| self.operation(c)).collect::<Built<_>>()?;
        let tail = self.tail(span);
        Ok(Patch { lead: self.lead(span), title, operations, tail, span })
    }

    fn operation(&self, node: Node) -> Built<Operation> {
        let whole = self.span(&node);
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let target = children.must()?;
        Ok(match construct {
            Rule::add => Operation::Add(self.skill(target, whole)?),
            Rule::replace => Operation::Replace(self.skill(target, whole)?),
            Rule::retire => Operation::Retire { lead: self.lead(whole), name: self.name(target) },
            _ => {
                let edits = children.map(|c| self.edit(c)).collect::<Built<_>>()?;
                let tail = self.tail(whole);
                Operation::Modify { lead: self.lead(whole), name: self.name(target), edits, tail }
            }
        })
    }

    fn edit(&self, node: Node) -> Built<Edit> {
        let span = self.span(&node);
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let target = children.must()?;
        let kind = match construct {
            Rule::edit_add => EditKind::Add(self.member_kind(target)?),
            Rule::edit_replace => EditKind::Replace(self.member_kind(target)?),
            _ => {
                let word = target.as_str().trim();
                let sort = Sort::ALL.iter().find(|(_, w)| *w == word);
                let (sort, _) = sort.ok_or_else(|| mismatch(self.span(&target)))?;
                EditKind::Drop { sort: *sort, name: self.name(children.must()?) }
            }
        };
        Ok(Edit { lead: self.lead(span), kind, span })
    }
}
