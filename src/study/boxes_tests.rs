//! Boxes checked by hand: their place in the frame, and the errors of a CSV.

use super::*;
use crate::data::Split;
use crate::data::shapes::generate;
use crate::study::watch::Unwatched;

fn pixel_box(x0: usize, y0: usize, x1: usize, y1: usize) -> PixelBox {
    PixelBox { x0, y0, x1, y1 }
}

/// 640 x 480: the square begins at 80 and has a side of 480, so a pixel of 32 is 15 wide.
const WIDE: Window = Window {
    left: 80.0,
    top: 0.0,
    width: 480.0,
    height: 480.0,
};

#[test]
fn a_box_moves_into_the_square_and_shrinks() {
    let whole = moved([80.0, 0.0, 560.0, 480.0], WIDE, [32, 32]);
    assert_eq!(whole, Moved::Whole(pixel_box(0, 0, 32, 32)));
    // 230 - 80 = 150 is pixel 10, 305 - 80 = 225 is 15; 45 is 3, 90 is 6.
    let inner = moved([230.0, 45.0, 305.0, 90.0], WIDE, [32, 32]);
    assert_eq!(inner, Moved::Whole(pixel_box(10, 3, 15, 6)));
    // From 10.4 to 14.6, the centres 10.5 to 14.5 are inside; from 10.6 to 14.4, those two are not.
    let near = |x0: f64, x1: f64| {
        let at = |cells: f64| 80.0 + 15.0 * cells;
        moved([at(x0), 0.0, at(x1), 480.0], WIDE, [32, 32])
    };
    assert_eq!(near(10.4, 14.6), Moved::Whole(pixel_box(10, 0, 15, 32)));
    assert_eq!(near(10.6, 14.4), Moved::Whole(pixel_box(11, 0, 14, 32)));
    // A box too small to contain a centre keeps the pixel it lies in.
    assert_eq!(near(10.6, 10.7), Moved::Whole(pixel_box(10, 0, 11, 32)));
}

#[test]
fn what_lies_outside_of_the_square_is_cut_off_and_reported() {
    // 40 of 80 columns are left of the square.
    let Moved::Cut(left, share) = moved([40.0, 0.0, 120.0, 480.0], WIDE, [32, 32]) else {
        panic!("half of it is cut off")
    };
    // 40 columns at 15 per pixel are 2.67 pixels: the centre of pixel 2 is inside.
    assert_eq!(left, pixel_box(0, 0, 3, 32));
    assert!((share - 0.5).abs() < 1e-12, "{share}");
    let gone = moved([0.0, 0.0, 80.0, 480.0], WIDE, [32, 32]);
    assert_eq!(gone, Moved::Outside);
    // 480 x 640.
    let tall = Window {
        left: 0.0,
        top: 80.0,
        width: 480.0,
        height: 480.0,
    };
    let gone = moved([0.0, 600.0, 480.0, 640.0], tall, [32, 32]);
    assert_eq!(gone, Moved::Outside);
}

fn read(text: &str) -> Result<Vec<BoxedPicture>, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = folder.path().join("boxes.csv");
    std::fs::write(&csv, text).expect("written");
    let like = generate(0, Split::Test, 1);
    let classes = Classes {
        find: &|name| like.find_class(name),
        names: like.class_names(),
    };
    let read = Boxes::read(&BoxSource { csv, folder: None }, classes, &Unwatched);
    read.map(|boxes| boxes.pictures).map_err(|error| {
        let folder = folder.path().display().to_string();
        error.to_string().replace(&folder, "[folder]")
    })
}

#[test]
fn rows_of_one_file_are_its_objects_and_columns_may_change_places() {
    let pictures = read(
        "\u{feff}class,file,x0,y0,x1,y1\nring,a.png,1,2,3,4\nstar,b.png,0,0,9.5,9\n\
         ring, a.png ,5,6,7,8\n",
    )
    .expect("three objects");
    assert_eq!(pictures.len(), 2);
    assert_eq!(pictures[0].file, Path::new("a.png"));
    let lines: Vec<u64> = pictures[0].objects.iter().map(|o| o.line).collect();
    assert_eq!(lines, [2, 4]);
    assert_eq!(pictures[1].objects[0].bounds, [0.0, 0.0, 9.5, 9.0]);
}

#[test]
fn a_faulty_row_is_named_by_its_line() {
    let fault = |row: &str| read(&format!("file,class,x0,y0,x1,y1\n{row}\n")).expect_err("faulty");
    let place = "\"[folder]/boxes.csv\", line 2: ";
    for (row, expected) in [
        ("a.png,ring,1,2,x,4", "x1 is \"x\", not a number of pixels"),
        (
            "a.png,ring,1,NaN,3,4",
            "y0 is \"NaN\", not a number of pixels",
        ),
        ("a.png,ring,1,2,3", "5 values, expected 6"),
        (",ring,1,2,3,4", "no file is named"),
        ("a.png,rnig,1,2,3,4", "no class is called \"rnig\""),
        (
            "a.png,ring,5,2,3,4",
            "the box from (5, 2) to (3, 4) is reversed: x1 must be above x0 and y1 above y0",
        ),
    ] {
        assert_eq!(fault(row), format!("{place}{expected}"), "{row}");
    }
    let twice = fault("a.png,ring,1,2,3,4\na.png,star,1,2,3,4");
    assert_eq!(
        twice,
        "\"[folder]/boxes.csv\", line 3: \"a.png\" is \"star\" here and \"ring\" on line 2: its \
         maps are of one class"
    );
    let header = read("file;class;x0;y0;x1;y1\n").expect_err("another separator");
    assert_eq!(
        header,
        "\"[folder]/boxes.csv\", line 1: the columns are \"file;class;x0;y0;x1;y1\", not \
         \"file,class,x0,y0,x1,y1\""
    );
    let none = read("file,class,x0,y0,x1,y1\n").expect_err("no row");
    assert_eq!(none, "\"[folder]/boxes.csv\" has no box");
}
