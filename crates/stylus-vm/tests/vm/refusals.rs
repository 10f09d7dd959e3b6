//! Modules an activation refuses, and why.

use stylus_vm::{compact, Options, Program, ProgramError};

use crate::programs::{import, module, wasm};

/// Memory and entry point, for modules that fail elsewhere.
const REST: &str = r#"(memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;

fn refusal(fields: &str) -> ProgramError {
    Program::new(&module(fields), Options::default()).expect_err(fields)
}

fn too_many(what: &'static str, asked: u64, allowed: u64) -> ProgramError {
    ProgramError::TooMany {
        what,
        asked,
        allowed,
    }
}

#[test]
fn what_is_not_wasm_of_the_accepted_features() {
    let invalid = |wasm: &[u8]| {
        matches!(
            Program::new(wasm, Options::default()),
            Err(ProgramError::Invalid(_))
        )
    };
    assert!(invalid(b""));
    assert!(invalid(b"\0asm"));
    assert!(invalid(&wasm("", "i64.const 0")));
    let features = [
        "(func (param v128))",
        "(func (param externref))",
        "(func ref.null func drop)",
        "(memory 1) (memory 1)",
        "(memory i64 1)",
        "(memory 1 1 shared)",
        "(func return_call 0)",
        "(global i32 i32.const 1 i32.const 2 i32.add)",
        "(tag)",
        "(func try_table end)",
    ];
    for fields in features {
        assert!(
            matches!(refusal(fields), ProgramError::Invalid(_)),
            "{fields}: {:?}",
            refusal(fields)
        );
    }
}

#[test]
fn instructions_without_a_price() {
    let cases = [
        "f32.const 1 drop",
        "f64.const 1 f64.const 1 f64.add drop",
        "i32.const 1 f32.convert_i32_s drop",
        "i32.const 1 f32.reinterpret_i32 drop",
        "i32.const 0 f64.load drop",
        "i32.const 0 i32.const 0 i32.const 0 table.copy",
    ];
    for body in cases {
        let fields = format!("(func {body}) (table 1 funcref) {REST}");
        assert!(
            matches!(
                refusal(&fields),
                ProgramError::Instruction { function: 0, .. }
            ),
            "{body}"
        );
    }
    // A float in a type alone does no harm.
    Program::new(
        &module(&format!("(func (param f64)) {REST}")),
        Options::default(),
    )
    .unwrap();
}

#[test]
fn sections_without_use() {
    let start = format!("(func $start) (start $start) {REST}");
    assert_eq!(refusal(&start), ProgramError::Section("start"));
    // Passive data needs a count of the data segments.
    let passive = format!("(func data.drop 0) (data \"x\") {REST}");
    assert_eq!(refusal(&passive), ProgramError::Section("data count"));
}

#[test]
fn imports_that_are_no_host_functions() {
    let cases = [
        ("vm_hooks", "no_such_function", "(func)"),
        ("env", "read_args", "(func (param i32))"),
        ("console", "log_i32", "(func (param i32))"),
        ("vm_hooks", "read_args", "(global i32)"),
        ("vm_hooks", "memory", "(memory 1)"),
        ("vm_hooks", "table", "(table 1 funcref)"),
    ];
    for (module, name, ty) in cases {
        let expected = ProgramError::Import {
            module: module.into(),
            name: name.into(),
        };
        assert_eq!(
            refusal(&format!("(import \"{module}\" \"{name}\" {ty})")),
            expected
        );
    }
    let wrong_type = format!("{}{REST}", import("read_args", "(param i64)"));
    assert!(matches!(refusal(&wrong_type), ProgramError::Invalid(_)));
}

#[test]
fn exports_that_are_missing_wrong_or_reserved() {
    let memory = r#"(memory (export "memory") 1 1)"#;
    let entrypoint =
        |ty: &str, body: &str| format!("{memory}(func (export \"user_entrypoint\") {ty} {body})");
    let wrong = ProgramError::Export("user_entrypoint");
    assert_eq!(refusal(memory), wrong);
    assert_eq!(refusal(&entrypoint("(result i32)", "i32.const 0")), wrong);
    assert_eq!(refusal(&entrypoint("(param i32)", "")), wrong);
    assert_eq!(
        refusal(&entrypoint("(param i32) (result i64)", "i64.const 0")),
        wrong
    );
    assert_eq!(
        refusal(&format!(
            "{memory}(global (export \"user_entrypoint\") i32 i32.const 0)"
        )),
        wrong
    );

    let no_memory = "(func (export \"user_entrypoint\") (param i32) (result i32) i32.const 0)";
    assert_eq!(refusal(no_memory), ProgramError::Export("memory"));
    assert_eq!(
        refusal(&format!("(memory 1 1) {no_memory}")),
        ProgramError::Export("memory")
    );

    let read_args = import("read_args", "(param i32)");
    for name in [
        "stylus_ink_left",
        "my__stylus",
        "read_args",
        "mine__read_args",
    ] {
        let fields = format!("{read_args}{REST}(func (export \"{name}\"))");
        assert_eq!(refusal(&fields), ProgramError::ReservedExport(name.into()));
    }
}

#[test]
fn memory_beyond_the_limit_or_that_grows_unpaid() {
    let fields = |memory: &str| {
        format!("(memory (export \"memory\") {memory}) (func (export \"user_entrypoint\") (param i32) (result i32) i32.const 0)")
    };
    assert_eq!(
        refusal(&fields("129 129")),
        too_many("pages of memory", 129, 128)
    );
    Program::new(&module(&fields("128 128")), Options::default()).unwrap();
    let options = Options {
        page_limit: 3,
        ..Options::default()
    };
    let refused = Program::new(&module(&fields("4 4")), options);
    assert_eq!(
        refused.expect_err("four pages"),
        too_many("pages of memory", 4, 3)
    );

    assert_eq!(refusal(&fields("1")), ProgramError::UnpaidGrowth);
    assert_eq!(refusal(&fields("1 2")), ProgramError::UnpaidGrowth);
    let paid = import("pay_for_memory_grow", "(param i32)") + &fields("1 2");
    Program::new(&module(&paid), Options::default()).unwrap();
}

#[test]
fn too_much_of_anything() {
    let with = |more: &str| format!("{REST} {more}");
    assert_eq!(
        refusal(&with(&"(data (i32.const 0) \"x\")".repeat(129))),
        too_many("data segments", 129, 128)
    );
    let elements = format!("(table 1 funcref) {}", "(elem (i32.const 0) 0)".repeat(129));
    assert_eq!(
        refusal(&with(&elements)),
        too_many("element segments", 129, 128)
    );
    assert_eq!(
        refusal(&with("(table 4097 funcref)")),
        too_many("table entries", 4_097, 4_096)
    );
    assert_eq!(
        refusal(&with(&"(func)".repeat(4_096))),
        too_many("functions", 4_097, 4_096)
    );
    let globals = "(global i32 i32.const 0)".repeat(32_765);
    assert_eq!(
        refusal(&with(&globals)),
        too_many("globals", 32_769, 32_768)
    );
    let name = format!("(func (export \"{}\"))", "n".repeat(513));
    assert_eq!(
        refusal(&with(&name)),
        too_many("characters in the name of an export", 513, 512)
    );
    let locals = format!("(func (local {}))", "i32 ".repeat(349));
    assert_eq!(
        refusal(&with(&locals)),
        too_many("variables of a function", 349, 348)
    );
    // 30 come on top: 12 to enter, 12 to charge, 4 to leave, its end and a return before it.
    let long = |count: usize| with(&format!("(func {})", "nop ".repeat(count)));
    assert_eq!(
        refusal(&long(65_507)),
        too_many("instructions in a function", 65_537, 65_536)
    );
    Program::new(&module(&long(65_506)), Options::default()).unwrap();
    let deep = format!(
        "(func {} {})",
        "i32.const 0 ".repeat(4_097),
        "drop ".repeat(4_097)
    );
    assert_eq!(
        refusal(&with(&deep)),
        too_many("operands alive at once", 4_097, 4_096)
    );
}

#[test]
fn segments_outside_of_memory_or_table() {
    for more in [
        "(data (i32.const 65536) \"x\")",
        "(table 1 funcref) (elem (i32.const 1) 0)",
    ] {
        assert!(
            matches!(refusal(&format!("{REST}{more}")), ProgramError::Invalid(_)),
            "{more}"
        );
    }
}

#[test]
fn numbers_in_the_long_form_of_linkers_until_compacted() {
    let fields = format!("(table 1 funcref) (func i32.const 0 call_indirect) {REST}");
    let short = module(&fields);
    // call_indirect with its table written in two bytes, as linkers do, and sizes one more.
    let at = short
        .windows(3)
        .position(|bytes| bytes == [0x11, 0x00, 0x00])
        .unwrap();
    let code = short.iter().rposition(|byte| *byte == 0x0a).unwrap();
    assert!(code < at);
    let mut long = short.clone();
    long.splice(at + 2..at + 3, [0x80, 0x00]);
    long[code + 1] += 1;
    long[at - 4] += 1;
    assert!(matches!(
        Program::new(&long, Options::default()),
        Err(ProgramError::Invalid(_))
    ));
    assert_eq!(compact(&long).unwrap(), short);
    Program::new(&short, Options::default()).unwrap();
}
