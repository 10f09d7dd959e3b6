"""Prints known answers for the tests of the key ceremony, from software that shares no code with it:
the roots and the exit from ethstaker-deposit-cli, Ethereum's key tool, the keys and signatures from py_ecc.

    pip install ethstaker_deposit==1.3.1 py_ecc==8.0.0
    python make.py > known_answers.json
"""

import json
from hashlib import sha256

from ethstaker_deposit.settings import ALL_CHAINS
from ethstaker_deposit.utils.exit_transaction import exit_transaction_generation
from ethstaker_deposit.utils.ssz import (
    DepositData, DepositMessage, VoluntaryExit, compute_deposit_domain, compute_signing_root,
    compute_voluntary_exit_domain,
)
from py_ecc.bls import G2ProofOfPossession as bls
from py_ecc.optimized_bls12_381 import curve_order

AMOUNT = 10**9
CASES = [
    # members, threshold, network, gateway, exit epoch, validator index
    ([1, 2, 3, 4, 5], 4, "mainnet", "6a" * 20, 412_345, 1_234_567),
    ([1, 2, 3, 4], 3, "hoodi", "00112233445566778899aabbccddeeff01234567", 0, 0),
    ([1], 1, "sepolia", "ff" * 20, 2**64 - 2, 2**40),
    # As with SSV, where a member's number is its operator ID.
    ([33, 34, 143, 2**64 - 1], 3, "mainnet", "01" * 20, 1, 2),
]


def case(members, threshold, network, gateway, epoch, index):
    chain = ALL_CHAINS[network]
    seed = f"{len(members)} {threshold} {network}"
    polynomial = [
        int.from_bytes(sha256(f"{seed} {power}".encode()).digest(), "big") % curve_order
        for power in range(threshold)
    ]
    shares = [
        sum(coefficient * member**power for power, coefficient in enumerate(polynomial)) % curve_order
        for member in members
    ]
    secret = polynomial[0]
    fields = {
        "pubkey": bls.SkToPk(secret),
        "withdrawal_credentials": b"\x01" + bytes(11) + bytes.fromhex(gateway),
        "amount": AMOUNT,
    }
    message = DepositMessage(**fields)
    deposit_root = compute_signing_root(message, compute_deposit_domain(chain.GENESIS_FORK_VERSION))
    data = DepositData(**fields, signature=bls.Sign(secret, deposit_root))
    exit_domain = compute_voluntary_exit_domain(chain.EXIT_FORK_VERSION, chain.GENESIS_VALIDATORS_ROOT)
    exit_root = compute_signing_root(VoluntaryExit(epoch=epoch, validator_index=index), exit_domain)
    sign_exit = lambda key: exit_transaction_generation(chain, key, index, epoch).signature
    return {
        "members": members,
        "threshold": threshold,
        "network": network,
        "genesis_fork_version": chain.GENESIS_FORK_VERSION,
        "capella_fork_version": chain.EXIT_FORK_VERSION,
        "genesis_validators_root": chain.GENESIS_VALIDATORS_ROOT,
        "gateway": bytes.fromhex(gateway),
        "polynomial": [coefficient.to_bytes(32, "big") for coefficient in polynomial],
        "public_key": fields["pubkey"],
        "deposit_message_root": message.hash_tree_root,
        "deposit_signing_root": deposit_root,
        "deposit_signature": data.signature,
        "deposit_data_root": data.hash_tree_root,
        "exit_epoch": epoch,
        "exit_validator_index": index,
        "exit_signing_root": exit_root,
        "exit_signature": sign_exit(secret),
        "secret_shares": [share.to_bytes(32, "big") for share in shares],
        "public_key_shares": [bls.SkToPk(share) for share in shares],
        "exit_parts": [sign_exit(share) for share in shares],
    }


print(json.dumps([case(*it) for it in CASES], indent=2, default=lambda it: "0x" + it.hex()))
