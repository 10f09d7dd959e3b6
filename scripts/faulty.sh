# Sourced by the scripts that plant faults, after steps.sh: a copy of the tree under target/faults, a patch of tests/faults at a
# time in it, and the contracts built from it. Nothing outside of target/faults is changed.

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
work=$target/faults

# A copy of what contracts are built from. Files that are the same stay, so that little is built anew.
fresh_copy() {
    local file
    mkdir -p "$work/copy"
    find Cargo.toml Cargo.lock .cargo contracts crates tests scripts rust-toolchain.toml -type f | while read -r file; do
        cmp -s "$file" "$work/copy/$file" || { mkdir -p "$work/copy/${file%/*}" && cp "$file" "$work/copy/$file"; }
    done
    ln -sfn "$PWD/node_modules" "$work/copy/node_modules"
}

# plant NAME [-R]: applies a patch to the copy, or takes it back.
plant() {
    patch --quiet --no-backup-if-mismatch -d "$work/copy" -p1 "${@:2}" <"tests/faults/$1.patch"
}

# touched NAME SHARING: the contracts that a patch changes; SHARING are those that use what it changes in the shared crate.
touched() {
    sed -n 's|^+++ b/contracts/\([^/]*\)/.*|\1|p' "tests/faults/$1.patch" | sed "s/^shared$/$2/" | tr ' ' '\n' | sort -u
}

# build_copy FOLDER [NAME...]: builds contracts of the copy, all or those named.
build_copy() {
    CARGO_TARGET_DIR=$work/target CLAY_PROGRAMS=$1 "$work/copy/scripts/build-contracts.sh" "${@:2}" >"$work/build.log" 2>&1 ||
        { cat "$work/build.log" >&2; return 1; }
}
