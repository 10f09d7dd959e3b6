#!/usr/bin/env bash
# Prints the properties p01 to p44 that must hold (tests/properties.txt), each with the tests that hold it on the real WASM, and
# whether they pass. Fails if one does not, or has no test. What is off the chain is of crates/epoch (p40, the table) and
# crates/ethereum (what the gateway does, which is part of p35).
#
#   scripts/properties.sh                     every property
#   scripts/properties.sh p07 p28             those named
#   scripts/properties.sh --faults [p07...]   plants the fault of each, tests/faults/pNN-*.patch, in a copy of the tree, and runs
#                                             all these tests: one of its own property must fail; prints which others do
#
# CLAY_OWN=1 runs only the tests of the fault's own property. Nothing outside of target is changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh
. scripts/faulty.sh

plants_faults=false
[ "${1:-}" != --faults ] || { plants_faults=true && shift; }
properties=("${@#p}")
[ $# -gt 0 ] || properties=($(cut -d ' ' -f 1 tests/properties.txt))

tests=$target/properties

# list FOLDER [OPTIONS]: builds tests of the tree in a folder, all packages at once so that nothing is built twice, copies them to
# $tests, as somebody else may build meanwhile, and prints lines "NN PACKAGE PROGRAM TEST" of those named after a property.
list() {
    local package program name
    (cd "$1" && cargo test --locked -p e2e -p clay-epoch -p clay-ethereum --no-run --message-format=json "${@:2}") \
        >"$tests/built.json" 2>"$tests/build.log" || { cat "$tests/build.log" >&2 && return 1; }
    while read -r package program; do
        name=${program##*/}
        cp "$program" "$tests/$name"
        "$tests/$name" --list | sed -nE "s#^((.*::)?p([0-9]{2})_.*): test\$#\3 $package $name \1#p"
    done < <(sed -nE "s|.*\"package_id\":\"path\+file://$(realpath "$1")/([^\"#]*).*\"executable\":\"([^\"]+)\".*|\1 \2|p" "$tests/built.json")
}

build_tests() {
    rm -rf "$tests"
    mkdir -p "$tests"
    list . --tests >"$tests/list"
}

# of_properties NN...: lines of a list or of results that are of these properties.
of_properties() {
    awk -v wanted=" $* " 'index(wanted, " " $1 " ")'
}

# run_tests PROGRAMS TREE <LIST: runs tests where cargo would, in their package of a tree, and prints lines "NN TEST RESULT".
run_tests() {
    local list package program names name result
    list=$(cat)
    while read -r package program; do
        names=($(awk -v program="$program" '$3 == program { print $4 }' <<<"$list"))
        (cd "$2/$package" && CLAY_PROGRAMS=$1 RUST_BACKTRACE=0 "$tests/$program" --exact "${names[@]}") >"$tests/run.log" 2>&1 || true
        cat "$tests/run.log" >>"$tests/runs.log"
        for name in "${names[@]}"; do
            result=FAIL
            ! grep -qF "test $name ... ok" "$tests/run.log" || result=pass
            sed -E 's/^(.*::)?p([0-9]{2})_(.*)$/\2 \3/' <<<"$name $result"
        done
    done < <(awk '{ print $2, $3 }' <<<"$list" | sort -u) | sort
}

# Runs the tests of the properties that were asked for.
run() {
    of_properties "${properties[@]}" <"$tests/list" | run_tests "$target/contracts" "$PWD" >"$tests/results"
}

table() {
    local number title test result verdict failed=0
    while read -r number title; do
        verdict=pass
        ! of_properties "$number" <"$tests/results" | grep -q ' FAIL$' || verdict=FAIL
        of_properties "$number" <"$tests/results" | grep -q . || verdict="NO TEST"
        [ "$verdict" = pass ] || failed=$((failed + 1))
        printf '\np%s  %s: %s\n' "$number" "$title" "$verdict"
        while read -r _ test result; do
            printf '     %s  %s\n' "$result" "${test//_/ }"
        done < <(of_properties "$number" <"$tests/results")
    done < <(of_properties "${properties[@]}" <tests/properties.txt)
    printf '\n%d properties, %d tests; %d properties fail or have no test; %d s\n' "${#properties[@]}" "$(wc -l <"$tests/results")" "$failed" "$SECONDS"
    [ "$failed" -eq 0 ]
}

# The fault of a property; there is exactly one.
fault_of() {
    local found
    found=($(cd tests/faults && ls -- "p$1"-*.patch 2>/dev/null))
    [ ${#found[@]} -eq 1 ] || { echo "p$1: ${#found[@]} faults under tests/faults, not one" >&2 && return 1; }
    echo "${found[0]%.patch}"
}

# meet NAME: plants a fault, builds what it touches, takes it back, and runs the tests on it. The table off the chain is no contract.
meet() {
    local number=${1:1:2} asked=("$number")
    [ -n "${CLAY_OWN:-}" ] || asked=($(cut -d ' ' -f 1 tests/properties.txt))
    plant "$1" || return 1
    if grep -q '^+++ b/crates/' "tests/faults/$1.patch"; then
        local crate=$(sed -n 's|^+++ b/\(crates/[^/]*\)/.*|\1|p' "tests/faults/$1.patch" | sort -u)
        local programs=($(awk -v crate="$crate" '$2 == crate { sub("-[0-9a-f]*$", "", $3); print "--test=" $3 }' "$tests/list" | sort -u))
        (export CARGO_TARGET_DIR=$target && list "$work/copy" "${programs[@]}") >"$tests/faulty" || true
        plant "$1" -R
        awk -v crate="$crate" '$2 == crate' "$tests/faulty" | run_tests "$work/sound" "$work/copy"
        return
    fi
    rm -rf "$work/faulty"
    cp -r "$work/sound" "$work/faulty"
    build_copy "$work/faulty" $(touched "$1" "$(sharing "$1")") || { plant "$1" -R && return 1; }
    plant "$1" -R
    of_properties "${asked[@]}" <"$tests/list" | grep ' tests/e2e ' | run_tests "$work/faulty" "$PWD"
}

# Contracts that use what a fault changes in the shared crate.
sharing() {
    case $(sed -n 's|^+++ b/contracts/shared/src/\(.*\)|\1|p' "tests/faults/$1.patch") in
        operators/*) echo "operator-registry operator-allocation operator-exits" ;;
        token/*) echo "cs-eth-token ics-eth-token" ;;
        reserve.rs) echo "stake-manager flash-exit-pool" ;;
        stake_manager.rs) echo "stake-manager stake-manager-reports" ;;
        *) contract_names | tr '\n' ' ' ;;
    esac
}

plant_all() {
    local number name own red run others missed=0
    printf '%-28s %9s %9s  %s\n' fault "own red" "others" "which others"
    for number in "${properties[@]}"; do
        name=$(fault_of "$number") || { missed=$((missed + 1)) && continue; }
        meet "$name" >"$tests/met" || { printf '%-28s DOES NOT BUILD\n' "$name" && missed=$((missed + 1)) && continue; }
        own=$(of_properties "$number" <"$tests/met" | wc -l)
        red=$(of_properties "$number" <"$tests/met" | grep -c ' FAIL$' || true)
        run=$(awk -v own="$number" '$1 != own' "$tests/met" | wc -l)
        others=$(awk -v own="$number" '$1 != own && $3 == "FAIL" { print "p" $1 "_" $2 }' "$tests/met")
        [ "$red" -gt 0 ] || missed=$((missed + 1))
        printf '%-28s %9s %9s  %s\n' "$name" "$red of $own" "$(grep -c . <<<"$others" || true) of $run" "$(tr '\n' ' ' <<<"$others")"
    done
    printf '\n%d faults, %d missing or not noticed; %d s\n' "${#properties[@]}" "$missed" "$SECONDS"
    [ "$missed" -eq 0 ]
}

if $plants_faults; then
    step "Building the tests" build_tests
    step "Building the contracts as they are" eval 'mkdir -p "$work" && fresh_copy && build_copy "$work/sound"'
    step "Planting faults" plant_all
else
    step "Building the contracts" scripts/build-contracts.sh
    step "Building the tests" build_tests
    step "Running the tests" run
    step "Properties" table
fi
