//! The WASM engine: one for the whole process, with the host functions linked once.

use std::sync::OnceLock;

use wasmi::{Engine, Error, Instance, Linker, Module, Store};

use crate::{frame::Frame, hostio, ProgramError};

/// Engine, linker of ordinary programs, and linker with `console` as well.
struct Shared {
    engine: Engine,
    ordinary: Linker<Frame>,
    debug: Linker<Frame>,
    names: Vec<(&'static str, &'static str)>,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let mut config = wasmi::Config::default();
        // The stack programs may use is counted by their instrumentation. The engine's own limits only need to
        // be beyond what 4 * 65,536 words in frames of at least 4 words can reach.
        config
            .set_max_recursion_depth(100_000)
            .set_max_stack_height(64 << 20)
            .set_max_cached_stacks(64);
        config.compilation_mode(wasmi::CompilationMode::Lazy);
        let engine = Engine::new(&config);
        let mut ordinary = Linker::new(&engine);
        let mut names = hostio::link_vm_hooks(&mut ordinary);
        let mut debug = ordinary.clone();
        names.extend(hostio::link_console(&mut debug));
        Shared {
            engine,
            ordinary,
            debug,
            names,
        }
    })
}

/// Whether programs may import the function.
pub(crate) fn has_host_function(module: &str, name: &str, debug: bool) -> bool {
    shared().names.contains(&(module, name)) && (debug || module == hostio::VM_HOOKS)
}

/// Translates an instrumented module.
pub(crate) fn compile(wasm: &[u8]) -> Result<Module, ProgramError> {
    Module::new(&shared().engine, wasm).map_err(|error| ProgramError::Invalid(error.to_string()))
}

/// Sets up memory, globals and host functions for one frame.
pub(crate) fn instantiate(
    module: &Module,
    debug: bool,
    frame: Frame,
) -> Result<(Store<Frame>, Instance), Error> {
    let shared = shared();
    let mut store = Store::new(&shared.engine, frame);
    let linker = if debug {
        &shared.debug
    } else {
        &shared.ordinary
    };
    let instance = linker.instantiate_and_start(&mut store, module)?;
    Ok((store, instance))
}
