//! The development chain and who does what on it. Everybody knows these keys.

use alloy::primitives::{address, Address};

/// The chain `clay node` runs, as Nitro's development node does: roles have defaults there.
pub const CHAIN: u64 = 412_346;

/// Members of the oracle committee: accounts 10 to 14 of the usual test mnemonic ("test test ... junk").
pub const REPORTERS: [Address; 5] = [
    address!("BcD4042DE499D14e55001CcbB24a551F3b954096"),
    address!("71bE63f3384f5fb98995898A86B02Fb2426c5788"),
    address!("FABB0ac9d68B0B445fB7357272Ff202C5651694a"),
    address!("1CBd3b2770909D4e10f157cABC84C7264073C9Ec"),
    address!("dF3e18d64BC6A983f673Ab319CCaE4f1a57C7097"),
];

/// Private keys of [`REPORTERS`], in the same order.
pub const REPORTER_KEYS: [&str; 5] = [
    "0xf214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897",
    "0x701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82",
    "0xa267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1",
    "0x47c99abed3324a2707c28affff1267e45918ec8c3f20b8aa892e8b065d2942dd",
    "0xc526ee95bf44d8fc405a158bb884d9d1238d99f0612e9f33d006bb0789009aaa",
];

/// How many of them a report needs.
pub const REPORTER_QUORUM: u64 = 3;

/// Members of the acknowledger, other people: accounts 15 to 17 of the same mnemonic.
pub const ACKNOWLEDGERS: [Address; 3] = [
    address!("cd3B766CCDd6AE721141F452C550Ca635964ce71"),
    address!("2546BcD3c84621e976D8185a91A922aE77ECEc30"),
    address!("bDA5747bFD65F08deb54cb465eB87D40e51B197E"),
];

/// Private keys of [`ACKNOWLEDGERS`], in the same order.
pub const ACKNOWLEDGER_KEYS: [&str; 3] = [
    "0x8166f546bab6da521a8369cab06c5d2b9e46670292d85c875ee9ec20e84ffb61",
    "0xea6c44ac03bff858b476bba40716402b03e41b8e97e276d1baec7c37d42484a0",
    "0x689af8efa8c651a91ad287602527f3af2fe9f6501a7ac4b061667b5a93e037fd",
];

/// How many of them an acknowledgement needs.
pub const ACKNOWLEDGER_QUORUM: u64 = 2;

/// Members of the Board: accounts 18 to 22 of the same mnemonic.
pub const BOARD: [Address; 5] = [
    address!("dD2FD4581271e230360230F9337D5c0430Bf44C0"),
    address!("8626f6940E2Eb28930eFb4CeF49B2d1F2C9C1199"),
    address!("09DB0a93B389bEF724429898f539AEB7ac2Dd55f"),
    address!("02484cb50AAC86Eae85610D6f4Bf026f30f6627D"),
    address!("08135Da0A343E492FA2d4282F2AE34c6c5CC1BbE"),
];

/// Private keys of [`BOARD`], in the same order.
pub const BOARD_KEYS: [&str; 5] = [
    "0xde9be858da4a475276426320d5e9262ecfc3ba460bfac56360bfa6c4c28b4ee0",
    "0xdf57089febbacf7ba0bc227dafbffa9fc08a93fdc68e1e42411a14efcf23656e",
    "0xeaa861a9a01391ed3d587d8a5a84ca56ee277629a8b02c22093a419bf240e65d",
    "0xc511b2aa70776d4ff1d376e8537903dae36896132c90b91d52c1dfbae267cd8b",
    "0x224b7eb7449992aac96d631d9677f7bf5888245eef6d6eeda31e62d2f29a83e4",
];

/// How many of them decide.
pub const BOARD_QUORUM: u64 = 3;

/// The compliance officer: account 23 of the same mnemonic.
pub const COMPLIANCE_OFFICER: Address = address!("5E661B79FE2D3F6cE70F5AAC07d8Cd9abb2743F1");

/// The compliance officer's private key.
pub const COMPLIANCE_OFFICER_KEY: &str =
    "0x4624e0802698b9769f5bdb260a3777fbd4941ad2901f5966b854f953497eec1b";

#[cfg(test)]
mod tests {
    use alloy::signers::local::PrivateKeySigner;

    use super::*;

    #[test]
    fn the_keys_are_those_of_the_accounts() {
        let accounts = REPORTERS.iter().chain(&ACKNOWLEDGERS).chain(&BOARD);
        let keys = REPORTER_KEYS.iter().chain(&ACKNOWLEDGER_KEYS);
        let keys = keys.chain(&BOARD_KEYS);
        let officer = (&COMPLIANCE_OFFICER, &COMPLIANCE_OFFICER_KEY);
        for (account, key) in accounts.zip(keys).chain([officer]) {
            let signer: PrivateKeySigner = key.parse().unwrap();
            assert_eq!(signer.address(), *account);
        }
    }
}
