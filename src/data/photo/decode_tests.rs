//! Files of every kind that a viewer shows, and files that must be rejected.

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder, ImageFormat};

use super::*;

/// Writes `content` to a file and reads it as a picture.
fn read(name: &str, content: &[u8]) -> Result<Photo, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    Photo::read(&path)
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    picture.write_to(&mut content, format).unwrap();
    content.into_inner()
}

/// Returns a picture two pixels wide and one high.
fn two<P, C>(left: C, right: C) -> image::ImageBuffer<P, Vec<P::Subpixel>>
where
    P: image::Pixel + From<C>,
    C: Copy,
{
    image::ImageBuffer::from_fn(2, 1, |x, _| P::from(if x == 0 { left } else { right }))
}

#[test]
fn grey_alpha_and_16_bits_have_a_fixed_conversion() {
    let pixels = |picture: DynamicImage| {
        let photo = read("p.png", &encoded(&picture, ImageFormat::Png)).unwrap();
        photo.pixels().to_vec()
    };
    let grey = DynamicImage::ImageLuma8(two::<image::Luma<u8>, _>([7], [200]));
    assert_eq!(pixels(grey), [7, 7, 7, 200, 200, 200]);
    // 0x8080 is 128 of 255 exactly; 0xFFFF is 255.
    let deep = DynamicImage::ImageLuma16(two::<image::Luma<u16>, _>([0x8080], [0xFFFF]));
    assert_eq!(pixels(deep), [128, 128, 128, 255, 255, 255]);
    // A quarter of black over white; nothing over white.
    let clear = two::<image::Rgba<u8>, _>([0, 0, 0, 51], [90, 80, 70, 0]);
    assert_eq!(pixels(clear.into()), [204, 204, 204, 255, 255, 255]);
    let deep = two::<image::LumaA<u16>, _>([0, 0xFFFF], [0xFFFF, 0xFFFF]);
    assert_eq!(pixels(deep.into()), [0, 0, 0, 255, 255, 255]);
}

/// Returns a JPEG with `orientation` in its EXIF block, as 16 or 32 bits, high or low byte first.
fn turned(orientation: u8, bits: u8, high_first: bool) -> Vec<u8> {
    // Red on the left, blue on the right, wide enough to survive the compression.
    let picture = image::RgbImage::from_fn(32, 16, |x, _| {
        image::Rgb(if x < 16 { [250, 10, 10] } else { [10, 10, 250] })
    });
    let plain = encoded(&picture.into(), ImageFormat::Jpeg);
    let number = |value: u32, bytes: usize| {
        let digits = value.to_be_bytes()[4 - bytes..].to_vec();
        match high_first {
            true => digits,
            false => digits.into_iter().rev().collect(),
        }
    };
    let (kind, bytes) = if bits == 16 { (3, 2) } else { (4, 4) };
    let mut exif = b"\xFF\xE1\x00\x22Exif\x00\x00".to_vec();
    exif.extend(if high_first { b"MM" } else { b"II" });
    let header = [(42, 2), (8, 4), (1, 2), (0x0112, 2), (kind, 2), (1, 4)];
    for (value, bytes) in header {
        exif.extend(number(value, bytes));
    }
    exif.extend(number(u32::from(orientation), bytes));
    exif.resize(2 + 0x22, 0);
    [&plain[..2], &exif, &plain[2..]].concat()
}

#[test]
fn exif_rotation_is_applied() {
    for (orientation, size, first_is_red) in [
        (1, (32, 16), true),
        (3, (32, 16), false),
        // A quarter turn clockwise puts the left end on top.
        (6, (16, 32), true),
        (8, (16, 32), false),
    ] {
        for (bits, high_first) in [(16, true), (16, false), (32, true), (32, false)] {
            let content = turned(orientation, bits, high_first);
            let photo = read("p.jpg", &content).unwrap();
            let case = format!("{orientation} of {bits} bits, {high_first}");
            assert_eq!((photo.width(), photo.height()), size, "{case}");
            let red = photo.pixels()[0] > 200;
            assert_eq!(red, first_is_red, "{case}");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("p.jpg");
            std::fs::write(&path, content).unwrap();
            let [width, height] = Photo::size_of(&path).unwrap();
            assert_eq!((width, height), size, "{case}");
        }
    }
}

/// Returns the header of a PNG that states `side` x `side` pixels.
fn bomb(side: u32) -> Vec<u8> {
    let mut content = Vec::new();
    image::codecs::png::PngEncoder::new(&mut content)
        .write_image(&[0], 1, 1, ExtendedColorType::L8)
        .unwrap();
    // Width and height follow the signature and the chunk's length and name.
    content[16..20].copy_from_slice(&side.to_be_bytes());
    content[20..24].copy_from_slice(&side.to_be_bytes());
    let checksum = crc32(&content[12..29]);
    content[29..33].copy_from_slice(&checksum.to_be_bytes());
    content
}

/// Returns the checksum of a PNG chunk (ISO 3309).
/// How `error` says to fix the picture.
fn remedy(error: &DataError) -> &'static str {
    match error {
        DataError::Picture { remedy, .. } => remedy,
        other => panic!("{other:?}"),
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc));
    !bytes.iter().fold(!0, byte)
}

#[test]
fn a_picture_larger_than_the_limits_is_refused_by_its_header() {
    for side in [60_000, 16_385, u32::MAX >> 1] {
        let error = read("bomb.png", &bomb(side)).unwrap_err();
        assert_eq!(remedy(&error), TOO_LARGE, "{error}");
        let error = error.to_string();
        let told = match side {
            ..=60_000 => format!("it has {side} x {side} pixels, 16384 a side are the most"),
            _ => "its header claims too many pixels".to_string(),
        };
        assert!(error.ends_with(&format!("bomb.png\": {told}")), "{error}");
    }
    // The header above is accepted by a decoder.
    let error = read("p.png", &bomb(2)).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the image"), "{error}");
    assert!(read("p.png", &bomb(1)).is_ok());
}

#[test]
fn files_that_are_no_pictures_are_named_with_a_remedy() {
    let picture = DynamicImage::ImageRgb8(two::<image::Rgb<u8>, _>([1, 2, 3], [4, 5, 6]));
    let png = encoded(&picture, ImageFormat::Png);
    for content in [&b""[..], b"hello, this is text", &png[..png.len() / 2]] {
        let error = read("odd.png", content).unwrap_err();
        assert!(error.to_string().contains("odd.png"), "{error}");
        assert_eq!(remedy(&error), PICTURE_FORMATS);
    }
    // The name may suggest JPEG for other content.
    for content in [&b""[..], b"<html>404</html>", b"\x00\x00\x00\x18ftypheic"] {
        let error = read("odd.jpg", content).unwrap_err();
        assert_eq!(remedy(&error), PICTURE_FORMATS, "{error}");
    }
    let jpeg = turned(1, 16, true);
    for kept in [40, jpeg.len() / 2, jpeg.len() - 2] {
        let error = read("cut.jpg", &jpeg[..kept]).unwrap_err();
        assert_eq!(remedy(&error), CUT, "{error}");
        assert!(
            error.to_string().contains("ends before the picture"),
            "{error}"
        );
    }
    for lost in ["no/such/picture.png", "."] {
        let error = Photo::read(Path::new(lost)).unwrap_err();
        assert_eq!(remedy(&error), UNREADABLE, "{error}");
    }
    // The content counts, not the name.
    assert!(read("named.jpg", &png).is_ok());
}

/// `tests/photos/cmyk.jpg`, written by Pillow 13.0.0: a bluish left half and a red right one.
/// Pillow's own conversion gives (49, 190, 216) and (255, 35, 35).
#[test]
fn cmyk_is_converted_by_its_complement() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/photos/cmyk.jpg");
    let photo = Photo::read(&path).unwrap();
    assert_eq!((photo.width(), photo.height()), (16, 8));
    for (x, expected) in [(2, [49, 190, 216]), (13, [255, 35, 35])] {
        let pixel = &photo.pixels()[(4 * 16 + x) * 3..][..3];
        let near = pixel
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.abs_diff(expected) <= 3);
        assert!(near, "{pixel:?} for {expected:?}");
    }
}
