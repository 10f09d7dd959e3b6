//! The token on the real WASM.

use alloy::{
    primitives::{Address, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol_types::{eip712_domain, SolStruct},
};
use clay_chain::{NITRO_DEV_KEY, TEST_KEYS};
use e2e::{CsEthToken::*, Pool, ALICE, BOB, ETH, MALLORY};

const NONE: U256 = U256::ZERO;

alloy::sol! {
    /// ERC-2612's message.
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// ALICE's key.
fn alice() -> PrivateKeySigner {
    TEST_KEYS[0].parse().expect("a key")
}

fn sign(
    pool: &Pool,
    signer: &PrivateKeySigner,
    value: U256,
    nonce: u64,
    deadline: U256,
) -> permitCall {
    let domain = eip712_domain! {
        name: "ClayStack Staked Ether",
        version: "1",
        chain_id: 412_346,
        verifying_contract: pool.token,
    };
    let permit = Permit {
        owner: ALICE,
        spender: BOB,
        value,
        nonce: U256::from(nonce),
        deadline,
    };
    let signature = signer
        .sign_hash_sync(&permit.eip712_signing_hash(&domain))
        .expect("a signature");
    permitCall {
        owner: ALICE,
        spender: BOB,
        value,
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    }
}

fn allowance(pool: &Pool) -> U256 {
    pool.view(
        pool.token,
        allowanceCall {
            owner: ALICE,
            spender: BOB,
        },
    )
}

#[test]
fn transfers_approvals_and_their_limits() {
    let mut pool = Pool::new();
    let (token, shares) = (pool.token, pool.deposit(ALICE, ETH));
    let needed = shares + U256::from(1);
    let error = ERC20InsufficientBalance {
        sender: ALICE,
        balance: shares,
        needed,
    };
    pool.refuses(
        ALICE,
        token,
        NONE,
        transferCall {
            to: BOB,
            value: needed,
        },
        error,
    );
    pool.run(
        ALICE,
        token,
        NONE,
        approveCall {
            spender: BOB,
            value: U256::from(30),
        },
    );
    let error = ERC20InsufficientAllowance {
        spender: BOB,
        allowance: U256::from(30),
        needed: U256::from(31),
    };
    let beyond = transferFromCall {
        from: ALICE,
        to: BOB,
        value: U256::from(31),
    };
    pool.refuses(BOB, token, NONE, beyond, error);
    pool.run(
        BOB,
        token,
        NONE,
        transferFromCall {
            from: ALICE,
            to: BOB,
            value: U256::from(30),
        },
    );
    assert_eq!(
        (pool.balance(BOB), allowance(&pool)),
        (U256::from(30), U256::ZERO)
    );
}

#[test]
fn its_domain_is_its_name() {
    let pool = Pool::new();
    let domain = pool.view(pool.token, eip712DomainCall {});
    assert_eq!(domain.fields.0, [0x0f]);
    assert_eq!(
        (domain.name.as_str(), domain.version.as_str()),
        ("ClayStack Staked Ether", "1")
    );
    assert_eq!(
        (domain.chainId, domain.verifyingContract),
        (U256::from(412_346), pool.token)
    );
    assert!(domain.salt.is_zero() && domain.extensions.is_empty());
    assert_eq!(pool.view(pool.token, symbolCall {}), "csETH");
    let expected = eip712_domain! {
        name: "ClayStack Staked Ether",
        version: "1",
        chain_id: 412_346,
        verifying_contract: pool.token,
    };
    assert_eq!(
        pool.view(pool.token, DOMAIN_SEPARATORCall {}),
        expected.separator()
    );
}

#[test]
fn p42_a_permit_binds_its_owner_and_front_running_it_blocks_nothing() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let permit = sign(&pool, &alice(), ETH / U256::from(2), 0, U256::MAX);
    // Somebody else hands it in first: the allowance is the same, and Bob's action goes on.
    pool.run(MALLORY, pool.token, NONE, permit.clone());
    assert_eq!(allowance(&pool), ETH / U256::from(2));
    let action = transferFromCall {
        from: ALICE,
        to: BOB,
        value: ETH / U256::from(2),
    };
    assert!(pool.run(BOB, pool.token, NONE, action).0);

    // It cannot be used twice, nor can a caller name another owner.
    let again = pool.send(
        BOB,
        pool.token,
        NONE,
        alloy::sol_types::SolCall::abi_encode(&permit),
    );
    assert!(!again.success());
    let mallorys: PrivateKeySigner = NITRO_DEV_KEY.parse().expect("a key");
    let forged = sign(&pool, &mallorys, ETH, 1, U256::MAX);
    let error = ERC2612InvalidSigner {
        signer: mallorys.address(),
        owner: ALICE,
    };
    pool.refuses(MALLORY, pool.token, NONE, forged, error);
    assert_eq!(allowance(&pool), U256::ZERO);
}

#[test]
fn a_bad_permit_gets_a_typed_error() {
    let mut pool = Pool::new();
    let token = pool.token;
    let deadline = U256::from(pool.chain.timestamp() - 1);
    let expired = sign(&pool, &alice(), ETH, 0, deadline);
    pool.refuses(
        BOB,
        token,
        NONE,
        expired,
        ERC2612ExpiredSignature { deadline },
    );

    let good = sign(&pool, &alice(), ETH, 0, U256::MAX);
    for v in [0, 1, 26, 29, 255] {
        let bad = permitCall { v, ..good.clone() };
        pool.refuses(BOB, token, NONE, bad, ECDSAInvalidSignature {});
    }
    // No point of the curve has this x.
    let nowhere = permitCall {
        r: U256::from(5).into(),
        ..good.clone()
    };
    pool.refuses(BOB, token, NONE, nowhere, ECDSAInvalidSignature {});
    let order = U256::from_str_radix(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        16,
    )
    .expect("hex");
    let mirrored = order - U256::from_be_bytes(good.s.0);
    let s = mirrored.into();
    let high = permitCall {
        v: 55 - good.v,
        s,
        ..good.clone()
    };
    pool.refuses(BOB, token, NONE, high, ECDSAInvalidSignatureS { s });
    let nobody = permitCall {
        spender: Address::ZERO,
        ..good.clone()
    };
    assert!(!pool
        .send(
            BOB,
            token,
            NONE,
            alloy::sol_types::SolCall::abi_encode(&nobody)
        )
        .success());

    pool.run(BOB, token, NONE, good);
    assert_eq!(allowance(&pool), ETH);
}
