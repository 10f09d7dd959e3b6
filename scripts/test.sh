#!/usr/bin/env bash
# Everything that must hold: formatting, lints, contracts, unit and end-to-end tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh

# Contracts compile for WASM only; natively they are tested in tests/unit, a workspace of its own (Cargo.toml
# says why) in the same target folder.
contracts=() others=(--workspace)
for name in $(contract_names); do
    contracts+=(-p "$name")
    others+=(--exclude "$name")
done

unit() {
    local command=$1
    shift
    cargo "$command" --manifest-path tests/unit/Cargo.toml "$@"
}

format() {
    cargo fmt --all --check
    unit fmt --check
}

lints() {
    cargo clippy --quiet --locked "${contracts[@]}" --lib --target wasm32-unknown-unknown -- -D warnings
    cargo clippy --quiet --locked "${others[@]}" --all-targets -- -D warnings
    unit clippy --quiet --locked --all-targets -- -D warnings
}

tests() {
    cargo test --quiet --locked "${others[@]}"
    unit test --quiet --locked
}

# The files under abi/ are what the interfaces in contracts/shared say.
interfaces() {
    cargo run --quiet --locked -p clay-shared --features abi --example abi -- --check
}

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
step "Toolchain" scripts/setup.sh
step "Format" format
step "Interfaces" interfaces
step "Contracts" scripts/build-contracts.sh # before the tests, which run them
step "Lints" lints
step "Tests" tests
step "End to end" env PORT="${TEST_PORT:-18547}" scripts/run.sh --once

printf '\nAll tests pass after %d s.\n' "$SECONDS"
