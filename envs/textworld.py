"""TextWorld's cooking games behind the bridge (docs/bridge.md).

In: requests as JSON lines on stdin; out: replies as JSON lines on stdout. Everything a library prints goes to
stderr. `--make` writes the games that are missing, `--self-test` plays the demonstrator on a few of them.

A game: find the ingredients that the cookbook names, cook and cut each of them as it says, prepare the meal
and eat it. A wrong way of cooking or cutting loses the game, so the cookbook has to be read first. Each game
is made by `tw-make` from a seed and the settings of its kind:

    train, seen   TextWorld's training foods; one ingredient; four kinds in turn. The two splits differ in seeds.
    unseen        its test foods (new foods, and new preparations of the old ones); two kinds that bring
                  together what training only asks for apart, and one with a larger map.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reskill_bridge import serve, take_stdout

HORIZON = 40
READ_RECIPE = "examine cookbook"
KINDS = {
    "cook": ["--recipe", "1", "--take", "1", "--go", "1", "--cook"],
    "cut": ["--recipe", "1", "--take", "1", "--go", "1", "--cut", "--open"],
    "cook_cut": ["--recipe", "1", "--take", "1", "--go", "1", "--cook", "--cut", "--open"],
    "far_cook": ["--recipe", "1", "--take", "1", "--go", "6", "--cook"],
    "far_cook_cut": ["--recipe", "1", "--take", "1", "--go", "6", "--cook", "--cut", "--open"],
    "two_cook_cut": ["--recipe", "2", "--take", "2", "--go", "1", "--cook", "--cut", "--open"],
    "farther_cook": ["--recipe", "1", "--take", "1", "--go", "9", "--cook", "--open"],
}
# split: (kinds in turn, number of games, foods, first seed)
SPLITS = {
    "train": (["cook", "cut", "cook_cut", "far_cook"], 32, "train", 1000),
    "seen": (["cook", "cut", "cook_cut", "far_cook"], 16, "train", 2000),
    "unseen": (["far_cook_cut", "two_cook_cut", "farther_cook"], 15, "test", 3000),
}
LOADED_GAMES = 16  # loading takes about 0.4 s, starting a loaded game over 10 ms


def kind_of(split, index):
    kinds = SPLITS[split][0]
    return kinds[index % len(kinds)]


def game_path(folder, split, index):
    return folder / f"{split}-{index:03d}.z8"


def all_games():
    return [(split, index) for split, (_, size, _, _) in SPLITS.items() for index in range(size)]


def make_game(folder, split, index):
    """Makes one game beside its place and renames it there, the game file last: it exists only when whole."""
    place = game_path(folder, split, index)
    if place.exists():
        return False
    _, _, foods, first_seed = SPLITS[split]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [str(Path(sys.executable).with_name("tw-make")), "tw-cooking", *KINDS[kind_of(split, index)]]
        command += ["--split", foods, "--seed", str(first_seed + index), "--output", place.name, "--silent"]
        # The generator walks over sets: without a fixed string hash the same seed gives different games.
        environment = dict(os.environ, PYTHONHASHSEED="0")
        done = subprocess.run(command, cwd=scratch, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        for suffix in (".json", ".z8"):
            os.replace(Path(scratch, place.name).with_suffix(suffix), place.with_suffix(suffix))
    return True


def make_games(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        made = sum(pool.map(lambda game: make_game(folder, *game), all_games()))
    print(f"{folder}: {made} games made, {len(all_games())} in all", file=sys.stderr)


def content_hash(folder):
    """Hash of what defines the games. The .z8 files carry a compiler's date, their .json sources do not."""
    digest = hashlib.sha256()
    for split, index in all_games():
        path = game_path(folder, split, index)
        if not path.exists():
            raise SystemExit(f"{path} is missing: run `make textworld` to make the games")
        digest.update(f"{path.stem}\n".encode())
        digest.update(path.with_suffix(".json").read_bytes())
    return digest.hexdigest()


def tidy(text, objective=None):
    """The text a player reads: no banner, no objective (it is the task), no status line, no restart menu."""
    if objective is not None:
        banner, found, text = text.partition(objective)
        if not found:
            raise ValueError(f"the game's opening does not state its objective {objective!r}: {banner!r}")
    text = re.sub(r"\n>[ ]*-= [^\n]* =-[^\n]*\Z", "", text)
    text = re.sub(r"\n\s*Would you like to RESTART, RESTORE a saved game, QUIT or UNDO the last command\?", "", text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class Games:
    """Plays one episode at a time; the games used last stay loaded."""

    def __init__(self, folder):
        self.folder = folder
        self.loaded = OrderedDict()
        self.game = None

    def open(self, path):
        import textworld

        if path in self.loaded:
            self.loaded.move_to_end(path)
            return self.loaded[path]
        if len(self.loaded) >= LOADED_GAMES:
            self.loaded.popitem(last=False)[1].close()
        wanted = textworld.EnvInfos(
            feedback=True, objective=True, admissible_commands=True, policy_commands=True, won=True, lost=True, score=True, max_score=True
        )
        self.loaded[path] = textworld.start(str(path), request_infos=wanted)
        return self.loaded[path]

    def reset(self, split, index, _seed=0):
        if split not in SPLITS or not 0 <= index < SPLITS[split][1]:
            raise ValueError(f"no game {index} in split {split!r}")
        self.game = self.open(game_path(self.folder, split, index))
        state = self.game.reset()
        self.points = 0
        self.steps = 0
        self.done = False
        self.recipe_read = False
        return {
            "task_id": f"{split}/{index}",
            "kind": kind_of(split, index),
            "task": " ".join(state.objective.split()),
            "obs": tidy(state.feedback, state.objective),
            "admissible": sorted(set(state.admissible_commands)),
            "expert": self.expert(state),
        }

    def expert(self, state):
        """TextWorld's policy knows the recipe. Ours reads it first, so that what it does can be learnt from what it saw."""
        if not self.recipe_read and READ_RECIPE in state.admissible_commands:
            return READ_RECIPE
        return next(iter(state.policy_commands or []), None)

    def step(self, action):
        if self.game is None or self.done:
            raise ValueError("no episode is being played: reset first")
        state, points, over = self.game.step(action)
        self.steps += 1
        self.recipe_read |= action == READ_RECIPE
        self.done = bool(over) or self.steps >= HORIZON
        # TextWorld counts points so far: the step's own reward is what was added, in parts of the highest score.
        before, self.points = self.points, points
        return {
            "obs": tidy(state.feedback),
            "admissible": [] if self.done else sorted(set(state.admissible_commands)),
            "reward": (points - before) / state.max_score,
            "done": self.done,
            "won": bool(state.won),
            "score": points / state.max_score,
            "expert": None if self.done else self.expert(state),
        }


def self_test(folder):
    """Plays the demonstrator twice on a game of each kind and split: it must win, the same way both times."""
    content_hash(folder)
    games = Games(folder)
    chosen = {(split, kind_of(split, index)): index for split, index in reversed(all_games())}
    for (split, kind), index in sorted(chosen.items()):
        plays = []
        for _ in range(2):
            reply = games.reset(split, index)
            play = [reply]
            while not reply.get("done"):
                if reply["expert"] not in reply["admissible"]:
                    raise SystemExit(f"{split}/{index}: the demonstrator's {reply['expert']!r} is not admissible")
                reply = games.step(reply["expert"])
                play.append(reply)
            plays.append(play)
        if plays[0] != plays[1]:
            raise SystemExit(f"{split}/{index}: two plays of the same actions differ")
        total = sum(reply["reward"] for reply in plays[0][1:])
        if not reply["won"] or abs(total - 1.0) > 1e-9 or reply["score"] != 1.0:
            raise SystemExit(f"{split}/{index}: the demonstrator does not win: {reply}")
        print(f"{split}/{index} {kind}: won in {len(plays[0]) - 1} steps", file=sys.stderr)


def main():
    protocol = take_stdout()
    parser = argparse.ArgumentParser(description="TextWorld's cooking games behind reskill's bridge.")
    parser.add_argument("--games", type=Path, default=Path("games/textworld"), help="folder of the games")
    parser.add_argument("--make", action="store_true", help="make the games that are missing")
    parser.add_argument("--self-test", action="store_true", help="play the demonstrator on a game of each kind")
    arguments = parser.parse_args()
    if arguments.make:
        make_games(arguments.games)
    if arguments.self_test:
        self_test(arguments.games)
    if not (arguments.make or arguments.self_test):
        import textworld  # noqa: F401  before the hello: a missing package is told at the start

        splits = {split: size for split, (_, size, _, _) in SPLITS.items()}
        hello = {"name": "textworld", "splits": splits, "horizon": HORIZON, "hash": content_hash(arguments.games)}
        serve(protocol, hello, Games(arguments.games))


if __name__ == "__main__":
    # A folder of this file is first on sys.path, and this file is called textworld: it must not import itself.
    sys.path.pop(0)
    main()
