#!/usr/bin/env python3
"""The nine reference checks with Python's `re`: the peer of the assertions in `benches/engine.rs`.

In: FIXTURE (`tests/fixtures/assertions.jsonl`), BANK (JSON: a list of assertions), ROUNDS. Out, as one line of JSON: the median
time of one round in nanoseconds per assertion and step (every assertion of the bank over every trajectory of the fixture;
`ns` with expressions compiled before, `by_name_ns` with `re.search(pattern, text)`), what each assertion says of each trajectory, and how many of the fixture's own verdicts were
compared; one that differs ends the program.

The checks are written from their description: regex search, case-sensitive, on the raw action; an action without the prefix
resets a chain of repeats; an action that matches `after_action` is itself skipped.
"""

import json
import re
import statistics
import sys
import time

MANY = 999


def by_name(pattern):
    """A search as most programs write it: the expression is looked up in the module's cache every time."""
    return lambda text: re.search(pattern, text)


def compiled(pattern):
    return re.compile(pattern).search


def check(assertion, searcher=compiled):
    """A function of (actions, observations) that says whether the assertion passes."""
    kind, params = assertion["check_type"], assertion["params"]
    find = {name: searcher(params[name]) for name in ("pattern", "first", "second", "after_action") if params.get(name)}

    if kind == "action_exists":
        search = find["pattern"]
        return lambda actions, _: any(map(search, actions))
    if kind == "action_not_exists":
        search = find["pattern"]
        return lambda actions, _: not any(map(search, actions))
    if kind == "action_before":
        first, second = find["first"], find["second"]

        def before(actions, _):
            begin = next((i for i, action in enumerate(actions) if first(action)), None)
            end = next((i for i, action in enumerate(actions) if second(action)), None)
            return begin is not None and end is not None and begin < end

        return before
    if kind == "no_consecutive_repeat":
        prefix = params.get("prefix") or ""

        def no_repeat(actions, _):
            last = None
            for action in actions:
                if not action.startswith(prefix):
                    last = None
                elif action == last:
                    return False
                else:
                    last = action
            return True

        return no_repeat
    if kind == "final_action":
        search = find["pattern"]
        return lambda actions, _: bool(actions) and search(actions[-1]) is not None
    if kind == "min_steps":
        n = params["n"]
        return lambda actions, _: len(actions) >= n
    if kind == "max_steps":
        n = params["n"]
        return lambda actions, _: len(actions) <= n
    if kind == "action_count":
        search, low, high = find["pattern"], params.get("min", 0), params.get("max", MANY)
        return lambda actions, _: low <= sum(1 for action in actions if search(action)) <= high
    if kind == "observation_contains":
        search, after = find["pattern"], find.get("after_action")
        if after is None:
            return lambda _, observations: any(map(search, observations))

        def contains(actions, observations):
            seen = False
            for action, observation in zip(actions, observations):
                if after(action):
                    seen = True
                elif seen and search(observation):
                    return True
            return False

        return contains
    raise ValueError(f"no check {kind}")


def main():
    fixture, bank, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(fixture, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    played = [
        ([step["action"] for step in case["trajectory"]], [step["observation"] for step in case["trajectory"]]) for case in cases
    ]
    compared = 0
    for number, (case, texts) in enumerate(zip(cases, played), 1):
        passed = [bool(check(assertion)(*texts)) for assertion in case["assertions"]]
        compared += len(passed)
        if passed != case["passed"]:
            sys.exit(f"{fixture}: line {number}: {passed}, expected {case['passed']}")

    with open(bank, encoding="utf-8") as text:
        assertions = json.load(text)
    pairs = len(assertions) * sum(len(actions) for actions, _ in played)

    def measure(checks):
        times = []
        for _ in range(rounds):
            begun = time.perf_counter_ns()
            for actions, observations in played:
                for one in checks:
                    one(actions, observations)
            times.append(time.perf_counter_ns() - begun)
        return statistics.median(times) / pairs

    checks = [check(assertion) for assertion in assertions]
    said = [[bool(one(*texts)) for one in checks] for texts in played]
    ns, by_name_ns = measure(checks), measure([check(assertion, by_name) for assertion in assertions])
    print(json.dumps({"ns": ns, "by_name_ns": by_name_ns, "passed": said, "compared": compared}))


if __name__ == "__main__":
    main()
