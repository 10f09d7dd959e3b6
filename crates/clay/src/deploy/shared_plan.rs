//! What both pools share: the committees and the kyc-whitelist. To add a shared contract, add it here.

use alloy::{
    primitives::{address, Address, FixedBytes},
    sol_types::SolCall,
};
use clay_shared::kyc;

use super::{
    contract::Contract,
    pool::Institutional,
    protocol::{Place, Places, Programs},
    roles::{Committee, Roles},
    wire::Wire,
};
use crate::bindings::{
    FlashExitPool::allowConversionCall,
    KycWhitelist::{
        self, acceptCall, boardCall, complianceOfficerCall, denyCall, renewCall, rightsOfCall,
        setRightsCall, turnDownCall,
    },
    OperatorRegistry::{confirmCall, declareFalseCall, vouchCall},
    Quorum::{self, isAllowedCall, membersCall, quorumCall, setMembersCall},
    RewardsDistributor::proposeRootCall,
    StakeManager::{acknowledgeCall, flagSlashingCall, ownerCall, reportCall},
};

/// Who holds the shares that are locked for good.
const DEAD: Address = address!("000000000000000000000000000000000000dEaD");

/// Where the shared contracts will be.
pub(super) struct SharedPlaces {
    pub(super) oracle: Place,
    pub(super) acknowledger: Place,
    pub(super) board: Place,
    pub(super) whitelist: Place,
    pub(super) timelock: Place,
}

/// A function that a committee may call.
type Allowed = (Address, FixedBytes<4>);

impl Places {
    /// The shared contracts; Board and whitelist only with the institutional pool.
    pub(super) fn shared_contracts(
        &self,
        programs: &Programs,
        roles: &Roles,
        institutional: Option<&Institutional>,
    ) -> Vec<Contract> {
        let shared = &self.shared;
        let committee = |place: &Place, committee: &Committee, allowed: Vec<Allowed>| {
            let (targets, selectors) = allowed.into_iter().unzip();
            let call = Quorum::initializeCall {
                owner: roles.owner,
                members: committee.members().to_vec(),
                quorum: committee.quorum(),
                targets,
                selectors,
            };
            place.proxy(programs.quorum, &call)
        };
        let mut contracts = vec![
            committee(&shared.oracle, &roles.reporters, self.reported()),
            committee(
                &shared.acknowledger,
                &roles.acknowledgers,
                self.acknowledged(),
            ),
        ];
        if let (Some(institutional), Some(program)) = (institutional, programs.whitelist) {
            let board = committee(&shared.board, &institutional.board, self.decided());
            let call = KycWhitelist::initializeCall {
                owner: roles.owner,
                board: shared.board.address,
                complianceOfficer: institutional.compliance_officer,
                protocolContracts: self.protocol_contracts().to_vec(),
            };
            contracts.extend([board, shared.whitelist.proxy(program, &call)]);
        }
        contracts
    }

    /// What the oracle committee may call.
    fn reported(&self) -> Vec<Allowed> {
        let pools = [&self.retail, &self.institutional].into_iter();
        let allowed = pools.flat_map(|pool| {
            [
                allowed::<reportCall>(&pool.manager),
                allowed::<flagSlashingCall>(&pool.manager),
                allowed::<confirmCall>(&pool.registry),
                allowed::<declareFalseCall>(&pool.registry),
                allowed::<proposeRootCall>(&pool.distributor),
            ]
        });
        allowed.collect()
    }

    /// What the acknowledger may call.
    fn acknowledged(&self) -> Vec<Allowed> {
        let managers = [&self.retail.manager, &self.institutional.manager];
        managers.map(allowed::<acknowledgeCall>).to_vec()
    }

    /// What the Board may call.
    fn decided(&self) -> Vec<Allowed> {
        let whitelist = &self.shared.whitelist;
        vec![
            allowed::<acceptCall>(whitelist),
            allowed::<turnDownCall>(whitelist),
            allowed::<setRightsCall>(whitelist),
            allowed::<renewCall>(whitelist),
            allowed::<denyCall>(whitelist),
            allowed::<vouchCall>(&self.institutional.registry),
            allowed::<allowConversionCall>(&self.retail.flash),
            allowed::<setMembersCall>(&self.shared.board),
        ]
    }

    /// Who has all rights and cannot be denied: what holds or moves shares of the institutional pool for others, and
    /// both flash-exit-pools, of which the retail one converts.
    fn protocol_contracts(&self) -> [Address; 8] {
        let pool = &self.institutional;
        [
            pool.manager.address,
            pool.queue.address,
            pool.flash.address,
            pool.protection.address,
            pool.registry.address,
            pool.distributor.address,
            self.retail.flash.address,
            DEAD,
        ]
    }

    /// What must hold between the shared contracts.
    pub(super) fn shared_wires(&self, institutional: Option<&Institutional>) -> Vec<Wire> {
        let shared = &self.shared;
        let mut committees = vec![
            (&shared.oracle, self.reported()),
            (&shared.acknowledger, self.acknowledged()),
        ];
        let mut wires = Vec::new();
        if institutional.is_some() {
            committees.push((&shared.board, self.decided()));
            let (whitelist, board) = (&shared.whitelist, shared.board.address);
            wires.push(whitelist.must(boardCall {}, &board));
            let accounts = self.protocol_contracts().into_iter();
            let exempt =
                accounts.map(|account| whitelist.must(rightsOfCall { account }, &kyc::ALL));
            wires.extend(exempt);
        }
        for (place, functions) in committees {
            let allowed = functions
                .into_iter()
                .map(|(target, selector)| isAllowedCall { target, selector });
            wires.extend(allowed.map(|call| place.must(call, &true)));
        }
        wires
    }

    /// Who governs the shared contracts, and who decides in the committees.
    pub(super) fn shared_roles(
        &self,
        roles: &Roles,
        institutional: Option<&Institutional>,
    ) -> Vec<Wire> {
        let shared = &self.shared;
        let mut committees = vec![
            (&shared.oracle, &roles.reporters),
            (&shared.acknowledger, &roles.acknowledgers),
        ];
        let mut wires = Vec::new();
        if let Some(institutional) = institutional {
            committees.push((&shared.board, &institutional.board));
            let whitelist = &shared.whitelist;
            wires.extend([
                whitelist.must(ownerCall {}, &roles.owner),
                whitelist.must(complianceOfficerCall {}, &institutional.compliance_officer),
            ]);
        }
        wires.extend(committees.into_iter().flat_map(|(place, committee)| {
            [
                place.must(ownerCall {}, &roles.owner),
                place.must(membersCall {}, &committee.members().to_vec()),
                place.must(quorumCall {}, &committee.quorum()),
            ]
        }));
        wires
    }
}

fn allowed<C: SolCall>(place: &Place) -> Allowed {
    (place.address, C::SELECTOR.into())
}
