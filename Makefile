# The commands that do all the set-up themselves. `make` alone lists them.

# The home of the demo's run, and where its tearsheet goes.
DEMO := demo
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
TRIMTAB := $(TARGET)/release/trimtab

.DEFAULT_GOAL := help
.PHONY: help demo test test-services bench clean-demo

help: ## list these commands
	@echo "make COMMAND, where COMMAND is"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16 | sed 's/^/  /'

demo: ## build the release binary and run a mandate over 33 years of real prices
	@scripts/need.sh cargo cc
	@echo "== build (about ten minutes on two cores the first time)"
	cargo build --release -p cli --bin trimtab
	@echo "== run"
	$(TRIMTAB) run examples/us-large-cap.toml --home $(DEMO)/home --report $(DEMO)/report
	@scripts/demo_next.sh $(TRIMTAB) $(DEMO)

test: ## formatting, lints, all tests, documentation tests, the drawn house
	@scripts/test.sh

test-services: ## the tests that need PostgreSQL, S3, Redis and the MLflow and Feast clients, and those that break servers on purpose
	@scripts/test_services.sh

bench: ## NAME=loop: each question in Trimtab and in the tools that a user would pick instead
	@test -n "$(NAME)" || { echo "error: which one? make bench NAME=..., one of: $(notdir $(wildcard benches/*))" >&2; exit 2; }
	@test -x "benches/$(NAME)/run.sh" || { echo "error: there is no bench '$(NAME)'; there are: $(notdir $(wildcard benches/*))" >&2; exit 2; }
	@scripts/need.sh cargo cc python3
	@"benches/$(NAME)/run.sh"

clean-demo: ## remove the demo's home and report
	rm -rf $(DEMO)
