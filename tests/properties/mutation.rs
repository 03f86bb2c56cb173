//! JSON documents, and single changes anywhere in them.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use crate::hostile::hostile_text;

/// Any JSON value, a few levels deep.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        hostile_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let object = prop::collection::vec((hostile_text(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A change to a document.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Delete(Index),
    Replace(Index, Value),
    Insert(Index, String, Value),
    /// Replaces one node by another, which is valid in its original place.
    Copy(Index, Index),
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        any::<Index>().prop_map(Mutation::Delete),
        (any::<Index>(), any_json()).prop_map(|(at, value)| Mutation::Replace(at, value)),
        (any::<Index>(), hostile_text(), any_json())
            .prop_map(|(at, key, value)| Mutation::Insert(at, key, value)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Copy(from, to)),
    ]
}

impl Mutation {
    /// The document with this change. The root itself is never replaced.
    pub(crate) fn of(&self, document: &Value) -> Value {
        let mut changed = document.clone();
        let mut paths = Vec::new();
        collect(document, String::new(), &mut paths);
        let pick = |index: &Index| paths[index.index(paths.len())].as_str();
        match self {
            Self::Delete(at) => {
                let (parent, name) = pick(at).rsplit_once('/').unwrap();
                match changed.pointer_mut(parent).unwrap() {
                    Value::Object(fields) => _ = fields.remove(&unescaped(name)),
                    Value::Array(entries) => _ = entries.remove(name.parse().unwrap()),
                    _ => unreachable!(),
                }
            }
            Self::Replace(at, value) => *changed.pointer_mut(pick(at)).unwrap() = value.clone(),
            Self::Insert(at, key, value) => match changed.pointer_mut(pick(at)).unwrap() {
                Value::Object(fields) => _ = fields.insert(key.clone(), value.clone()),
                Value::Array(entries) => entries.push(value.clone()),
                leaf => *leaf = json!({key: value}),
            },
            Self::Copy(from, to) => {
                *changed.pointer_mut(pick(to)).unwrap() = document.pointer(pick(from)).unwrap().clone();
            }
        }
        changed
    }
}

/// The JSON pointers of all nodes except the root.
fn collect(value: &Value, at: String, paths: &mut Vec<String>) {
    let none = Map::new();
    let fields = value.as_object().unwrap_or(&none).iter();
    let children = fields.map(|(name, child)| (name.replace('~', "~0").replace('/', "~1"), child));
    let entries = value.as_array().into_iter().flatten().enumerate();
    for (name, child) in children.chain(entries.map(|(number, child)| (number.to_string(), child))) {
        collect(child, format!("{at}/{name}"), paths);
    }
    if !at.is_empty() {
        paths.push(at);
    }
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}
