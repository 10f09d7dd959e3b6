//! How to run a real ceremony, in which nobody ever holds the validator's secret.

use alloy::primitives::Address;

use clay_ethereum::charon;

use crate::Network;

/// What a ceremony is run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// SSV's ssv-dkg.
    SsvDkg,
    /// Obol's charon.
    Charon,
    /// Ethereum's own key tool, for a node that runs its validator alone.
    DepositCli,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SsvDkg, Self::Charon, Self::DepositCli];
}

/// How a cluster runs its ceremony: what each member and who leads it enters, for a gateway, which is both the
/// withdrawal address and the fee recipient, and for a first deposit of 1 ETH. What is to be filled in is in capitals.
///
/// Where a tool refuses what the protocol asks for, it says so.
pub fn instructions(tool: Tool, network: &Network, gateway: Address) -> String {
    let name = &network.name;
    let cluster = charon::cluster_name(gateway, "CLUSTER");
    let steps = match tool {
        Tool::SsvDkg => format!(
            "Each member, all the time, with its SSV operator's key:

    ssv-dkg start-operator --operatorID ID --privKey encrypted_private_key.json \\
        --privKeyPassword password --port 3030 --outputPath output

One of them, once, with every member's operator ID, public key and endpoint in operators.json:

    ssv-dkg init --network {name} --amount 1000000000 \\
        --withdrawAddress {gateway} \\
        --operatorIDs IDS --operatorsInfoPath operators.json \\
        --owner OWNER --nonce NONCE --validators 1 --outputPath output

OWNER is who registers the validator with the SSV network, and sets its fee recipient there, to
{gateway}; NONCE is how many validators it has registered before.

Deposit data is in output/ceremony-*/deposit_data.json, each member's public key share in proofs.json. Members count by
their operator IDs.

What ssv-dkg and the SSV network refuse as published: amounts below 32000000000 gwei, so that --amount needs a build
that takes 1000000000; and clusters of other sizes than 4, 7, 10 and 13, so that one of 5 needs both a build and a
network of its own."
        ),
        Tool::Charon => format!(
            "Each member, once, and tells the others its ENR:

    charon create enr

One of them, who then gives .charon/cluster-definition.json to all:

    charon create dkg --name {cluster} --network {name} --num-validators 1 --threshold 3 \\
        --withdrawal-addresses {gateway} \\
        --fee-recipient-addresses {gateway} \\
        --deposit-amounts 1,31 --operator-enrs ENR,ENR,ENR,ENR

CLUSTER is its number in the registry, and the ENRs are in the order of the members there: by both its performance is
found in Charon's metrics.

All of them, at the same time:

    charon dkg --definition-file .charon/cluster-definition.json

Deposit data for 1 ETH is in .charon/deposit-data-1eth.json, public key shares in .charon/cluster-lock.json. The other
amount is there because charon wants 32 ETH in all; of a later deposit the beacon chain looks at no signature."
        ),
        Tool::DepositCli => format!(
            "On a machine without a network:

    deposit new-mnemonic --chain {name} --num_validators 1 --regular_withdrawal \\
        --withdrawal_address {gateway}
    deposit partial-deposit --chain {name} --keystore KEYSTORE --amount 1 --regular_withdrawal \\
        --withdrawal_address {gateway}

The first makes the key; its own deposit data is for 32 ETH, and of no use here. The second writes that for 1 ETH.
Without --regular_withdrawal the credentials would be compounding ones, 0x02, which the gateway does not take. The
validator client's fee recipient is {gateway}."
        ),
    };
    format!(
        "{steps}

Before signing the result for the registry, each member compares: withdrawal credentials
0x010000000000000000000000{gateway:x}, amount 1000000000, fork version {version}.\n",
        version = network.genesis_fork_version,
        gateway = gateway.0,
    )
}
