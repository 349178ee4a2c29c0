//! The location of the members of a zip archive.
//!
//! PyTorch stores members uncompressed, so reading one is reading a range of the file. A compressed
//! member is rejected, and with it every archive that is small outside and huge inside.
//!
//! # Source
//! PKWARE, APPNOTE 6.3.10: sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to
//! 4.3.16 (its end), 4.5.3 (sizes of 64 bits).

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

/// Bytes of the end record, without its comment, and its signature.
const END_BYTES: usize = 22;
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
/// Longest comment after it.
const MOST_COMMENT_BYTES: usize = u16::MAX as usize;
/// Bytes of the pointer to the 64-bit end record, which precedes the other one, and its signature.
const POINTER_BYTES: usize = 20;
const POINTER_SIGNATURE: &[u8] = b"PK\x06\x07";
/// Bytes of that record that are read, and its signature.
const END_64_BYTES: usize = 56;
const END_64_SIGNATURE: &[u8] = b"PK\x06\x06";
/// Bytes of a member's entry before its name, and its signature.
const ENTRY_BYTES: usize = 46;
const ENTRY_SIGNATURE: &[u8] = b"PK\x01\x02";
/// Bytes of a member's own header before its name, and its signature.
const LOCAL_BYTES: usize = 30;
const LOCAL_SIGNATURE: &[u8] = b"PK\x03\x04";
/// The tag of the extra field with 64-bit sizes.
const SIZES_64: usize = 1;
/// Value of a 32-bit field whose value is in that extra field.
const IN_EXTRA: u64 = u32::MAX as u64;
/// Maximum size of the central directory in bytes. ResNet-50's has 21 thousand.
const MOST_DIRECTORY_BYTES: u64 = 16 << 20;

/// A member of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// Offset of its header in bytes.
    header: u64,
    /// Size of its content in bytes.
    pub(super) size: u64,
    /// Whether the content is stored uncompressed.
    stored: bool,
}

/// The members by name.
pub(super) type Members = HashMap<String, Member>;

/// Returns the members of the archive in `file`, which has `bytes` bytes.
pub(super) fn members(file: &mut (impl Read + Seek), bytes: u64) -> Result<Members, String> {
    let (start, length) = directory_place(file, bytes)?;
    if length > MOST_DIRECTORY_BYTES || start.checked_add(length).is_none_or(|end| end > bytes) {
        return Err(format!(
            "its directory claims {length} bytes at byte {start}"
        ));
    }
    let directory = at(file, start, length as usize)?;
    let mut members = Members::new();
    let mut rest = &directory[..];
    while !rest.is_empty() {
        let lengths = [28, 30, 32].map(|place| number(rest, place, 2));
        let ([Some(name), Some(extra), Some(comment)], true) =
            (lengths, rest.starts_with(ENTRY_SIGNATURE))
        else {
            return Err("its directory is cut or damaged".to_string());
        };
        let [name, extra, comment] = [name, extra, comment].map(|length| length as usize);
        let whole = ENTRY_BYTES + name + extra + comment;
        if rest.len() < whole {
            return Err("its directory is cut".to_string());
        }
        let (entry, after) = rest.split_at(whole);
        let (name, tail) = entry[ENTRY_BYTES..].split_at(name);
        let name = String::from_utf8_lossy(name).into_owned();
        let member = member(entry, &tail[..extra]);
        let member =
            member.ok_or_else(|| format!("the sizes of its member {name:?} are missing"))?;
        members.insert(name, member);
        rest = after;
    }
    Ok(members)
}

/// Returns the offset of the content of `member`, which is stored uncompressed.
pub(super) fn content_start(
    file: &mut (impl Read + Seek),
    (name, member): (&str, Member),
    bytes: u64,
) -> Result<u64, String> {
    if !member.stored {
        return Err(format!(
            "member {name:?} is compressed, which PyTorch never does"
        ));
    }
    let header = at(file, member.header, LOCAL_BYTES)?;
    let lengths = [26, 28].map(|place| number(&header, place, 2));
    let ([Some(name_bytes), Some(extra)], true) = (lengths, header.starts_with(LOCAL_SIGNATURE))
    else {
        return Err(format!("member {name:?} has no header of its own"));
    };
    let start = member.header + LOCAL_BYTES as u64 + name_bytes + extra;
    let end = start.checked_add(member.size).filter(|end| *end <= bytes);
    end.map(|_| start)
        .ok_or_else(|| format!("member {name:?} ends after the file: it is cut short"))
}

/// Returns the start of the central directory, and its size in bytes.
fn directory_place(file: &mut (impl Read + Seek), bytes: u64) -> Result<(u64, u64), String> {
    let most = (END_BYTES + MOST_COMMENT_BYTES + POINTER_BYTES) as u64;
    let tail_start = bytes.saturating_sub(most);
    let tail = at(file, tail_start, (bytes - tail_start) as usize)?;
    let last = tail.len().checked_sub(END_BYTES);
    let found = last.and_then(|last| {
        (0..=last)
            .rev()
            .find(|at| tail[*at..].starts_with(END_SIGNATURE))
    });
    let end = found.ok_or("it is a zip archive without an end: it is cut short")?;
    let fields = |from: &[u8], places: [usize; 2], width: usize| {
        let [length, start] = places.map(|place| number(from, place, width));
        Some((start?, length?))
    };
    let pointer = end
        .checked_sub(POINTER_BYTES)
        .map(|start| &tail[start..end]);
    let pointer = pointer.filter(|pointer| pointer.starts_with(POINTER_SIGNATURE));
    let place = match pointer {
        Some(pointer) => {
            let record = number(pointer, 8, 8).unwrap_or(u64::MAX);
            let record = at(file, record, END_64_BYTES)?;
            fields(&record, [40, 48], 8).filter(|_| record.starts_with(END_64_SIGNATURE))
        }
        None => fields(&tail[end..], [12, 16], 4),
    };
    place.ok_or_else(|| "the end of its directory is damaged".to_string())
}

/// Reads one entry of the central directory.
fn member(entry: &[u8], extra: &[u8]) -> Option<Member> {
    let (method, flags) = (number(entry, 10, 2)?, number(entry, 8, 2)?);
    let [packed, size, header] = [20, 24, 42].map(|place| number(entry, place, 4));
    // The extra field contains, in this order, the values that did not fit.
    let mut long = extra_field(extra, SIZES_64).unwrap_or_default();
    let mut value = |short: Option<u64>| match short {
        Some(IN_EXTRA) => {
            let value = number(long, 0, 8);
            long = long.get(8..).unwrap_or_default();
            value
        }
        short => short,
    };
    let (size, packed, header) = (value(size)?, value(packed)?, value(header)?);
    Some(Member {
        header,
        size,
        // Flag 0 means that it is encrypted.
        stored: method == 0 && flags & 1 == 0 && packed == size,
    })
}

/// Returns the content of the extra field with the tag `wanted`.
fn extra_field(mut extra: &[u8], wanted: usize) -> Option<&[u8]> {
    loop {
        let (mark, length) = (number(extra, 0, 2)?, number(extra, 2, 2)? as usize);
        let content = extra.get(4..4 + length)?;
        if mark as usize == wanted {
            return Some(content);
        }
        extra = &extra[4 + length..];
    }
}

/// Returns the little-endian number of `width` bytes at `place`.
fn number(bytes: &[u8], place: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(place..place + width)?.iter().rev();
    Some(digits.fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

fn at(file: &mut (impl Read + Seek), start: u64, count: usize) -> Result<Vec<u8>, String> {
    let mut content = vec![0; count];
    file.seek(SeekFrom::Start(start))
        .and_then(|_| file.read_exact(&mut content))
        .map_err(|reason| format!("{count} bytes at byte {start}: {reason}"))?;
    Ok(content)
}
