# Sourced by run.sh and test.sh: steps with their times.

# step WORDS COMMAND...: runs the command under a heading, then prints how long it took.
step() {
    local words=$1 begin=$SECONDS
    shift
    printf '\n== %s\n' "$words"
    "$@" || { printf '== %s FAILED after %d s\n' "$words" "$((SECONDS - begin))" >&2; exit 1; }
    printf '== %s: %d s\n' "$words" "$((SECONDS - begin))"
}
