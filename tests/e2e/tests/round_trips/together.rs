//! Entering, reports and leaving in one transaction. Reports are executed by whoever hands in the committee's
//! signatures, so a traveller can put its own calls around them.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use clay::development::REPORTER_QUORUM;
use e2e::{
    committee::{Committee, Execute},
    CsEthToken::transferCall,
    FlashExitPool::{flashExitCall, liquidityCall, FlashExit},
    Quorum::nonceCall,
    StakeManager::{
        autobalanceCall, deposit_0Call, exitRateCall, reportCall, Deposit, RateReported,
    },
    ETH, REPORTER_KEYS,
};

use crate::{
    reporting::{ended, Change, Ended},
    travel::Journey,
    world::{account, events, part, scaled, World, MULTICALL, PURSE},
};

sol! {
    /// A call of Multicall3.
    struct Call3Value { address target; bool allowFailure; uint256 value; bytes callData; }
    /// How it ended.
    struct Result { bool success; bytes returnData; }
    /// Several calls in one transaction.
    function aggregate3Value(Call3Value[] calldata calls) external payable returns (Result[] memory returnData);
}

fn call(target: Address, wei: u128, data: impl SolCall) -> Call3Value {
    Call3Value {
        target,
        allowFailure: true,
        value: U256::from(wei),
        callData: Bytes::from(data.abi_encode()),
    }
}

impl World {
    /// Reports that the committee has signed, one after the other, each a second newer.
    fn signed(&self, changes: [Change; 2], grown: u128) -> Vec<Call3Value> {
        let (committee, manager) = (self.pool.committee, self.pool.manager);
        let members = Committee::of_keys(&REPORTER_KEYS);
        let nonce: U256 = self.pool.view(committee, nonceCall {});
        let chain_id = self.pool.chain.config().chain_id;
        let mut before: Option<(u64, u128, u128)> = None;
        let mut calls = Vec::new();
        for (index, change) in changes.into_iter().enumerate() {
            let mut report = self.report_of(change, 60, grown);
            if let Some((slot, left, expected)) = before {
                // On top of the one before.
                let base = self.report_of(Change::Nothing, 60, grown);
                report.slotTime = report.slotTime.max(slot + 1);
                report.leftSeen = report.leftSeen - base.leftSeen + left;
                report.expectedLoss =
                    (report.expectedLoss + expected).saturating_sub(base.expectedLoss);
            }
            before = Some((report.slotTime, report.leftSeen, report.expectedLoss));
            let message = Execute {
                target: manager,
                data: reportCall { report }.abi_encode().into(),
                nonce: nonce + U256::from(index),
                deadline: U256::MAX,
            };
            let signatures = members.sign(REPORTER_QUORUM as usize, committee, chain_id, &message);
            calls.push(call(committee, 0, message.with(signatures)));
        }
        calls
    }
}

impl Journey {
    /// Makes all of it in one transaction, and hands what shares are left to an account.
    pub(crate) fn together(&mut self, wei: u128, changes: [Change; 2], of: u32, times: u32) {
        let (manager, flash) = (self.world.pool.manager, self.world.pool.flash);
        let deposit = deposit_0Call {
            assets: U256::from(wei),
            receiver: MULTICALL,
        };
        let balance = || autobalanceCall {
            limit: U256::from(100),
        };
        let mut calls = vec![call(manager, wei, deposit)];
        calls.extend(self.world.signed(changes, wei));
        calls.push(call(manager, 0, balance()));
        // Ever smaller, as the limits are known only then.
        let liquidity = self.world.pool.view(flash, liquidityCall {});
        let room: u128 = (liquidity.reserve.max(liquidity.target)).to();
        let rate: u128 = self.world.view(exitRateCall {}).to();
        let most = scaled(room.min(wei), ETH.to(), rate);
        let shares = part(most, of) / u128::from(times);
        for halvings in 0..4 {
            for _ in 0..times {
                let exit = flashExitCall {
                    shares: U256::from(shares >> (2 * halvings)),
                    minAssets: U256::ZERO,
                    receiver: PURSE,
                };
                calls.push(call(flash, 0, exit));
            }
        }
        let aggregate = aggregate3ValueCall { calls };
        let from = account(0);
        let done = self.world.try_paying(from, MULTICALL, wei, aggregate);
        let Some((_, receipt)) = done else {
            return;
        };
        // Else the ETH has stayed with Multicall3, as good as never sent, and the rest has happened all the same.
        if events::<Deposit>(&receipt).next().is_some() {
            self.accounts.spent += wei;
            self.note_entry();
        }
        let exits: Vec<FlashExit> = events(&receipt).collect();
        let reports = events::<RateReported>(&receipt).count();
        let was = ended(&receipt);
        let paid: U256 = exits.iter().map(|exit| exit.assets - exit.fee).sum();
        self.tell(format!(
            "in one transaction: {wei} wei in, {changes:?} ({was:?}), {} exits for {paid} wei",
            exits.len()
        ));
        self.exits.extend(exits.iter().map(|_| 0));
        if reports != 0 {
            self.world.last_slot = self.world.now - 1;
            for _ in 1..reports {
                self.reported(Ended::Applied(Vec::new()));
            }
            self.reported(was);
            self.labels.insert(("route", "one transaction"));
            if reports > 1 {
                self.labels.insert(("reports", "two in one transaction"));
            }
            if !exits.is_empty() {
                self.labels
                    .insert(("route", "in, reports and out in one transaction"));
            }
        }
        let left = self.world.balance(MULTICALL);
        if left != 0 {
            let token = self.world.pool.token;
            let calls = vec![call(
                token,
                0,
                transferCall {
                    to: from,
                    value: U256::from(left),
                },
            )];
            self.world
                .must(from, MULTICALL, aggregate3ValueCall { calls });
        }
    }
}
