//! The orientation of a picture, as its EXIF block states it.

use image::metadata::Orientation;

/// The tag of the orientation.
const ORIENTATION: u32 = 0x0112;
/// The types of a whole number: 16 and 32 bits. The orientation should have 16; some programs write
/// 32.
const SHORT: u32 = 3;
/// See [`SHORT`].
const LONG: u32 = 4;
/// Bytes of an entry: tag, type, count, and value.
const ENTRY: usize = 12;
/// Bytes of an entry before its value.
const VALUE_AT: usize = 8;

/// Returns the orientation in an EXIF block, if it states one.
///
/// # Source
/// TIFF 6.0, section 2 (header, directory and types); EXIF 2.32, 4.6.4 (orientation).
pub(super) fn orientation(block: &[u8]) -> Option<Orientation> {
    let low_first = match block.get(..4)? {
        [0x49, 0x49, 42, 0] => true,
        [0x4D, 0x4D, 0, 42] => false,
        _ => return None,
    };
    let number = |place: usize, bytes: usize| {
        let digits = block.get(place..place.checked_add(bytes)?)?;
        let joined = |value: u32, digit: &u8| value << 8 | u32::from(*digit);
        Some(match low_first {
            true => digits.iter().rev().fold(0, joined),
            false => digits.iter().fold(0, joined),
        })
    };
    let directory = number(4, 4)? as usize;
    let entries = directory.checked_add(2)?;
    for entry in 0..number(directory, 2)? as usize {
        let place = entries.checked_add(entry * ENTRY)?;
        let bytes = match (number(place, 2)?, number(place + 2, 2)?) {
            (ORIENTATION, SHORT) => 2,
            (ORIENTATION, LONG) => 4,
            _ => continue,
        };
        let value = number(place + VALUE_AT, bytes)?;
        return Orientation::from_exif(u8::try_from(value).ok()?);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_lies_or_is_cut_states_no_orientation() {
        // Two entries: the maker, and the orientation as 32 bits.
        let whole = b"II*\0\x08\0\0\0\x02\0\
            \x0F\x01\x02\0\x01\0\0\0\0\0\0\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0";
        assert_eq!(orientation(whole), Some(Orientation::Rotate90));
        for length in 0..whole.len() {
            assert_eq!(orientation(&whole[..length]), None, "{length} bytes");
        }
        let changed = |place: usize, value: u8| {
            let mut block = whole.to_vec();
            block[place] = value;
            orientation(&block)
        };
        // Another byte order, a directory far away, an unknown value, one of 32 bits.
        assert_eq!(changed(0, b'M'), None);
        assert_eq!(changed(7, 0xFF), None);
        assert_eq!(changed(30, 9), None);
        assert_eq!(changed(33, 1), None);
    }
}
