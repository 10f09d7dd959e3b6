//! The price list: ink of every instruction and of the parts host functions are priced by.
//!
//! All figures are ink (10,000 ink = 1 gas at the default ink price) and those of Stylus version 2.

use wasmparser::Operator;

/// Charged on entering a basic block, on top of its instructions.
pub(crate) const BASIC_BLOCK: u64 = 2_450;
/// Charged by `memory.copy` and `memory.fill` for every byte, on top of the instruction.
pub(crate) const BULK_BYTE: u64 = 100;

/// Any host function.
pub(crate) const HOST: u64 = 8_400;
/// One word or address passed through memory.
pub(crate) const POINTER: u64 = 5_040;
/// A trip to the chain's state.
pub(crate) const EVM_ACCESS: u64 = 59_673;
/// A 256-bit division or remainder.
pub(crate) const DIV: u64 = 20_000;
/// A 256-bit addition modulo a third number.
pub(crate) const ADD_MOD: u64 = 21_000;
/// A 256-bit multiplication modulo a third number.
pub(crate) const MUL_MOD: u64 = 24_100;

/// Writing `bytes` into the program's memory.
pub(crate) fn write(bytes: usize) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32) as u64
}

/// Reading `bytes` from the program's memory.
pub(crate) fn read(bytes: u32) -> u64 {
    16_381 + 55 * u64::from(bytes.saturating_sub(32))
}

/// Hashing `bytes`; covers the host function and its memory access.
pub(crate) fn keccak(bytes: u32) -> u64 {
    121_800 + 21_000 * u64::from(bytes.div_ceil(32).saturating_sub(2))
}

/// Raising to a power, by the length of the exponent without leading zero bytes.
pub(crate) fn pow(exponent_bytes: usize) -> u64 {
    3_000 + 17_500 * (exponent_bytes as u64 + 1)
}

/// Ink of an instruction, and by how many values it makes the operand stack grow.
///
/// Calls and blocks report a growth of zero: theirs depends on types. `call_indirect` costs a further 650 for
/// each parameter. `None` stands for an instruction that programs may not contain.
pub(crate) fn operator(op: &Operator) -> Option<(u64, i32)> {
    use Operator::*;
    Some(match op {
        Unreachable | Return | Nop | Block { .. } | Loop { .. } | Else | End => (1, 0),
        I32Const { .. } | I64Const { .. } => (1, 1),
        Drop => (9, -1),
        Br { .. } => (765, 0),
        BrIf { .. } | If { .. } => (765, -1),
        BrTable { targets } => (2_400 + 325 * u64::from(targets.len()), -1),
        Select => (1_250, -2),
        Call { .. } => (3_800, 0),
        CallIndirect { .. } => (13_610, 0),
        LocalGet { .. } => (75, 1),
        LocalTee { .. } => (75, 0),
        LocalSet { .. } => (210, -1),
        GlobalGet { .. } => (225, 1),
        GlobalSet { .. } => (575, -1),
        I32Load { .. }
        | I32Load8S { .. }
        | I32Load8U { .. }
        | I32Load16S { .. }
        | I32Load16U { .. } => (670, 0),
        I64Load { .. }
        | I64Load8S { .. }
        | I64Load8U { .. }
        | I64Load16S { .. }
        | I64Load16U { .. } => (680, 0),
        I64Load32S { .. } | I64Load32U { .. } => (680, 0),
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => (825, -2),
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => (950, -2),
        MemorySize { .. } => (3_000, 1),
        MemoryGrow { .. } => (8_050, 0),
        MemoryCopy { .. } | MemoryFill { .. } => (950, -3),
        I32Eqz => (170, 0),
        I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU => {
            (170, -1)
        }
        I64Eqz => (225, 0),
        I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU => {
            (225, -1)
        }
        I32Clz | I32Ctz | I64Clz | I64Ctz => (210, 0),
        I32Popcnt => (2_650, 0),
        I64Popcnt => (6_000, 0),
        I32Add | I32Sub | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl
        | I32Rotr => (70, -1),
        I64Add | I64Sub | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl
        | I64Rotr => (100, -1),
        I32Mul | I64Mul => (160, -1),
        I32DivS | I32DivU | I32RemS | I32RemU => (1_120, -1),
        I64DivS | I64DivU | I64RemS | I64RemU => (1_270, -1),
        I32WrapI64 | I64ExtendI32S | I64ExtendI32U => (100, 0),
        I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S | I64Extend32S => (100, 0),
        _ => return None,
    })
}

/// Whether control may leave after the instruction, or enter before the next one: the next instruction starts a
/// new basic block.
pub(crate) fn ends_basic_block(op: &Operator) -> bool {
    use Operator::*;
    matches!(
        op,
        End | Else
            | Return
            | Loop { .. }
            | If { .. }
            | Br { .. }
            | BrIf { .. }
            | BrTable { .. }
            | Call { .. }
            | CallIndirect { .. }
    )
}
