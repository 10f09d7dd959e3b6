#!/usr/bin/env bash
# Shows that the random stories notice faults: applies each patch of tests/faults to a copy of the contracts, one
# rounding the other way or one term of the books dropped, builds what it touches, runs stories until one fails, and
# prints a table of what noticed it. Those named trip-* are for the search for round trips to notice, and those named
# operator-* and reward-* for the stories of operators. Those of a property, p01-* to p44-*, are `properties.sh --faults`'s.
#
#   scripts/faults.sh             every patch
#   scripts/faults.sh NAME...     those named, without .patch
#
# CLAY_STEPS (60000) bounds the steps, and CLAY_TRIPS (1000) the trips, a fault may live through. Nothing outside of
# target/faults is changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh
. scripts/faulty.sh

steps=${CLAY_STEPS:-60000}
faults=("$@")
[ $# -gt 0 ] || faults=($(cd tests/faults && ls -- *.patch | grep -v '^p[0-9][0-9]-' | sed 's/\.patch$//'))

# Contracts that use what a fault changes in the shared crate. It is built into more than these, but only they use the books, or
# operators.
sharing() {
    case $1 in
        operator-*) echo "operator-registry operator-allocation operator-exits" ;;
        *) echo "stake-manager stake-manager-reports flash-exit-pool" ;;
    esac
}

# The test that is to notice a patch.
test_of() {
    case $1 in
        trip-*) echo round_trips ;;
        operator-* | reward-*) echo operator_stories ;;
        *) echo stories ;;
    esac
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
step "Building the contracts as they are" eval 'fresh_copy && build_copy "$work/sound"'
for test in $(for fault in "${faults[@]}"; do test_of "$fault"; done | sort -u); do
    step "${test//_/ } on them" tell "$test" "$work/sound"
done

printf '\n%-32s %8s  %s\n' fault steps "noticed by"
missed=0
for fault in "${faults[@]}"; do
    rm -rf "$work/faulty"
    cp -r "$work/sound" "$work/faulty"
    plant "$fault"
    build_copy "$work/faulty" $(touched "$fault" "$(sharing "$fault")")
    plant "$fault" -R
    test=$(test_of "$fault")
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
    printf '%-32s %8s  %s\n' "$fault" "$lived" "$noticed"
done
printf '\n%d faults, %d not noticed, %d s\n' "${#faults[@]}" "$missed" "$SECONDS"
[ "$missed" -eq 0 ]
