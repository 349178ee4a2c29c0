//! The state dict in a pickle: its root, or one of the dicts that training scripts put it into.

use std::collections::{HashSet, VecDeque};

use super::pickle::{Id, Node, Pickle};

/// Keys under which training scripts store a network's state dict, in order of preference: a dict of
/// averaged weights is taken only if there is no other.
const KEYS: [&str; 15] = [
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "model_state",
    "state",
    "model_ema",
    "ema_state_dict",
    "state_dict_ema",
    "ema",
    "params_ema",
];
/// Number of dicts within dicts that are searched.
const MOST_DEPTH: usize = 4;
/// Number of keys that an error names.
const SHOWN_KEYS: usize = 6;

/// Entries of a dict: key and value.
type Pairs = [(Id, Id)];

/// A dict with tensors under text keys.
struct Candidate<'a> {
    pairs: &'a Pairs,
    /// Its key in the dict around it; "" for the root.
    key: &'a str,
    tensors: usize,
}

/// Returns the entries of the state dict in `pickle`, or what the pickle holds instead.
pub(super) fn state_dict(pickle: &Pickle) -> Result<&Pairs, String> {
    let mut candidates = candidates(pickle);
    let most = candidates.iter().map(|found| found.tensors).max();
    // A few tensors next to a larger dict are a script's own data.
    candidates.retain(|found| !found.key.is_empty() || Some(found.tensors) == most);
    let rank = |found: &Candidate<'_>| match found.key {
        "" => Some(0),
        key => KEYS.iter().position(|known| *known == key),
    };
    let best = candidates.iter().filter(|found| rank(found).is_some());
    match (best.min_by_key(|found| rank(found)), &candidates[..]) {
        (Some(found), _) | (None, [found]) => Ok(found.pairs),
        (None, []) => Err(described(pickle)),
        (None, several) => {
            let keys: Vec<&str> = several.iter().map(|found| found.key).collect();
            Err(format!(
                "several dicts of tensors, under the keys {}",
                quoted(&keys)
            ))
        }
    }
}

/// Returns the dicts with tensors, outermost first.
fn candidates(pickle: &Pickle) -> Vec<Candidate<'_>> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([pickle.root]);
    let mut queue = VecDeque::from([(pickle.root, "", 0)]);
    while let Some((id, key, depth)) = queue.pop_front() {
        let Node::Dict(pairs) = &pickle.nodes[id] else {
            continue;
        };
        let mut tensors = 0;
        for (key, value) in pairs {
            let Node::Text(key) = &pickle.nodes[*key] else {
                continue;
            };
            match pickle.nodes[*value] {
                Node::Tensor(_) => tensors += 1,
                Node::Dict(_) if depth < MOST_DEPTH && seen.insert(*value) => {
                    queue.push_back((*value, key.as_str(), depth + 1));
                }
                _ => {}
            }
        }
        if tensors > 0 {
            found.push(Candidate {
                pairs,
                key,
                tensors,
            });
        }
    }
    found
}

/// Returns what the pickle holds, in words.
fn described(pickle: &Pickle) -> String {
    let class = |id: Id| match &pickle.nodes[id] {
        Node::Named(name) => name.as_str(),
        _ => "unknown",
    };
    match &pickle.nodes[pickle.root] {
        Node::Dict(pairs) if pairs.is_empty() => "an empty dict".to_string(),
        Node::Dict(pairs) => {
            let keys = pairs.iter().map(|(key, value)| {
                let key = match &pickle.nodes[*key] {
                    Node::Text(key) => format!("{key:?}"),
                    Node::Whole(number) => number.to_string(),
                    _ => "another value".to_string(),
                };
                match pickle.nodes[*value] {
                    Node::Object(id) => format!("{key} (an object of {:?})", class(id)),
                    _ => key,
                }
            });
            let shown: Vec<String> = keys.take(SHOWN_KEYS).collect();
            let more = if pairs.len() > SHOWN_KEYS {
                ", ..."
            } else {
                ""
            };
            format!(
                "a dict without tensors, with the keys {}{more}",
                shown.join(", ")
            )
        }
        Node::Object(id) => format!("an object of the class {:?}", class(*id)),
        Node::Named(name) => format!("the name {name:?}"),
        Node::List(items) => format!("a list of {} values", items.len()),
        Node::Tuple(items) => format!("a tuple of {} values", items.len()),
        Node::Tensor(_) => "a single tensor without a name".to_string(),
        Node::Text(_) => "a text".to_string(),
        Node::Whole(_) | Node::Other | Node::Known(_) | Node::Storage(_) => "a value".to_string(),
    }
}

fn quoted(keys: &[&str]) -> String {
    let shown = keys.iter().take(SHOWN_KEYS).map(|key| format!("{key:?}"));
    shown.collect::<Vec<String>>().join(", ")
}
