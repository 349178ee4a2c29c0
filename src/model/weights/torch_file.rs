//! PyTorch's two file formats: a zip archive (since 1.6), and a series of pickles followed by raw
//! values.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};

use super::pickle::{Fault, Id, Node, Pickle, Storage, read};
use super::state_dict::state_dict;
use super::zip_directory::{self, Members};
use super::{Source, TensorEntry, WeightsError};

/// Maximum size of a pickle in bytes. ResNet-50's has 39 thousand.
const MOST_PICKLE_BYTES: u64 = 8 << 20;
/// The archive member with the pickle, in a folder of any name.
const PICKLE_MEMBER: &str = "/data.pkl";
/// Number of members that an error names.
const SHOWN_MEMBERS: usize = 3;
/// The member that states the byte order.
const ORDER_MEMBER: &str = "/byteorder";
/// Maximum size of that member in bytes.
const ORDER_BYTES: u64 = 16;
/// Pickles before the state dict in the older format: magic number, version, system.
const PICKLES_BEFORE: usize = 3;
/// Bytes before each storage in the older format: the number of its elements.
const COUNT_BYTES: u64 = 8;

type Entries = BTreeMap<String, TensorEntry>;

/// Returns the tensors of a zip archive.
pub(super) fn zip(source: Source<'_>) -> Result<Entries, WeightsError> {
    let Source { path, file, bytes } = source;
    let damaged = |problem: String| WeightsError::damaged(path, problem);
    let members = zip_directory::members(file, bytes).map_err(damaged)?;
    let pickle_name = members.keys().find(|name| name.ends_with(PICKLE_MEMBER));
    let Some(pickle_name) = pickle_name else {
        let mut names: Vec<&String> = members.keys().collect();
        names.sort();
        names.truncate(SHOWN_MEMBERS);
        let problem = format!("it is a zip archive without data.pkl; it begins with {names:?}");
        return Err(WeightsError::not_weights(path, problem));
    };
    let folder = pickle_name.trim_end_matches(PICKLE_MEMBER);
    let mut content = |name: &str, most: u64| content(file, &members, name, (bytes, most));
    let order = format!("{folder}{ORDER_MEMBER}");
    if members.contains_key(&order) && content(&order, ORDER_BYTES).map_err(damaged)? != b"little" {
        return Err(damaged("its values are not little-endian".to_string()));
    }
    let pickle = content(pickle_name, MOST_PICKLE_BYTES).map_err(damaged)?;
    let pickle = read(&pickle).map_err(|fault| told(path, fault))?;
    let dict = state_dict(&pickle).map_err(|holds| WeightsError::no_state_dict(path, holds))?;
    let mut starts: HashMap<String, u64> = HashMap::new();
    entries((&pickle, dict), bytes, |storage| {
        if let Some(start) = starts.get(&storage.key) {
            return Ok(*start);
        }
        let name = format!("{folder}/data/{}", storage.key);
        let member = members.get(&name).copied();
        let member = member.ok_or_else(|| format!("it has no member {name:?}"))?;
        let start = zip_directory::content_start(file, (&name, member), bytes)?;
        let wanted = (storage.elements as u64).checked_mul(storage.kind.bytes() as u64);
        if wanted.is_none_or(|wanted| wanted > member.size) {
            let (elements, kind, size) = (storage.elements, storage.kind, member.size);
            return Err(format!(
                "member {name:?} has {size} bytes, too few for {elements} {kind}"
            ));
        }
        starts.insert(storage.key.clone(), start);
        Ok(start)
    })
    .map_err(damaged)
}

/// Returns the tensors of a series of pickles.
pub(super) fn legacy(source: Source<'_>) -> Result<Entries, WeightsError> {
    let Source { path, file, bytes } = source;
    let damaged = |problem: String| WeightsError::damaged(path, problem);
    let mut start = Vec::new();
    file.take(MOST_PICKLE_BYTES)
        .read_to_end(&mut start)
        .map_err(WeightsError::io("read", path))?;
    let mut at = 0;
    let mut next = || {
        let pickle = read(&start[at..]).map_err(|mut fault| {
            fault.offset += at;
            told(path, fault)
        })?;
        at += pickle.length;
        Ok::<Pickle, WeightsError>(pickle)
    };
    for _ in 0..PICKLES_BEFORE {
        next()?;
    }
    let state = next()?;
    let keys = next()?;
    let Node::List(keys_in_order) = &keys.nodes[keys.root] else {
        return Err(damaged("it does not list its storages".to_string()));
    };
    // The storages follow in the order of that list; the state dict states their sizes.
    let sizes: HashMap<&str, u64> = state
        .nodes
        .iter()
        .filter_map(|node| match node {
            Node::Storage(storage) => {
                let bytes = (storage.elements as u64).checked_mul(storage.kind.bytes() as u64)?;
                Some((storage.key.as_str(), bytes))
            }
            _ => None,
        })
        .collect();
    let mut starts = HashMap::new();
    let mut place = at as u64;
    for key in keys_in_order {
        let Node::Text(key) = &keys.nodes[*key] else {
            return Err(damaged(
                "it names a storage by something else than text".to_string(),
            ));
        };
        let size = sizes.get(key.as_str());
        let size = size.ok_or_else(|| damaged(format!("no tensor uses its storage {key:?}")))?;
        starts.insert(key.clone(), place + COUNT_BYTES);
        place = (place + COUNT_BYTES)
            .checked_add(*size)
            .filter(|end| *end <= bytes)
            .ok_or_else(|| {
                damaged(format!(
                    "storage {key:?} ends after the file: it is cut short"
                ))
            })?;
    }
    let dict = state_dict(&state).map_err(|holds| WeightsError::no_state_dict(path, holds))?;
    let found = entries((&state, dict), bytes, |storage| {
        let start = starts.get(&storage.key).copied();
        start.ok_or_else(|| format!("it lacks storage {:?}", storage.key))
    });
    let found = found.map_err(damaged)?;
    check_counts(file, &state, &starts).map_err(|problem| WeightsError::damaged(path, problem))?;
    Ok(found)
}

/// Compares the count of elements before each storage with the state dict.
fn check_counts(
    file: &mut (impl Read + Seek),
    state: &Pickle,
    starts: &HashMap<String, u64>,
) -> Result<(), String> {
    for node in &state.nodes {
        let Node::Storage(storage) = node else {
            continue;
        };
        let start = starts.get(&storage.key).copied().unwrap_or_default();
        let mut count = [0; COUNT_BYTES as usize];
        file.seek(SeekFrom::Start(start.saturating_sub(COUNT_BYTES)))
            .and_then(|_| file.read_exact(&mut count))
            .map_err(|reason| reason.to_string())?;
        let count = u64::from_le_bytes(count);
        if count != storage.elements as u64 {
            let (key, elements) = (&storage.key, storage.elements);
            return Err(format!(
                "storage {key:?} has {count} elements, {elements} were announced"
            ));
        }
    }
    Ok(())
}

/// Returns the content of the member `name`, of at most `most` bytes.
fn content(
    file: &mut (impl Read + Seek),
    members: &Members,
    name: &str,
    (bytes, most): (u64, u64),
) -> Result<Vec<u8>, String> {
    let member = members.get(name).copied();
    let member = member.ok_or_else(|| format!("it has no member {name:?}"))?;
    if member.size > most {
        let size = member.size;
        return Err(format!(
            "member {name:?} has {size} bytes, {most} are the most"
        ));
    }
    let start = zip_directory::content_start(file, (name, member), bytes)?;
    let mut content = vec![0; member.size as usize];
    file.seek(SeekFrom::Start(start))
        .and_then(|_| file.read_exact(&mut content))
        .map_err(|reason| format!("member {name:?}: {reason}"))?;
    Ok(content)
}

/// Returns the tensors of the state dict `dict` in `pickle`; `start` returns the start of a storage.
fn entries(
    (pickle, dict): (&Pickle, &[(Id, Id)]),
    file_bytes: u64,
    mut start: impl FnMut(&Storage) -> Result<u64, String>,
) -> Result<Entries, String> {
    let mut found = Entries::new();
    for (key, value) in dict {
        // Other entries, such as an epoch's number, are skipped.
        let (Node::Text(name), Node::Tensor(tensor)) = (&pickle.nodes[*key], &pickle.nodes[*value])
        else {
            continue;
        };
        let storage = &tensor.storage;
        let place = (start(storage)?, tensor.offset, storage.elements);
        let form = (tensor.shape.clone(), tensor.strides.clone());
        let entry = TensorEntry::checked(form, storage.kind, place, file_bytes)
            .map_err(|problem| format!("tensor {name:?}: {problem}"))?;
        if found.insert(name.to_string(), entry).is_some() {
            return Err(format!("two tensors are called {name:?}"));
        }
    }
    Ok(found)
}

fn told(path: &std::path::Path, fault: Fault) -> WeightsError {
    let Fault {
        offset,
        problem,
        asks,
    } = fault;
    match asks {
        true => WeightsError::Refused {
            path: path.to_path_buf(),
            offset,
            problem,
        },
        false => WeightsError::damaged(path, format!("byte {offset} of its pickle {problem}")),
    }
}
