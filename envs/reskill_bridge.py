"""What bridges have in common (docs/bridge.md): the protocol's stdout, and the loop that answers requests.

In: requests as JSON lines on stdin; out: replies as JSON lines on the stdout that the process was started with.
Whatever a library prints after `take_stdout` goes to stderr.
"""

import json
import os
import sys
import time


def take_stdout():
    """The real stdout, for the protocol alone; from here on, prints and C libraries write to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return protocol


def serve(protocol, hello, world):
    """Answers requests until `close`. `world.reset(split, index, seed)` and `world.step(action)` give a reply's fields;
    a ValueError of theirs is told as an error. With BRIDGE_TIMES in the environment, stderr hears at the end how many
    seconds the world itself took for each step: scripts/bridge_overhead.py compares them with what the other side waited."""

    def send(message):
        protocol.write(json.dumps(message, allow_nan=False) + "\n")
        protocol.flush()

    times = [] if "BRIDGE_TIMES" in os.environ else None
    send({"op": "hello", "protocol": 1, **hello})
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "close":
            break
        try:
            if request["op"] == "reset":
                reply = world.reset(request["split"], request["index"], request["seed"])
            elif request["op"] == "step":
                began = time.perf_counter()
                reply = world.step(request["action"])
                if times is not None:
                    times.append(time.perf_counter() - began)
            else:
                reply = {"error": f"unknown op {request['op']!r}"}
        except ValueError as error:
            reply = {"error": str(error)}
        send({"id": request["id"], **reply})
    if times is not None:
        print(json.dumps(times), file=sys.stderr, flush=True)
