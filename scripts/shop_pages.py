#!/usr/bin/env python3
"""Simulated shop episodes for `benches/engine.rs`. In: nothing; out: `tests/data/shop.jsonl` (or the path given).

The pages have WebShop's form ([SEP] between segments, what can be clicked as the admissible actions), but every product,
price and title is made up here, from the words below and a fixed seed: nothing is taken from WebShop's catalogue. Nobody
plays: a small scripted shopper, who errs with a fixed chance, searches, opens, chooses options, looks at sub-pages and buys.
Texts of product and result pages have some 300 to 600 bytes; a product's page offers some 30 actions. Run it again after
changing it: the same text comes out on every machine.
"""

import json
import os
import random
import sys

THINGS = ["travel mug", "desk lamp", "yoga mat", "rain jacket", "running shorts", "throw pillow", "tea kettle", "wall clock"]
LOOKS = ["slim", "classic", "modern", "soft", "sturdy", "light", "large", "plain"]
COLORS = ["black", "white", "red", "blue", "navy", "green", "grey", "pink", "brown", "beige", "orange", "purple", "yellow", "teal", "gold", "silver"]
SIZES = ["xs", "small", "medium", "large", "x-large", "2x-large", "3x-large", "4x-large", "5x-large"]
HORIZON = 15
PER_PAGE = 5
SEP = " [SEP] "


class Shop:
    """A catalogue for one task, and the page that is shown."""

    def __init__(self, rng, instruction, thing):
        self.rng, self.instruction = rng, instruction
        self.products = {}
        while len(self.products) < 3 * PER_PAGE:
            asin = "B0" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(8))
            about = thing if rng.random() < 0.7 else rng.choice(THINGS)
            self.products[asin] = {
                "title": " ".join(w.capitalize() for w in (rng.sample(LOOKS, 2) + [about])),
                "price": round(rng.uniform(8, 36), 2),
                "color": rng.sample(COLORS, rng.randint(14, 16)),
                "size": SIZES[: rng.randint(8, 9)],
            }
        self.search_page()

    def search_page(self):
        self.page, self.item, self.sub = 0, None, None

    def text(self):
        ask = f"Instruction:{SEP}{self.instruction}{SEP}"
        if self.page == 0:
            return f"WebShop{SEP}{ask}Search"
        if self.item is None:
            parts = ["Back to Search", f"Page {self.page} (Total results: {len(self.products)})"]
            parts += ["< Prev"] * (self.page > 1) + ["Next >"] * (self.page < 3)
            for asin in self.shown():
                parts += [asin, self.products[asin]["title"], f"${self.products[asin]['price']:.2f}"]
            return ask + SEP.join(parts)
        item = self.products[self.item]
        if self.sub:
            return ask + SEP.join(["Back to Search", "< Prev", f"{item['title']}: {self.sub} as one would expect of it."])
        parts = ["Back to Search", "< Prev", "color", *item["color"], "size", *item["size"], item["title"]]
        parts += [f"Price: ${item['price']:.2f}", "Rating: N.A.", "Description", "Features", "Reviews", "Buy Now"]
        return ask + SEP.join(parts)

    def shown(self):
        return list(self.products)[(self.page - 1) * PER_PAGE : self.page * PER_PAGE]

    def actions(self):
        if self.page == 0:
            return ["click[search]"]
        if self.item is None:
            paging = ["click[< prev]"] * (self.page > 1) + ["click[next >]"] * (self.page < 3)
            return ["click[back to search]", *paging, *(f"click[{a.lower()}]" for a in self.shown())]
        if self.sub:
            return ["click[back to search]", "click[< prev]"]
        item = self.products[self.item]
        sub = ["description", "features", "reviews", "buy now"]
        return [f"click[{c}]" for c in ["back to search", "< prev", *item["color"], *item["size"], *sub]]

    def act(self, action):
        """Does it; whether that was the purchase."""
        if action.startswith("search["):
            self.page = 1 if self.page == 0 else self.page
            return False
        name = action[len("click[") : -1]
        if name == "buy now" and self.item:
            return True
        if name == "back to search":
            self.search_page()
        elif name == "< prev" and self.sub:
            self.sub = None
        elif name == "< prev" and self.item:
            self.item = None
        elif name in ("next >", "< prev"):
            self.page += 1 if name == "next >" else -1
        elif name in ("description", "features", "reviews"):
            self.sub = name
        elif name.upper() in self.products:
            self.item = name.upper()
        return False


def episode(number, rng):
    thing, color, size = rng.choice(THINGS), rng.choice(COLORS), rng.choice(SIZES[:8])
    cap = f"{rng.randint(30, 60)}.00"
    # Most ask for no option: then the shopper tries some.
    plain = number % 6 != 0
    asked = "" if plain else f" with color: {color}, and size: {size},"
    task = f"Find me {thing},{asked} and price lower than {cap} dollars"
    shop = Shop(rng, task, thing)
    steps, first, chosen, score = [], shop.text(), set(), 0.0
    opened, looked = set(), 0
    while len(steps) < HORIZON:
        admissible = shop.actions()
        if shop.page == 0:
            action = f"search[{thing} {color}]"
        elif shop.item is None:
            fresh = [a for a in shop.shown() if a not in opened]
            action = f"click[{rng.choice(fresh).lower()}]" if fresh and rng.random() < 0.85 else rng.choice(admissible)
        elif shop.sub:
            action = "click[< prev]"
        else:
            opened.add(shop.item)
            wishes = [w for w in (color, size) if f"click[{w}]" in admissible and w not in chosen and not plain]
            dear = shop.products[shop.item]["price"] > float(cap)
            if rng.random() < 0.12:
                action = rng.choice([a for a in admissible if a != "click[buy now]"])
            elif dear and len(steps) < 11:
                action = "click[< prev]"
            elif wishes:
                action = f"click[{wishes[0]}]"
            elif looked < number % 2:
                looked, action = looked + 1, "click[features]"
            elif len(steps) < 13:
                action = f"click[{rng.choice(shop.products[shop.item]['color'])}]"
            else:
                action = "click[buy now]"
            chosen.add(action[len("click[") : -1])
        before = shop.item
        bought = shop.act(action)
        if shop.item != before:
            chosen.clear()
        if bought:
            score = 1.0 if plain or {color, size} <= chosen else 0.5
            observation = f"Thank you for shopping with us!{SEP}Your code:{SEP}None{SEP}Your score (min 0.0, max 1.0){SEP}{score}"
        else:
            observation = shop.text()
        steps.append({"admissible": admissible, "action": action, "observation": observation, "reward": score})
        if bought:
            break
    return {
        "v": 1, "id": f"simulated-shop-{number}", "world": "simulated shop", "split": "train", "task_id": f"simulated/{number}",
        "group": number, "slot": 0, "version": "", "task": task, "first": first, "steps": steps, "done": True,
        "won": score == 1.0, "score": score,
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "tests", "data", "shop.jsonl")
    rng = random.Random(17)
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for number in range(12):
            out.write(json.dumps(episode(number, rng), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
