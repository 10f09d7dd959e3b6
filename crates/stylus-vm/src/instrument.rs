//! Rewriting a module so that it counts its ink and its stack by itself.
//!
//! Every function charges the ink of a basic block on entering it, a length-dependent part before
//! `memory.copy` and `memory.fill`, and asks `pay_for_memory_grow` before `memory.grow`. It reserves the stack
//! words of its frame on entry and gives them back before returning. Ink and stack are globals of the
//! instrumented module; running out of either sets a third and traps.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Encode, ExportKind, ExportSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, RawSection, SectionId, ValType,
};
use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::{
    ink,
    module::{at_most, Parsed, ENTRYPOINT, MAX_PAGES},
    stack::frame_words,
    Options, ProgramError,
};

/// Export of the ink left.
pub(crate) const INK: &str = "ink";
/// Export of why a module trapped by itself: [`OUT_OF_INK`], [`OUT_OF_STACK`] or 0.
pub(crate) const STATUS: &str = "status";
/// Value of [`STATUS`]: the ink did not suffice for the next block.
pub(crate) const OUT_OF_INK: i32 = 1;
/// Value of [`STATUS`]: the stack did not suffice for the next frame.
pub(crate) const OUT_OF_STACK: i32 = 2;

/// Most instructions of an instrumented function.
const MAX_INSTRUCTIONS: u64 = 65_536;

/// The instrumented form of a parsed module, and how many instructions it has.
pub(crate) fn instrument(
    parsed: &Parsed,
    options: Options,
) -> Result<(Vec<u8>, u64), ProgramError> {
    let (code, instructions) = code(parsed)?;
    let mut module = wasm_encoder::Module::new();
    for id in 1..=11u8 {
        if id == SectionId::Memory as u8 {
            module.section(&memories(parsed));
        } else if id == SectionId::Global as u8 {
            module.section(&globals(parsed, options)?);
        } else if id == SectionId::Export as u8 {
            module.section(&exports(parsed));
        } else if id == SectionId::Code as u8 {
            module.section(&code);
        } else if let Some(range) = &parsed.sections[usize::from(id)] {
            module.section(&RawSection {
                id,
                data: &parsed.wasm[range.clone()],
            });
        }
    }
    Ok((module.finish(), instructions))
}

fn memories(parsed: &Parsed) -> MemorySection {
    let mut section = MemorySection::new();
    if let Some(memory) = &parsed.memory {
        let limit = u64::from(MAX_PAGES);
        section.memory(MemoryType {
            minimum: memory.initial,
            maximum: Some(memory.maximum.unwrap_or(limit).min(limit)),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
    section
}

fn globals(parsed: &Parsed, options: Options) -> Result<GlobalSection, ProgramError> {
    let mut section = GlobalSection::new();
    if let Some(range) = &parsed.sections[SectionId::Global as usize] {
        let reader = BinaryReader::new(&parsed.wasm[range.clone()], range.start as u64);
        wasm_encoder::reencode::utils::parse_global_section(
            &mut wasm_encoder::reencode::RoundtripReencoder,
            &mut section,
            wasmparser::GlobalSectionReader::new(reader)?,
        )
        .map_err(|error| ProgramError::Invalid(error.to_string()))?;
    }
    let mut own = |val_type, start: &ConstExpr| {
        section.global(
            GlobalType {
                val_type,
                mutable: true,
                shared: false,
            },
            start,
        );
    };
    own(ValType::I64, &ConstExpr::i64_const(0));
    own(ValType::I32, &ConstExpr::i32_const(0));
    own(
        ValType::I32,
        &ConstExpr::i32_const(options.max_depth as i32),
    );
    own(ValType::I32, &ConstExpr::i32_const(0));
    Ok(section)
}

/// Indices of the globals added behind the program's own.
struct Globals {
    ink: u32,
    status: u32,
    stack: u32,
    scratch: u32,
}

impl Globals {
    fn of(parsed: &Parsed) -> Globals {
        let first = parsed.globals;
        Globals {
            ink: first,
            status: first + 1,
            stack: first + 2,
            scratch: first + 3,
        }
    }
}

fn exports(parsed: &Parsed) -> ExportSection {
    let globals = Globals::of(parsed);
    let mut section = ExportSection::new();
    section.export("memory", ExportKind::Memory, 0);
    section.export(ENTRYPOINT, ExportKind::Func, parsed.entrypoint);
    section.export(INK, ExportKind::Global, globals.ink);
    section.export(STATUS, ExportKind::Global, globals.status);
    section
}

fn code(parsed: &Parsed) -> Result<(CodeSection, u64), ProgramError> {
    let globals = Globals::of(parsed);
    let (mut section, mut instructions) = (CodeSection::new(), 0);
    for (function, body) in parsed.bodies.iter().enumerate() {
        let frame = frame_words(parsed, body, function)?;
        let mut writer = Writer {
            parsed,
            globals: &globals,
            frame,
            out: Vec::new(),
            instructions: 0,
        };
        writer.function(body)?;
        at_most(
            "instructions in a function",
            writer.instructions,
            MAX_INSTRUCTIONS,
        )?;
        section.raw(&writer.out);
        instructions += writer.instructions;
    }
    Ok((section, instructions))
}

/// Writes one instrumented function.
struct Writer<'a> {
    parsed: &'a Parsed<'a>,
    globals: &'a Globals,
    /// Stack words of the function's frame.
    frame: u32,
    out: Vec<u8>,
    instructions: u64,
}

impl Writer<'_> {
    fn function(&mut self, body: &FunctionBody) -> Result<(), ProgramError> {
        let mut reader = body.get_operators_reader()?;
        let start = body.range().start as usize;
        self.out
            .extend_from_slice(&self.parsed.wasm[start..reader.original_position() as usize]);
        self.reserve_stack();

        // Instructions of the current basic block, and their ink.
        let (mut block, mut cost) = (
            Writer {
                out: Vec::new(),
                instructions: 0,
                ..*self
            },
            ink::BASIC_BLOCK,
        );
        while !reader.eof() {
            let start = reader.original_position() as usize;
            let op = reader.read()?;
            cost += self.price(&op);
            block.before(&op, reader.eof());
            block
                .out
                .extend_from_slice(&self.parsed.wasm[start..reader.original_position() as usize]);
            block.instructions += 1;
            if ink::ends_basic_block(&op) {
                self.charge(cost);
                self.out.append(&mut block.out);
                self.instructions += std::mem::take(&mut block.instructions);
                cost = ink::BASIC_BLOCK;
            }
        }
        Ok(())
    }

    fn price(&self, op: &Operator) -> u64 {
        let by_parameter = match op {
            Operator::CallIndirect { type_index, .. } => {
                650 * self.parsed.types[*type_index as usize].params().len() as u64
            }
            _ => 0,
        };
        ink::operator(op).map_or(0, |(ink, _)| ink) + by_parameter
    }

    /// What comes between an instruction and the one before it; none of it costs ink by itself.
    fn before(&mut self, op: &Operator, last: bool) {
        match op {
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => self.charge_length(),
            Operator::MemoryGrow { .. } => self.pay_for_growth(),
            Operator::Return => self.release_stack(),
            Operator::End if last => {
                self.release_stack();
                // A `return` that the limit on instructions counts here.
                self.instructions += 1;
            }
            _ => {}
        }
    }

    /// if ink < cost { stop } ink -= cost
    fn charge(&mut self, cost: u64) {
        let ink = self.globals.ink;
        let cost = Instruction::I64Const(cost as i64);
        self.emit(&[
            Instruction::GlobalGet(ink),
            cost.clone(),
            Instruction::I64LtU,
        ]);
        self.stop_if(OUT_OF_INK);
        self.emit(&[
            Instruction::GlobalGet(ink),
            cost,
            Instruction::I64Sub,
            Instruction::GlobalSet(ink),
        ]);
    }

    /// Charges the bytes on top of the operand stack.
    fn charge_length(&mut self) {
        let Globals { ink, scratch, .. } = *self.globals;
        self.emit(&[
            Instruction::GlobalSet(scratch),
            Instruction::GlobalGet(ink),
            Instruction::GlobalGet(ink),
            Instruction::GlobalGet(scratch),
            Instruction::I64ExtendI32U,
            // 2^32 bytes cost less than 2^39, so only the subtraction can wrap.
            Instruction::I64Const(ink::BULK_BYTE as i64),
            Instruction::I64Mul,
            Instruction::I64Sub,
            Instruction::GlobalSet(ink),
            Instruction::GlobalGet(ink),
            Instruction::I64LtU,
        ]);
        self.stop_if(OUT_OF_INK);
        self.emit(&[Instruction::GlobalGet(scratch)]);
    }

    /// pay_for_memory_grow(pages), with the pages left on the operand stack
    fn pay_for_growth(&mut self) {
        let scratch = self.globals.scratch;
        if let Some(pay) = self.parsed.pay_for_memory_grow {
            self.emit(&[
                Instruction::GlobalSet(scratch),
                Instruction::GlobalGet(scratch),
                Instruction::GlobalGet(scratch),
                Instruction::Call(pay),
            ]);
        }
    }

    /// if stack <= frame { stop } stack -= frame
    fn reserve_stack(&mut self) {
        let stack = self.globals.stack;
        let frame = Instruction::I32Const(self.frame as i32);
        self.emit(&[
            Instruction::GlobalGet(stack),
            frame.clone(),
            Instruction::I32LeU,
        ]);
        self.stop_if(OUT_OF_STACK);
        self.emit(&[
            Instruction::GlobalGet(stack),
            frame,
            Instruction::I32Sub,
            Instruction::GlobalSet(stack),
        ]);
    }

    /// stack += frame
    fn release_stack(&mut self) {
        let stack = self.globals.stack;
        let frame = Instruction::I32Const(self.frame as i32);
        self.emit(&[
            Instruction::GlobalGet(stack),
            frame,
            Instruction::I32Add,
            Instruction::GlobalSet(stack),
        ]);
    }

    fn stop_if(&mut self, status: i32) {
        self.emit(&[
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(status),
            Instruction::GlobalSet(self.globals.status),
            Instruction::Unreachable,
            Instruction::End,
        ]);
    }

    fn emit(&mut self, instructions: &[Instruction]) {
        for instruction in instructions {
            instruction.encode(&mut self.out);
        }
        self.instructions += instructions.len() as u64;
    }
}
