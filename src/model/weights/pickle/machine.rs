//! The machine: a stack, and the instructions that PyTorch writes.

use std::collections::HashMap;

use super::node::{Id, Node};

pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) nodes: Vec<Node>,
    stack: Vec<Id>,
    /// Stack heights at the start of each group.
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
}

/// Why an instruction cannot be executed.
pub(super) struct Problem {
    pub(super) text: String,
    /// Whether it requests something, as opposed to being truncated or malformed.
    pub(super) asks: bool,
}

pub(super) fn confused(text: impl Into<String>) -> Problem {
    Problem {
        text: text.into(),
        asks: false,
    }
}

pub(super) fn asks(text: impl Into<String>) -> Problem {
    Problem {
        text: text.into(),
        asks: true,
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
    }

    /// Executes one instruction; returns the root at the last one.
    pub(super) fn step(&mut self) -> Result<Option<Id>, Problem> {
        let code = self.take(1)?[0];
        match code {
            b'.' => return self.pop().map(Some),
            // The protocol's number; a frame's length.
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' | 0x88 | 0x89 => self.push(Node::Other),
            b'G' => {
                self.take(8)?;
                self.push(Node::Other);
            }
            b'K' | b'M' | b'J' | 0x8A | 0x8B => {
                let node = self.whole(code)?;
                self.push(node);
            }
            b'X' | 0x8C | b'U' | b'T' | 0x8D => {
                let text = self.text(code)?;
                self.push(Node::Text(text));
            }
            // Bytes.
            b'C' | b'B' | 0x8E | 0x96 => {
                let width = match code {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                };
                let length = self.length(width)?;
                self.take(length)?;
                self.push(Node::Other);
            }
            // A set, and a frozen one of the values since the last mark.
            0x8F => self.push(Node::Other),
            0x91 => {
                self.group()?;
                self.push(Node::Other);
            }
            b'}' => self.push(Node::Dict(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b')' => self.push(Node::Tuple(Vec::new())),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(code - 0x84))?;
                self.push(Node::Tuple(items));
            }
            b't' => {
                let items = self.group()?;
                self.push(Node::Tuple(items));
            }
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.memory(code)?,
            b'a' | b'e' | b's' | b'u' | 0x90 => self.fill(code)?,
            b'c' | 0x93 => self.global(code)?,
            b'Q' => self.storage()?,
            b'R' => self.call()?,
            0x81 => self.object(2)?,
            0x92 => self.object(3)?,
            // A state for the object below it, which is not needed.
            b'b' => drop(self.pop()?),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.group()?),
            b'2' => {
                let top = self.pop()?;
                self.stack.extend([top, top]);
            }
            other => {
                return Err(asks(format!(
                    "has instruction {other:#04x}, which PyTorch never writes"
                )));
            }
        }
        Ok(None)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Problem> {
        let end = self
            .at
            .checked_add(count)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| confused("is past its end: it is cut short"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn length(&mut self, bytes: usize) -> Result<usize, Problem> {
        let digits = self.take(bytes)?.iter().rev();
        // At most eight bytes.
        Ok(digits.fold(0, |value, byte| value << 8 | usize::from(*byte)))
    }

    pub(super) fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    pub(super) fn pop(&mut self) -> Result<Id, Problem> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => Ok(self.stack.pop().unwrap_or_default()),
            false => Err(confused("takes a value where there is none")),
        }
    }

    /// Returns the last `count` values, in the order in which they were pushed.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, Problem> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        Ok(items)
    }

    /// Returns the values since the last mark.
    fn group(&mut self) -> Result<Vec<Id>, Problem> {
        let start = self.marks.pop();
        let start = start.ok_or_else(|| confused("ends a group that never began"))?;
        Ok(self.stack.split_off(start))
    }

    fn whole(&mut self, code: u8) -> Result<Node, Problem> {
        let (width, signed) = match code {
            b'K' => (1, false),
            b'M' => (2, false),
            b'J' => (4, true),
            0x8B => (self.length(4)?, true),
            _ => (self.length(1)?, true),
        };
        let digits = self.take(width)?;
        if width > size_of::<i64>() {
            return Ok(Node::Other);
        }
        let negative = signed && digits.last().is_some_and(|last| *last >= 0x80);
        let start: i64 = if negative { -1 } else { 0 };
        let value = digits
            .iter()
            .rev()
            .fold(start, |value, byte| value << 8 | i64::from(*byte));
        Ok(Node::Whole(value))
    }

    fn text(&mut self, code: u8) -> Result<String, Problem> {
        let width = match code {
            0x8C | b'U' => 1,
            0x8D => 8,
            _ => 4,
        };
        let length = self.length(width)?;
        let bytes = self.take(length)?;
        let text =
            std::str::from_utf8(bytes).map_err(|_| confused("has a text that is not UTF-8"))?;
        Ok(text.to_string())
    }

    /// Stores the top value, or pushes a stored one.
    fn memory(&mut self, code: u8) -> Result<(), Problem> {
        let place = match code {
            b'q' | b'h' => self.length(1)?,
            b'r' | b'j' => self.length(4)?,
            _ => self.memo.len(),
        };
        if matches!(code, b'h' | b'j') {
            let kept = self.memo.get(&place).copied();
            let kept = kept
                .ok_or_else(|| confused(format!("asks for value {place}, which was not kept")))?;
            self.stack.push(kept);
            return Ok(());
        }
        let top = self.pop()?;
        self.stack.push(top);
        self.memo.insert(place, top);
        Ok(())
    }

    /// Adds values to the list or the dict below them.
    fn fill(&mut self, code: u8) -> Result<(), Problem> {
        let items = match code {
            b'a' => self.pop_many(1)?,
            b's' => self.pop_many(2)?,
            _ => self.group()?,
        };
        let target = self.pop()?;
        self.stack.push(target);
        match (code, &mut self.nodes[target]) {
            (b'a' | b'e', Node::List(list)) => list.extend(items),
            (b's' | b'u', Node::Dict(dict)) => {
                let (pairs, rest) = items.as_chunks::<2>();
                if !rest.is_empty() {
                    return Err(confused("adds a key without a value"));
                }
                dict.extend(pairs.iter().map(|[key, value]| (*key, *value)));
            }
            // Its content is not needed: a set, or an object that is a kind of list or dict.
            (_, Node::Other | Node::Object(_)) => {}
            _ => return Err(confused("adds to something that holds nothing")),
        }
        Ok(())
    }

    /// Returns the text up to the end of the line.
    pub(super) fn line(&mut self) -> Result<String, Problem> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n');
        let length = length.ok_or_else(|| confused("is past its end: it is cut short"))?;
        let line = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.at += length + 1;
        Ok(line)
    }
}
