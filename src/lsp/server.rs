//! One session with a client. In: its messages, one by one; out: what to answer. The state is the workspace, the folders
//! whose findings are out of date, and what was published.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument, Exit,
    Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, Formatting, GotoDefinition, HoverRequest, Initialize,
    PrepareRenameRequest, References, RegisterCapability, Rename, Request as _, Shutdown,
};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionList, CompletionOptions,
    CompletionResponse, Diagnostic, DidChangeWatchedFilesRegistrationOptions, DocumentSymbolResponse,
    FileSystemWatcher, GlobPattern, GotoDefinitionResponse, HoverProviderCapability, InitializeParams,
    InitializeResult, OneOf, Position, PositionEncodingKind, PublishDiagnosticsParams, Registration,
    RegistrationParams, RenameOptions, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::findings::{self, Failures, Found};
use super::workspace::{Key, Site, Workspace};
use super::{complete, edit, hover, navigate};
use crate::lang::check::Analysis;

/// Findings that take no longer are made at once.
const QUICK: Duration = Duration::from_millis(10);

/// What follows a message.
pub enum Next {
    Answer(Vec<Message>),
    /// The session ends; whether in the order of the protocol.
    Exit(bool),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Waiting,
    Running,
    Ending,
}

/// What is known of one folder.
#[derive(Default)]
struct Folder {
    found: Vec<Found>,
    analysis: Analysis,
    failures: Failures,
    /// What the client was last told, by the text of the address.
    published: BTreeMap<String, Vec<Diagnostic>>,
    /// The texts have changed since the findings were made.
    dirty: bool,
    /// The texts have changed since the examples were run.
    untried: bool,
    /// How long the findings took to make.
    took: Duration,
}

/// The state of a session.
#[derive(Default)]
pub struct Server {
    phase: Phase,
    snippets: bool,
    watches: bool,
    workspace: Workspace,
    folders: BTreeMap<String, Folder>,
}

/// An error in the form of the protocol.
type Failed = (ErrorCode, String);

impl Server {
    pub fn handle(&mut self, message: Message) -> Next {
        match message {
            Message::Request(request) => Next::Answer(vec![Message::Response(self.request(request))]),
            // The only request that the server sends asks for no result.
            Message::Response(_) => Next::Answer(Vec::new()),
            Message::Notification(notification) if notification.method == Exit::METHOD => {
                Next::Exit(self.phase == Phase::Ending)
            }
            Message::Notification(notification) => Next::Answer(self.notification(notification)),
        }
    }

    fn request(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let result = match (self.phase, method.as_str()) {
            (Phase::Waiting, Initialize::METHOD) => read(params).and_then(|params| self.initialize(params)),
            (Phase::Waiting, _) => Err((ErrorCode::ServerNotInitialized, "`initialize` must come first".to_owned())),
            (Phase::Ending, _) => Err((ErrorCode::InvalidRequest, "the server is shutting down".to_owned())),
            (Phase::Running, Initialize::METHOD) => {
                Err((ErrorCode::InvalidRequest, "`initialize` has been answered already".to_owned()))
            }
            (Phase::Running, Shutdown::METHOD) => {
                self.phase = Phase::Ending;
                Ok(Value::Null)
            }
            (Phase::Running, _) => self.question(&method, params),
        };
        respond(id, result)
    }

    fn initialize(&mut self, params: InitializeParams) -> Result<Value, Failed> {
        let client = params.capabilities;
        let completion = client.text_document.as_ref().and_then(|t| t.completion.as_ref());
        let item = completion.and_then(|c| c.completion_item.as_ref());
        self.snippets = item.and_then(|i| i.snippet_support).unwrap_or(false);
        let watched = client.workspace.as_ref().and_then(|w| w.did_change_watched_files.as_ref());
        self.watches = watched.and_then(|w| w.dynamic_registration).unwrap_or(false);
        self.phase = Phase::Running;
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        };
        let capabilities = ServerCapabilities {
            position_encoding: Some(PositionEncodingKind::UTF16),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(["(", ",", "{", "\"", ":"].map(str::to_owned).to_vec()),
                ..CompletionOptions::default()
            }),
            definition_provider: Some(OneOf::Left(true)),
            references_provider: Some(OneOf::Left(true)),
            document_symbol_provider: Some(OneOf::Left(true)),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
                ..CodeActionOptions::default()
            })),
            document_formatting_provider: Some(OneOf::Left(true)),
            rename_provider: Some(OneOf::Right(RenameOptions {
                prepare_provider: Some(true),
                work_done_progress_options: Default::default(),
            })),
            ..ServerCapabilities::default()
        };
        let about = ServerInfo { name: "reskill".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
        write(&InitializeResult { capabilities, server_info: Some(about) })
    }

    fn question(&mut self, method: &str, params: Value) -> Result<Value, Failed> {
        match method {
            HoverRequest::METHOD => {
                let at = read::<lsp_types::HoverParams>(params)?.text_document_position_params;
                self.at(&at.text_document.uri, at.position, |site| Ok(hover::hover(site)))
            }
            GotoDefinition::METHOD => {
                let at = read::<lsp_types::GotoDefinitionParams>(params)?.text_document_position_params;
                self.at(&at.text_document.uri, at.position, |site| {
                    Ok(Some(GotoDefinitionResponse::Array(navigate::definition(site))))
                })
            }
            References::METHOD => {
                let params: lsp_types::ReferenceParams = read(params)?;
                let at = params.text_document_position;
                let with = params.context.include_declaration;
                self.at(&at.text_document.uri, at.position, |site| Ok(Some(navigate::references(site, with))))
            }
            PrepareRenameRequest::METHOD => {
                let at: lsp_types::TextDocumentPositionParams = read(params)?;
                self.at(&at.text_document.uri, at.position, navigate::prepare_rename)
            }
            Rename::METHOD => {
                let params: lsp_types::RenameParams = read(params)?;
                let at = params.text_document_position;
                let workspace = &self.workspace;
                self.at(&at.text_document.uri, at.position, |site| navigate::renamed(site, workspace, &params.new_name))
            }
            Completion::METHOD => {
                let at = read::<lsp_types::CompletionParams>(params)?.text_document_position;
                let snippets = self.snippets;
                self.at(&at.text_document.uri, at.position, |site| {
                    let items = complete::complete(site, snippets);
                    Ok(Some(CompletionResponse::List(CompletionList { is_incomplete: false, items })))
                })
            }
            Formatting::METHOD => {
                let params: lsp_types::DocumentFormattingParams = read(params)?;
                write(&self.workspace.get(&Key::of(&params.text_document.uri)).and_then(edit::formatting))
            }
            CodeActionRequest::METHOD => {
                let params: lsp_types::CodeActionParams = read(params)?;
                let key = Key::of(&params.text_document.uri);
                let wanted = params.context.only.as_ref().is_none_or(|only| only.contains(&CodeActionKind::QUICKFIX));
                self.check(&key.folder);
                let found = self.folders.get(&key.folder).filter(|_| wanted).map_or(&[][..], |f| f.found.as_slice());
                write(&edit::actions(&self.workspace, &key, params.range, found))
            }
            DocumentSymbolRequest::METHOD => {
                let params: lsp_types::DocumentSymbolParams = read(params)?;
                let document = self.workspace.get(&Key::of(&params.text_document.uri));
                write(&document.map(|document| DocumentSymbolResponse::Nested(navigate::outline(document))))
            }
            _ => Err((ErrorCode::MethodNotFound, format!("`{method}` is not served"))),
        }
    }

    /// Answers a question about a place; there is no answer about a document that is not open.
    fn at<T: Serialize>(
        &self,
        address: &Uri,
        position: Position,
        answer: impl FnOnce(&Site) -> Result<Option<T>, String>,
    ) -> Result<Value, Failed> {
        let Some(site) = Site::new(&self.workspace, address, position) else { return Ok(Value::Null) };
        match answer(&site) {
            Ok(answer) => write(&answer),
            Err(reason) => Err((ErrorCode::RequestFailed, reason)),
        }
    }

    /// A notification that cannot be read is passed over: there is nobody to answer.
    fn notification(&mut self, notification: Notification) -> Vec<Message> {
        let Notification { method, params } = notification;
        if self.phase != Phase::Running {
            return Vec::new();
        }
        let folder = match method.as_str() {
            "initialized" => return self.register().into_iter().collect(),
            DidOpenTextDocument::METHOD => read::<lsp_types::DidOpenTextDocumentParams>(params).ok().map(|params| {
                let document = params.text_document;
                self.workspace.open(document.uri, document.version, document.text).folder
            }),
            DidChangeTextDocument::METHOD => {
                read::<lsp_types::DidChangeTextDocumentParams>(params).ok().and_then(|params| {
                    let document = params.text_document;
                    Some(self.workspace.change(&document.uri, document.version, params.content_changes)?.folder)
                })
            }
            DidCloseTextDocument::METHOD => read::<lsp_types::DidCloseTextDocumentParams>(params)
                .ok()
                .map(|params| self.workspace.close(&params.text_document.uri).folder),
            DidSaveTextDocument::METHOD => read::<lsp_types::DidSaveTextDocumentParams>(params).ok().map(|params| {
                let folder = Key::of(&params.text_document.uri).folder;
                self.workspace.refresh(&folder);
                folder
            }),
            DidChangeWatchedFiles::METHOD => {
                let changes = read::<lsp_types::DidChangeWatchedFilesParams>(params).map(|p| p.changes);
                let folders: BTreeSet<String> =
                    changes.unwrap_or_default().iter().map(|change| Key::of(&change.uri).folder).collect();
                for folder in
                    folders.iter().filter(|folder| self.folders.contains_key(*folder)).cloned().collect::<Vec<_>>()
                {
                    self.workspace.refresh(&folder);
                    self.touch(folder);
                }
                None
            }
            _ => None,
        };
        folder.into_iter().for_each(|folder| self.touch(folder));
        Vec::new()
    }

    /// Asks to be told when a `.skill` file changes on the disk.
    fn register(&self) -> Option<Message> {
        let pattern = GlobPattern::String("**/*.skill".to_owned());
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![FileSystemWatcher { glob_pattern: pattern, kind: None }],
        };
        let registration = Registration {
            id: "files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: Some(serde_json::to_value(options).ok()?),
        };
        let params = serde_json::to_value(RegistrationParams { registrations: vec![registration] }).ok()?;
        let (id, method) = (RequestId::from("files".to_owned()), RegisterCapability::METHOD.to_owned());
        self.watches.then_some(Message::Request(Request { id, method, params }))
    }

    fn touch(&mut self, folder: String) {
        let known = self.folders.entry(folder).or_default();
        known.dirty = true;
        known.untried = true;
    }

    /// Brings the findings of a folder up to date.
    fn check(&mut self, folder: &str) {
        let Some(known) = self.folders.get_mut(folder).filter(|known| known.dirty) else { return };
        let begun = Instant::now();
        (known.found, known.analysis) = findings::check(&self.workspace, folder, &known.failures);
        known.took = begun.elapsed();
        known.dirty = false;
    }

    /// Whether findings are to be made that take long.
    pub fn is_slow(&self) -> bool {
        self.folders.values().any(|folder| folder.dirty && folder.took > QUICK)
    }

    /// What the client has to be told of findings, folder by folder.
    pub fn publish(&mut self) -> Vec<Message> {
        let dirty: Vec<String> = self.folders.iter().filter(|(_, f)| f.dirty).map(|(name, _)| name.clone()).collect();
        dirty.iter().flat_map(|folder| self.publish_folder(folder)).collect()
    }

    fn publish_folder(&mut self, folder: &str) -> Vec<Message> {
        self.check(folder);
        let Some(known) = self.folders.get_mut(folder) else { return Vec::new() };
        let mut current: BTreeMap<String, (Uri, Option<i32>, Vec<Diagnostic>)> = BTreeMap::new();
        for (key, document) in self.workspace.of_folder(folder) {
            // Of files that are not open only the domain is spoken of: without it the others cannot be understood.
            if document.version.is_some() || document.has_domain() {
                let of = known.found.iter().filter(|f| f.key == *key);
                let shown: Vec<Diagnostic> = of.filter_map(|f| findings::to_lsp(&self.workspace, f)).collect();
                current.insert(document.uri.as_str().to_owned(), (document.uri.clone(), document.version, shown));
            }
        }
        let mut messages = Vec::new();
        for (address, (uri, version, shown)) in &current {
            // An open document is told even of nothing, with its version: the client can see that it was looked at.
            let is_news = known.published.get(address).map_or(!shown.is_empty(), |before| before != shown);
            if is_news || version.is_some() {
                messages.push(published(uri.clone(), *version, shown.clone()));
            }
        }
        for address in known.published.keys().filter(|address| !current.contains_key(*address)) {
            messages.extend(address.parse().ok().map(|uri| published(uri, None, Vec::new())));
        }
        known.published = current.into_iter().map(|(address, (_, _, shown))| (address, shown)).collect();
        if known.published.is_empty() {
            self.folders.remove(folder);
        }
        messages
    }

    /// Whether some examples have not been run since their folder changed.
    pub fn has_examples(&self) -> bool {
        self.folders.values().any(|folder| folder.untried)
    }

    /// Runs the examples of folders that have changed; what the client has to be told.
    pub fn run_examples(&mut self) -> Vec<Message> {
        for (name, folder) in self.folders.iter_mut().filter(|(_, folder)| folder.untried) {
            folder.untried = false;
            folder.dirty |= findings::run_examples(&self.workspace, name, &folder.analysis, &mut folder.failures);
        }
        self.publish()
    }
}

fn published(uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) -> Message {
    let params = PublishDiagnosticsParams { uri, diagnostics, version };
    Message::Notification(Notification::new(PublishDiagnostics::METHOD.to_owned(), params))
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failed> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn write<T: Serialize>(value: &T) -> Result<Value, Failed> {
    serde_json::to_value(value).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

fn respond(id: RequestId, result: Result<Value, Failed>) -> Response {
    match result {
        Ok(value) => Response { id, response_result: Ok(value) },
        Err((code, message)) => Response::new_err(id, code as i32, message),
    }
}
