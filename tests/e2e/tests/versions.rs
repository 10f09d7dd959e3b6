//! What an upgrade may move to: the same contract, and no lower version of it.

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay::bytecode::proxy::IMPLEMENTATION_SLOT;
use e2e::{
    Pool,
    StakeManager::{contractVersionCall, proxiableUUIDCall, upgradeToAndCallCall, NotAnUpgrade},
    OWNER,
};

const NONE: U256 = U256::ZERO;

/// A contract's name in the first 24 bytes, a number in the last 8.
fn version(contract: &str, number: u64) -> B256 {
    let mut word = [0; 32];
    word[..contract.len()].copy_from_slice(contract.as_bytes());
    word[24..].copy_from_slice(&number.to_be_bytes());
    B256::new(word)
}

/// EVM code that says it is an implementation, of this version.
fn implementation(version: B256) -> Bytes {
    // PUSH1 0 CALLDATALOAD PUSH1 224 SHR PUSH4 selector EQ PUSH1 56 JUMPI, and at 56 JUMPDEST.
    let choose = [
        &[0x60, 0, 0x35, 0x60, 224, 0x1c, 0x63][..],
        &proxiableUUIDCall::SELECTOR,
        &[0x14, 0x60, 56, 0x57],
    ];
    // PUSH32 word PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN.
    let answer = |word: B256| {
        [
            &[0x7f][..],
            word.as_slice(),
            &[0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3],
        ]
        .concat()
    };
    let code = [
        choose.concat(),
        answer(version),
        vec![0x5b],
        answer(IMPLEMENTATION_SLOT),
    ];
    code.concat().into()
}

fn upgrade(implementation: Address) -> upgradeToAndCallCall {
    upgradeToAndCallCall {
        implementation,
        data: Bytes::new(),
    }
}

/// Proxies whose owner upgrades them.
fn contracts(pool: &Pool) -> [(&'static str, Address); 8] {
    [
        ("stake-manager", pool.manager),
        ("unstake-queue", pool.queue),
        ("flash-exit-pool", pool.flash),
        ("protection-pool", pool.protection),
        ("operator-registry", pool.registry),
        ("rewards-distributor", pool.distributor),
        ("quorum", pool.committee),
        ("kyc-whitelist", pool.whitelist),
    ]
}

#[test]
fn p28_an_upgrade_goes_to_no_lower_version_and_to_no_other_contract() {
    let mut pool = Pool::institutional();
    let at = Address::repeat_byte(0x99);
    for (contract, proxy) in contracts(&pool) {
        let current = version(contract, 1);
        assert_eq!(
            pool.view(proxy, contractVersionCall {}),
            current,
            "{contract}"
        );
        let others = [
            version(contract, 0),
            version("stake", 1),
            version("", u64::MAX),
        ];
        for asked in others {
            pool.chain.set_code(at, implementation(asked));
            let refusal = NotAnUpgrade { asked, current };
            pool.refuses(OWNER, proxy, NONE, upgrade(at), refusal);
        }
        // The real thing, of another contract.
        for (other, another) in contracts(&pool) {
            let program = pool.program_of(another);
            if other != contract {
                let asked = version(other, 1);
                let refusal = NotAnUpgrade { asked, current };
                pool.refuses(OWNER, proxy, NONE, upgrade(program), refusal);
            }
        }
        for number in [1, 2, u64::MAX] {
            let mut pool = pool.clone();
            pool.chain
                .set_code(at, implementation(version(contract, number)));
            pool.run(OWNER, proxy, NONE, upgrade(at));
            assert_eq!(pool.program_of(proxy), at, "{contract}");
        }
    }
}
