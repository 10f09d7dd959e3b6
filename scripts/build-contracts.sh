#!/usr/bin/env bash
# Builds every contract, or those named, to target/contracts/NAME.wasm, always to the same bytes. CLAY_PROGRAMS
# names another folder.
#
# One cargo call a contract: built together, they would get each other's features. Paths are cut off, since
# they would stand in the data section, where they cost gas and differ from machine to machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh

TARGET=wasm32-unknown-unknown
target_dir=${CARGO_TARGET_DIR:-target}
output=${CLAY_PROGRAMS:-$target_dir/contracts}
mkdir -p "$output"

# Given as configuration, flags add to those of .cargo/config.toml; from the environment they would replace them.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
cargo fetch --quiet --locked
flags="'--remap-path-prefix=$PWD=', '--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc'"
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    flags+=", '--remap-path-prefix=$registry='"
done

# A quarter off the size that rustc leaves, and as much off what a call's start-up costs. Only what Stylus
# accepts beyond the first version of WASM: of bulk memory only copy and fill, without a data count section.
optimise=(node node_modules/binaryen/bin/wasm-opt -Oz -mvp --enable-bulk-memory-opt --enable-sign-ext
    --enable-mutable-globals --strip-producers --strip-target-features)

[ $# -gt 0 ] || set -- $(contract_names)
for name; do
    cargo build --quiet --release --locked --lib --target "$TARGET" -p "$name" \
        --config "target.$TARGET.rustflags=[$flags]"
    "${optimise[@]}" "$target_dir/$TARGET/release/${name//-/_}.wasm" -o "$output/$name.wasm.new"
    mv "$output/$name.wasm.new" "$output/$name.wasm" # in one go: a test may be reading it
    printf '  %-28s %8d bytes\n' "$name" "$(stat -c %s "$output/$name.wasm")"
done
