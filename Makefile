# The two commands that matter are `make demo` and `make test`. The work is done by scripts/, which also run alone.

.DEFAULT_GOAL := help
.PHONY: help demo test test-deep hunt lint fmt docs bench soak generate check-generated

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Build Signoff and run it on loopback with a simulated Telegram: no account, no phone, no network.
	@scripts/demo.sh

test: ## Check everything that CI checks; STEPS="fmt clippy" runs only those.
	@scripts/test.sh $(STEPS)

test-deep: ## Check what takes longer: the hunt over 300 kills, the fuzzers; STEPS="house" runs only those.
	@scripts/test-deep.sh $(STEPS)

hunt: ## Kill the process 300 times under load and judge what is left; SIGNOFF_SEED=n makes the same choices again.
	@cargo build --package signoff
	@cargo test --package signoff-house-tests --test house -- --ignored --nocapture over_three_hundred_kills

lint: ## Check formatting, lints, documentation, shell scripts and licences, without running the tests.
	@scripts/test.sh fmt shell licences clippy docs

fmt: ## Format every Rust file in place.
	@cargo fmt --all

docs: ## Build the crates' documentation under target/doc.
	@cargo doc --workspace --no-deps

bench: ## Run the benchmarks beside their goals, in eight minutes; BENCH="latency growth" runs only those.
	@scripts/bench.sh $(BENCH)

soak: ## Load the service for ten minutes and see whether memory, files and latency stay flat.
	@scripts/bench.sh soak

generate: ## Write the generated files again: OpenAPI, configuration schema and example, error pages.
	@scripts/generate.sh write

check-generated: ## Fail when a generated file differs from what the code generates.
	@scripts/generate.sh check
