#!/usr/bin/env python3
"""What the protocol costs per step. In: the number of steps and the command of a bridge of envs/; out: a line of figures.

    scripts/bridge_overhead.py 500 .venv-alfworld/bin/python envs/alfworld.py --games games/alfworld

Plays random admissible actions, the same each time. The bridge itself tells how long its world took for each step; what is
left of the time that was waited is the protocol: both sides' JSON, the pipes, the switching of processes. Medians, since
whatever else the machine does falls on a few steps.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time


def main():
    wanted, command = int(sys.argv[1]), sys.argv[2:]
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    child = subprocess.Popen(command, **pipes, text=True, env=os.environ | {"BRIDGE_TIMES": "1"})

    def ask(**message):
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
        reply = json.loads(child.stdout.readline())
        if "error" in reply:
            raise SystemExit(reply["error"])
        return reply

    splits = json.loads(child.stdout.readline())["splits"]
    split = "train" if splits.get("train") else next(iter(splits))
    draw = random.Random(0)
    waited, longest, actions, episode = [], 0, [], 0
    for number in range(wanted):
        if not actions:
            actions = ask(op="reset", split=split, index=episode % splits[split], seed=0, id=number)["admissible"]
            episode += 1
        action = draw.choice(actions)
        began = time.perf_counter()
        reply = ask(op="step", action=action, id=number)
        waited.append(time.perf_counter() - began)
        longest = max(longest, len(json.dumps(reply)))
        actions = reply["admissible"]
    child.stdin.write('{"op": "close"}\n')
    world = json.loads(child.communicate()[1].strip().splitlines()[-1])
    if len(world) != wanted:
        raise SystemExit(f"the bridge counted {len(world)} steps, not {wanted}")
    over = [whole - part for whole, part in zip(waited, world)]
    step, protocol = statistics.median(world), statistics.median(over)
    print(
        f"{wanted} steps of {split}: {1e3 * step:.2f} ms in the world, the protocol {1e6 * protocol:.0f} us, "
        f"{100 * protocol / step:.2f}% (medians; means {1e3 * statistics.mean(world):.2f} ms and {1e6 * statistics.mean(over):.0f} us; "
        f"longest reply {longest} bytes)"
    )


if __name__ == "__main__":
    main()
