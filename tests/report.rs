//! `report`: one page of all results, opened in a real browser where there is one.

#[path = "support/browser.rs"]
mod browser;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use browser::{Browser, Page, Viewing};
use camtrail::run::{
    Array, DepthRow, DigitTrack, DrawnAs, ExplainedClip, ExplainedImage, ExplanationRecord,
    ExplanationSet, SequenceSet, StateMap, TableRow,
};
use serde_json::json;
use support::binary::run_with_published;
use support::{done_in, new_folder, run_in};

/// A name that HTML would obey.
const NAME: &str = "<script>alert(1)</script>";
/// Side of the maps, in cells.
const SIDE: usize = 8;
/// Checkpoints of each network.
const EPOCHS: [u32; 3] = [0, 1, 5];

fn array(shape: &[usize], value: impl Fn(usize) -> f32) -> Array {
    Array {
        shape: shape.to_vec(),
        values: (0..shape.iter().product()).map(value).collect(),
    }
}

/// The cell of a map that is not 0: another one for every network, epoch and method.
fn bright(network: usize, epoch: usize, method: usize) -> usize {
    SIDE * epoch + 2 * network + method
}

/// Maps of two pictures by two networks at three checkpoints with two methods.
fn maps() -> ExplanationSet {
    let mut set = ExplanationSet {
        selection_rule: "Pictures: two.".into(),
        drawn_as: DrawnAs {
            figures: vec!["training-time".into()],
            ..DrawnAs::default()
        },
        ..ExplanationSet::default()
    };
    for (picture, class) in [NAME, "cat"].iter().enumerate() {
        let pixels = format!("image/{picture}");
        set.arrays.insert(
            pixels.clone(),
            array(&[3, 16, 16], |place| (place % 16) as f32 / 16.0),
        );
        set.images.push(ExplainedImage {
            id: format!("shapes/test/{picture}"),
            generated: true,
            true_class: Some(class.to_string()),
            pixels,
        });
        for (network, trial) in ["trial-a", "trial-b"].into_iter().enumerate() {
            for (place, epoch) in EPOCHS.into_iter().enumerate() {
                for (number, method) in ["grad-cam", "hires-cam"].into_iter().enumerate() {
                    let name = format!("{picture}-{network}-{epoch}-{method}");
                    let at = bright(network, place, number);
                    let spot = array(&[SIDE, SIDE], |cell| if cell == at { 3.0 } else { 0.0 });
                    let heat = array(&[16, 16], |_| 0.5);
                    let explanation = array(&[3, 16, 16], |_| 0.5);
                    set.arrays.insert(format!("raw/{name}"), spot);
                    set.arrays.insert(format!("heat/{name}"), heat);
                    set.arrays
                        .insert(format!("explanation/{name}"), explanation);
                    set.records.push(ExplanationRecord {
                        image: format!("shapes/test/{picture}"),
                        trial: trial.into(),
                        network_title: String::new(),
                        seed: 0,
                        epoch,
                        checkpoint: if epoch == 5 {
                            "best".into()
                        } else {
                            format!("epoch {epoch}")
                        },
                        pretrained: None,
                        method: method.into(),
                        title: if number == 0 {
                            "Grad-CAM".into()
                        } else {
                            "HiResCAM".into()
                        },
                        layer: "block-1".into(),
                        native_size: [SIDE, SIDE],
                        target_class: class.to_string(),
                        target_rule: "true".into(),
                        quantity: "logit".into(),
                        confidence: 0.25 * (network + 1) as f32,
                        explanation_confidence: 0.125,
                        predicted_class: "cat".into(),
                        predicted_confidence: 0.75,
                        empty: false,
                        seen: None,
                        retrained_head: None,
                        raw: format!("raw/{name}"),
                        heat: format!("heat/{name}"),
                        explanation: format!("explanation/{name}"),
                    });
                }
            }
        }
    }
    set
}

/// A clip of three watched frames, each with one bright pixel, and the maps of its states.
fn clips() -> SequenceSet {
    let frames = array(
        &[4, 4, 4],
        |place| if place % 16 == place / 16 { 1.0 } else { 0.0 },
    );
    let region = array(&[4, 4], |place| if place < 2 { 1.0 } else { 0.0 });
    let mut arrays = BTreeMap::from([
        ("frames".to_string(), frames),
        ("prediction".to_string(), array(&[4, 4], |_| 0.5)),
        ("region".to_string(), region),
    ]);
    let mut maps = Vec::new();
    for lag in 0..3 {
        let name = format!("signed/{lag}");
        let sign = if lag == 1 { -1.0 } else { 1.0 };
        arrays.insert(name.clone(), array(&[2, 2], |_| sign));
        maps.push(StateMap {
            clip: "digits/test/0".into(),
            method: "grad-cam".into(),
            title: "Grad-CAM".into(),
            layer: 0,
            lag,
            gradient_norm: 1.0 / (lag + 1) as f64,
            likeness: Some(0.5),
            repeats: lag == 0,
            signed: name,
        });
    }
    SequenceSet {
        experiment: "convlstm".into(),
        network_title: "ConvLSTM".into(),
        seed: 0,
        epoch: 4,
        checkpoint: "best".into(),
        clips: vec![ExplainedClip {
            id: "digits/test/0".into(),
            generated: true,
            digits: vec![DigitTrack {
                label: 7,
                places: vec![[0.0, 0.0]; 4],
            }],
            target: "digit-1".into(),
            watched: 3,
            error: 1.0,
            frames: "frames".into(),
            prediction: "prediction".into(),
            region: "region".into(),
        }],
        maps,
        arrays,
    }
}

fn depth(trial: &str, test: f64) -> DepthRow {
    DepthRow {
        trial: trial.into(),
        network_title: String::new(),
        seed: 0,
        blocks: 1,
        parameters: 1234,
        multiply_adds: 99,
        epoch: 5,
        checkpoint: "best".into(),
        dataset: "shapes".into(),
        generated: true,
        validation_accuracy: 0.5,
        validation_images: 10,
        test_accuracy: test,
        test_top5_accuracy: 0.9,
        test_images: 10,
    }
}

/// Writes results of made-up networks, draws them, and returns the page of them.
fn page(name: &str) -> PathBuf {
    let folder = new_folder(name);
    let shapes = folder.join("figures/shapes");
    maps()
        .write(&shapes.join("maps-along-training"))
        .expect("written");
    let rows = [("trial-b", 0.25), ("trial-a", 0.5), (NAME, 0.125)]
        .map(|(trial, test)| depth(trial, test));
    DepthRow::write(&shapes.join(DepthRow::FILE), &rows).expect("written");
    clips()
        .write(&folder.join("figures/digits/sequence/convlstm-seed-0"))
        .expect("written");
    fs::write(shapes.join("a b#1.csv"), "a\n1\n").expect("written");
    done_in(&folder, &["draw", "figures"]);
    let shown = done_in(&folder, &["report"]).stdout;
    assert_eq!(shown, "open figures/index.html in a browser\n");
    folder.join("figures/index.html")
}

#[test]
fn the_page_holds_what_it_shows_and_escapes_names() {
    let path = page("report-page");
    let text = fs::read_to_string(&path).expect("a page");
    assert!(!text.contains(NAME), "a name is code");
    assert!(text.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"));
    assert!(text.contains("href=\"shapes&#x2f;a%20b%231.csv\""));
    for forbidden in ["src=\"http", "src=\"shapes", "<link", "@import", "fetch("] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.contains("Trial A has the highest test accuracy, 50.0 % of 10 images of shapes."));
    let images = text.matches("<img src=\"data:image/png;base64,").count();
    assert!(images >= 3, "{images} figures");
    // Images come before clips, and the same results give the same page.
    assert!(text.find(">shapes").expect("shapes") < text.find(">digits").expect("digits"));
    let folder = path.parent().and_then(Path::parent).expect("its folder");
    done_in(folder, &["report"]);
    assert_eq!(fs::read_to_string(&path).expect("a page"), text);
    // A page of one data set.
    let shown = done_in(folder, &["report", "figures/shapes"]).stdout;
    assert_eq!(shown, "open figures/shapes/index.html in a browser\n");
    let own = fs::read_to_string(folder.join("figures/shapes/index.html")).expect("a page");
    assert!(own.contains("href=\"depth.csv\"") && !own.contains("ConvLSTM"));
}

#[test]
fn a_folder_without_results_and_a_damaged_one_are_refused() {
    let folder = new_folder("report-faults");
    let none = run_in(&folder, &["report"]);
    assert_eq!(none.code, 2, "{}", none.stdout);
    assert!(
        none.stderr.contains("there is no folder \"figures\""),
        "{}",
        none.stderr
    );
    fs::create_dir_all(folder.join("figures/shapes")).expect("made");
    let empty = run_in(&folder, &["report"]);
    assert_eq!(empty.code, 1, "{}", empty.stdout);
    for part in [
        "there is nothing to report in \"figures\"",
        "reproduce --quick",
    ] {
        assert!(empty.stderr.contains(part), "{}", empty.stderr);
    }
    let maps = folder.join("figures/shapes/maps");
    self::maps().write(&maps).expect("written");
    fs::write(maps.join("maps.json"), "{").expect("written");
    let damaged = run_in(&folder, &["report"]);
    assert_eq!(damaged.code, 1, "{}", damaged.stdout);
    assert!(
        damaged.stderr.contains("shapes/maps/maps.json"),
        "{}",
        damaged.stderr
    );
    assert!(!folder.join("figures/index.html").exists());
}

/// Returns the brightest cell of the canvas that `selector` matches, on the scale that the page shows.
fn brightest(page: &mut Page<'_>, selector: &str) -> usize {
    let cell = page.evaluate(&format!(
        "(() => {{
            const canvas = document.querySelector({selector:?});
            const {{ width, height }} = canvas;
            const {{ data }} = canvas.getContext('2d').getImageData(0, 0, width, height);
            let [most, best] = [-1, 0];
            for (let cell = 0; cell < {SIDE} * {SIDE}; cell++) {{
                const x = Math.floor((cell % {SIDE} + 0.5) * width / {SIDE});
                const y = Math.floor((Math.floor(cell / {SIDE}) + 0.5) * height / {SIDE});
                const red = data[4 * (y * width + x)] - data[4 * (y * width + x) + 2];
                if (red > most) [most, best] = [red, cell];
            }}
            return best;
        }})()"
    ));
    usize::try_from(cell.as_u64().expect("a cell")).expect("small")
}

/// The canvas of a network in the first picture's column.
fn canvas(network: usize) -> String {
    format!(
        ".maps tbody tr:nth-child({}) td:nth-of-type(1) canvas",
        network + 1
    )
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn the_sliders_change_the_right_maps_in_a_browser() {
    let path = page("report-sliders");
    let mut browser = Browser::start();
    let mut page = browser.open(&path, Viewing::default());
    page.wait_until("document.querySelectorAll('.maps canvas').length === 4");
    page.set_value(".explorer select[data-name='Show']", "map");
    let slider = ".explorer input[aria-label='Training']";
    for (place, epoch) in EPOCHS.iter().enumerate() {
        page.set_value(slider, &place.to_string());
        for (number, method) in ["grad-cam", "hires-cam"].iter().enumerate() {
            page.set_value(".explorer select[data-name='Method']", method);
            page.wait_until(&format!(
                "document.querySelector('.cell').dataset.epoch === '{epoch}'"
            ));
            page.wait_until(
                "document.querySelector('.maps tbody canvas').dataset.painted === 'true'",
            );
            for network in 0..2 {
                let expected = bright(network, place, number);
                page.wait_until(&format!(
                    "document.querySelector({:?}).dataset.painted === 'true'",
                    canvas(network)
                ));
                assert_eq!(
                    brightest(&mut page, &canvas(network)),
                    expected,
                    "{epoch} {method} {network}"
                );
            }
        }
    }
    // With the keyboard alone.
    page.evaluate(&format!("document.querySelector({slider:?}).focus()"));
    page.press("ArrowLeft");
    page.wait_until("document.querySelector('.cell').dataset.epoch === '1'");
    page.evaluate("document.querySelector('.cell').focus()");
    page.press("Enter");
    page.wait_until("document.getElementById('large').open");
    let strip = page.evaluate(
        "document.querySelectorAll('#large .strip')[0].querySelectorAll('canvas').length",
    );
    assert_eq!(strip, json!(3), "every checkpoint of the cell");
    page.press("Escape");
    page.wait_until("!document.getElementById('large').open");

    let time = ".player input[aria-label='Time']";
    let words = ".player output";
    let shown = |page: &mut Page<'_>| {
        page.evaluate(&format!("document.querySelector({words:?}).textContent"))
    };
    assert_eq!(shown(&mut page), json!("frame 2, 1 before the newest"));
    page.set_value(time, "2");
    assert_eq!(shown(&mut page), json!("frame 3, the newest"));
    let repeats =
        page.evaluate("document.querySelector('.player p').textContent.includes('only repeats')");
    assert_eq!(repeats, json!(true));
    // The third frame's bright pixel is the third of its first row; the map of that state is positive.
    let pixel = |page: &mut Page<'_>, figure: usize, x: usize| {
        page.evaluate(&format!(
            "[...document.querySelectorAll('.player canvas')[{figure}].getContext('2d')
                .getImageData({x}, 10, 1, 1).data]"
        ))
    };
    assert_eq!(pixel(&mut page, 0, 140), json!([255, 255, 255, 255]));
    assert_eq!(pixel(&mut page, 0, 30), json!([0, 0, 0, 255]));
    let positive = pixel(&mut page, 1, 30);
    assert!(positive[0].as_u64() > positive[2].as_u64(), "{positive}");
    page.set_value(time, "1");
    let negative = pixel(&mut page, 1, 100);
    assert!(negative[0].as_u64() < negative[2].as_u64(), "{negative}");
    assert_eq!(page.errors(), [""; 0]);
    assert_eq!(page.requests(), [""; 0]);
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn names_are_text_and_tables_sort_in_a_browser() {
    let path = page("report-names");
    let mut browser = Browser::start();
    let mut page = browser.open(&path, Viewing::default());
    page.wait_until("document.querySelectorAll('.maps canvas').length === 4");
    let head = page.evaluate("document.querySelector('.maps thead th:nth-child(2)').textContent");
    assert_eq!(head, json!(NAME));
    let names = "[...document.querySelectorAll('table.sortable')[0].tBodies[0].rows].map(row => row.cells[0].textContent)";
    assert_eq!(page.evaluate(names), json!(["Trial B", "Trial A", NAME]));
    page.evaluate(
        "document.querySelectorAll('table.sortable')[0].querySelectorAll('th button')[4].click()",
    );
    assert_eq!(page.evaluate(names), json!([NAME, "Trial B", "Trial A"]));
    page.evaluate(
        "document.querySelectorAll('table.sortable')[0].querySelectorAll('th button')[4].click()",
    );
    assert_eq!(page.evaluate(names), json!(["Trial A", "Trial B", NAME]));
    let sorted = page.evaluate(
        "document.querySelectorAll('table.sortable')[0].querySelector('[aria-sort]').ariaSort",
    );
    assert_eq!(sorted, json!("descending"));
    let without = page.evaluate("[...document.images].filter(image => !image.alt).length");
    assert_eq!(without, json!(0), "a picture has no text in its place");
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn it_fits_narrow_windows_dark_mode_and_no_scripts_in_a_browser() {
    let path = page("report-windows");
    let folder = path.parent().expect("a folder");
    let mut browser = Browser::start();
    for width in [1280, 400] {
        let mut page = browser.open(
            &path,
            Viewing {
                width,
                ..Viewing::default()
            },
        );
        page.wait_until("document.querySelectorAll('.maps canvas').length === 4");
        let over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
        assert!(
            over.as_i64().expect("pixels") <= 0,
            "{width}: {over} pixels too wide"
        );
        page.screenshot(width, &folder.join(format!("page-{width}.png")));
    }
    let mut page = browser.open(
        &path,
        Viewing {
            dark: true,
            ..Viewing::default()
        },
    );
    let paper = page.evaluate("getComputedStyle(document.body).backgroundColor");
    assert_eq!(paper, json!("rgb(21, 23, 26)"));
    drop(page);
    let mut page = browser.open(
        &path,
        Viewing {
            scripts: false,
            ..Viewing::default()
        },
    );
    let figures = page.evaluate("document.querySelectorAll('.figure img').length");
    assert!(figures.as_u64().expect("a number") >= 3, "{figures}");
    let hidden = page.evaluate("document.querySelectorAll('.explorer:not([hidden])').length");
    assert_eq!(hidden, json!(0), "an explorer without its program");
}

/// The published networks.
fn published() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/published")
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn a_picture_of_ones_own_is_explained_as_on_the_command_line_in_a_browser() {
    let path = page("report-try");
    let folder = path.parent().and_then(Path::parent).expect("its folder");
    let report = ["report", "--networks", "published"];
    let shown = run_with_published(folder, &published(), &report);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    // A dark disc on a bright ground that changes from left to right.
    let picture = image::RgbImage::from_fn(90, 70, |x, y| {
        let inside = (x as f32 - 40.0).hypot(y as f32 - 35.0) < 20.0;
        match inside {
            true => image::Rgb([40, 30, 20]),
            false => image::Rgb([200, 90 + x as u8, 120]),
        }
    });
    picture.save(folder.join("a.png")).expect("written");
    fs::write(folder.join("b.png"), "no picture").expect("written");
    let explain = ["explain", "trial-d", "--image", "a.png", "--device", "cpu"];
    let told = run_with_published(folder, &published(), &explain);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let explained =
        ExplanationSet::open(&folder.join("figures/explain/trial-d-seed-0")).expect("maps");
    let expected = &explained.records[0].predicted_class;

    let mut browser = Browser::start();
    let mut page = browser.open(&path, Viewing::default());
    page.choose_file(".try input[type=file]", &folder.join("b.png"));
    let status = "document.querySelector('.try [aria-live]').textContent";
    page.wait_until(&format!(
        "{status} === 'b.png is not a picture that this browser can read.'"
    ));
    page.drop_file(".try .drop", &folder.join("a.png"));
    page.wait_until("document.querySelectorAll('.try tbody tr').length === 4");
    let rows = page.evaluate(
        "[...document.querySelectorAll('.try tbody th')].map(head => head.firstChild.textContent)",
    );
    assert_eq!(rows, json!(["Trial A", "Trial B", "Trial C", "Trial D"]));
    let last =
        page.evaluate("document.querySelector('.try tbody tr:last-child').dataset.predicted");
    assert_eq!(last, json!(expected));
    let words =
        page.evaluate("document.querySelector('.try tbody tr:last-child strong').textContent");
    let confidence = explained.records[0].predicted_confidence;
    let stated = words
        .as_str()
        .and_then(|words| words.rsplit(' ').next())
        .expect("words");
    let stated: f32 = stated
        .trim_end_matches(['%', '\u{a0}'])
        .parse()
        .expect("a number");
    assert!(
        (stated / 100.0 - confidence).abs() < 0.006,
        "{words} {confidence}"
    );
    page.set_value(".try select[data-name='Class']", "3");
    let named = page.evaluate(status);
    assert!(
        named
            .as_str()
            .is_some_and(|text| text.starts_with("Maps of the class bear, 4 networks in")),
        "{named}"
    );
    assert_eq!(page.errors(), [""; 0]);
    assert_eq!(page.requests(), [""; 0]);
    page.screenshot(1280, &folder.join("try.png"));
}
