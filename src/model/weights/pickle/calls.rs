//! The calls of a state dict: globals, storages, tensors.
//!
//! Nothing here copies more than the pickle contains: a stored value may be used many times.

use super::machine::{Machine, Problem, asks, confused};
use super::node::{Id, Known, Node, Storage, Tensor};

/// Maximum number of axes of a tensor.
const MOST_AXES: usize = 8;
/// Maximum size of a storage's name in bytes; PyTorch's are numbers.
const MOST_KEY_BYTES: usize = 64;

impl Machine<'_> {
    /// Pushes a known global.
    pub(super) fn global(&mut self, code: u8) -> Result<(), Problem> {
        let (module, name) = if code == b'c' {
            (self.line()?, self.line()?)
        } else {
            let names = self.pop_many(2)?;
            let text = |id: Id| match &self.nodes[id] {
                Node::Text(text) => Ok(text.clone()),
                _ => Err(confused("names a global by something else than text")),
            };
            (text(names[0])?, text(names[1])?)
        };
        let known = Known::named(&module, &name);
        let known =
            known.ok_or_else(|| asks(format!("asks for {:?}", format!("{module}.{name}"))))?;
        self.push(Node::Known(known));
        Ok(())
    }

    /// Turns `("storage", kind, key, place, elements)` into a storage.
    pub(super) fn storage(&mut self) -> Result<(), Problem> {
        let id = self.pop()?;
        let odd = || confused("names a storage in an unknown form");
        let Node::Tuple(items) = &self.nodes[id] else {
            return Err(odd());
        };
        // Older files add a sixth, which names the storage that this one is part of.
        let [word, kind, key, _place, elements, ..] = items[..] else {
            return Err(odd());
        };
        let storage = match (
            &self.nodes[word],
            &self.nodes[kind],
            &self.nodes[key],
            &self.nodes[elements],
        ) {
            (
                Node::Text(word),
                Node::Known(Known::StorageOf(kind)),
                Node::Text(key),
                Node::Whole(elements),
            ) if word == "storage" && key.len() <= MOST_KEY_BYTES => Storage {
                kind: *kind,
                key: key.clone(),
                elements: usize::try_from(*elements).map_err(|_| odd())?,
            },
            _ => return Err(odd()),
        };
        let part = items
            .get(5)
            .is_some_and(|part| self.nodes[*part] != Node::Other);
        if part {
            return Err(confused("has a storage that is part of another"));
        }
        self.push(Node::Storage(storage));
        Ok(())
    }

    /// Calls a known global: records a tensor.
    pub(super) fn call(&mut self) -> Result<(), Problem> {
        let called = self.pop_many(2)?;
        let (Node::Known(known), Node::Tuple(arguments)) =
            (&self.nodes[called[0]], &self.nodes[called[1]])
        else {
            return Err(asks("calls something that is not a known global"));
        };
        let made = match (known, &arguments[..]) {
            (Known::OrderedDict, []) => Node::Dict(Vec::new()),
            (Known::OrderedDict, [pairs]) => {
                let pairs = *pairs;
                self.pairs(pairs)?
            }
            (Known::RebuildParameter, [tensor, ..]) => match &self.nodes[*tensor] {
                Node::Tensor(tensor) => Node::Tensor(tensor.clone()),
                _ => return Err(confused("makes a parameter of something that is no tensor")),
            },
            (Known::RebuildTensor, [storage, offset, shape, strides, ..]) => Node::Tensor(Tensor {
                storage: match &self.nodes[*storage] {
                    Node::Storage(storage) => storage.clone(),
                    _ => return Err(confused("makes a tensor of something that is no storage")),
                },
                offset: self.count(*offset)?,
                shape: self.counts(*shape)?,
                strides: self.counts(*strides)?,
            }),
            _ => return Err(asks("calls a known global in an unknown way")),
        };
        self.push(made);
        Ok(())
    }

    /// Returns the dict of a list of pairs, and consumes the list.
    fn pairs(&mut self, list: Id) -> Result<Node, Problem> {
        let odd = || confused("makes a dict of something that is no list of pairs");
        let Node::List(list) = &mut self.nodes[list] else {
            return Err(odd());
        };
        let list = std::mem::take(list);
        let pair = |id: &Id| match &self.nodes[*id] {
            Node::Tuple(pair) | Node::List(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
            _ => Err(odd()),
        };
        Ok(Node::Dict(list.iter().map(pair).collect::<Result<_, _>>()?))
    }

    fn count(&self, id: Id) -> Result<usize, Problem> {
        let odd = || confused("has a size, stride or offset that is no count");
        match &self.nodes[id] {
            Node::Whole(value) => usize::try_from(*value).map_err(|_| odd()),
            _ => Err(odd()),
        }
    }

    fn counts(&self, id: Id) -> Result<Vec<usize>, Problem> {
        match &self.nodes[id] {
            Node::Tuple(items) if items.len() <= MOST_AXES => {
                items.iter().map(|id| self.count(*id)).collect()
            }
            _ => Err(confused("has a shape that is no tuple of a few counts")),
        }
    }
}
