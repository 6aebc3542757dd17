#!/usr/bin/env python3
"""Breaks the engine, one line at a time, in a copy of the tree, and runs the test of agreement on N pairs (6000): each break must
be noticed. A break is a file of src/engine, a text that must stand there exactly once, and what comes in its place.

    scripts/mutants.py            all of them
    scripts/mutants.py relation   those whose file or text has `relation` in it
    scripts/mutants.py --texts    only look whether all texts are there
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

MUTANTS = [
    # Conditions asked of an episode.
    ("solve.rs", "step.saturating_add(n) > facts.step", "step.saturating_add(n) >= facts.step"),
    ("solve.rs", "        self.moment += 2;\n", ""),
    ("solve.rs", ".skip(relation.keys()).all(fits)", ".skip(relation.keys() + 1).all(fits)"),
    ("solve.rs", "            let go_on = self.go(rest, vars, &mut bound, found);\n            bound.undo(vars);\n",
     "            let go_on = self.go(rest, vars, &mut bound, found);\n"),
    ("solve.rs", "if var.is_some() || !value.is_some() {", "if var.is_some() {"),
    # Assertions.
    ("monitor.rs", "(count.times > most).then(", "(count.times >= most).then("),
    ("monitor.rs", "since + (most - before)", "since + most.min(99)"),
    ("monitor.rs", "waiting.deadlines[n] <= at", "waiting.deadlines[n] < at"),
    ("monitor.rs", "                    count.times = 0;\n", ""),
    ("monitor.rs", "if holds || self.waiting(place).is_some_and(|waiting| !waiting.deadlines.is_empty()) {", "if holds {"),
    ("monitor.rs", "                if let Some(broken) = self.settle(code, at) {",
     "                if let Some(broken) = self.settle(code, at + 1) {"),
    # What is looked at again.
    ("agenda.rs", "step.saturating_add(*n), *input", "step.saturating_add(*n + 1), *input"),
    ("agenda.rs", "filter(|(at, _)| *at <= step)", "filter(|(at, _)| *at < step)"),
    ("agenda.rs", "        self.touch(program, Input::Times(event));\n", ""),
    ("agenda.rs", "            self.touch(program, Input::Past(event));\n", ""),
    # Who speaks, and what is said.
    ("speak.rs", "if self.spoken[place as usize] >= limit {", "if self.spoken[place as usize] > limit {"),
    ("speak.rs", "        differs |= place != self.before.len();\n", ""),
    ("speak.rs", "if taken == left {", "if taken == actions {"),
    ("speak.rs", "                    if decision.other_actions {\n", "                    if false {\n"),
    ("speak.rs", "            out.truncate(start + cut);\n", ""),
    # Rows.
    ("relation.rs", "if at >= self.gone && self.has_key(at, key) {", "if self.has_key(at, key) {"),
    ("relation.rs", "        if kept != before {\n            self.reindex();\n        }\n", ""),
    ("relation.rs", "            self.total -= u64::from(self.notes[self.gone].times);\n", ""),
    ("relation.rs", "        self.total += 1;\n", ""),
    ("relation.rs", "if self.len() > self.max {", "if self.len() >= self.max {"),
    # Actions to choose from.
    ("actions.rs", "        available.told(&available.before[at..], &mut changed);\n", ""),
    ("actions.rs", "        differs |= at < available.before.len();\n", ""),
    ("actions.rs", "|(at, fact)| *at == 0 || facts[at - 1].event != fact.event", "|_| true"),
    ("actions.rs", "list.wrapping_add(1) == available.number && place >= at", "list.wrapping_add(1) == available.number"),
    # Patterns in texts.
    ("matcher/search.rs", "            self.known[to.param] = Val::NONE;\n", ""),
    ("matcher/search.rs", "(hit.first as usize).saturating_sub(most)", "(hit.first as usize).saturating_sub(most / 2)"),
    ("matcher/search.rs", "(hit.last as usize + 1)", "(hit.last as usize)"),
    ("matcher.rs", "            start = end.max(start + 1);\n", "            start += 1;\n"),
    ("matcher/search.rs", "            self.tools.failed.add(element, at);\n",
     "            self.tools.failed.add(element, at + usize::from(at < self.text.toks.len()));\n"),
    ("matcher/search.rs", "return if value == Some(self.known[to.param]) { self.run(to.next, end) } else { None };",
     "return self.run(to.next, end);"),
    ("pattern.rs", "(least + min, most.zip(max)", "(least + min + usize::from(min > 1), most.zip(max)"),
    ("pattern.rs", "Elem::Gap => (0, None)", "Elem::Gap => (1, None)"),
    ("automaton.rs", "self.states[*child as usize].otherwise = self.step(otherwise, *sym);", "_ = (otherwise, sym);"),
    ("automaton.rs", "end = self.states[found.otherwise as usize].ends;", "end = 0;"),
    ("automaton.rs", "kept.last = kept.last.max(later.last);", ""),
    ("vocabulary.rs", ".match_kind(MatchKind::All)", ".match_kind(MatchKind::LeftmostFirst)"),
    # Facts and what they change.
    ("facts.rs", "if occurred == Some(event) {", "if false {"),
    ("facts.rs", "        due.sort_unstable();\n", ""),
    ("facts.rs", "(phase..self.len()).any(", "(0..self.len()).any("),
    ("facts.rs", "if self.len() - phase == MAX_FACTS {", "if self.len() - phase > MAX_FACTS {"),
    ("intern.rs", " || left == *item", ""),
    ("intern.rs", "            self.table[at] = 0;\n", ""),
    # What a program knows of its conditions.
    ("condition.rs", "(whole..=whole + 1)", "(whole..=whole)"),
    ("condition.rs", "if own & scope.maybe == 0 {", "if true {"),
    ("condition.rs", "self == other { self }", "true { self }"),
    ("condition.rs", "filter_map(since).max()", "filter_map(since).min()"),
    ("condition.rs", "[Input::Times(*event), Input::Window(*event, *n)]", "[Input::Times(*event)]"),
    ("program.rs", "if branches.iter().any(|branch|", "if branches.iter().all(|branch|"),
    ("program.rs", "let context = if guard.is_empty() { context(signature) } else { Context::Other };",
     "let context = context(signature);"),
    ("session.rs", "let repeated = step > 1 && self.last_action == action;", "let repeated = self.last_action == action;"),
    ("session.rs", "        // The events before are no longer in view.\n        for (event, _) in self.facts.events.iter() {",
     "        for (event, _) in self.facts.events.iter().take(0) {"),
]

REPO = pathlib.Path(__file__).resolve().parent.parent
PAIRS = os.environ.get("N", "6000")
# The copy has a fixed place, so that what is built stays.
TREE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")) / "mutants"
# Of the tests only the agreement and what it uses: they are built for every mutant.
MAIN = """
mod agree;
mod scribe;
mod lang {
    pub mod diagnostics;
}
"""
BUILD = ["cargo", "test", "--offline", "--no-default-features", "--features", "evolve", "--test", "it"]


def copy_tree():
    """The files that git knows or would, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=REPO, check=True,
                            stdout=subprocess.PIPE).stdout
    names = [name for name in listed.decode().split("\0") if name and (REPO / name).is_file()]
    for name in names:
        source, target = REPO / name, TREE / name
        if name == "tests/it/main.rs":
            continue
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for known in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(known.relative_to(TREE)) not in names:
            known.unlink()
    main = TREE / "tests/it/main.rs"
    if not main.is_file() or main.read_text() != MAIN:
        main.write_text(MAIN)


def run(arguments, seconds):
    # What the tree itself has built of its dependencies is used; not optimising the rest saves more than it costs.
    environment = {"CARGO_TARGET_DIR": str(REPO / "target"), **os.environ, "AGREE": PAIRS, "RUST_BACKTRACE": "0",
                   "CARGO_PROFILE_DEV_OPT_LEVEL": "0"}
    command = ["nice", "-n", "10", *BUILD, *(["-j", os.environ["JOBS"]] if "JOBS" in os.environ else []), *arguments]
    try:
        done = subprocess.run(command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=seconds)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return None, ""


def main():
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    mutants = [m for m in MUTANTS if not wanted or any(word in m[0] or word in m[1] for word in wanted)]
    missing = []
    for file, old, _ in mutants:
        times = (REPO / "src/engine" / file).read_text().count(old)
        if times != 1:
            missing.append(f"{file}: stands there {times} times: {old!r}")
    if missing:
        sys.exit("\n".join(missing))
    if "--texts" in sys.argv:
        return print(f"{len(mutants)} texts are there")
    copy_tree()
    code, told = run(["agree::the_session"], 1800)
    if code != 0:
        sys.exit(f"without a mutant:\n{told[-4000:]}")
    lived = []
    for number, (file, old, new) in enumerate(mutants, 1):
        path = TREE / "src/engine" / file
        sound = path.read_text()
        path.write_text(sound.replace(old, new))
        begun = time.time()
        code, told = run(["--no-run"], 1800)
        if code == 0:
            code, told = run(["agree::the_session"], 900)
            said = [line for line in told.splitlines() if line.startswith("pair ")]
            end = {0: "LIVES", None: "caught: it hangs"}.get(code, f"caught: {said[0][:70]}" if said else "caught")
        else:
            end = "DOES NOT BUILD"
        path.write_text(sound)
        if not end.startswith("caught"):
            lived.append((file, old))
            if end == "DOES NOT BUILD":
                print(told[-1500:])
        shown = old.strip().splitlines()[0][:60]
        print(f"{number:2} {file:14} {shown:62} {time.time() - begun:4.0f} s  {end}", flush=True)
    if lived:
        sys.exit(f"{len(lived)} of {len(mutants)} were not caught")
    print(f"all {len(mutants)} were caught, on {PAIRS} pairs")


main()
