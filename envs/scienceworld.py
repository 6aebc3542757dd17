"""ScienceWorld behind the bridge (docs/bridge.md).

In: requests as JSON lines on stdin; out: replies as JSON lines on stdout. `--tasks` names the tasks, `--simplifications`
what is made easier, `--most` how many variations of each task a split has at most. The splits are the official ones: train,
seen (its dev variations) and unseen (its test variations). `--self-test` plays the demonstrator.

The actions to choose from are the simulator's valid-action list. The simulator scores from -100 to 100, and a wrong focus
ends the episode at -100: here the score is a part of 1, never below 0, and a step's reward is what it added.
The demonstrator follows the gold action sequence as long as the player does. Gold actions name things more exactly than the
list does; the list's nearest action is taken, and where there is none, it gives up.
"""

import argparse
import hashlib
import itertools
import os
import sys
from collections import OrderedDict

from reskill_bridge import serve, take_stdout

TASKS = [
    "find-living-thing",
    "find-non-living-thing",
    "find-plant",
    "find-animal",
    "lifespan-longest-lived",
    "lifespan-shortest-lived",
    "use-thermometer",
    "measure-melting-point-known-substance",
    "chemistry-mix",
]
HORIZON = 50
GOLD_KEPT = 4096  # gold action sequences; making one takes 0.1 to 1 s for the tasks above, 7 s for genetics
# The simulator walks over sets by identity hash, which differs between runs. With one hash for all, sets keep their order,
# and the same actions give the same texts.
JAVA_OPTIONS = "-XX:+UnlockExperimentalVMOptions -XX:hashCode=2"


def inner(words, of):
    """Whether `words` are `of` with some left out."""
    rest = iter(of)
    return all(word in rest for word in words)


def nearest(gold, admissible):
    """The admissible action that says the same in fewer words, the longest of them."""
    for told in (gold, gold.replace("examine ", "look at ", 1), gold.replace("drop ", "put down ", 1)):
        if told in admissible:
            return told
    words = gold.split()
    if "recipe" in words:
        # The list calls it by its title.
        titled = gold.partition("recipe")[0] + "instructions to "
        return next((action for action in admissible if action.startswith(titled)), None)
    fewer = [action for action in admissible if action.split()[0] == words[0] and inner(action.split(), words)]
    return max(fewer, key=len, default=None)


class Tasks:
    """Plays one episode at a time."""

    def __init__(self, tasks, simplifications, most, horizon, with_expert):
        from scienceworld import ScienceWorldEnv

        os.environ["JAVA_TOOL_OPTIONS"] = f"{os.environ.get('JAVA_TOOL_OPTIONS', '')} {JAVA_OPTIONS}".strip()
        # The step limit of its own is ours, and never reached first.
        self.simulator = ScienceWorldEnv("", envStepLimit=horizon + 1)
        known = self.simulator.get_task_names()
        for task in tasks:
            if task not in known:
                raise SystemExit(f"--tasks: {task!r} is no task; there are {', '.join(known)}")
        for told in filter(None, simplifications.split(",")):
            possible = ["easy", *self.simulator.get_possible_simplifications()]
            if told not in possible:
                raise SystemExit(f"--simplifications: {told!r} is none of {', '.join(possible)}")
        self.simplifications = simplifications
        self.horizon = horizon
        self.with_expert = with_expert
        self.gold = OrderedDict()
        self.done = True
        variations = {"train": [], "seen": [], "unseen": []}
        for task in tasks:
            self.simulator.load(task, 0, simplifications)
            official = (self.simulator.get_variations_train, self.simulator.get_variations_dev, self.simulator.get_variations_test)
            for listed, of in zip(variations.values(), official):
                listed.append([(task, variation) for variation in sorted(of())[:most]])
        # A task after the other in turn: the first indices of a split have all of them.
        self.splits = {
            split: [pair for turn in itertools.zip_longest(*listed) for pair in turn if pair] for split, listed in variations.items()
        }

    def hash(self):
        import scienceworld.version

        told = (scienceworld.version.__version__, JAVA_OPTIONS, self.simplifications, self.horizon, self.splits)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def load(self, task, variation):
        """Loads a variation; its gold actions are made once and kept."""
        make = self.with_expert and (task, variation) not in self.gold
        self.simulator.load(task, variation, self.simplifications, generateGoldPath=make)
        if make:
            self.gold[task, variation] = list(self.simulator.get_gold_action_sequence())
            if len(self.gold) > GOLD_KEPT:
                self.gold.popitem(last=False)
        return list(self.gold[task, variation]) if self.with_expert else []

    def reset(self, split, index, seed):
        if split not in self.splits or not 0 <= index < len(self.splits[split]):
            raise ValueError(f"no task {index} in split {split!r}")
        task, variation = self.splits[split][index]
        self.left = self.load(task, variation)
        first, infos = self.simulator.reset()
        self.score = 0.0
        self.steps = 0
        self.done = False
        admissible = sorted(set(infos["valid"]))
        return {
            "task_id": f"{split}/{task}/{variation}",
            "kind": task,
            "task": infos["taskDesc"].removeprefix("Task Description:").strip(),
            "obs": first.strip(),
            "admissible": admissible,
            "expert": self.expert(admissible),
        }

    def expert(self, admissible):
        """The next gold action in the list's words. A door that is told to be opened and cannot be is open."""
        self.told = None
        while self.left and self.told is None:
            gold = self.left.pop(0)
            self.told = nearest(gold, admissible)
            if self.told is None and not gold.startswith("open "):
                self.left = []
        return self.told

    def step(self, action):
        if self.done:
            raise ValueError("no episode is being played: reset first")
        if action != self.told:
            self.left = []
        observation, _, over, infos = self.simulator.step(action)
        self.steps += 1
        self.done = bool(over) or self.steps >= self.horizon
        before, self.score = self.score, max(0, infos["score"]) / 100
        admissible = [] if self.done else sorted(set(infos["valid"]))
        if not admissible and not self.done:
            raise ValueError("the simulator lists no valid action")
        return {
            "obs": observation.strip(),
            "admissible": admissible,
            "reward": self.score - before,
            "done": self.done,
            "won": infos["score"] == 100,
            "score": self.score,
            "expert": None if self.done else self.expert(admissible),
        }


def self_test(world):
    """Plays the demonstrator twice on a variation of each task and split: the same both times. It must win for most."""
    won = played = 0
    for split, listed in world.splits.items():
        chosen = {}
        for index, (task, _) in enumerate(listed):
            chosen.setdefault(task, index)
        for index in chosen.values():
            plays = []
            for _ in range(2):
                reply = world.reset(split, index, 0)
                play = [reply]
                while not reply.get("done") and reply["expert"] is not None:
                    if reply["expert"] not in reply["admissible"]:
                        raise SystemExit(f"{split}/{index}: the demonstrator's {reply['expert']!r} is not admissible")
                    reply = world.step(reply["expert"])
                    play.append(reply)
                plays.append(play)
            if plays[0] != plays[1]:
                raise SystemExit(f"{split}/{index}: two plays of the same actions differ")
            total = sum(reply["reward"] for reply in plays[0][1:])
            if abs(total - reply.get("score", 0.0)) > 1e-9:
                raise SystemExit(f"{split}/{index}: rewards add up to {total}, the score is {reply.get('score')}")
            played += 1
            won += bool(reply.get("won"))
            first, score = plays[0][0], reply.get("score", 0.0)
            told = f"score {score:.2f} in {len(plays[0]) - 1} steps, {len(first['admissible'])} actions at first"
            print(f"{first['task_id']}: {told}", file=sys.stderr)
    if 2 * won < played:
        raise SystemExit(f"the demonstrator won {won} of {played} episodes")
    print(f"the demonstrator won {won} of {played} episodes", file=sys.stderr)


def main():
    protocol = take_stdout()
    parser = argparse.ArgumentParser(description="ScienceWorld behind reskill's bridge.")
    parser.add_argument("--tasks", default=",".join(TASKS), help="names of tasks, with commas between them")
    parser.add_argument("--simplifications", default="easy", help="easy, or names with commas between them, or nothing")
    parser.add_argument("--most", type=int, help="variations of each task in a split, at most (default: all)")
    parser.add_argument("--horizon", type=int, default=HORIZON, help="actions per episode, at most")
    parser.add_argument("--no-expert", action="store_true", help="no demonstrator: the first start of a variation takes less time")
    parser.add_argument("--self-test", action="store_true", help="play the demonstrator on a variation of each task")
    told = parser.parse_args()
    world = Tasks(told.tasks.split(","), told.simplifications, told.most, told.horizon, not told.no_expert)
    if told.self_test:
        self_test(world)
        return
    splits = {split: len(listed) for split, listed in world.splits.items()}
    serve(protocol, {"name": "scienceworld", "splits": splits, "horizon": told.horizon, "hash": world.hash()}, world)


if __name__ == "__main__":
    # A folder of this file is first on sys.path, and this file is called scienceworld: it must not import itself.
    sys.path.pop(0)
    main()
