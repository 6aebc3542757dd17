//! Constants of a vocabulary: kind groups and tables. In: their syntax; out: canonical texts and rows, and findings.

use super::super::ast;
use super::super::checked::{Constant, Param, Table};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::Type;
use super::super::span::Span;
use super::domain::Build;
use super::{duplicate, limits, too_many};
use crate::text::{self, TokenKind};

impl Build<'_> {
    /// The canonical texts of a group; a kind that names an earlier group stands for the kinds of that group.
    pub(super) fn kinds(&mut self, kinds: &[ast::Str]) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for kind in kinds {
            let found: Vec<String> = match self.table.group(&kind.value) {
                Some(group) => group.to_vec(),
                None => self.words(kind).into_iter().collect(),
            };
            for text in found {
                if texts.contains(&text) {
                    self.diagnostics.push(
                        Diagnostic::error(Code::Duplicate, format!("`{text}` is in this group already"))
                            .label(kind.span, "second time")
                            .help("leave one out"),
                    );
                } else {
                    texts.push(text);
                }
            }
        }
        let span = kinds.first().map_or(Span::default(), |k| k.span);
        self.diagnostics.extend(too_many("kinds in one group", texts.len(), limits::CONSTANTS, span));
        texts
    }

    /// The canonical text of a constant, if it has a word.
    fn words(&mut self, text: &ast::Str) -> Option<String> {
        let canonical = text::canonical(&text.value, &text::lex(&text.value));
        if canonical.is_empty() {
            self.diagnostics
                .push(Diagnostic::error(Code::TypeClash, "an empty text").label(text.span, "no word in it"));
            return None;
        }
        Some(canonical)
    }

    pub(super) fn constant_table(
        &mut self,
        name: String,
        columns: &[ast::Column],
        rows: &[ast::Row],
        span: Span,
    ) -> Table {
        let mut params: Vec<Param> = Vec::new();
        for column in columns {
            if params.iter().any(|p| p.name == column.name.text) {
                self.diagnostics.push(duplicate("column", &column.name));
            }
            let ty = column.ty.as_ref().map_or(Type::Kind, |ty| self.type_named(ty));
            if matches!(ty, Type::List | Type::Text) {
                let message = format!("a table cannot hold a {}", self.table.type_name(ty));
                self.diagnostics.push(
                    Diagnostic::error(Code::TypeClash, message)
                        .label(column.name.span, "this column")
                        .help("columns are of type kind, word, words, item, number, money or of a declared type"),
                );
            }
            params.push(Param { name: column.name.text.clone(), ty });
        }
        self.diagnostics.extend(too_many("columns", params.len(), limits::PARAMS, span));
        self.diagnostics.extend(too_many("rows", rows.len(), limits::CONSTANTS, span));
        let mut kept: Vec<Vec<Constant>> = Vec::new();
        for row in rows {
            if row.values.len() != params.len() {
                let message = format!("a row of {} values for {} columns", row.values.len(), params.len());
                self.diagnostics.push(Diagnostic::error(Code::Arity, message).label(row.span, "this row"));
                continue;
            }
            let values = row.values.iter().zip(&params).map(|(value, param)| self.constant(value, param));
            let Some(values) = values.collect::<Option<Vec<Constant>>>() else { continue };
            if kept.contains(&values) {
                self.diagnostics.push(
                    Diagnostic::error(Code::Duplicate, "this row is already there")
                        .label(row.span, "second time")
                        .help("leave one out"),
                );
            } else {
                kept.push(values);
            }
        }
        Table { name, params, rows: kept }
    }

    fn constant(&mut self, value: &ast::Constant, param: &Param) -> Option<Constant> {
        let clash = |build: &mut Self, span: Span, wanted: &str| {
            let message = format!("the column `{}` holds {wanted}", param.name);
            build.diagnostics.push(Diagnostic::error(Code::TypeClash, message).label(span, "this value"));
            None
        };
        match value {
            ast::Constant::Number(number, _) if param.ty.is_numeric() => Some(Constant::Number(*number)),
            ast::Constant::Number(_, span) => {
                let wanted = format!("a {}: write it in quotes", self.table.type_name(param.ty));
                clash(self, *span, &wanted)
            }
            ast::Constant::Text(text) if param.ty.is_numeric() => {
                clash(self, text.span, "numbers: leave the quotes out")
            }
            ast::Constant::Text(text) => {
                let canonical = self.words(text)?;
                let tokens = text::lex(&text.value);
                let fits = match param.ty {
                    Type::Kind => tokens.iter().all(|t| t.kind == TokenKind::Word),
                    Type::Word => tokens.len() == 1 && tokens[0].kind == TokenKind::Word,
                    Type::Item => tokens.split_last().is_some_and(|(last, words)| {
                        let named = !words.is_empty() || last.kind == TokenKind::Word;
                        let ends = matches!(last.kind, TokenKind::Word | TokenKind::Number);
                        named && ends && words.iter().all(|t| t.kind == TokenKind::Word)
                    }),
                    Type::Own(own) => self.table.domain.types[usize::from(own)].regex.matches(&text.value),
                    _ => true,
                };
                if !fits {
                    let wanted = format!("values of type {}", self.table.type_name(param.ty));
                    return clash(self, text.span, &wanted);
                }
                Some(if param.ty == Type::Item { Constant::Item(canonical) } else { Constant::Text(canonical) })
            }
        }
    }
}
