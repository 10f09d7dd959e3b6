//! The timelock: who proposes and cancels, and which calls take which delay.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use clay_shared::{
    operators::parameters as of_registry,
    parameters as of_manager,
    timelock::{rule, ANY_CONTRACT, ANY_FUNCTION, LONGEST, PARAMETER, UPGRADE},
};

use super::{
    contract::Contract,
    protocol::{Place, Places},
    wire::Wire,
};
use crate::{
    bindings::{
        FlashExitPool::{setFeesCall, setLimitsCall, setMonthlyAllowanceCall, setTreasuryPartCall},
        KycWhitelist::liftDenialCall,
        OperatorRegistry::{setRelayCall, setTargetsCall, vouchCall},
        ProtectionPool::setCoverCapCall,
        RewardsDistributor::{
            rearmVetoCall, setEpochLengthCall, setFactorsCall, setRootDelayCall, setSsvPriceCall,
            setStandingCall, vetoRootCall,
        },
        StakeManager::{
            acknowledgeCall, pauseCall, rearmGuardianCall, setParameterCall, unpauseCall,
        },
        Timelock::{initializeCall, isCancellerCall, isProposerCall, ruleOfCall},
        UnstakeQueue::{setCancelCostsCall, setOrderLimitsCall},
    },
    failure::Failure,
};

/// Functions whose calls take the delay of parameters, whichever contract has them: those that set a number within bounds, or
/// undo what a guardian did.
const OF_PARAMETERS: [[u8; 4]; 22] = [
    setParameterCall::SELECTOR,
    setFeesCall::SELECTOR,
    setLimitsCall::SELECTOR,
    setMonthlyAllowanceCall::SELECTOR,
    setTreasuryPartCall::SELECTOR,
    setCoverCapCall::SELECTOR,
    setOrderLimitsCall::SELECTOR,
    setCancelCostsCall::SELECTOR,
    setTargetsCall::SELECTOR,
    setRelayCall::SELECTOR,
    vouchCall::SELECTOR,
    setEpochLengthCall::SELECTOR,
    setRootDelayCall::SELECTOR,
    setFactorsCall::SELECTOR,
    setStandingCall::SELECTOR,
    setSsvPriceCall::SELECTOR,
    vetoRootCall::SELECTOR,
    rearmVetoCall::SELECTOR,
    acknowledgeCall::SELECTOR,
    pauseCall::SELECTOR,
    unpauseCall::SELECTOR,
    rearmGuardianCall::SELECTOR,
];

/// Who may propose and cancel what the timelock does.
#[derive(Clone, Debug)]
pub struct Timelock {
    /// Schedule operations.
    pub proposers: Vec<Address>,
    /// Stop them.
    pub cancellers: Vec<Address>,
}

impl Timelock {
    /// Refuses one that nobody could use, or nobody could stop.
    pub(super) fn require(&self) -> Result<(), Failure> {
        let roles = [
            ("--proposers", &self.proposers),
            ("--cancellers", &self.cancellers),
        ];
        for (option, accounts) in roles {
            if accounts.is_empty() {
                return Err(Failure::Usage(format!("{option} names nobody.")));
            }
            if accounts.iter().any(|account| account.is_zero()) {
                return Err(Failure::Usage(format!(
                    "the zero address cannot be one of {option}."
                )));
            }
        }
        Ok(())
    }
}

impl Places {
    pub(super) fn timelock(&self, program: Address, timelock: &Timelock) -> Contract {
        let (rules, kinds) = self.rules().into_iter().unzip();
        let call = initializeCall {
            proposers: timelock.proposers.clone(),
            cancellers: timelock.cancellers.clone(),
            rules,
            kinds,
        };
        self.shared.timelock.proxy(program, &call)
    }

    /// The rules of a new timelock, with the kinds they give.
    fn rules(&self) -> Vec<(B256, U256)> {
        let pools = [&self.retail, &self.institutional];
        let of_parameters = OF_PARAMETERS.map(|function| {
            let rule = rule(function, ANY_CONTRACT, None);
            (rule, PARAMETER)
        });
        let slow = pools.into_iter().flat_map(|pool| {
            let of = |place: &Place, ids: &[u8]| {
                let rule = |id: &u8| {
                    let function = setParameterCall::SELECTOR;
                    (
                        rule(function, place.address.into_array(), Some((*id).into())),
                        UPGRADE,
                    )
                };
                ids.iter().map(rule).collect::<Vec<_>>()
            };
            [
                of(&pool.manager, &of_manager::WITH_DELAY_OF_UPGRADES),
                of(&pool.registry, &of_registry::WITH_DELAY_OF_UPGRADES),
            ]
        });
        // Whoever owns, upgrades or fills the Board decides who may use the institutional pool.
        let (board, whitelist) = (&self.shared.board, &self.shared.whitelist);
        let of_board = [board, whitelist].map(|place| {
            let rule = rule(ANY_FUNCTION, place.address.into_array(), None);
            (rule, LONGEST)
        });
        let lift = rule(
            liftDenialCall::SELECTOR,
            whitelist.address.into_array(),
            None,
        );
        let rules = of_parameters
            .into_iter()
            .chain(slow.flatten())
            .chain(of_board)
            .chain([(lift, PARAMETER)]);
        rules
            .map(|(rule, kind)| (B256::new(rule), U256::from(kind)))
            .collect()
    }

    /// Who proposes and cancels, and what takes which delay.
    pub(super) fn timelock_roles(&self, timelock: &Timelock) -> Vec<Wire> {
        let place = &self.shared.timelock;
        let proposers = timelock.proposers.iter();
        let proposers = proposers.map(|&account| place.must(isProposerCall { account }, &true));
        let cancellers = timelock.cancellers.iter();
        let cancellers = cancellers.map(|&account| place.must(isCancellerCall { account }, &true));
        let rules = self.rules().into_iter();
        let rules = rules.map(|(rule, kind)| place.must(ruleOfCall { rule }, &kind));
        proposers.chain(cancellers).chain(rules).collect()
    }
}
