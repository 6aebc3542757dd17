#!/usr/bin/env python3
"""Invariant (package `invariant-ai`) as a peer of the assertions in `benches/engine.rs`; not needed for anything else.

In: FIXTURE (`tests/fixtures/assertions.jsonl`). Out, as one line of JSON: nanoseconds per rule and step, for rules that say
"no action matches this expression", the form in which it is fastest, checked over whole trajectories; the seconds that its
compiler takes; how many rules. Without the package: `null`.
"""

import json
import re
import sys
import time

try:
    from invariant.analyzer import LocalPolicy
except ImportError:
    print("null")
    sys.exit()

RULES, TRAJECTORIES = 10, 12


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    patterns = []
    for assertion in (a for case in cases for a in case["assertions"]):
        pattern = assertion["params"].get("pattern")
        if assertion["check_type"] in ("action_not_exists", "action_exists") and pattern not in patterns:
            patterns.append(pattern)
    patterns = patterns[:RULES]
    rules = [
        f"raise PolicyViolation({json.dumps(f'rule {n}')}, call=call) if:\n"
        "    (call: ToolCall)\n"
        # Its texts know no escapes: what stands between the quotes is the expression.
        f'    match("(?s).*(?:{pattern})", call.function.arguments.action)\n'
        for n, pattern in enumerate(patterns)
    ]
    begun = time.perf_counter()
    policy = LocalPolicy.from_string("\n".join(rules))
    compiled = time.perf_counter() - begun

    def trace(case):
        messages = []
        for number, step in enumerate(case["trajectory"]):
            call = {"id": str(number), "type": "function", "function": {"name": "act", "arguments": {"action": step["action"]}}}
            messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": str(number), "content": step["observation"]})
        return messages

    cases = cases[:TRAJECTORIES]
    policy.analyze(trace(cases[0]))
    steps, right, spent = 0, 0, 0
    for case in cases:
        messages = trace(case)
        begun = time.perf_counter_ns()
        result = policy.analyze(messages)
        spent += time.perf_counter_ns() - begun
        steps += len(case["trajectory"])
        expected = {f"rule {n}" for n, p in enumerate(patterns) if any(re.search(p, s["action"]) for s in case["trajectory"])}
        right += {error.args[0] for error in result.errors} == expected
    if right < len(cases):
        sys.exit(f"Invariant finds something else in {len(cases) - right} of {len(cases)} trajectories")
    print(json.dumps({"ns": spent / (steps * len(patterns)), "compile_s": compiled, "rules": len(patterns), "steps": steps}))


if __name__ == "__main__":
    main()
