//! The layout of a program's storage, from what its sources declare.

use std::collections::{BTreeMap, BTreeSet};

use syn::Expr;

use crate::{
    append::{Item, Space},
    programs::{contracts, Program, PROGRAMS},
    source::{self, type_name, Calls, Constant, Function, Module, Use},
    values::{form, of_constant, Sources, Value},
};

/// Slots that types of OpenZeppelin's library take, in their order. Their sources are not of this repository; the chain
/// confirms what is said here.
const LIBRARY: &[(&str, &[(&str, &str)])] = &[
    (
        "Erc20",
        &[
            ("balances", "mapping"),
            ("allowances", "mapping of mappings"),
            ("total_supply", "word"),
        ],
    ),
    ("Nonces", &[("nonces", "mapping")]),
    ("PhantomData", &[]),
];

/// The layout of a program, in order.
pub fn of(program: &Program) -> Vec<Item> {
    let layout = Layout::of(program);
    let mut items = layout.items();
    items.sort();
    let names: BTreeSet<_> = items.iter().map(|item| &item.name).collect();
    assert_eq!(names.len(), items.len(), "{}: a name twice", program.name);
    items
}

/// A program's sources, and how those that share its storage use it.
pub struct Layout {
    sources: Sources,
    program: &'static Program,
    /// Kinds of slots by their constants' names.
    kinds: BTreeMap<String, String>,
    /// Fields that are read or written as signed numbers, by their constants' names.
    signed: BTreeSet<String>,
}

impl Layout {
    /// Reads the sources of a program.
    pub fn of(program: &Program) -> Self {
        let program = PROGRAMS.iter().find(|other| other.name == program.name);
        let program = program.expect("a program of the list");
        let mut layout = Self {
            sources: Self::sources(program),
            program,
            kinds: BTreeMap::new(),
            signed: BTreeSet::new(),
        };
        let family = PROGRAMS.iter().filter(|other| other.owner == program.owner);
        for member in family {
            let sources = Self::sources(member);
            for module in sources
                .modules
                .iter()
                .filter(|module| program.declares(module))
            {
                note_uses(&sources, module, &mut layout.kinds, &mut layout.signed);
            }
        }
        layout
    }

    pub fn sources(program: &Program) -> Sources {
        let mut modules = source::modules(&contracts().join(program.name), false);
        modules.extend(source::modules(&contracts().join("shared"), true));
        Sources { modules }
    }

    fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let mut parts = BTreeSet::new();
        for module in self
            .sources
            .modules
            .iter()
            .filter(|module| self.program.declares(module))
        {
            for (name, constant) in &module.constants {
                items.extend(self.constant(module, name, constant));
                parts.insert(type_name(&constant.of));
            }
            for (name, function) in &module.functions {
                items.extend(self.function(module, name, function));
            }
            for of in module.structs.values() {
                items.extend(self.of_sdk_struct(module, of));
            }
            items.extend(self.records(module));
        }
        items.extend(self.words_of_parameters(&items));
        // What parts of storage keep, which are declared beside them: a pause, say.
        let of_parts = self.sources.modules.iter().filter(|module| {
            module.shared
                && !self.program.declares(module)
                && module.structs.keys().any(|of| parts.contains(of))
        });
        for module in
            of_parts.filter(|module| !["storage", "parameters"].contains(&module.path.as_str()))
        {
            let fields = module
                .constants
                .iter()
                .filter(|(_, constant)| type_name(&constant.of) == "Field");
            for (name, constant) in fields {
                items.extend(self.constant(module, name, constant));
            }
        }
        items
    }

    fn constant(&self, module: &Module, name: &str, constant: &Constant) -> Vec<Item> {
        let (of, count) = of_constant(constant);
        let record = module
            .path
            .rsplit("::")
            .next()
            .filter(|last| last.starts_with("of_"));
        let known = [
            "Slot",
            "Ownable",
            "Pausable",
            "Faceted",
            "Field",
            "Place",
            "Parameter",
        ];
        let place_of_record = record.filter(|_| of == "u64");
        if !known.contains(&of.as_str()) && place_of_record.is_none() {
            return vec![];
        }
        let value = self.sources.constant(module, name, constant);
        let full = module.qualified(name);
        match (value, place_of_record) {
            (Value::Number(at), Some(record)) => {
                let space = Space::Record(record.to_owned());
                vec![item(space, at as u64, 1, full, "word")]
            }
            (Value::Of(of, _), _) if of == "Faceted" && count.is_none() => {
                panic!("{full}: how many facets?")
            }
            (value, _) => self.flat(full, &value, count.unwrap_or(1)),
        }
    }

    /// The items that a value stands for.
    fn flat(&self, name: String, value: &Value, count: u64) -> Vec<Item> {
        match value {
            Value::Slot { array, number } => {
                let space = if *array { Space::Arrays } else { Space::Slots };
                let kind = self.kinds.get(last(&name)).map_or("word", String::as_str);
                if count == 1 {
                    return vec![item(space, *number, 1, name, kind)];
                }
                let each = |place| {
                    item(
                        space.clone(),
                        number + place,
                        1,
                        format!("{name}[{place}]"),
                        kind,
                    )
                };
                (0..count).map(each).collect()
            }
            Value::Field {
                word,
                offset,
                width,
            } => {
                let sign = if self.signed.contains(last(&name)) {
                    "i"
                } else {
                    "u"
                };
                let word = word.clone().unwrap_or_else(|| name.clone());
                let kind = format!("{sign}{width}");
                vec![item(Space::Word(word), *offset, *width, name, &kind)]
            }
            Value::List(values) => {
                let each = (0..)
                    .zip(values)
                    .map(|(place, value): (u64, _)| (format!("{name}[{place}]"), value));
                each.flat_map(|(name, value)| self.flat(name, value, 1))
                    .collect()
            }
            Value::Of(of, _) if of == "Parameter" => vec![self.parameter(name, value)],
            Value::Of(_, fields) => {
                let each = fields.iter().map(|(field, value)| match field.as_str() {
                    "0" => (name.clone(), value),
                    field => (format!("{name}.{field}"), value),
                });
                each.flat_map(|(name, value)| self.flat(name, value, count))
                    .collect()
            }
            other => panic!("{name} is not understood: {other:?}"),
        }
    }

    /// A governed number, in the word that its program's own function says it is in.
    fn parameter(&self, name: String, value: &Value) -> Item {
        let (module, word_of) = self
            .word_of()
            .unwrap_or_else(|| panic!("{name}: in what word?"));
        let slot = self.sources.apply(module, "", word_of, vec![value.clone()]);
        let field = value.get("field");
        let unit = value.get("unit");
        match (slot, field, unit) {
            (
                Value::Slot { number, .. },
                Some(Value::Field { offset, width, .. }),
                Some(Value::Variant(unit, _)),
            ) => {
                let kind = format!("u{width} {unit}");
                item(Space::BitsOfSlot(number), *offset, *width, name, &kind)
            }
            other => panic!("{name} is not understood: {other:?}"),
        }
    }

    /// Slots of governed numbers that no constant names.
    fn words_of_parameters(&self, items: &[Item]) -> Vec<Item> {
        let mut slots = BTreeSet::new();
        for item in items {
            if let Space::BitsOfSlot(slot) = item.space {
                slots.insert(slot);
            }
        }
        slots.retain(|slot| {
            !items
                .iter()
                .any(|item| item.space == Space::Slots && item.from == *slot)
        });
        let (module, _) = match self.word_of() {
            Some(found) => found,
            None => return vec![],
        };
        let name = |slot| module.qualified(&format!("word_of({slot})"));
        slots
            .into_iter()
            .map(|slot| item(Space::Slots, slot, 1, name(slot), "word"))
            .collect()
    }

    /// The function that says which word a governed number is in.
    fn word_of(&self) -> Option<(&Module, &Function)> {
        let mut modules = self
            .sources
            .modules
            .iter()
            .filter(|module| self.program.declares(module));
        modules.find_map(|module| Some((module, module.functions.get("word_of")?)))
    }

    /// Slots and fields that a function names by a number: of each variant of an enum, or so many bits apart.
    fn function(&self, module: &Module, name: &str, function: &Function) -> Vec<Item> {
        let syn::ReturnType::Type(_, returned) = &function.signature.output else {
            return vec![];
        };
        if function.signature.constness.is_none() || function.signature.inputs.len() != 1 {
            return vec![];
        }
        let full = module.qualified(name);
        let of = |number: u64| {
            let arguments = vec![Value::Number(number.into())];
            self.sources.apply(module, "", function, arguments)
        };
        match type_name(returned).as_str() {
            "Slot" => {
                let mut enums = module.enums.iter();
                let found = enums.find(|(of, _)| of.to_lowercase() == name);
                let (_, variants) = found.unwrap_or_else(|| panic!("{full}: of what?"));
                let each = (0..).zip(variants);
                each.flat_map(|(number, variant)| {
                    self.flat(format!("{full}({variant})"), &of(number), 1)
                })
                .collect()
            }
            "Field" if !matches!(returned.as_ref(), syn::Type::Array(_)) => match (of(0), of(1)) {
                (Value::Field { offset, width, .. }, Value::Field { offset: next, .. }) => {
                    let kind = format!("u{width}, each {} further", next - offset);
                    vec![item(Space::Word(full.clone()), offset, width, full, &kind)]
                }
                other => panic!("{full} is not understood: {other:?}"),
            },
            _ => vec![],
        }
    }

    /// What a struct of the SDK's keeps: types of the library, from slot 0 on.
    fn of_sdk_struct(&self, module: &Module, of: &syn::ItemStruct) -> Vec<Item> {
        let is_storage = of
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("storage"));
        if !is_storage {
            return vec![];
        }
        let mut items = Vec::new();
        for field in &of.fields {
            let field_type = type_name(&field.ty);
            let known = LIBRARY.iter().find(|(name, _)| *name == field_type);
            let (_, slots) =
                known.unwrap_or_else(|| panic!("how many slots does {field_type} take?"));
            for (slot, kind) in *slots {
                let name = format!("{}.{slot}", module.qualified(&of.ident.to_string()));
                items.push(item(Space::Slots, items.len() as u64, 1, name, kind));
            }
        }
        items
    }

    /// Slots after the first of a record or an entry, which only calls of `plus` name.
    fn records(&self, module: &Module) -> Vec<Item> {
        let mut places = BTreeSet::new();
        Calls::of(&module.items, &mut |call| {
            let Use::Method(call, around) = call else {
                return;
            };
            let known = constant_name(&call.receiver).is_some();
            let index = call
                .args
                .first()
                .map(|index| form(&self.sources, module, around, index));
            match (call.method.to_string().as_str(), index) {
                ("plus", Some(index)) if !known => {
                    places.insert(index);
                }
                // Of a record, and not only at one of its named places.
                ("slot", Some(index)) if index.contains(' ') => {
                    places.insert(index);
                }
                _ => {}
            }
        });
        let numbered = places.iter().filter_map(|form| {
            let (from, kind) = match form.split_once(" + ") {
                Some((from, _)) => (from, format!("words [{form}]")),
                None => (form.as_str(), "word".to_owned()),
            };
            let at = from.parse().ok()?;
            let record = module.qualified("entry");
            Some(item(
                Space::Record(record.clone()),
                at,
                1,
                format!("{record}+{at}"),
                &kind,
            ))
        });
        numbered.collect()
    }
}

fn item(space: Space, from: u64, count: u64, name: String, kind: &str) -> Item {
    let (until, kind) = (from + count, kind.to_owned());
    Item {
        space,
        from,
        until,
        name,
        kind,
    }
}

fn last(name: &str) -> &str {
    let name = name.rsplit("::").next().unwrap_or(name);
    name.split(['[', '.']).next().unwrap_or(name)
}

/// The name of the constant that an expression is.
fn constant_name(expression: &Expr) -> Option<String> {
    let Expr::Path(path) = expression else {
        return None;
    };
    let name = path.path.segments.last()?.ident.to_string();
    (name.to_uppercase() == name).then_some(name)
}

/// Notes how a module uses slots and fields.
fn note_uses(
    sources: &Sources,
    module: &Module,
    kinds: &mut BTreeMap<String, String>,
    signed: &mut BTreeSet<String>,
) {
    Calls::of(&module.items, &mut |call| {
        let Use::Method(call, around) = call else {
            return;
        };
        let name = constant_name(&call.receiver);
        match (call.method.to_string().as_str(), name) {
            ("entry", Some(name)) => {
                kinds.entry(name).or_insert_with(|| "mapping".to_owned());
            }
            ("entry", None) => {
                if let Expr::MethodCall(inner) = &*call.receiver {
                    let outer = constant_name(&inner.receiver).filter(|_| inner.method == "entry");
                    kinds.extend(outer.map(|name| (name, "mapping of mappings".to_owned())));
                }
            }
            ("plus", Some(name)) => {
                let index = call.args.first().expect("a place");
                let form = form(sources, module, around, index);
                let kind = kinds.entry(name).or_insert_with(|| "array".to_owned());
                let indexed = format!(" [{form}]");
                if !kind.contains(&indexed) {
                    kind.push_str(&indexed);
                }
            }
            ("get_signed" | "set_signed", Some(name)) => {
                signed.insert(name);
            }
            _ => {}
        }
    });
}
