# `make` alone lists the targets; a target's own line says what it does.
.DEFAULT_GOAL := help
.PHONY: help libtorch demo test agree grammar-agree mutants bench callgrind fuzz textworld alfworld alfworld-agree scienceworld scienceworld-eval

SEEDS ?= 1
N ?= 20000
# SHORT=1: a few steps, in a folder of their own, to see that everything works. FRESH=1: begin anew instead of going on.
DEMO = --seeds $(SEEDS) $(if $(SHORT),--short --out runs/demo-short) $(if $(FRESH),--fresh)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

libtorch: ## fetch the tensor library into ./libtorch (once; 540 MB by pip)
	@scripts/libtorch.sh

demo: libtorch ## GRPO alone against GRPO with evolving skills, in one table (SEEDS=n SHORT=1 FRESH=1)
	cargo run --release --quiet -- demo $(DEMO)

test: libtorch ## all tests, and the language alone without C++
	cargo check --quiet --no-default-features
	cargo test --quiet

agree: ## the session against the specification on N random pairs of a program and an episode (N=20000; needs no tensor library)
	AGREE=$(N) cargo test --release --no-default-features --features evolve,cli --test it agree::the_session -- --nocapture

grammar-agree: N = 100000
grammar-agree: ## the exported grammars against the parser on N programs, most of them damaged (N=100000; needs no tensor library)
	GRAMMAR=$(N) cargo test --release --no-default-features --features evolve,cli --test it grammar::the_grammars -- --nocapture

mutants: ## break the engine in many ways, one at a time: the test of agreement must notice each (N=6000 pairs)
	N=$(N) scripts/mutants.py

bench: ## how long checking takes, a step of the engine, and the language server answers (no tensor library needed; SHORT=1)
	cargo bench --no-default-features --features evolve,cli --bench check --bench lsp --bench engine

callgrind: ## instructions of the engine per step, at 10 and 1,000 skills (needs valgrind)
	@sh scripts/callgrind.sh

fuzz: ## fuzz parser, formatter, patches and evaluators, T seconds each (T=600)
	@T=$(or $(T),600) sh scripts/fuzz.sh

textworld: ## install TextWorld in a local venv, make its games, try them
	sh scripts/textworld.sh

alfworld: ## install ALFWorld in a local venv (415 MB), write games for it, try them
	sh scripts/alfworld.sh

alfworld-agree: N = 200
alfworld-agree: ## the household against ALFWorld's engine on N games, step by step (after make alfworld; N=200)
	ALFWORLD_AGREE=$(N) cargo test --no-default-features --features evolve,cli --test alfworld -- --nocapture

scienceworld: ## install ScienceWorld in a local venv (needs Java 17), try its tasks
	sh scripts/scienceworld.sh

scienceworld-eval: libtorch ## seed skills on ScienceWorld's dev variations, with a random and a trained policy (after make scienceworld; 20 minutes)
	sh scripts/scienceworld_eval.sh
