//! The values of constants, worked out from their sources: as much of the language as declarations of storage use.

use std::collections::BTreeMap;

use syn::{BinOp, Block, Expr, Lit, Member, Pat, Stmt};

use crate::source::{type_name, Constant, Function, Module};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Number(u128),
    /// A slot with a small number, or the first of an array.
    Slot { array: bool, number: u64 },
    /// Bits of a word. Those made of one another share the name of the first: they are of one word.
    Field {
        word: Option<String>,
        offset: u64,
        width: u64,
    },
    /// A struct: its type and its fields.
    Of(String, Vec<(String, Value)>),
    /// An array or a tuple.
    List(Vec<Value>),
    /// A variant of an enum, and which one it is.
    Variant(String, u64),
    /// What is not understood, and why.
    Unknown(String),
}

impl Value {
    /// The number that it is.
    pub fn number(&self) -> Option<u128> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Variant(_, place) => Some(u128::from(*place)),
            _ => None,
        }
    }

    /// A field of a struct, by name or place.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Of(_, fields) => {
                let found = fields.iter().find(|(field, _)| field == name);
                found.map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// All bits of words in it are of the word that begins with this constant, unless they are of another's.
    fn named(self, name: &str) -> Self {
        let list = |values: Vec<Value>| values.into_iter().map(|value| value.named(name)).collect();
        match self {
            Value::Field {
                word: None,
                offset,
                width,
            } => Value::Field {
                word: Some(name.to_owned()),
                offset,
                width,
            },
            Value::List(values) => Value::List(list(values)),
            Value::Of(of, fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(field, value)| (field, value.named(name)));
                Value::Of(of, fields.collect())
            }
            other => other,
        }
    }
}

type Names = BTreeMap<String, Value>;

/// All that names can stand for: modules of a program's crate and of the one that all share.
pub struct Sources {
    /// Those of the program first.
    pub modules: Vec<Module>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Scope<'a> {
    module: &'a Module,
    of: &'a str,
    names: &'a Names,
}

impl Sources {
    /// The value of a constant of a module.
    pub fn constant(&self, module: &Module, name: &str, constant: &Constant) -> Value {
        let names = Names::new();
        let of = "";
        let scope = Scope {
            module,
            of,
            names: &names,
        };
        self.value(scope, &constant.value)
            .named(&module.qualified(name))
    }

    /// What a function of a module makes of arguments.
    pub fn apply(
        &self,
        module: &Module,
        of: &str,
        function: &Function,
        arguments: Vec<Value>,
    ) -> Value {
        let mut names = Names::new();
        let mut arguments = arguments.into_iter();
        for input in &function.signature.inputs {
            let Some(argument) = arguments.next() else {
                return Value::Unknown("too few arguments".to_owned());
            };
            match input {
                syn::FnArg::Receiver(_) => names.insert("self".to_owned(), argument),
                syn::FnArg::Typed(input) => {
                    bind(&input.pat, argument, &mut names);
                    None
                }
            };
        }
        self.block(module, of, names, &function.body)
    }

    fn block(&self, module: &Module, of: &str, mut names: Names, block: &Block) -> Value {
        for statement in &block.stmts {
            let names_now = names.clone();
            let scope = Scope {
                module,
                of,
                names: &names_now,
            };
            match statement {
                Stmt::Local(local) => {
                    if let Some(init) = &local.init {
                        bind(&local.pat, self.value(scope, &init.expr), &mut names);
                    }
                }
                Stmt::Expr(value, None) => return self.value(scope, value),
                // Such as an assertion.
                _ => {}
            }
        }
        Value::Unknown("no value".to_owned())
    }

    fn value(&self, scope: Scope, expression: &Expr) -> Value {
        let unknown = |what: &str| Value::Unknown(what.to_owned());
        match expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => match number.base10_parse() {
                    Ok(number) => Value::Number(number),
                    Err(_) => unknown("a number"),
                },
                _ => unknown("a literal"),
            },
            Expr::Paren(inner) => self.value(scope, &inner.expr),
            Expr::Reference(inner) => self.value(scope, &inner.expr),
            Expr::Block(block) => {
                self.block(scope.module, scope.of, scope.names.clone(), &block.block)
            }
            Expr::Cast(cast) => match self.value(scope, &cast.expr) {
                value if value.number().is_some() => Value::Number(value.number().unwrap_or(0)),
                other => other,
            },
            Expr::Binary(binary) => {
                let (left, right) = (
                    self.value(scope, &binary.left),
                    self.value(scope, &binary.right),
                );
                match (left.number(), right.number()) {
                    (Some(left), Some(right)) => computed(&binary.op, left, right),
                    _ => unknown("an operation"),
                }
            }
            Expr::Path(path) => self.path(scope, &path.path),
            Expr::Field(field) => {
                let name = match &field.member {
                    Member::Named(name) => name.to_string(),
                    Member::Unnamed(index) => index.index.to_string(),
                };
                let base = self.value(scope, &field.base);
                base.get(&name)
                    .cloned()
                    .unwrap_or_else(|| unknown("a field"))
            }
            Expr::Array(array) => self.list(scope, &array.elems),
            Expr::Tuple(tuple) => self.list(scope, &tuple.elems),
            Expr::Struct(of) => {
                let fields = of.fields.iter().map(|field| {
                    let name = match &field.member {
                        Member::Named(name) => name.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    };
                    (name, self.value(scope, &field.expr))
                });
                Value::Of(self.type_of(scope, &of.path), fields.collect())
            }
            Expr::MethodCall(call) => {
                let on = self.value(scope, &call.receiver);
                let arguments = call.args.iter().map(|argument| self.value(scope, argument));
                method(on, &call.method.to_string(), &arguments.collect::<Vec<_>>())
            }
            Expr::Call(call) => self.call(scope, call),
            Expr::Match(of) => self.choice(scope, of),
            _ => unknown("an expression"),
        }
    }

    fn list<'a>(&self, scope: Scope, items: impl IntoIterator<Item = &'a Expr>) -> Value {
        Value::List(
            items
                .into_iter()
                .map(|item| self.value(scope, item))
                .collect(),
        )
    }

    fn type_of(&self, scope: Scope, path: &syn::Path) -> String {
        let name = path
            .segments
            .last()
            .map(|segment| segment.ident.to_string());
        match name.as_deref() {
            Some("Self") => scope.of.to_owned(),
            _ => name.unwrap_or_default(),
        }
    }

    fn choice(&self, scope: Scope, of: &syn::ExprMatch) -> Value {
        let Value::Variant(name, _) = self.value(scope, &of.expr) else {
            return Value::Unknown("a choice by what is no variant".to_owned());
        };
        let arm = of.arms.iter().find(|arm| match &arm.pat {
            Pat::Wild(_) => true,
            Pat::Path(path) => path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == name),
            _ => false,
        });
        match arm {
            Some(arm) => self.value(scope, &arm.body),
            None => Value::Unknown("a choice".to_owned()),
        }
    }

    fn call(&self, scope: Scope, call: &syn::ExprCall) -> Value {
        let Expr::Path(path) = &*call.func else {
            return Value::Unknown("a call".to_owned());
        };
        let arguments: Vec<_> = call
            .args
            .iter()
            .map(|argument| self.value(scope, argument))
            .collect();
        let (of, name) = last_two(&path.path);
        let of = match of.as_str() {
            "Self" => scope.of.to_owned(),
            _ => of,
        };
        let numbers: Vec<_> = arguments.iter().filter_map(Value::number).collect();
        match (of.as_str(), name.as_str(), &numbers[..]) {
            ("Slot", "at" | "array", [number]) => {
                let array = name == "array";
                let number = u64::try_from(*number).expect("a small number");
                return Value::Slot { array, number };
            }
            ("Field", "new", [offset, width]) => {
                let [offset, width] = [offset, width].map(|bits| *bits as u64);
                let word = None;
                return Value::Field {
                    word,
                    offset,
                    width,
                };
            }
            // A tuple struct.
            ("", "Self", _) => {
                let fields = (0..)
                    .zip(arguments)
                    .map(|(place, value): (usize, _)| (place.to_string(), value));
                return Value::Of(scope.of.to_owned(), fields.collect());
            }
            _ => {}
        }
        let key = format!("{of}::{name}");
        let found = match of.is_empty() {
            true => self.look(scope.module, |module| module.functions.get(&name)),
            false => self.look(scope.module, |module| module.of_types.get(&key)),
        };
        match found[..] {
            [(module, function)] => self.apply(module, &of, function, arguments),
            _ => Value::Unknown(format!("{} functions {key}", found.len())),
        }
    }

    fn path(&self, scope: Scope, path: &syn::Path) -> Value {
        let (of, name) = last_two(path);
        if of.is_empty() {
            if let Some(value) = scope.names.get(&name) {
                return value.clone();
            }
        }
        let of = match of.as_str() {
            "Self" => scope.of.to_owned(),
            _ => of,
        };
        let key = format!("{of}::{name}");
        let constants = self.look(scope.module, |module| match of.as_str() {
            "" => module.constant(&name),
            of => module
                .constants_of_types
                .get(&key)
                .or_else(|| module.constant(&name).filter(|_| module.path.ends_with(of))),
        });
        if let [(module, constant)] = constants[..] {
            return self.constant(module, &name, constant);
        }
        let variants = self.look(scope.module, |module| {
            let mut enums = module
                .enums
                .iter()
                .filter(|(found, _)| of.is_empty() || **found == of);
            enums.find_map(|(_, variants)| variants.iter().position(|variant| *variant == name))
        });
        match variants[..] {
            [(_, place)] => Value::Variant(name, place as u64),
            _ => Value::Unknown(format!("the name {key}")),
        }
    }

    /// What there is of a name: in the module itself, else in its crate, else in the shared one.
    fn look<'a, T>(
        &'a self,
        from: &Module,
        find: impl Fn(&'a Module) -> Option<T>,
    ) -> Vec<(&'a Module, T)> {
        let within = |wanted: &dyn Fn(&Module) -> bool| -> Vec<(&'a Module, T)> {
            let modules = self.modules.iter().filter(|module| wanted(module));
            modules
                .filter_map(|module| Some((module, find(module)?)))
                .collect()
        };
        let own = within(&|module| module.shared == from.shared && module.path == from.path);
        if !own.is_empty() {
            return own;
        }
        let crate_wide = within(&|module| module.shared == from.shared);
        match crate_wide.is_empty() && !from.shared {
            true => within(&|module| module.shared),
            false => crate_wide,
        }
    }
}

fn last_two(path: &syn::Path) -> (String, String) {
    let mut names = path
        .segments
        .iter()
        .rev()
        .map(|segment| segment.ident.to_string());
    let last = names.next().unwrap_or_default();
    (names.next().unwrap_or_default(), last)
}

fn bind(pattern: &Pat, value: Value, names: &mut Names) {
    match (pattern, value) {
        (Pat::Ident(name), value) => {
            names.insert(name.ident.to_string(), value);
        }
        (Pat::Type(typed), value) => bind(&typed.pat, value, names),
        (Pat::Tuple(patterns), Value::List(values)) => {
            for (pattern, value) in patterns.elems.iter().zip(values) {
                bind(pattern, value, names);
            }
        }
        _ => {}
    }
}

fn computed(operation: &BinOp, left: u128, right: u128) -> Value {
    let result = match operation {
        BinOp::Add(_) => left.checked_add(right),
        BinOp::Sub(_) => left.checked_sub(right),
        BinOp::Mul(_) => left.checked_mul(right),
        BinOp::Div(_) => left.checked_div(right),
        BinOp::Shl(_) => u32::try_from(right)
            .ok()
            .and_then(|bits| left.checked_shl(bits)),
        _ => None,
    };
    match result {
        Some(result) => Value::Number(result),
        None => Value::Unknown("an operation".to_owned()),
    }
}

/// What [`clay_shared::storage::Field`] does.
fn method(on: Value, name: &str, arguments: &[Value]) -> Value {
    let Value::Field {
        word,
        offset,
        width: own,
    } = on
    else {
        return Value::Unknown(format!("{name} of what is no field"));
    };
    let argument = arguments
        .first()
        .and_then(Value::number)
        .map(|number| number as u64);
    let (offset, width) = match (name, argument) {
        ("then", Some(width)) => (offset + own, width),
        ("nth", Some(index)) => (offset + index * own, own),
        _ => return Value::Unknown(format!("{name} of a field")),
    };
    Value::Field {
        word,
        offset,
        width,
    }
}

/// The form of an index: its numbers and operations, and a blank for what is only known when it runs.
pub fn form(sources: &Sources, module: &Module, around: Option<&Block>, index: &Expr) -> String {
    let scope = |names| Scope {
        module,
        of: "",
        names,
    };
    let names = Names::new();
    if let Some(number) = sources.value(scope(&names), index).number() {
        return number.to_string();
    }
    match index {
        Expr::Paren(inner) => form(sources, module, around, &inner.expr),
        Expr::Binary(binary) => {
            let operation = match binary.op {
                BinOp::Add(_) => "+",
                BinOp::Mul(_) => "*",
                BinOp::Shl(_) => "<<",
                _ => "?",
            };
            let side = |side| match form(sources, module, around, side) {
                sum if sum.contains('+') && operation != "+" => format!("({sum})"),
                other => other,
            };
            format!("{} {operation} {}", side(&binary.left), side(&binary.right))
        }
        Expr::Path(path) => match path.path.get_ident().and_then(|name| local(around?, name)) {
            Some(value) => form(sources, module, None, value),
            None => "_".to_owned(),
        },
        _ => "_".to_owned(),
    }
}

/// What a function's block binds a name to.
fn local<'a>(block: &'a Block, name: &syn::Ident) -> Option<&'a Expr> {
    block.stmts.iter().find_map(|statement| match statement {
        Stmt::Local(local) => match (&local.pat, &local.init) {
            (Pat::Ident(found), Some(init)) if found.ident == *name => Some(&*init.expr),
            _ => None,
        },
        _ => None,
    })
}

/// Name of the type of a constant, and how many there are of it if the type says so.
pub fn of_constant(constant: &Constant) -> (String, Option<u64>) {
    let syn::Type::Path(path) = &constant.of else {
        return (type_name(&constant.of), None);
    };
    let last = path.path.segments.last();
    let generic = last.and_then(|last| match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        _ => None,
    });
    let count = generic.and_then(|argument| match argument {
        syn::GenericArgument::Const(Expr::Lit(syn::ExprLit {
            lit: Lit::Int(count),
            ..
        })) => count.base10_parse().ok(),
        _ => None,
    });
    (type_name(&constant.of), count)
}
