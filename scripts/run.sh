#!/usr/bin/env bash
# From a fresh clone to csETH in a wallet, and through what it then lives through: sets up, builds, starts the chain
# with an Ethereum side, deploys, stakes; a week of rewards and MEV, an exit through the queue, a slashing; five
# operators from their bonds to a validator and their rewards; an institution that is admitted and denied.
#
#   scripts/run.sh           then keeps the chain running until Ctrl-C; its deployment file is put into
#                            deployments/412346.json, and what was there stays beside it under another name
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
ETHEREUM_PORT=${ETHEREUM_PORT:-$((PORT + 2))}
ETHEREUM=http://127.0.0.1:$ETHEREUM_PORT
CLAY=${CARGO_TARGET_DIR:-target}/debug/clay
state=$(mktemp -d)
deployment=$state/deployment.json
export CLAY_RPC=$RPC CLAY_ETHEREUM=$ETHEREUM CLAY_BEACON=$ETHEREUM

# Development accounts; their keys are public knowledge. A timelock owns everything here, and the deployer proposes. Of the
# oracle committee's five members, three are at work.
DEPLOYER=0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E
DEPLOYER_KEY=0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659
WALLET_KEY=0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
WALLET=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
OTHERS_KEY=0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d
REPORTER_KEYS=(
    0xf214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897
    0x701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82
    0xa267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1
)

# Each manages an operator.
OPERATOR_KEYS=(
    0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a
    0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6
    0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a
    0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba
    0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e
)

# Of the Board's five members, three decide.
BOARD_KEYS=(
    0xde9be858da4a475276426320d5e9262ecfc3ba460bfac56360bfa6c4c28b4ee0
    0xdf57089febbacf7ba0bc227dafbffa9fc08a93fdc68e1e42411a14efcf23656e
    0xeaa861a9a01391ed3d587d8a5a84ca56ee277629a8b02c22093a419bf240e65d
)

node=
reporters=()
stop() {
    local job
    for job in "${reporters[@]}" $node; do
        { kill "$job" && wait "$job"; } 2>/dev/null || true
    done
    rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A line of the story.
tell() { printf '\n-- %s\n' "$*"; }

# pool KEY COMMAND...: a command on the deployed pool.
pool() {
    local key=$1
    shift
    CLAY_PRIVATE_KEY=$key "$CLAY" "$@" --deployment "$deployment"
}

start_chain() {
    "$CLAY" node --port "$PORT" --ethereum --ethereum-port "$ETHEREUM_PORT" --ethereum-delays quick \
        --deployment "$deployment" >"$state/node.log" 2>&1 &
    node=$!
    wait_for_log '^Chain'
    head -1 "$state/node.log"
}

wait_for_log() {
    local tries=0
    until grep -q "$1" "$state/node.log"; do
        kill -0 "$node" 2>/dev/null && [ "$tries" -lt 100 ] || { cat "$state/node.log" >&2; return 1; }
        tries=$((tries + 1))
        sleep 0.1
    done
}

deploy() {
    pool "$DEPLOYER_KEY" deploy --transfer-policy allow-list --proposers "$DEPLOYER" --cancellers "$DEPLOYER"
    wait_for_log '^Ethereum at'
    grep '^Ethereum at' "$state/node.log"
}

# The transaction is signed by the tool, with the wallet's key, and only then sent to the chain.
stake() {
    pool "$WALLET_KEY" stake 1.5
    pool "$WALLET_KEY" balance "$WALLET"
    "$CLAY" status --pool retail --deployment "$deployment"
}

# decide ARGUMENT...: the oracle committee proposes a call, three members sign it, and anyone hands it in.
decide() {
    local proposal=$state/proposal.json key
    "$CLAY" committee propose "$@" "$proposal" --deployment "$deployment" >"$state/proposal.log"
    for key in "${REPORTER_KEYS[@]}"; do
        pool "$key" committee sign "$proposal" >>"$state/proposal.log"
    done
    pool "$OTHERS_KEY" committee submit "$proposal" >>"$state/proposal.log"
}

# Three members of the oracle committee, each a process of its own with its own journal. They meet in a folder.
start_reporters() {
    local key log
    for key in "${REPORTER_KEYS[@]}"; do
        log=$state/reporter-${#reporters[@]}
        # Not by a function, whose shell would be stopped in its place.
        CLAY_PRIVATE_KEY=$key CLAY_BEACON=$ETHEREUM CLAY_L1=$ETHEREUM "$CLAY" oracle run --every 3600 --poll 1 \
            --patience 3 --exchange "$state/signatures" --journal "$log.journal" --deployment "$deployment" \
            >"$log.log" 2>&1 &
        reporters+=($!)
    done
}

# When the slot of the last applied report was, seconds.
last_report() { "$CLAY" report show --json --deployment "$deployment" | sed -n 's/.*"slotTime": *"\?\([0-9]*\).*/\1/p'; }

# pass TIME: so much time, and the report that is due in it.
pass() {
    local before tries=0
    before=$(last_report)
    "$CLAY" ethereum pass "$1" >"$state/pass.log"
    until [ "$(last_report)" != "$before" ]; do
        [ "$tries" -lt 240 ] || { tail "$state"/reporter-*.log >&2; return 1; }
        tries=$((tries + 1))
        sleep 0.5
    done
}

# days COUNT: so many days, with a report in each.
days() {
    local day
    for ((day = 0; day < $1; day++)); do
        pass 1d
        pool "$OTHERS_KEY" autobalance >"$state/autobalance.log"
    done
}

# shown COMMAND NAME...: these lines of what a command shows.
shown() {
    local command=$1 names
    shift
    names=$(IFS='|' && printf '%s' "$*")
    # shellcheck disable=SC2086 # words of a command
    "$CLAY" $command --deployment "$deployment" | grep -E "^ *($names)  "
}

# schedule_vouching NUMBER...: governance is to vouch for these operators. The timelock makes everybody wait two days.
schedule_vouching() {
    local number calls=()
    for number; do
        calls+=(--call "retail/operator-registry.vouch($number, true)")
    done
    "$CLAY" gov propose "$state/vouching.json" "${calls[@]}" --deployment "$deployment"
    pool "$DEPLOYER_KEY" gov schedule "$state/vouching.json" >"$state/gov.log"
}

# Anyone executes what is due.
execute_vouching() {
    pool "$OTHERS_KEY" gov execute "$state/vouching.json" >"$state/gov.log"
    "$CLAY" gov list --deployment "$deployment"
}

week() {
    tell "Others stake 100 ETH. An institution registers, and governance vouches for it, so that it may run validators alone."
    pool "$OTHERS_KEY" stake 100
    pool "$OTHERS_KEY" autobalance
    pool "$DEPLOYER_KEY" operator register --kind institution --bond 0.1 >"$state/operators.log"
    schedule_vouching 16
    "$CLAY" ethereum pass 2d >"$state/pass.log"
    execute_vouching
    tell "It runs three validators."
    pool "$DEPLOYER_KEY" ethereum validators 3
    pool "$OTHERS_KEY" autobalance
    "$CLAY" validators --deployment "$deployment"
    tell "Three reporters of five start. A day later the validators are active, and a week of rewards begins."
    start_reporters
    days 1
    "$CLAY" ethereum status
    days 3
    "$CLAY" ethereum mev 0.05
    tell "What MEV brings beyond the growth cap is deferred, and released day by day."
    days 1
    shown "report show" "gain or loss" "still deferred" "rate before" "rate after"
    days 3
    shown "report show" "gain or loss" "still deferred" "rate before" "rate after"
    pool "$WALLET_KEY" balance "$WALLET"
}

unstake() {
    pool "$WALLET_KEY" unstake 0.5
    tell "The next report knows the order, and one that was read later makes it due."
    pass 1d
    pool "$WALLET_KEY" orders
    pass 1d
    pool "$WALLET_KEY" orders
    tell "Anyone has due orders paid."
    pool "$OTHERS_KEY" autobalance
    pool "$WALLET_KEY" orders
    pool "$WALLET_KEY" claim
}

slashing() {
    local protection
    protection=$("$CLAY" status --pool retail --json --deployment "$deployment" | sed -n 's/.*"protectionPool": "\(.*\)".*/\1/p')
    tell "Cover: the protection-pool has its part of the fees, and somebody adds 1 ETH in csETH."
    pool "$OTHERS_KEY" stake 1 --receiver "$protection"
    tell "A validator is slashed. The committee flags it, and nothing is priced until a report tells what it cost."
    "$CLAY" ethereum slash 0
    decide flag
    shown "status --pool retail" "rate is live" "not live because"
    pass 2h
    tell "The protection-pool has borne it: the rate has not fallen."
    shown "report show" "rate is live" "gain or loss" "borne by protection" "rate before" "rate after" \
        "borne by holders"
    shown "status --pool retail" "  shares held" "  can be burned now"
    "$CLAY" ethereum status
}

# Operators have the numbers from 17 on: 16 ran the first validators alone.
operators() {
    local place key numbers=()
    tell "Five home operators bond, and queue an SSV node each."
    for place in "${!OPERATOR_KEYS[@]}"; do
        key=${OPERATOR_KEYS[place]}
        pool "$key" operator register --kind home --bond 1.5 >"$state/operators.log"
        pool "$key" operator add-node $((17 + place)) --type ssv --region $((place % 3)) \
            --consensus-client $((place % 2)) --identity $((4711 + place)) >>"$state/operators.log"
        numbers+=($((17 + place)))
    done
    tell "Governance vouches for them too."
    schedule_vouching "${numbers[@]}"
    days 2
    execute_vouching
    "$CLAY" operator list --deployment "$deployment"
    tell "Others stake 40 ETH. Anyone can say beforehand which cluster the registry forms."
    pool "$OTHERS_KEY" stake 40
    pool "$OTHERS_KEY" autobalance
    "$CLAY" allocation next --deployment "$deployment"
    pool "$OTHERS_KEY" operator form >"$state/formed.log"
    cat "$state/formed.log"
    tell "The five make a key with shares, and post it; with 32 ETH its validator begins."
    "$CLAY" operator ceremony --cluster 4 --keys-folder "$state/keys" --submit --deployment "$deployment"
    pool "$OTHERS_KEY" autobalance
    days 2
    decide confirm --found
    tell "One of the five fails, then two: the validator can do without one."
    "$CLAY" ethereum performance 0 --operator 17
    pass 2h
    "$CLAY" ethereum duties --epochs 15 | grep -E "of operator (17|18|19|20|21):|cluster 4 "
    "$CLAY" ethereum performance 0 --operator 18
    pass 2h
    "$CLAY" ethereum duties --epochs 15 | grep -E "of operator (17|18|19|20|21):|cluster 4 "
    "$CLAY" operator show 17 --deployment "$deployment"
    tell "Operator 18 repairs its node; 17 does not."
    "$CLAY" ethereum performance 10000 --operator 18
}

# The last report closes the epoch; its root takes effect a day after the committee signed it.
rewards() {
    local key hash
    tell "The third week ends, and the next report closes it; the rewards of the first two are still there."
    until [ "$("$CLAY" epoch show --deployment "$deployment" | sed -n 's/^ *last closed  *//p')" = 3 ]; do
        pass 1d
    done
    "$CLAY" epoch collect "$state/epoch-inputs" --deployment "$deployment"
    "$CLAY" epoch compute "$state/epoch-inputs" "$state/epoch" 2>"$state/epoch.log"
    tell "The committee signs the root, and anybody recomputes it."
    "$CLAY" epoch publish "$state/epoch" "$state/root.json" --uri "ipfs://epoch" --mirror "$state/mirror" \
        --deployment "$deployment" >"$state/proposal.log"
    for key in "${REPORTER_KEYS[@]}"; do
        pool "$key" committee sign "$state/root.json" >>"$state/proposal.log"
    done
    pool "$OTHERS_KEY" committee submit "$state/root.json" >>"$state/proposal.log"
    hash=$("$CLAY" epoch show --deployment "$deployment" | sed -n 's/^ *content hash  *//p' | tail -1)
    "$CLAY" epoch fetch "$hash" "$state/fetched" --mirror "$state/mirror"
    "$CLAY" epoch verify "$state/fetched" --deployment "$deployment" | tail -1
    tell "A day later it is in effect: an operator's amount is explained, and paid."
    pass 1d
    "$CLAY" epoch explain 19 --files "$state/fetched"
    pool "$OTHERS_KEY" epoch claim 19 --files "$state/fetched"
    "$CLAY" epoch show --deployment "$deployment"
}

# refused COMMAND...: a command of the wallet's that must be refused for want of a right, with its reason.
refused() {
    local status=0
    pool "$WALLET_KEY" "$@" || status=$?
    [ "$status" -eq 7 ] || { echo "'$*' ended with $status" >&2; return 1; }
}

# board DECISION...: one member of the Board writes the proposal, three read and sign it, and anyone hands it in.
board() {
    local proposal=$state/decision.json key
    "$CLAY" whitelist propose "$@" --out "$proposal" --deployment "$deployment"
    for key in "${BOARD_KEYS[@]}"; do
        pool "$key" whitelist sign "$proposal" >"$state/decision.log"
    done
    pool "$OTHERS_KEY" whitelist submit "$proposal"
}

institution() {
    tell "An account that is not listed cannot stake."
    refused stake 32 --institutional
    tell "It applies, and the Board decides."
    printf 'Who we are, and who owns us.\n' >"$state/file.txt"
    pool "$WALLET_KEY" whitelist apply --rights stake,hold,redeem --file "$state/file.txt"
    board accept 1 --until 2100-01-31
    pool "$WALLET_KEY" stake 40 --institutional
    pool "$WALLET_KEY" unstake 5 --pool institutional
    "$CLAY" status --deployment "$deployment"
    tell "The account turns out to be sanctioned. From now on it is stopped on every path; csETH asks nobody."
    board deny "$WALLET" --reason "on the sanctions list"
    refused stake 32 --institutional
    refused unstake 1 --pool institutional
    refused cancel 1 --pool institutional
    refused claim 1 --pool institutional
    refused flash-exit 0.001 --pool institutional --yes
    pool "$WALLET_KEY" stake 0.5
    "$CLAY" whitelist show "$WALLET" --deployment "$deployment"
    "$CLAY" whitelist history "$WALLET" --deployment "$deployment"
}

# keep_deployment FILE: the deployment file, where the tool looks for it. A file that is there already is of another
# chain that had this id, and is all that tells of its addresses: it is moved aside.
keep_deployment() {
    local earlier
    mkdir -p "$(dirname "$1")"
    if [ -e "$1" ] && ! cmp -s "$deployment" "$1"; then
        earlier=${1%.json}-until-$(date +%Y%m%d-%H%M%S).json
        mv -n "$1" "$earlier"
        printf '\n%s was there already: it is now %s.\n' "$1" "$earlier"
    fi
    cp "$deployment" "$1"
}

step "Toolchain" scripts/setup.sh
step "Building the contracts" scripts/build-contracts.sh
step "Building the tool" cargo build --quiet --locked -p clay
step "Starting the chain" start_chain
step "Deploying the protocol" deploy
step "Staking 1.5 ETH" stake
step "A week of rewards and MEV" week
step "Leaving with 0.5 csETH" unstake
step "A slashing with cover" slashing
step "Five operators and a validator" operators
step "An epoch's rewards" rewards
step "An institution" institution

printf '\nDone after %d s.\n' "$SECONDS"
if ! $once; then
    keep_deployment deployments/412346.json
    token=$("$CLAY" status --pool retail --json | sed -n 's/.*"token": "\(.*\)".*/\1/p')
    cat <<MESSAGE

The chain goes on at $RPC until Ctrl-C. In another terminal:

  export CLAY_RPC=$RPC CLAY_ETHEREUM=$ETHEREUM CLAY_PRIVATE_KEY=$WALLET_KEY
  $CLAY stake 0.25
  $CLAY unstake 0.1
  $CLAY orders
  $CLAY balance
  $CLAY status
  $CLAY status --pool retail --parameters
  $CLAY report show
  $CLAY gov list
  $CLAY ethereum status
  $CLAY operator list
  $CLAY operator simulate --type ssv --live
  npx -p @foundry-rs/cast cast call $token "balanceOf(address)(uint256)" $WALLET --rpc-url $RPC

Wallets connect to $RPC, chain id 412346. The Beacon API and L1's JSON-RPC are at $ETHEREUM. README.md goes on from here.
MESSAGE
    wait "$node"
fi
