# Sourced by the other scripts: steps with their times, and what there is to build. A step that fails ends the script.

set -E
STEP=Start STEP_BEGAN=0
trap 'printf "== %s FAILED after %d s\n" "$STEP" "$((SECONDS - STEP_BEGAN))" >&2' ERR

# step WORDS COMMAND...: runs the command under a heading, then prints how long it took. The command is not
# part of a condition, where bash would go on after an error inside of a function.
step() {
    STEP=$1 STEP_BEGAN=$SECONDS
    shift
    printf '\n== %s\n' "$STEP"
    "$@"
    printf '== %s: %d s\n' "$STEP" "$((SECONDS - STEP_BEGAN))"
}

# Names of the contracts: the crates under contracts/ that become a program.
contract_names() {
    local manifest
    for manifest in contracts/*/Cargo.toml; do
        ! grep -q cdylib "$manifest" || sed -n 's/^name *= *"\(.*\)"/\1/p' "$manifest" | head -1
    done
}
