# `make` alone lists the targets; a target's own line says what it does.
.DEFAULT_GOAL := help
.PHONY: help libtorch

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

libtorch: ## fetch the tensor library into ./libtorch (once; 540 MB by pip)
	@scripts/libtorch.sh
