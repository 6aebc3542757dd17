// Starts `reskill lsp` and connects it with the editor. Everything else is the server's work.
"use strict";

const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient, RevealOutputChannelOn } = require("vscode-languageclient/node");

let client;

/** The program to start, as the settings name it. */
function program() {
  const told = vscode.workspace.getConfiguration("reskill").get("path", "reskill");
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  return told.startsWith("./") && folder ? path.join(folder, told) : told;
}

async function start() {
  const command = program();
  client = new LanguageClient(
    "reskill",
    "reskill",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ language: "skill" }],
      revealOutputChannelOn: RevealOutputChannelOn.Never,
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const settings = "Open settings";
    const chosen = await vscode.window.showErrorMessage(
      `${command} lsp cannot be started: ${error.message ?? error}. Install reskill, or set its path.`,
      settings,
    );
    if (chosen === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "reskill.path");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("reskill.restart", async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("reskill.path")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
