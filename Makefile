# What people type. Each target does everything it needs, from a fresh clone on: packages, servers, build. From any
# folder: make -C <here> test.
.DEFAULT_GOAL := build
here := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
.PHONY: build test test-console demo bench package test-packages test-asan test-tsan fuzz generate format clean help

build: ## build/release/wxpipe
	@$(here)dev/install
	@$(here)dev/build release
	@echo "build/release/wxpipe --help tells what it can do, make help what you can"

test: ## the whole suite, on a real Kafka and a real Postgres of its own (ARGS="-R Spool" picks)
	@$(here)dev/test dev $(ARGS)

test-console: ## the console's pages in a real browser
	@$(here)dev/test-console $(ARGS)

demo: ## plays the platforms against all roles and shows what was stored
	@$(here)dev/demo $(ARGS)

bench: ## the benchmarks
	@$(here)dev/bench $(ARGS)

package: ## a Debian package for this machine's Debian (build/packages)
	@$(here)dev/package deb

test-packages: ## package and image, installed, upgraded and purged in a fresh system (needs root)
	@$(here)dev/package test $(ARGS)

test-asan: ## the suite with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(here)dev/test asan $(ARGS)

test-tsan: ## the suite with ThreadSanitizer
	@$(here)dev/test tsan $(ARGS)

fuzz: ## each fuzz target, briefly (clang)
	@$(here)dev/test fuzz -L fuzz $(ARGS)

generate: ## schemas and pages, out of the declarations in schemas/facts
	@$(here)dev/install
	@$(here)dev/build dev generate
	@cd $(here) && build/dev/schemas/generate .

format: ## clang-format over all sources
	@$(here)dev/install clang-format
	@cd $(here) && git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format -i

clean: ## stops the servers under build/, deletes it and the servers' data
	@$(here)dev/clean

help: ## this list
	@sed -n 's/^\([a-z-]*\): ## /\1\t/p' $(here)Makefile | expand -t 16
