#!/usr/bin/env bash
# Builds the contracts a second time, from a copy of the sources in another folder and from nothing, and compares every byte:
# so a code hash on a chain tells what source it was built from. `clay verify` compares a chain with one's own build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh

here=$(realpath "${CARGO_TARGET_DIR:-target}")/contracts
elsewhere=$(mktemp -d)/in/another/folder
trap 'rm -rf "${elsewhere%/in/another/folder}"' EXIT

copy() {
    mkdir -p "$elsewhere"
    git ls-files -z | xargs -0 cp --parents -t "$elsewhere"
    ln -s "$PWD/node_modules" "$elsewhere/node_modules"
}

compare() {
    local program different=0
    for program in "$here"/*.wasm; do
        if cmp -s "$program" "$elsewhere/target/contracts/$(basename "$program")"; then
            sha256sum "$program" | sed "s|$here/||"
        else
            printf '%s DIFFERS\n' "$(basename "$program")"
            different=$((different + 1))
        fi
    done
    [ "$different" -eq 0 ]
}

step "Toolchain" scripts/setup.sh
step "Building the contracts" scripts/build-contracts.sh
step "Copying the sources" copy
step "Building them elsewhere" env -u CARGO_TARGET_DIR -u CLAY_PROGRAMS "$elsewhere/scripts/build-contracts.sh"
step "Comparing" compare
