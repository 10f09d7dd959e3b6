//! Parsing a program and refusing what an activation refuses.

use std::ops::Range;

use wasmparser::{
    ExternalKind, FuncType, FunctionBody, MemoryType, Parser, Payload, TypeRef, ValType, Validator,
    WasmFeatures,
};

use crate::{engine, price::Size, Options, ProgramError};

/// Most pages of memory a program may ever have.
pub(crate) const MAX_PAGES: u16 = 128;
/// The function a call enters.
pub(crate) const ENTRYPOINT: &str = "user_entrypoint";
/// Longest name of an export.
const MAX_NAME: usize = 512;
/// Globals the instrumentation adds.
const OWN_GLOBALS: u64 = 4;

/// The WASM features programs may use. Floats pass here since types may mention them; instructions on them are
/// refused by the price list.
const FEATURES: WasmFeatures = WasmFeatures::MVP
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY);

/// What the instrumentation and the price need to know of a module.
#[derive(Default)]
pub(crate) struct Parsed<'a> {
    pub wasm: &'a [u8],
    /// Where the contents of each section stand, by section number.
    pub sections: [Option<Range<usize>>; 12],
    pub types: Vec<FuncType>,
    /// Type of every function, the imported ones first.
    pub functions: Vec<u32>,
    pub bodies: Vec<FunctionBody<'a>>,
    pub memory: Option<MemoryType>,
    pub globals: u32,
    /// Index of the entry point.
    pub entrypoint: u32,
    /// Index of the function to call before memory grows, unless it cannot grow.
    pub pay_for_memory_grow: Option<u32>,
    data_bytes: u64,
    data_contents: u64,
    element_bytes: u64,
}

impl<'a> Parsed<'a> {
    /// Parses and checks raw WASM.
    pub fn new(wasm: &'a [u8], options: Options) -> Result<Parsed<'a>, ProgramError> {
        Validator::new_with_features(FEATURES).validate_all(wasm)?;
        let mut parsed = Parsed {
            wasm,
            ..Default::default()
        };
        let mut counts = Counts::default();
        let mut names = Names::default();
        for payload in Parser::new(0).parse_all(wasm) {
            parsed.section(payload?, &mut counts, &mut names, options)?;
        }
        counts.check(&parsed)?;
        names.check()?;
        parsed.find_entrypoint(&names)?;
        parsed.check_memory(&names, options.page_limit.min(MAX_PAGES))?;
        Ok(parsed)
    }

    /// What the price depends on.
    pub fn size(&self) -> Size {
        let own = &self.functions[self.functions.len() - self.bodies.len()..];
        let arity = |ty: &u32| {
            let ty = &self.types[*ty as usize];
            (ty.params().len() + ty.results().len()) as u64
        };
        Size {
            functions: self.bodies.len() as u64,
            type_arity: own.iter().map(arity).sum(),
            globals: u64::from(self.globals) + OWN_GLOBALS,
            wasm_bytes: self.wasm.len() as u64,
            data_bytes: self.data_bytes,
            data_contents: self.data_contents,
            element_bytes: self.element_bytes,
            pages: self.memory.map_or(0, |memory| memory.initial as u16),
        }
    }

    fn section(
        &mut self,
        payload: Payload<'a>,
        counts: &mut Counts,
        names: &mut Names<'a>,
        options: Options,
    ) -> Result<(), ProgramError> {
        if let Some((id, range)) = payload.as_section() {
            if let Some(slot) = self.sections.get_mut(usize::from(id)) {
                *slot = Some(range.start as usize..range.end as usize);
            }
        }
        match payload {
            Payload::TypeSection(types) => {
                self.types = types
                    .into_iter_err_on_gc_types()
                    .collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let refused = || ProgramError::Import {
                        module: import.module.into(),
                        name: import.name.into(),
                    };
                    let TypeRef::Func(ty) = import.ty else {
                        return Err(refused());
                    };
                    if !engine::has_host_function(import.module, import.name, options.debug) {
                        return Err(refused());
                    }
                    if import.name == "pay_for_memory_grow" {
                        self.pay_for_memory_grow = Some(self.functions.len() as u32);
                    }
                    names.imports.push(import.name);
                    self.functions.push(ty);
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    counts.table_entries = counts.table_entries.saturating_add(table?.ty.initial);
                }
            }
            Payload::MemorySection(memories) => {
                counts.memories = memories.count().into();
                self.memory = memories.into_iter().next().transpose()?;
            }
            Payload::GlobalSection(globals) => self.globals = globals.count(),
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    names.exports.push((export.name, export.kind, export.index));
                }
            }
            Payload::ElementSection(elements) => {
                counts.element_segments = elements.count().into();
                for element in elements {
                    let element = element?;
                    self.element_bytes += element.range.end - element.range.start;
                }
            }
            Payload::DataSection(data) => {
                counts.data_segments = data.count().into();
                for segment in data {
                    let segment = segment?;
                    self.data_bytes += segment.range.end - segment.range.start;
                    self.data_contents += segment.data.len() as u64;
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::StartSection { .. } => return Err(ProgramError::Section("start")),
            Payload::DataCountSection { .. } => return Err(ProgramError::Section("data count")),
            Payload::Version { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::CustomSection(_)
            | Payload::End(_) => {}
            _ => return Err(ProgramError::Section("of an unknown kind")),
        }
        Ok(())
    }

    fn find_entrypoint(&mut self, names: &Names) -> Result<(), ProgramError> {
        let refused = ProgramError::Export(ENTRYPOINT);
        let index = names
            .find(ENTRYPOINT, ExternalKind::Func)
            .ok_or(refused.clone())?;
        let ty = &self.types[self.functions[index as usize] as usize];
        if ty.params() != [ValType::I32] || ty.results() != [ValType::I32] {
            return Err(refused);
        }
        self.entrypoint = index;
        Ok(())
    }

    fn check_memory(&mut self, names: &Names, page_limit: u16) -> Result<(), ProgramError> {
        names
            .find("memory", ExternalKind::Memory)
            .ok_or(ProgramError::Export("memory"))?;
        let memory = self.memory.ok_or(ProgramError::Export("memory"))?;
        at_most("pages of memory", memory.initial, page_limit.into())?;
        if memory.maximum == Some(memory.initial) {
            self.pay_for_memory_grow = None;
        } else if self.pay_for_memory_grow.is_none() {
            return Err(ProgramError::UnpaidGrowth);
        }
        Ok(())
    }
}

/// Names a module uses towards the outside.
#[derive(Default)]
struct Names<'a> {
    imports: Vec<&'a str>,
    exports: Vec<(&'a str, ExternalKind, u32)>,
}

impl Names<'_> {
    fn find(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        let found = self
            .exports
            .iter()
            .find(|export| export.0 == name && export.1 == kind);
        found.map(|export| export.2)
    }

    /// Refuses exports that could be taken for host functions or parts of the instrumentation.
    fn check(&self) -> Result<(), ProgramError> {
        for (name, ..) in &self.exports {
            at_most(
                "characters in the name of an export",
                name.len() as u64,
                MAX_NAME as u64,
            )?;
            let last_part = name.rsplit("__").next().unwrap_or(name);
            if last_part.starts_with("stylus") || self.imports.contains(&last_part) {
                return Err(ProgramError::ReservedExport((*name).into()));
            }
        }
        Ok(())
    }
}

/// Numbers of things that are only counted.
#[derive(Default)]
struct Counts {
    memories: u64,
    data_segments: u64,
    element_segments: u64,
    table_entries: u64,
}

impl Counts {
    fn check(&self, parsed: &Parsed) -> Result<(), ProgramError> {
        at_most("memories", self.memories, 1)?;
        at_most("data segments", self.data_segments, 128)?;
        at_most("element segments", self.element_segments, 128)?;
        at_most("bytes of element segments", parsed.element_bytes, 4_096)?;
        at_most("table entries", self.table_entries, 4_096)?;
        at_most("functions", parsed.bodies.len() as u64, 4_096)?;
        at_most("globals", u64::from(parsed.globals) + OWN_GLOBALS, 32_768)
    }
}

/// Refuses more of something than allowed.
pub(crate) fn at_most(what: &'static str, asked: u64, allowed: u64) -> Result<(), ProgramError> {
    if asked > allowed {
        return Err(ProgramError::TooMany {
            what,
            asked,
            allowed,
        });
    }
    Ok(())
}

impl From<wasmparser::Error> for ProgramError {
    fn from(error: wasmparser::Error) -> Self {
        ProgramError::Invalid(error.to_string())
    }
}
