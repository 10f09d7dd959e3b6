//! One transaction: revm's EVM, with Stylus programs as frames among its own.

mod activation;
mod console;
mod frames;
mod program;
mod requests;
mod session;
mod tracer;

pub(crate) use activation::{prepare, ProgramRecord, STYLUS_VERSION};
pub(crate) use program::INK_PRICE;
pub(crate) use session::{RecentPrograms, Session};
pub(crate) use tracer::Tracer;

use revm::{
    context::result::{ExecutionResult, HaltReason, Output},
    context::{
        result::EVMError, BlockEnv, CfgEnv, Context, ContextTr, Evm, Journal, LocalContext, TxEnv,
    },
    handler::{instructions::EthInstructions, EthFrame, FrameResult, Handler},
    interpreter::interpreter::EthInterpreter,
    primitives::hardfork::SpecId,
    state::EvmState,
};
use std::convert::Infallible;

use crate::{precompiles::ArbPrecompiles, state::State, CallOutcome, ExecStatus};

/// The rules of the EVM: Osaka's instructions and precompiles, Arbitrum's exceptions.
pub(crate) const SPEC: SpecId = SpecId::OSAKA;
/// Most bytes of deployed code.
pub(crate) const MAX_CODE: usize = 24_576;

/// What everything in a transaction sees.
pub(crate) type Ctx =
    Context<BlockEnv, TxEnv, CfgEnv, State, Journal<State>, Session, LocalContext>;

/// revm's EVM as used here.
type Inner =
    Evm<Ctx, (), EthInstructions<EthInterpreter, Ctx>, ArbPrecompiles, EthFrame<EthInterpreter>>;

/// An EVM that knows Stylus.
pub(crate) struct ArbEvm {
    inner: Inner,
    /// One entry per frame on the stack.
    frames: Vec<frames::Running>,
}

/// How strictly a transaction is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// As a block does.
    All,
    /// No signature, so contracts may send.
    Impersonated,
    /// A simulation: no nonce, no fee below which it fails.
    Call,
}

/// The result of a transaction, with what it would do to the state.
pub(crate) struct Executed {
    /// What callers see.
    pub outcome: CallOutcome,
    /// Accounts and slots touched.
    pub state: EvmState,
    /// Programs called in the block so far.
    pub recent: RecentPrograms,
}

/// Why a transaction cannot be executed.
pub(crate) type Refused = EVMError<Infallible>;

impl ArbEvm {
    /// An EVM on a state. `session` says what Arbitrum adds.
    pub fn new(
        state: State,
        block: BlockEnv,
        chain_id: u64,
        checks: Checks,
        session: Session,
    ) -> Self {
        let mut ctx: Ctx = Context::new(state, SPEC);
        (ctx.block, ctx.chain) = (block, session);
        let cfg = &mut ctx.cfg;
        cfg.chain_id = chain_id;
        cfg.limit_contract_code_size = Some(MAX_CODE);
        cfg.limit_contract_initcode_size = Some(2 * MAX_CODE);
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        cfg.disable_eip3541 = true;
        cfg.disable_eip7623 = true;
        cfg.disable_eip3607 = checks != Checks::All;
        cfg.disable_nonce_check = checks == Checks::Call;
        cfg.disable_base_fee = checks == Checks::Call;
        let instructions = EthInstructions::new_mainnet_with_spec(SPEC);
        ArbEvm {
            inner: Evm::new(ctx, instructions, ArbPrecompiles::new()),
            frames: Vec::new(),
        }
    }

    /// Executes one transaction.
    pub fn transact(mut self, tx: TxEnv) -> Result<Executed, Refused> {
        self.inner.ctx.tx = tx;
        let result = ArbHandler.run(&mut self)?;
        let state = self.inner.ctx.journal_mut().finalize_state();
        let session = self.inner.ctx.chain;
        let (trace, console) = session.tracer.finish();
        let mut outcome = outcome(result);
        outcome.console = console;
        outcome.trace = trace;
        Ok(Executed {
            outcome,
            state,
            recent: session.recent,
        })
    }
}

/// Names `finalize`, which both of the journal's traits offer.
trait Finalize {
    fn finalize_state(&mut self) -> EvmState;
}

impl Finalize for Journal<State> {
    fn finalize_state(&mut self) -> EvmState {
        revm::context::JournalTr::finalize(self)
    }
}

/// revm's result in our words.
fn outcome(result: ExecutionResult) -> CallOutcome {
    let gas = *result.gas();
    let mut outcome = CallOutcome {
        status: ExecStatus::Success,
        output: Default::default(),
        gas_used: result.tx_gas_used(),
        gas_refunded: gas.final_refunded(),
        logs: Vec::new(),
        created: None,
        console: Vec::new(),
        trace: None,
    };
    match result {
        ExecutionResult::Success { logs, output, .. } => {
            outcome.logs = logs;
            if let Output::Create(_, address) = &output {
                outcome.created = *address;
            }
            outcome.output = output.into_data();
        }
        ExecutionResult::Revert { output, .. } => {
            outcome.status = ExecStatus::Revert;
            outcome.output = output;
        }
        ExecutionResult::Halt { reason, .. } => {
            outcome.status = ExecStatus::Halt(halt_text(&reason))
        }
    }
    outcome
}

/// Geth's words for a failure.
fn halt_text(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".into(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => "invalid opcode".into(),
        HaltReason::InvalidJump => "invalid jump destination".into(),
        HaltReason::CreateCollision => "contract address collision".into(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".into(),
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".into(),
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write protection".into()
        }
        HaltReason::CallTooDeep => "max call depth exceeded".into(),
        other => format!("{other:?}"),
    }
}

/// The course of a transaction: Ethereum's, but nobody is rewarded.
struct ArbHandler;

impl Handler for ArbHandler {
    type Evm = ArbEvm;
    type Error = Refused;
    type HaltReason = HaltReason;

    fn reward_beneficiary(
        &self,
        _evm: &mut ArbEvm,
        _result: &mut FrameResult,
    ) -> Result<(), Refused> {
        Ok(())
    }
}
