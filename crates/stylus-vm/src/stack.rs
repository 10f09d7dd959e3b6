//! How much stack a function needs.

use wasmparser::{BlockType, FunctionBody, Operator};

use crate::{
    ink,
    module::{at_most, Parsed},
    ProgramError,
};

/// Most variables of a function, parameters apart.
const MAX_LOCALS: u64 = 348;
/// Most stack words of one frame.
const MAX_FRAME: u64 = 10 * 1_024;
/// Most operands of one frame alive at once.
const MAX_OPERANDS: u64 = 4_096;
/// Stack words of a frame besides its variables and operands.
const FRAME_OVERHEAD: u32 = 4;

/// Stack words a frame of the function takes at most: its variables, its operands and an overhead.
///
/// Also refuses instructions that have no price.
pub(crate) fn frame_words(
    parsed: &Parsed,
    body: &FunctionBody,
    function: usize,
) -> Result<u32, ProgramError> {
    let mut locals = 0u64;
    for group in body.get_locals_reader()? {
        locals += u64::from(group?.0);
    }
    at_most("variables of a function", locals, MAX_LOCALS)?;

    let mut operands = Operands::default();
    for op in body.get_operators_reader()? {
        let op = op?;
        let Some((_, growth)) = ink::operator(&op) else {
            let instruction = format!("{op:?}");
            return Err(ProgramError::Instruction {
                instruction,
                function,
            });
        };
        operands.apply(parsed, &op, growth);
    }
    at_most(
        "operands alive at once",
        operands.worst.into(),
        MAX_OPERANDS,
    )?;
    let words = operands.worst + locals as u32 + FRAME_OVERHEAD;
    at_most("words in a stack frame", words.into(), MAX_FRAME)?;
    Ok(words)
}

/// An upper bound of the operands alive in a function, which ignores that code after a jump is dead.
#[derive(Default)]
struct Operands {
    alive: u32,
    worst: u32,
    /// Operands alive at the start of each open block, its results included.
    blocks: Vec<u32>,
}

impl Operands {
    fn apply(&mut self, parsed: &Parsed, op: &Operator, growth: i32) {
        match op {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                self.grow(growth);
                match blockty {
                    BlockType::Empty => {}
                    BlockType::Type(_) => self.grow(1),
                    BlockType::FuncType(ty) => self.call(parsed, *ty),
                }
                self.blocks.push(self.alive);
            }
            Operator::Else => self.alive = self.blocks.last().copied().unwrap_or(0),
            Operator::End => self.alive = self.blocks.pop().unwrap_or(0),
            Operator::Call { function_index } => {
                self.call(parsed, parsed.functions[*function_index as usize])
            }
            Operator::CallIndirect { type_index, .. } => {
                self.call(parsed, *type_index);
                self.grow(-1);
            }
            _ => self.grow(growth),
        }
    }

    /// Results are made room for before the parameters are gone.
    fn call(&mut self, parsed: &Parsed, ty: u32) {
        let ty = &parsed.types[ty as usize];
        self.grow(ty.results().len() as i32);
        self.grow(-(ty.params().len() as i32));
    }

    fn grow(&mut self, growth: i32) {
        self.alive = self.alive.saturating_add_signed(growth);
        self.worst = self.worst.max(self.alive);
    }
}
