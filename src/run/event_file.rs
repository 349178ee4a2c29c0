//! An event file of TensorBoard: scalars and pictures by tag and step, appended.
//!
//! # Source
//! TensorFlow's `record_writer.h` (a record is its length, the masked CRC of the length, the data, and the
//! masked CRC of the data) and `event.proto` with `summary.proto` (numbers of the fields).

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::RunError;

/// The reflected polynomial of CRC-32C.
///
/// # Source
/// RFC 3720, section 12.1 (Castagnoli).
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// What is added to a rotated CRC, so that the CRC of data that hold CRCs is another one.
const MASK: u32 = 0xa282_ead8;
/// The version that the first event states.
const VERSION: &[u8] = b"brain.Event:2";
/// Bytes around the data of a record: length, its CRC, and the CRC of the data.
const AROUND: usize = 16;
/// Largest record that is read; ours are a few small pictures.
const MOST: u64 = 1 << 26;
/// Channels of a picture: red, green and blue.
const CHANNELS: usize = 3;

/// A value of a tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shown {
    /// A number.
    Scalar(f32),
    /// A PNG file with its height and width.
    Picture(Vec<u8>, [usize; 2]),
}

/// The values of one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// The step.
    pub(super) step: u64,
    /// Seconds since 1970-01-01 UTC.
    pub(super) wall_time: f64,
    /// Values by tag.
    pub(super) values: Vec<(String, Shown)>,
}

/// Appends those of `rows` to the file at `path` that come after its last step; a file that is missing is
/// begun, a record that a kill cut off is removed.
///
/// # Errors
/// [`RunError::Io`]; [`RunError::Damaged`] for a file that is no event file.
pub(super) fn append(path: &Path, rows: &[Event]) -> Result<(), RunError> {
    let failed = |what| move |source| RunError::io(what, path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed("open"))?;
    let (whole, last) = last_step(&mut file, path)?;
    let mut content = Vec::new();
    if whole == 0 {
        let time = rows.first().map_or(0.0, |row| row.wall_time);
        let mut event = time_and_step(time, 0);
        bytes_field(&mut event, 3, VERSION);
        record(&mut content, &event);
    }
    for row in rows
        .iter()
        .filter(|row| last.is_none_or(|last| row.step > last))
    {
        record(&mut content, &encoded(row));
    }
    file.set_len(whole).map_err(failed("shorten"))?;
    file.seek(SeekFrom::Start(whole)).map_err(failed("write"))?;
    file.write_all(&content).map_err(failed("write"))?;
    file.sync_all().map_err(failed("write"))
}

/// Returns the length of the whole records of `file`, and the last step with values.
fn last_step(file: &mut File, path: &Path) -> Result<(u64, Option<u64>), RunError> {
    let mut content = Vec::new();
    file.read_to_end(&mut content)
        .map_err(|source| RunError::io("read", path, source))?;
    let (records, whole) = records(&content);
    if records.is_empty() && content.len() >= AROUND {
        return Err(RunError::damaged(path, "it is no event file"));
    }
    let steps = records.iter().skip(1).filter_map(|data| step_of(data));
    Ok((whole as u64, steps.max()))
}

/// Returns the data of the whole records in `content`, and their length with what is around them.
fn records(content: &[u8]) -> (Vec<&[u8]>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((data, next)) = next_record(content, at) {
        found.push(data);
        at = next;
    }
    (found, at)
}

fn next_record(content: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let head = content.get(at..at + 12)?;
    let length = u64::from_le_bytes(head[..8].try_into().ok()?);
    let crc = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?));
    if length > MOST || crc(&head[8..])? != masked_crc(&head[..8]) {
        return None;
    }
    let start = at + 12;
    let end = start + usize::try_from(length).ok()?;
    let data = content.get(start..end)?;
    (crc(content.get(end..end + 4)?)? == masked_crc(data)).then_some((data, end + 4))
}

/// Returns the step of an event: its field 2, a varint.
fn step_of(event: &[u8]) -> Option<u64> {
    // Field 1, the time, comes first and takes nine bytes.
    let rest = event.get(9..)?;
    if *rest.first()? != tag(2, 0) {
        return Some(0);
    }
    let mut value = 0u64;
    for (place, byte) in rest.get(1..)?.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn encoded(row: &Event) -> Vec<u8> {
    let mut summary = Vec::new();
    for (name, value) in &row.values {
        let mut one = Vec::new();
        bytes_field(&mut one, 1, name.as_bytes());
        match value {
            Shown::Scalar(value) => {
                one.push(tag(2, 5));
                one.extend(value.to_le_bytes());
            }
            Shown::Picture(png, [height, width]) => {
                let mut image = Vec::new();
                for (number, value) in [(1, *height), (2, *width), (3, CHANNELS)] {
                    image.push(tag(number, 0));
                    varint(&mut image, value as u64);
                }
                bytes_field(&mut image, 4, png);
                bytes_field(&mut one, 4, &image);
            }
        }
        bytes_field(&mut summary, 1, &one);
    }
    let mut event = time_and_step(row.wall_time, row.step);
    bytes_field(&mut event, 5, &summary);
    event
}

fn time_and_step(time: f64, step: u64) -> Vec<u8> {
    let mut event = vec![tag(1, 1)];
    event.extend(time.to_le_bytes());
    event.push(tag(2, 0));
    varint(&mut event, step);
    event
}

/// Returns the first byte of a field: its number and how it is encoded.
fn tag(number: u8, wire: u8) -> u8 {
    number << 3 | wire
}

fn bytes_field(into: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    into.push(tag(number, 2));
    varint(into, bytes.len() as u64);
    into.extend(bytes);
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn record(into: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    into.extend(length);
    into.extend(masked_crc(&length).to_le_bytes());
    into.extend(data);
    into.extend(masked_crc(data).to_le_bytes());
}

fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(MASK)
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, value: f32) -> Event {
        Event {
            step,
            wall_time: 1.5,
            values: vec![("loss/train".to_string(), Shown::Scalar(value))],
        }
    }

    /// The check value of CRC-32C, and RFC 3720's example of 32 zeros (section B.4).
    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn varints_by_hand() {
        for (value, expected) in [(1, &[1][..]), (300, &[0xac, 0x02]), (127, &[127])] {
            let mut bytes = Vec::new();
            varint(&mut bytes, value);
            assert_eq!(bytes, expected);
        }
    }

    /// Time 1.5 and step 300, then a summary of one value, written by hand from the field numbers.
    #[test]
    fn an_event_by_hand() {
        let mut expected = vec![
            0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 0xac, 0x02, 0x2a, 0x13,
        ];
        expected.extend([0x0a, 0x11, 0x0a, 0x0a]);
        expected.extend(b"loss/train");
        expected.extend([0x15, 0, 0, 0, 0x3f]);
        assert_eq!(encoded(&row(300, 0.5)), expected);
        assert_eq!(step_of(&expected), Some(300));
    }

    #[test]
    fn what_is_there_is_not_repeated_and_a_torn_record_is_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("events");
        append(&path, &[row(0, 1.0), row(1, 0.5)]).expect("written");
        let before = std::fs::read(&path).expect("read");
        append(&path, &[row(0, 1.0), row(1, 0.5)]).expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), before);
        append(&path, &[row(0, 1.0), row(1, 0.5), row(2, 0.25)]).expect("written");
        let whole = std::fs::read(&path).expect("read");
        let steps: Vec<_> = records(&whole).0.iter().map(|data| step_of(data)).collect();
        assert_eq!(steps, [Some(0), Some(0), Some(1), Some(2)]);

        std::fs::write(&path, &whole[..whole.len() - 3]).expect("written");
        append(&path, &[row(1, 0.5), row(2, 0.25)]).expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), whole);

        std::fs::write(&path, b"these are other bytes").expect("written");
        let error = append(&path, &[row(1, 0.5)])
            .expect_err("refused")
            .to_string();
        assert!(error.contains("it is no event file"), "{error}");
    }
}
