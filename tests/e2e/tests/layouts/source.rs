//! Source files as modules: their constants, functions, enums and implementations, and how names are found in them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use syn::{visit::Visit, Attribute, Expr, ImplItem, Item, ItemConst, ItemFn, Signature, Type};

/// A function, free or of a type.
#[derive(Clone)]
pub struct Function {
    /// Its declaration.
    pub signature: Signature,
    /// What it does.
    pub body: syn::Block,
}

/// A constant.
#[derive(Clone)]
pub struct Constant {
    /// Its type.
    pub of: Type,
    /// Its value.
    pub value: Expr,
}

/// A source file, or a module inside of one.
pub struct Module {
    /// The path within the crate, as `state::operator`; empty for the root.
    pub path: String,
    /// Whether it is of the crate that contracts share.
    pub shared: bool,
    /// Constants by name.
    pub constants: Vec<(String, Constant)>,
    /// Functions by name.
    pub functions: BTreeMap<String, Function>,
    /// Functions and constants of types: `Type::name`.
    pub of_types: BTreeMap<String, Function>,
    /// Constants of types: `Type::NAME`.
    pub constants_of_types: BTreeMap<String, Constant>,
    /// Variants of enums by the enum's name, in their order.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Structs by name.
    pub structs: BTreeMap<String, syn::ItemStruct>,
    /// All items, to look for what they use.
    pub items: Vec<Item>,
    /// The text of the documentation.
    pub documentation: Vec<String>,
}

impl Module {
    /// A name in it, with the module's path.
    pub fn qualified(&self, name: &str) -> String {
        let path = match (self.shared, self.path.as_str()) {
            (true, path) => format!("shared::{path}"),
            (false, "") => "lib".to_owned(),
            (false, path) => path.to_owned(),
        };
        format!("{path}::{name}")
    }

    /// A constant of it.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        let mut constants = self.constants.iter();
        constants
            .find(|(found, _)| found == name)
            .map(|(_, constant)| constant)
    }

    fn new(path: String, shared: bool, attributes: &[Attribute], items: Vec<Item>) -> Self {
        let mut module = Self {
            path,
            shared,
            constants: Vec::new(),
            functions: BTreeMap::new(),
            of_types: BTreeMap::new(),
            constants_of_types: BTreeMap::new(),
            enums: BTreeMap::new(),
            structs: BTreeMap::new(),
            documentation: documentation(attributes),
            items,
        };
        for item in module.items.clone() {
            module.take(item);
        }
        module
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Const(ItemConst {
                ident, ty, expr, ..
            }) => {
                let (of, value) = (*ty, *expr);
                self.constants
                    .push((ident.to_string(), Constant { of, value }));
            }
            Item::Fn(ItemFn { sig, block, .. }) => {
                let (name, signature, body) = (sig.ident.to_string(), sig, *block);
                self.functions.insert(name, Function { signature, body });
            }
            Item::Enum(of) => {
                let variants = of.variants.iter().map(|variant| variant.ident.to_string());
                self.enums.insert(of.ident.to_string(), variants.collect());
            }
            Item::Struct(of) => {
                self.structs.insert(of.ident.to_string(), of);
            }
            Item::Impl(of) if of.trait_.is_none() => {
                let name = type_name(&of.self_ty);
                for item in of.items {
                    self.take_of_type(&name, item);
                }
            }
            _ => {}
        }
    }

    fn take_of_type(&mut self, name: &str, item: ImplItem) {
        match item {
            ImplItem::Fn(function) => {
                let key = format!("{name}::{}", function.sig.ident);
                let (signature, body) = (function.sig, function.block);
                self.of_types.insert(key, Function { signature, body });
            }
            ImplItem::Const(constant) => {
                let key = format!("{name}::{}", constant.ident);
                let (of, value) = (constant.ty, constant.expr);
                self.constants_of_types.insert(key, Constant { of, value });
            }
            _ => {}
        }
    }
}

/// Name of a type, without what it is generic over.
pub fn type_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path.path.segments.last().expect("a name").ident.to_string(),
        Type::Reference(of) => type_name(&of.elem),
        Type::Array(of) => type_name(&of.elem),
        _ => String::new(),
    }
}

fn documentation(attributes: &[Attribute]) -> Vec<String> {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    lines.collect()
}

/// Whether an item is only there for tests.
fn of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The modules of a crate's folder under contracts/.
pub fn modules(folder: &Path, shared: bool) -> Vec<Module> {
    let mut found = Vec::new();
    let source = folder.join("src");
    for file in files(&source) {
        let text = fs::read_to_string(&file).expect("a source file");
        let parsed = syn::parse_file(&text);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let path = file
            .strip_prefix(&source)
            .expect("a file of it")
            .with_extension("");
        let parts = path.iter().map(|part| part.to_str().expect("a name"));
        let parts: Vec<_> = parts
            .filter(|part| !["lib", "mod"].contains(part))
            .collect();
        collect(
            parts.join("::"),
            shared,
            &parsed.attrs,
            parsed.items,
            &mut found,
        );
    }
    found
}

fn collect(
    path: String,
    shared: bool,
    attributes: &[Attribute],
    items: Vec<Item>,
    found: &mut Vec<Module>,
) {
    let (inner, own): (Vec<_>, Vec<_>) = items
        .into_iter()
        .partition(|item| matches!(item, Item::Mod(_)));
    found.push(Module::new(path.clone(), shared, attributes, own));
    for item in inner {
        if let Item::Mod(syn::ItemMod {
            ident,
            content: Some((_, items)),
            attrs,
            ..
        }) = item
        {
            if !of_tests(&attrs) {
                let path = [path.as_str(), &ident.to_string()].join("::");
                collect(
                    path.trim_start_matches(':').to_owned(),
                    shared,
                    &attrs,
                    items,
                    found,
                );
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).expect("a folder of sources");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// Calls of functions and methods in an item, each with the item's name.
pub struct Calls<'a> {
    /// The innermost functions around, outermost first.
    within: Vec<&'a syn::Block>,
    /// Called in turn.
    note: &'a mut dyn FnMut(Use<'_>),
}

/// A call as [`Calls`] finds it.
pub enum Use<'a> {
    /// Of a method; with the body of the function around it, if there is one.
    Method(&'a syn::ExprMethodCall, Option<&'a syn::Block>),
    /// Of a function.
    Function(&'a syn::ExprCall),
}

impl<'a> Calls<'a> {
    /// Goes through items.
    pub fn of(items: &'a [Item], note: &'a mut dyn FnMut(Use<'_>)) {
        let within = Vec::new();
        let mut visitor = Self { within, note };
        for item in items {
            visitor.visit_item(item);
        }
    }
}

impl<'a> Visit<'a> for Calls<'a> {
    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        self.within.push(&function.block);
        syn::visit::visit_item_fn(self, function);
        self.within.pop();
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.within.push(&function.block);
        syn::visit::visit_impl_item_fn(self, function);
        self.within.pop();
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        (self.note)(Use::Method(call, self.within.last().copied()));
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        (self.note)(Use::Function(call));
        syn::visit::visit_expr_call(self, call);
    }
}
