//! Which interfaces a contract answers.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use alloy_sol_types::private::alloy_json_abi::{InternalType, JsonAbi, Param};

use super::*;

/// Structs by the name of their first member. The macro's descriptions leave their names out, and without them
/// the Solidity files would not compile.
const STRUCTS: [(&str, &str); 4] = [
    ("unstakeQueue", "Siblings"),
    ("slotTime", "Report"),
    ("account", "Claim"),
    ("target", "Call"),
];

/// A contract as users see it: name of its Solidity interface and everything it answers.
pub fn contracts() -> Vec<(&'static str, JsonAbi)> {
    vec![
        (
            "CsEthToken",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IManaged::abi::contract(),
                ICsEthToken::abi::contract(),
            ]),
        ),
        (
            "IcsEthToken",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IManaged::abi::contract(),
                IGated::abi::contract(),
                without("initialize", ICsEthToken::abi::contract()),
                IIcsEthToken::abi::contract(),
            ]),
        ),
        (
            "StakeManager",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IPausable::abi::contract(),
                IUpgradeable::abi::contract(),
                IFaceted::abi::contract(),
                IGated::abi::contract(),
                IPayer::abi::contract(),
                IStakeManager::abi::contract(),
                IStakeManagerReports::abi::contract(),
            ]),
        ),
        (
            "UnstakeQueue",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IPausable::abi::contract(),
                IUpgradeable::abi::contract(),
                IManaged::abi::contract(),
                IGated::abi::contract(),
                IPayer::abi::contract(),
                IUnstakeQueue::abi::contract(),
            ]),
        ),
        (
            "OrderImage",
            merge([ICommon::abi::contract(), IOrderImage::abi::contract()]),
        ),
        (
            "FlashExitPool",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IPausable::abi::contract(),
                IUpgradeable::abi::contract(),
                IManaged::abi::contract(),
                IGated::abi::contract(),
                IPayer::abi::contract(),
                IFlashExitPool::abi::contract(),
            ]),
        ),
        ("ProtectionPool", managed(IProtectionPool::abi::contract())),
        (
            "OperatorRegistry",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IUpgradeable::abi::contract(),
                ITwoFaceted::abi::contract(),
                IGated::abi::contract(),
                IManaged::abi::contract(),
                IOperatorRegistry::abi::contract(),
                IOperatorAllocation::abi::contract(),
                IOperatorExits::abi::contract(),
            ]),
        ),
        (
            "RewardsDistributor",
            merge([
                ICommon::abi::contract(),
                IOwnable::abi::contract(),
                IPausable::abi::contract(),
                IUpgradeable::abi::contract(),
                IGated::abi::contract(),
                IRewardsDistributor::abi::contract(),
            ]),
        ),
        ("KycWhitelist", governed(IKycWhitelist::abi::contract())),
        ("Quorum", governed(IQuorum::abi::contract())),
        (
            "Timelock",
            merge([
                ICommon::abi::contract(),
                IUpgradeable::abi::contract(),
                ITimelock::abi::contract(),
            ]),
        ),
        ("Gateway", IGateway::abi::contract()),
    ]
}

/// The same that a stake-manager calls.
fn managed(own: JsonAbi) -> JsonAbi {
    governed(merge([IManaged::abi::contract(), own]))
}

/// A contract with an owner, behind a proxy.
fn governed(own: JsonAbi) -> JsonAbi {
    merge([
        ICommon::abi::contract(),
        IOwnable::abi::contract(),
        IUpgradeable::abi::contract(),
        own,
    ])
}

/// All but one function.
fn without(function: &str, mut interface: JsonAbi) -> JsonAbi {
    interface.functions.remove(function);
    interface
}

fn merge<const N: usize>(interfaces: [JsonAbi; N]) -> JsonAbi {
    let mut whole = JsonAbi::new();
    for interface in interfaces {
        extend(&mut whole.functions, interface.functions);
        extend(&mut whole.events, interface.events);
        extend(&mut whole.errors, interface.errors);
        whole.receive = whole.receive.or(interface.receive);
    }
    for function in whole.functions.values_mut().flatten() {
        let parameters = function.inputs.iter_mut().chain(&mut function.outputs);
        parameters.for_each(name_struct);
    }
    whole
}

fn name_struct(parameter: &mut Param) {
    let Some(first) = parameter.components.first() else {
        return;
    };
    let known = STRUCTS.iter().find(|(member, _)| *member == first.name);
    // One of it, or an array.
    let array = parameter.ty.trim_start_matches("tuple");
    parameter.internal_type = known.map(|(_, name)| InternalType::Struct {
        contract: None,
        ty: [name, array].concat(),
    });
    parameter.components.iter_mut().for_each(name_struct);
}

fn extend<T>(
    whole: &mut BTreeMap<alloc::string::String, Vec<T>>,
    part: BTreeMap<alloc::string::String, Vec<T>>,
) {
    for (name, items) in part {
        whole.entry(name).or_default().extend(items);
    }
}
