//! Detects truncated JPEG files, which the decoder does not report.

/// First bytes of every file: the marker of the image's start.
pub(super) const JPEG_START: [u8; 2] = [MARKER, 0xD8];
/// First byte of every marker.
const MARKER: u8 = 0xFF;
/// End of the image.
const END: u8 = 0xD9;

/// Returns whether the file contains the end marker of its picture (ITU-T T.81, B.1.1). The marker
/// of a thumbnail, which lies within a segment, does not count.
pub(super) fn reaches_its_end(content: &[u8]) -> bool {
    let mut place = 0;
    while let Some(next) = content[place..].iter().position(|byte| *byte == MARKER) {
        place += next;
        // Any number of fill bytes may precede a marker's kind.
        let Some(fill) = content[place..].iter().position(|byte| *byte != MARKER) else {
            return false;
        };
        place += fill;
        match content[place] {
            END => return true,
            // A value of 255 or a marker without a segment: restart, start of the image, or private
            // use.
            0x00 | 0x01 | 0xD0..=0xD8 => place += 1,
            // A segment: two bytes of length, which include themselves, and the rest.
            _ => match content[place + 1..] {
                [high, low, ..] => place += 1 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
        }
        if place > content.len() {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, a segment with an end marker inside, a scan with a stuffed 255, a restart and fill
    /// bytes, and the end.
    const WHOLE: [u8; 24] = [
        0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2, 7, 0xFF, 0, 9,
        0xFF, 0xD0, 3, 0xFF, 0xFF, 0xD9,
    ];

    #[test]
    fn only_the_whole_reaches_its_end() {
        assert!(reaches_its_end(&WHOLE));
        for kept in 0..WHOLE.len() {
            assert!(!reaches_its_end(&WHOLE[..kept]), "{kept} bytes");
        }
        let mut followed = WHOLE.to_vec();
        followed.extend([1, 2, 3]);
        assert!(reaches_its_end(&followed));
    }
}
