#!/usr/bin/env bash
# Everything that must hold: formatting, lints, contracts, unit and end-to-end tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh

# Lints of the contracts run natively, and the tests that need WASM find it built.
unit_tests() {
    [ ! -f tests/unit/Cargo.toml ] || cargo test --quiet --locked --manifest-path tests/unit/Cargo.toml
}

step "Toolchain" scripts/setup.sh
step "Format" cargo fmt --all --check
step "Contracts" scripts/build-contracts.sh
step "Lints" cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
step "Tests" cargo test --quiet --locked --workspace
step "Unit tests of the contracts" unit_tests
step "End to end" env PORT="${TEST_PORT:-18547}" scripts/run.sh --once

printf '\nAll tests pass after %d s.\n' "$SECONDS"
