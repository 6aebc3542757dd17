"""ALFWorld's text games behind the bridge (docs/bridge.md).

In: requests as JSON lines on stdin; out: replies as JSON lines on stdout. `--games` is a folder with `game.tw-pddl` files
below `train/`, `seen/` (or `valid_seen/`) and `unseen/` (or `valid_unseen/`): ALFWorld's own, or those that
`reskill games export` writes. A game without rules and texts gets those of the installed package. `--self-test` plays
ALFWorld's expert on a few games.

Texts and admissible actions are the engine's, unchanged. ALFWorld's hand-coded expert is the demonstrator where a game has
its `traj_data.json` beside it; it does not always succeed. The reward is 1 when the goal is reached.
"""

import argparse
import copy
import functools
import hashlib
import json
import random
import sys
from pathlib import Path

from reskill_bridge import serve, take_stdout

HORIZON = 50
SPLITS = {"train": ["train"], "seen": ["seen", "valid_seen"], "unseen": ["unseen", "valid_unseen"]}
GOAL = "Your task is to: "
GAMES_KEPT = 64  # games whose translation is remembered: the next episode of the same game starts sooner


def find_games(folder):
    """Split -> games by path, with the names that the household gives them too."""
    games = {}
    for split, names in SPLITS.items():
        found = [(folder / name, path) for name in names for path in (folder / name).rglob("*.tw-pddl")]
        found.sort(key=lambda pair: (pair[0].name, pair[1].parts))
        games[split] = [(path.parent.relative_to(root).as_posix(), path) for root, path in found]
    if not any(games.values()):
        raise SystemExit(f"{folder} has no games: expected game.tw-pddl files below train/, seen/ or unseen/")
    return games


def content_hash(games):
    digest = hashlib.sha256()
    for split, listed in games.items():
        for name, path in listed:
            digest.update(f"{split}/{name}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def remember():
    """Pure functions of the engine that cost most of a step and of a start, remembered by their arguments."""
    import fast_downward
    from textworld.envs.pddl import logic, textgen
    from textworld.logic import Rule

    fast_downward.pddl2sas = functools.lru_cache(maxsize=2 * GAMES_KEPT)(fast_downward.pddl2sas)
    logic._parse_and_convert = functools.lru_cache(maxsize=GAMES_KEPT)(logic._parse_and_convert)
    Rule.parse_conjunctive_query = functools.lru_cache(maxsize=None)(Rule.parse_conjunctive_query)
    parsed = functools.lru_cache(maxsize=None)(textgen._parse_and_convert)
    # A derivation writes into the symbols that it gets: each gets its own.
    textgen._parse_and_convert = lambda *text, **how: copy.deepcopy(parsed(*text, **how))


class Games:
    """Plays one episode at a time."""

    def __init__(self, games, with_expert):
        # The package overwrites sys.argv: what we were told has been read before.
        import alfworld.agents.environment.alfred_tw_env as theirs
        import alfworld.info
        from textworld import EnvInfos
        from textworld.envs.pddl import PddlEnv

        logic = Path(alfworld.info.__file__).parent / "data"
        self.logic = {"pddl_domain": (logic / "alfred.pddl").read_text(), "grammar": (logic / "alfred.twl2").read_text()}
        self.agent = theirs.HandCodedTWAgent(max_steps=200) if with_expert else None
        self.engine = theirs.AlfredDemangler(PddlEnv(EnvInfos(admissible_commands=True, won=True, facts=with_expert)))
        self.games = games
        self.state = None

    def reset(self, split, index, seed):
        if split not in self.games or not 0 <= index < len(self.games[split]):
            raise ValueError(f"no game {index} in split {split!r}")
        name, path = self.games[split][index]
        game = json.loads(path.read_text())
        if "grammar" not in game:
            grammar = self.logic["grammar"].replace("UNKNOWN GOAL.", json.dumps(game["task"])[1:-1])
            game |= {"pddl_domain": self.logic["pddl_domain"], "grammar": grammar}
        self.engine.load(game)
        self.state = self.engine.reset()
        self.steps = 0
        self.done = False
        first, found, task = self.state.feedback.partition(GOAL)
        if not found:
            raise ValueError(f"{path}: the first text does not tell the task: {first!r}")
        # The expert draws from the global generator.
        random.seed(seed)
        self.demonstrator = self.agent if self.agent and path.with_name("traj_data.json").exists() else None
        expert = None
        if self.demonstrator:
            self.demonstrator.reset(str(path))
            self.demonstrator.observe(self.state.feedback)
            expert = "look"
        return {
            "task_id": f"{split}/{name}",
            "kind": game.get("task_type", "").removesuffix("_in_recep"),
            "task": task,
            "obs": self.state.feedback,
            "admissible": self.state.admissible_commands,
            "expert": expert,
        }

    def expert(self, action):
        if self.demonstrator is None:
            return None
        try:
            told = self.demonstrator.act(self.state, 0, self.state.won, action)
        except Exception as error:
            # It gives up by exceptions of several kinds, its own and accidental ones.
            print(f"ALFWorld's expert gave up: {type(error).__name__} {error}", file=sys.stderr)
            self.demonstrator = None
            return None
        return told if told in self.state.admissible_commands else "look"

    def step(self, action):
        if self.state is None or self.done:
            raise ValueError("no episode is being played: reset first")
        self.state, _, won = self.engine.step(action)
        self.steps += 1
        self.done = won or self.steps >= HORIZON
        return {
            "obs": self.state.feedback,
            "admissible": [] if self.done else self.state.admissible_commands,
            "reward": float(won),
            "done": self.done,
            "won": won,
            "score": float(won),
            "expert": None if self.done else self.expert(action),
        }


def self_test(games, world):
    """Plays ALFWorld's expert twice on up to six games of each split: the same both times, and won in most."""
    won = played = 0
    for split, listed in games.items():
        for index in range(min(6, len(listed))):
            plays = []
            for _ in range(2):
                reply = world.reset(split, index, 0)
                play = [reply]
                while not reply.get("done") and reply["expert"]:
                    if reply["expert"] not in reply["admissible"]:
                        raise SystemExit(f"{split}/{index}: the expert's {reply['expert']!r} is not admissible")
                    reply = world.step(reply["expert"])
                    play.append(reply)
                plays.append(play)
            if plays[0] != plays[1]:
                raise SystemExit(f"{split}/{index}: two plays of the same actions differ")
            played += 1
            won += bool(reply.get("won"))
            what = "won" if reply.get("won") else "not won"
            print(f"{split}/{index} {plays[0][0]['kind']}: {what} in {len(plays[0]) - 1} steps", file=sys.stderr)
    if 2 * won < played:
        raise SystemExit(f"ALFWorld's expert won {won} of {played} games")


def main():
    protocol = take_stdout()
    parser = argparse.ArgumentParser(description="ALFWorld's text games behind reskill's bridge.")
    parser.add_argument("--games", type=Path, default=Path("games/alfworld"), help="folder of the games")
    parser.add_argument("--no-expert", action="store_true", help="no demonstrator: steps take about half the time")
    parser.add_argument("--plain", action="store_true", help="the engine as it is, without remembering what it has parsed")
    parser.add_argument("--self-test", action="store_true", help="play ALFWorld's expert on a few games")
    arguments = parser.parse_args()
    games = find_games(arguments.games)
    if not arguments.plain:
        remember()
    world = Games(games, not arguments.no_expert)
    if arguments.self_test:
        self_test(games, world)
        return
    splits = {split: len(listed) for split, listed in games.items() if listed}
    serve(protocol, {"name": "alfworld", "splits": splits, "horizon": HORIZON, "hash": content_hash(games)}, world)


if __name__ == "__main__":
    # A folder of this file is first on sys.path, and this file is called alfworld: it must not import itself.
    sys.path.pop(0)
    main()
