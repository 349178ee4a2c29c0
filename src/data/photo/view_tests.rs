//! Compared with Pillow and torchvision, value for value; and the geometry by hand.

use super::*;

/// Returns a picture without a regular pattern, which a short program can reproduce.
fn pattern(width: u32, height: u32) -> Photo {
    Photo::from_fn(width, height, |x, y| {
        [
            ((x * 37 + y * 101) % 256) as u8,
            ((x * x * 3 + y * 7) % 256) as u8,
            (((x * 11) ^ (y * 29)) % 256) as u8,
        ]
    })
}

/// Returns the FNV-1a hash, 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Compares every byte, by its hash, with the result of
/// `T.Compose([T.Resize(resize, interpolation), T.CenterCrop(crop)])` of torchvision 0.29.2 on
/// Pillow 13.0.0's image of the same pattern. The first pixels help to locate a difference.
#[test]
fn resized_and_cut_as_torchvision_does_it_with_pillow() {
    use Filter::{Bicubic, Bilinear};
    for ((width, height), (resize, crop), filter, first, hash) in [
        (
            (13, 9),
            (6, 5),
            Bilinear,
            [164, 43, 45, 148, 84, 58],
            0x3b78_0377_4945_d5a8,
        ),
        (
            (13, 9),
            (6, 5),
            Bicubic,
            [173, 40, 44, 151, 83, 58],
            0x153e_1a92_c917_ce1c,
        ),
        (
            (7, 11),
            (20, 17),
            Bilinear,
            [191, 16, 60, 204, 17, 57],
            0x87ae_e810_7c8e_5d19,
        ),
        (
            (7, 11),
            (20, 17),
            Bicubic,
            [209, 16, 60, 231, 17, 58],
            0x78ca_884b_26d0_7381,
        ),
        (
            (500, 375),
            (256, 224),
            Bilinear,
            [154, 82, 39, 116, 88, 32],
            0xa057_5752_ff43_b143,
        ),
        (
            (375, 501),
            (256, 224),
            Bicubic,
            [150, 84, 144, 167, 126, 203],
            0xb628_ead7_bd70_4b75,
        ),
        (
            (333, 500),
            (256, 227),
            Bilinear,
            [193, 126, 115, 140, 110, 117],
            0x0445_63e0_765b_a196,
        ),
        // Neither side changes.
        (
            (256, 300),
            (256, 224),
            Bilinear,
            [78, 10, 254, 115, 109, 245],
            0xa31f_169b_8023_6765,
        ),
        (
            (1000, 40),
            (256, 224),
            Bilinear,
            [127, 161, 154, 133, 174, 169],
            0x83a7_9d28_ef51_ae91,
        ),
    ] {
        let resize = Resize::Shorter(resize);
        assert_seen((width, height), (resize, crop, filter), first, hash);
    }
    // `T.Resize((256, 256))`: the aspect ratio is not kept.
    let caffe = (Resize::Both(256), 227, Bilinear);
    let first = [124, 124, 93, 115, 96, 58];
    assert_seen((500, 375), caffe, first, 0xf212_c961_1303_a00e);
    let larger = (Resize::Both(20), 17, Bicubic);
    assert_seen(
        (7, 11),
        larger,
        [97, 7, 24, 111, 8, 22],
        0x94b6_6e12_7f40_20a7,
    );
}

/// Asserts the first pixels and the hash of the view of the pattern of `size`.
fn assert_seen(
    size: (u32, u32),
    (resize, crop, filter): (Resize, usize, Filter),
    first: [u8; 6],
    hash: u64,
) {
    let view = View::ResizedCrop {
        resize,
        crop,
        filter,
    };
    let photo = pattern(size.0, size.1);
    let (columns, rows) = view.axes(photo.width(), photo.height());
    let found = resampled(&photo, columns, rows, filter);
    assert_eq!(found.len(), crop * crop * 3);
    assert_eq!(found[..6], first, "{size:?}, {view:?}");
    assert_eq!(fnv(&found), hash, "{size:?}, {view:?}");
}

/// Every byte of torchvision's `TenCrop(17)` of the same pattern at 20 x 20, channel by channel.
#[test]
fn ten_crops_are_torchvision_s() {
    let view = View::ResizedCrop {
        resize: Resize::Both(20),
        crop: 17,
        filter: Filter::Bicubic,
    };
    let photo = pattern(7, 11);
    let crops = view.ten_crops(&photo);
    let bytes = crops.iter().map(|value| (value * 255.0).round() as u8);
    let bytes: Vec<u8> = bytes.collect();
    assert_eq!(bytes.len(), 10 * 3 * 17 * 17);
    assert_eq!(fnv(&bytes), 0x7a5e_d6a3_7d03_0ba2);
    let one = 3 * 17 * 17;
    assert_eq!(crops[4 * one..5 * one], view.pixels(&photo));
}

#[test]
fn the_square_lies_in_the_middle_of_the_whole() {
    let view = View::ResizedCrop {
        resize: Resize::Shorter(256),
        crop: 224,
        filter: Filter::Bilinear,
    };
    // 512 x 1024 becomes 256 x 512: a half. The square is 224 wide, 16 in and 144 down.
    let expected = Window {
        left: 32.0,
        top: 288.0,
        width: 448.0,
        height: 448.0,
    };
    assert_eq!(view.window(512, 1024), expected);
    // 512 x 1024 becomes 256 x 256, and the square begins at a sixteenth of each side.
    let warped = View::ResizedCrop {
        resize: Resize::Both(256),
        crop: 224,
        filter: Filter::Bilinear,
    };
    let expected = Window {
        left: 32.0,
        top: 64.0,
        width: 448.0,
        height: 896.0,
    };
    assert_eq!(warped.window(512, 1024), expected);
    let whole = View::LargestSquare { side: 32 }.window(64, 32);
    let expected = Window {
        left: 16.0,
        top: 0.0,
        width: 32.0,
        height: 32.0,
    };
    assert_eq!(whole, expected);
    // Nothing is resized there: pixel (16, 0) of the picture comes first.
    let photo = pattern(64, 32);
    let seen = View::LargestSquare { side: 32 }.pixels(&photo);
    let first = photo.pixels()[16 * 3];
    assert_eq!(seen[0], f32::from(first) / 255.0);
    assert_eq!(seen.len(), 3 * 32 * 32);
}

/// A one-pixel-high picture, whose longer side would be resized to a hundred thousand pixels, takes
/// no more memory than its square.
#[test]
fn a_picture_of_one_row_is_seen_without_making_the_whole() {
    let photo = pattern(4000, 1);
    let view = View::ResizedCrop {
        resize: Resize::Shorter(256),
        crop: 224,
        filter: Filter::Bicubic,
    };
    assert_eq!(view.pixels(&photo).len(), 3 * 224 * 224);
    let window = view.window(4000, 1);
    assert!(
        (window.left + window.width / 2.0 - 2000.0).abs() < 0.01,
        "{window:?}"
    );
    let (small, size) = photo.thumbnail(500);
    assert_eq!((small.len(), size), (3 * 500, [1, 500]));
    let one = Photo::from_fn(1, 1, |_, _| [255, 0, 51]);
    assert_eq!(one.thumbnail(500), (vec![1.0, 0.0, 0.2], [1, 1]));
    assert_eq!(view.pixels(&one)[224 * 224], 0.0);
}
