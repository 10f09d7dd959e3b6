# Sourced by run.sh and test.sh: steps with their times. A step that fails ends the script.

set -E
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
