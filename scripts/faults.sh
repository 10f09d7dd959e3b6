#!/usr/bin/env bash
# Shows that the random stories notice faults: applies each patch of tests/faults to a copy of the contracts, one
# rounding the other way or one term of the books dropped, builds what it touches, runs stories until one fails, and
# prints a table of what noticed it. Those named trip-* are for the search for round trips to notice, and those named
# operator-* and reward-* for the stories of operators.
#
#   scripts/faults.sh             every patch
#   scripts/faults.sh NAME...     those named, without .patch
#
# CLAY_STEPS (60000) bounds the steps, and CLAY_TRIPS (1000) the trips, a fault may live through. Nothing outside of
# target/faults is changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh

target=$(realpath "${CARGO_TARGET_DIR:-target}")
work=$target/faults
steps=${CLAY_STEPS:-60000}
patches=("${@/%/.patch}")
[ $# -gt 0 ] || patches=($(cd tests/faults && ls -- *.patch))

# A copy of what contracts are built from.
fresh_copy() {
    rm -rf "$work/copy/contracts"
    mkdir -p "$work/copy"
    cp -r Cargo.toml Cargo.lock .cargo contracts crates tests scripts rust-toolchain.toml "$work/copy"
    ln -sfn "$PWD/node_modules" "$work/copy/node_modules"
}

# Contracts that a patch touches. What they share is built into more than these, but only they use the books, or operators.
touched() {
    local sharing="stake-manager stake-manager-reports flash-exit-pool"
    case $1 in
        operator-*) sharing="operator-registry operator-allocation operator-exits" ;;
    esac
    sed -n 's|^+++ b/contracts/\([^/]*\)/.*|\1|p' "tests/faults/$1" | sed "s/^shared$/$sharing/" | sort -u
}

# The test that is to notice a patch.
test_of() {
    case $1 in
        trip-*) echo round_trips ;;
        operator-* | reward-*) echo operator_stories ;;
        *) echo stories ;;
    esac
}

build() {
    CARGO_TARGET_DIR=$work/target CLAY_PROGRAMS=$1 "$work/copy/scripts/build-contracts.sh" "${@:2}" >"$work/build.log" 2>&1 ||
        { cat "$work/build.log" >&2; return 1; }
}

# tell TEST PROGRAMS: runs a random test on a folder of programs; stories without shrinking, and of one pool.
tell() {
    local test=$work/$1
    CLAY_PROGRAMS=$2 CLAY_STEPS=$steps CLAY_SHRINK=0 RUST_BACKTRACE=0 "$test" --skip institutional --nocapture >"$work/told.log" 2>&1
}

build_tests() {
    local test
    for test in stories round_trips operator_stories; do
        cp "$(cargo test --locked -p e2e --test "$test" --no-run 2>&1 | sed -n 's/.*Executable .*(\(.*\))/\1/p')" "$work/$test"
    done
}

mkdir -p "$work"
step "Building the tests" build_tests
step "Building the contracts as they are" eval 'fresh_copy && build "$work/sound"'
for test in $(for patch in "${patches[@]}"; do test_of "$patch"; done | sort -u); do
    step "${test//_/ } on them" tell "$test" "$work/sound"
done

printf '\n%-32s %8s  %s\n' fault steps "noticed by"
missed=0
for patch in "${patches[@]}"; do
    rm -rf "$work/copy/contracts" "$work/faulty"
    cp -r contracts "$work/copy/contracts"
    cp -r "$work/sound" "$work/faulty"
    patch --quiet -d "$work/copy" -p1 <"tests/faults/$patch"
    build "$work/faulty" $(touched "$patch")
    test=$(test_of "$patch")
    if tell "$test" "$work/faulty"; then
        noticed="NOTHING" lived=- missed=$((missed + 1))
    elif [ "$test" = round_trips ]; then
        noticed=$(sed -n 's/^seed [0-9]*: \(a trip gains\).*, \(.*\)/\1 \2/p' "$work/told.log") lived=-
    else
        # The message stands before the line that tells how to run the story again; values are left out.
        noticed=$(grep -B 8 '^again: ' "$work/told.log" | grep -m1 -E '^[A-Z][A-Za-z]+: ' | cut -c1-90)
        lived=$(sed -n 's/^seed \([0-9]*\), \([0-9]*\) steps.*/\1 \2/p' "$work/told.log" |
            awk '{ print ($1 - 1) * 150 + $2 }')
    fi
    printf '%-32s %8s  %s\n' "${patch%.patch}" "$lived" "$noticed"
done
printf '\n%d faults, %d not noticed, %d s\n' "${#patches[@]}" "$missed" "$SECONDS"
[ "$missed" -eq 0 ]
