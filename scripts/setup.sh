#!/usr/bin/env bash
# Brings everything the build needs: the Rust toolchain of rust-toolchain.toml, its WASM target and wasm-opt.
#
# The target comes from rustup. Where rustup's server is out of reach, its standard library is built from
# the sources in Debian's rust-src package, found through the apt sources this machine already has. Nothing
# outside the toolchain's own folder is changed, and a second run only checks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TARGET=wasm32-unknown-unknown
CHANNEL=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)

say() { printf '  %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$1" >&2
    shift
    for hint in "$@"; do printf '       %s\n' "$hint" >&2; done
    exit 1
}

# True when a WASM library can be compiled and linked: the one question that matters.
target_works() {
    printf '#[no_mangle] pub extern "C" fn probe() {}\n' |
        rustc --target "$TARGET" --crate-type cdylib --crate-name probe -o "$WORK/probe.wasm" - \
            >"$WORK/probe.log" 2>&1
}

# Components by hand: RUSTUP_AUTO_INSTALL=0 may forbid rustup to follow rust-toolchain.toml by itself.
ensure_toolchain() {
    if command -v rustup >/dev/null && ! rustc --version >/dev/null 2>&1; then
        say "installing Rust $CHANNEL"
        rustup toolchain install "$CHANNEL" --profile minimal --component rustfmt --component clippy ||
            fail "rustup could not install Rust $CHANNEL." \
                "Check the network, or install this exact version by other means and run again."
    fi
    command -v rustc >/dev/null || fail "there is no Rust on this machine." \
        "Install rustup (see rustup.rs), then run again."
    local found
    found=$(rustc --version | cut -d' ' -f2)
    [ "$found" = "$CHANNEL" ] || fail "rustc is $found, but the project is built with $CHANNEL." \
        "Install rustup (see rustup.rs) or put Rust $CHANNEL first in PATH."
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
        rustup component add rustfmt clippy ||
        fail "rustfmt and clippy are missing." "Only scripts/test.sh needs them: see rustup component add."
    command -v cc >/dev/null || fail "there is no C compiler (cc), which Rust needs to link programs." \
        "On Debian: apt-get install build-essential"
}

target_from_rustup() {
    command -v rustup >/dev/null || return 1
    say "adding $TARGET by rustup"
    RUST_BACKTRACE=0 timeout 300 rustup target add "$TARGET" && target_works
}

# The archive the machine's own release comes from, as apt knows it.
debian_archive() {
    apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v release="$1" '$1 == release && $2 == "main" { print $3; exit }'
}

# rust-src of this machine's release is too old: look in the releases that follow, backports first.
suites_after() {
    case "$1" in
        bookworm) echo trixie-backports trixie forky-backports forky sid ;;
        trixie) echo trixie-backports forky-backports forky sid ;;
        *) echo "$1-backports" "$1" sid ;;
    esac
}

# Downloads and unpacks rust-src in version CHANNEL to $WORK/rust-src. apt runs on files of its own, so
# the machine's sources and lists stay as they are; signatures and checksums are verified by apt.
fetch_rust_src() {
    local codename archive keyring suite version
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    archive=$(debian_archive "$codename")
    [ -n "$archive" ] || fail "apt knows no archive for '$codename', so rust-src cannot be found." \
        "Give this machine access to rustup's server (or a mirror, by RUSTUP_DIST_SERVER) and run again."
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$WORK"/apt/{lists,cache}/partial "$WORK/deb"
    local apt=(-qq -o "Dir::Etc::SourceList=$WORK/apt/sources.list" -o "Dir::Etc::SourceParts=/dev/null"
        -o "Dir::State::Lists=$WORK/apt/lists" -o "Dir::Cache=$WORK/apt/cache"
        -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none")
    for suite in $(suites_after "$codename"); do
        echo "deb [signed-by=$keyring] $archive $suite main" >"$WORK/apt/sources.list"
        say "looking for rust-src $CHANNEL in $suite"
        apt-get "${apt[@]}" update >"$WORK/apt.log" 2>&1 || continue
        version=$(apt-cache "${apt[@]}" madison rust-src | awk '{ print $3 }' | grep "^$CHANNEL[+-]" | head -1) || continue
        (cd "$WORK/deb" && apt-get "${apt[@]}" download "rust-src=$version") || continue
        say "unpacking rust-src $version"
        dpkg-deb -x "$WORK"/deb/rust-src_*.deb "$WORK/deb" && return 0
    done
    cat "$WORK/apt.log" >&2
    fail "no rust-src $CHANNEL in the archive of this machine." \
        "Give it access to rustup's server (or a mirror, by RUSTUP_DIST_SERVER) and run again."
}

# Builds core, alloc, std and proc_macro for the target and puts them where rustc looks for them.
target_from_debian() {
    command -v dpkg-deb >/dev/null && command -v apt-get >/dev/null ||
        fail "rustup could not bring $TARGET, and this is not a Debian machine, so there is no second way." \
            "Give it access to rustup's server (or a mirror, by RUSTUP_DIST_SERVER) and run again."
    local sysroot destination
    sysroot=$(rustc --print sysroot)
    destination=$sysroot/lib/rustlib/$TARGET/lib
    mkdir -p "$destination" 2>/dev/null && [ -w "$destination" ] || fail "cannot write to $destination." \
        "Run this script as the owner of the toolchain."
    library=$sysroot/lib/rustlib/src/rust/library # where cargo looks for it
    if [ ! -e "$library/Cargo.lock" ]; then
        fetch_rust_src
        mkdir -p "${library%/*}"
        trap 'rm -rf "$WORK" "$library"' EXIT
        cp -rL "$WORK"/deb/usr/src/rustc-*/library "${library%/*}"
    fi

    say "building the standard library for $TARGET"
    mkdir -p "$WORK/std/src"
    printf '[package]\nname = "std-builder"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$WORK/std/Cargo.toml"
    touch "$WORK/std/src/lib.rs"
    # The toolchain is named because the folder is outside of the reach of rust-toolchain.toml; paths are
    # remapped because those of the standard library end in every contract's data section.
    (cd "$WORK/std" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$WORK/std/target" \
        RUSTC="$sysroot/bin/rustc" RUSTFLAGS="--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc" \
        "$sysroot/bin/cargo" build --release --quiet -Z build-std=std,panic_abort,proc_macro --target "$TARGET") ||
        fail "the standard library did not build." "The cargo registry must be in reach: it has its dependencies."
    cp "$WORK/std/target/$TARGET"/release/deps/*.rlib "$destination/"
    rm -f "$destination"/libstd_builder*
    target_works
}

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

ensure_toolchain
if target_works; then
    say "Rust $CHANNEL with $TARGET is in place"
elif target_from_rustup; then
    say "Rust $CHANNEL with $TARGET is in place (from rustup)"
else
    say "rustup could not bring it; building it from Debian's rust-src"
    target_from_debian || { cat "$WORK/probe.log" >&2; fail "$TARGET still does not work."; }
    say "Rust $CHANNEL with $TARGET is in place (from rust-src)"
fi

# wasm-opt, and what tests compare with, in the versions of package-lock.json.
command -v npm >/dev/null || fail "there is no npm, which brings wasm-opt." "Install Node.js 18 or later."
if ! npm ls --silent >/dev/null 2>&1; then
    say "installing wasm-opt"
    npm ci --silent --ignore-scripts --no-audit --no-fund || fail "npm could not install binaryen." \
        "Check that npm reaches its registry."
fi
say "$(node node_modules/binaryen/bin/wasm-opt --version) is in place"
