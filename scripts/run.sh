#!/usr/bin/env bash
# From a fresh clone to csETH in a wallet: sets up, builds, starts the chain, deploys and stakes.
#
#   scripts/run.sh           then keeps the chain running until Ctrl-C
#   scripts/run.sh --once    then stops
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/steps.sh

once=false
case "${1:-}" in
    "") ;;
    --once) once=true ;;
    *) echo "usage: scripts/run.sh [--once]" >&2; exit 2 ;;
esac

PORT=${PORT:-8547}
RPC=http://127.0.0.1:$PORT
CLAY=${CARGO_TARGET_DIR:-target}/debug/clay
state=$(mktemp -d)
deployment=$state/deployment.json
export CLAY_RPC=$RPC

# Two of the chain's development accounts; their keys are public knowledge.
DEPLOYER_KEY=0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659
WALLET_KEY=0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
WALLET=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266

node=
stop() {
    [ -z "$node" ] || { kill "$node" 2>/dev/null && wait "$node" 2>/dev/null; } || true
    rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_chain() {
    "$CLAY" node --port "$PORT" >"$state/node.log" 2>&1 &
    node=$!
    local tries=0
    until grep -q '^Chain' "$state/node.log"; do
        kill -0 "$node" 2>/dev/null && [ "$tries" -lt 100 ] || { cat "$state/node.log" >&2; return 1; }
        tries=$((tries + 1))
        sleep 0.1
    done
    head -1 "$state/node.log"
}

deploy() {
    CLAY_PRIVATE_KEY=$DEPLOYER_KEY "$CLAY" deploy --deployment "$deployment"
}

# The transaction is signed by the tool, with the wallet's key, and only then sent to the chain.
stake() {
    CLAY_PRIVATE_KEY=$WALLET_KEY "$CLAY" stake 1.5 --deployment "$deployment"
    "$CLAY" balance "$WALLET" --deployment "$deployment"
    "$CLAY" status --deployment "$deployment"
}

step "Toolchain" scripts/setup.sh
step "Building the contracts" scripts/build-contracts.sh
step "Building the tool" cargo build --quiet --locked -p clay
step "Starting the chain" start_chain
step "Deploying the protocol" deploy
step "Staking 1.5 ETH" stake

printf '\nDone after %d s.\n' "$SECONDS"
if ! $once; then
    mkdir -p deployments
    cp "$deployment" deployments/412346.json
    token=$("$CLAY" status --json | sed -n 's/.*"token": "\(.*\)".*/\1/p')
    cat <<MESSAGE

The chain goes on at $RPC until Ctrl-C. In another terminal:

  export CLAY_RPC=$RPC CLAY_PRIVATE_KEY=$WALLET_KEY
  $CLAY stake 0.25
  $CLAY balance
  $CLAY status --parameters
  npx -p @foundry-rs/cast cast call $token "balanceOf(address)(uint256)" $WALLET --rpc-url $RPC

Wallets connect to $RPC, chain id 412346. README.md goes on from here.
MESSAGE
    wait "$node"
fi
