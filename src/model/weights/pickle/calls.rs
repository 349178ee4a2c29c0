//! The calls in a pickle: globals, storages, tensors. Any other call is recorded as an object by the
//! name of what would make it.
//!
//! Nothing here copies more than the pickle contains: a stored value may be used many times.

use super::machine::{Machine, Problem, asks, confused};
use super::node::{Id, Known, Node, Storage, Tensor, acts};

/// Maximum number of axes of a tensor.
const MOST_AXES: usize = 8;
/// Maximum size of a storage's name in bytes; PyTorch's are numbers.
const MOST_KEY_BYTES: usize = 64;

impl Machine<'_> {
    /// Pushes a global by name.
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
        if acts(&module, &name) {
            return Err(asks(format!("asks for {:?}", format!("{module}.{name}"))));
        }
        self.push(match Known::named(&module, &name) {
            Some(known) => Node::Known(known),
            None => Node::Named(format!("{module}.{name}")),
        });
        Ok(())
    }

    /// Turns `("storage", kind, key, place, elements)` into a storage.
    pub(super) fn storage(&mut self) -> Result<(), Problem> {
        let id = self.pop()?;
        let odd = || confused("names a storage in an unknown form");
        let Node::Tuple(items) = &self.nodes[id] else {
            return Err(odd());
        };
        // The values of another kind of tensor, such as one of complex numbers.
        if let [_, kind, ..] = items[..]
            && matches!(self.nodes[kind], Node::Named(_))
        {
            self.push(Node::Object(kind));
            return Ok(());
        }
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
        self.push(Node::Storage(Box::new(storage)));
        Ok(())
    }

    /// Calls a known global, which records a tensor, or records what another would make.
    pub(super) fn call(&mut self) -> Result<(), Problem> {
        let called = self.pop_many(2)?;
        let made = self.made(called[0], called[1])?;
        self.push(made);
        Ok(())
    }

    /// Makes an object of a class with arguments: the last `count` values, the class first.
    pub(super) fn object(&mut self, count: usize) -> Result<(), Problem> {
        let class = self.pop_many(count)?[0];
        let made = self.opaque(class)?;
        self.push(made);
        Ok(())
    }

    /// Returns what calling `called` would make.
    fn opaque(&self, called: Id) -> Result<Node, Problem> {
        match &self.nodes[called] {
            Node::Named(_) => Ok(Node::Object(called)),
            // The result of a call is called, or another object of its class is made.
            Node::Object(class) => Ok(Node::Object(*class)),
            Node::Known(_) => Err(asks("calls a known global in an unknown way")),
            _ => Err(asks("calls something that is not a global")),
        }
    }

    fn made(&mut self, called: Id, arguments: Id) -> Result<Node, Problem> {
        let Node::Known(known) = self.nodes[called] else {
            return self.opaque(called);
        };
        let Node::Tuple(arguments) = &self.nodes[arguments] else {
            return self.opaque(called);
        };
        match (known, &arguments[..]) {
            (Known::OrderedDict, []) => Ok(Node::Dict(Vec::new())),
            (Known::OrderedDict, [pairs]) => {
                let pairs = *pairs;
                self.pairs(pairs)
            }
            (Known::RebuildParameter, [tensor, ..]) => match &self.nodes[*tensor] {
                Node::Tensor(tensor) => Ok(Node::Tensor(tensor.clone())),
                Node::Object(class) => Ok(Node::Object(*class)),
                _ => Err(confused("makes a parameter of something that is no tensor")),
            },
            (Known::RebuildFromType, [inner, _class, arguments, ..]) => {
                match (&self.nodes[*inner], &self.nodes[*arguments]) {
                    (Node::Known(Known::RebuildTensor), Node::Tuple(arguments)) => {
                        self.tensor(arguments, called)
                    }
                    _ => self.opaque(*inner),
                }
            }
            (Known::RebuildTensor, arguments) => self.tensor(arguments, called),
            _ => self.opaque(called),
        }
    }

    /// Returns the tensor that `called` makes of its arguments.
    fn tensor(&self, arguments: &[Id], called: Id) -> Result<Node, Problem> {
        let [storage, offset, shape, strides, ..] = *arguments else {
            return self.opaque(called);
        };
        let storage = match &self.nodes[storage] {
            Node::Storage(storage) => Storage::clone(storage),
            Node::Object(class) => return Ok(Node::Object(*class)),
            _ => return Err(confused("makes a tensor of something that is no storage")),
        };
        Ok(Node::Tensor(Box::new(Tensor {
            storage,
            offset: self.count(offset)?,
            shape: self.counts(shape)?,
            strides: self.counts(strides)?,
        })))
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
