//! `benchmark` from the command line, with networks of random weights: what its tables say is what
//! the maps are, and misuse is reported.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use camtrail::model::backbones::BackboneName;
use camtrail::run::{ExplanationSet, LocalizationSummaryRow, ScoreRow, ScoreSummary, TableRow};

mod support;

#[path = "support/small_networks.rs"]
mod small_networks;

use small_networks::{write_picture, write_weights};
use support::{Shown, done_in, new_folder, run_in};

const NETWORKS: [&str; 2] = ["squeezenet1-0", "mobilenet-v2"];
/// Averages of the same few numbers, written with all their digits.
const ROUNDING: f64 = 1e-9;

/// Writes the weights of both networks for three classes and three pictures with labels and boxes.
fn prepare(folder: &Path) {
    let names = [BackboneName::Squeezenet10, BackboneName::MobilenetV2];
    for (name, network) in names.into_iter().zip(NETWORKS) {
        write_weights(&folder.join(format!("{network}.safetensors")), name, 3);
    }
    fs::write(folder.join("names.txt"), "cat\ndog\nbird\n").expect("written");
    let photos = folder.join("photos");
    fs::create_dir(&photos).expect("created");
    for (name, width, height) in [("a.png", 60, 30), ("b.png", 40, 40), ("c.png", 30, 50)] {
        write_picture(&photos.join(name), width, height);
    }
    let labels = "file,class\na.png,cat\nb.png,bird\nc.png,1\n";
    fs::write(photos.join("labels.csv"), labels).expect("written");
    // The second box of b.png has no area; c.png has two objects.
    let boxes = "file,class,x0,y0,x1,y1\na.png,cat,20,5,40,25\nb.png,bird,5,5,30,30\n\
                 b.png,bird,7,7,7,9\nc.png,dog,2,12,14,40\nc.png,dog,16,20,28,38\n";
    fs::write(photos.join("boxes.csv"), boxes).expect("written");
}

/// The arguments that name both networks, and `more`.
fn with_networks<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["benchmark", NETWORKS[0], NETWORKS[1]];
    arguments.extend(["--weights", "squeezenet1-0=squeezenet1-0.safetensors"]);
    arguments.extend(["--weights", "mobilenet-v2=mobilenet-v2.safetensors"]);
    arguments.extend(["--class-names", "names.txt"]);
    arguments.extend(more);
    arguments
}

#[test]
fn tables_say_what_the_maps_are() {
    let folder = new_folder("benchmark-tables");
    prepare(&folder);
    let methods = "grad-cam,grad-cam-pp,cam,gaussian,edges";
    let more = [
        "--photos",
        "photos",
        "--boxes",
        "photos/boxes.csv",
        "--methods",
        methods,
        "--out",
        "out",
    ];
    let shown = done_in(&folder, &with_networks(&more));
    let out = folder.join("out");

    // Every mean of the table is the mean of its rows.
    let rows = ScoreRow::read(&out.join("scores.csv")).expect("read");
    let table = ScoreSummary::read(&out.join("score-table.csv")).expect("read");
    let drops = table.iter().filter(|row| row.metric == "average-drop");
    let every_map = rows_of(&out.join("scores.csv"));
    let mut compared = 0;
    for mean in drops {
        let own = every_map
            .iter()
            .filter(|row| row["trial"] == mean.trial && row["method"] == mean.method);
        let own = own.map(|row| 100.0 * row["drop"].parse::<f64>().expect("a number"));
        let own: Vec<f64> = own.collect();
        assert_eq!(own.len(), 3);
        let expected = own.iter().sum::<f64>() / 3.0;
        assert!((mean.mean - expected).abs() < ROUNDING, "{mean:?}");
        compared += 1;
    }
    // MobileNet-V2 has a head for CAM, SqueezeNet none at this layer.
    assert_eq!(compared, 4 + 5);

    // The figure's maps are those that were scored.
    let drawn = ExplanationSet::read(&out.join("networks/a")).expect("read");
    assert_eq!(drawn.records.len(), 4);
    for record in &drawn.records {
        let row = rows.iter().find(|row| {
            row.image == "a.png" && row.trial == record.trial && row.method == record.method
        });
        let row = row.expect("it was scored");
        assert_eq!(row.target_class, record.target_class);
        assert!((row.confidence - f64::from(record.confidence)).abs() < 1e-6);
        let on_map = f64::from(record.explanation_confidence);
        assert!(
            (row.explanation_confidence - on_map).abs() < 1e-5,
            "{row:?} {on_map}"
        );
    }

    // CAM and Grad-CAM of MobileNet-V2 are one map, so neither wins.
    let mut lines = shown.stdout.lines();
    let cam = lines.find(|line| line.starts_with("CAM "));
    assert!(cam.is_some_and(|line| line.contains(" equal ")), "{cam:?}");
    let pairs = rows_of(&out.join("score-pairs.csv"));
    let equal = |network: &str, method: &str| {
        let mut pairs = pairs.iter();
        let pair = pairs.find(|row| row["trial"] == network && row["method"] == method);
        pair.expect("it was compared")["equal"].clone()
    };
    assert_eq!(equal("mobilenet-v2", "cam"), "true");
    assert_eq!(equal("squeezenet1-0", "edges"), "false");

    // Both networks see the same square, so what knows nothing of them agrees wholly.
    let agreements = rows_of(&out.join("consistency.csv"));
    // MobileNet-V2 alone has CAM: four sources, two measures.
    assert_eq!(agreements.len(), 4 * 2);
    for row in agreements {
        let [mean, other] = ["mean", "other"].map(|name| row[name].parse::<f64>().expect("number"));
        assert_eq!(row["networks"], NETWORKS.join(" "));
        assert_eq!(row["pictures"], "3");
        match row["method"].as_str() {
            "gaussian" => assert!((mean - 1.0).abs() < ROUNDING && (other - 1.0).abs() < ROUNDING),
            "edges" => assert!((mean - 1.0).abs() < ROUNDING && other < 0.9, "{row:?}"),
            _ => assert!((-1.0..=1.0).contains(&mean), "{row:?}"),
        }
    }

    // One picture of two objects, two of one; the box without area is omitted and noted.
    assert!(
        shown
            .stderr
            .contains("line 4: omitted a box of \"b.png\" that has no area"),
        "{}",
        shown.stderr
    );
    let summary = LocalizationSummaryRow::read(&out.join("boxes/localization-summary.csv"));
    let summary = summary.expect("read");
    for (instances, pictures) in [("1", 2), ("2", 1), ("all", 3)] {
        let row = summary.iter().find(|row| row.instances == instances);
        assert_eq!(row.map(|row| row.pictures), Some(pictures), "{instances}");
    }
    // CAM of SqueezeNet belongs to the layer before its pooling, which is not the one explained.
    for (network, of_cam, layer) in [
        ("mobilenet-v2", "features.18", "features.18"),
        ("squeezenet1-0", "classifier.2", "features.12"),
    ] {
        let several = ExplanationSet::read(&out.join("several-objects").join(network));
        let several = several.expect("read");
        assert_eq!(several.images.len(), 1);
        let records = several.records.iter();
        let drawn: Vec<_> = records
            .map(|r| (r.method.as_str(), r.layer.as_str()))
            .collect();
        assert_eq!(
            drawn,
            [("cam", of_cam), ("grad-cam", layer), ("grad-cam-pp", layer)]
        );
    }
}

/// The rows of a table, by the names of its columns.
fn rows_of(path: &Path) -> Vec<HashMap<String, String>> {
    let text = fs::read_to_string(path).expect("written");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let cells = |line: &str| {
        let cells = header.iter().zip(line.split(','));
        cells
            .map(|(name, cell)| (name.to_string(), cell.to_string()))
            .collect()
    };
    lines.map(cells).collect()
}

#[test]
fn misuse_is_told_with_its_way_out() {
    let folder = new_folder("benchmark-misuse");
    prepare(&folder);
    let said = |arguments: &[&str], expected: (i32, &str)| {
        let Shown { code, stderr, .. } = run_in(&folder, arguments);
        assert_eq!(code, expected.0, "{arguments:?}\n{stderr}");
        assert!(stderr.contains(expected.1), "{stderr}");
    };
    let photos = ["--photos", "photos"];
    said(&with_networks(&[]), (2, "on with --photos DIR"));
    said(
        &[
            "benchmark",
            "mobilenet-v2",
            "mobilenet_v2",
            "--photos",
            "photos",
        ],
        (2, "network mobilenet-v2 is named twice"),
    );
    said(
        &[
            "benchmark",
            "mobilenet-v2",
            "--photos",
            "photos",
            "--weights",
            "x.pth",
        ],
        (
            2,
            "--weights \"x.pth\" names no network\nhint: write it as --weights mobilenet-v2=...",
        ),
    );
    said(
        &[
            "benchmark",
            "mobilenet-v2",
            "--photos",
            "photos",
            "--weights",
            "vgg16=x.pth",
        ],
        (2, "--weights is given for vgg16, which is not compared"),
    );
    said(
        &[&with_networks(&photos)[..], &["--class", "hose"]].concat(),
        (2, "no class is called \"hose\""),
    );
    // What cannot be drawn is reported before anything is measured.
    let early = |more: &[&str], expected: (i32, &str)| {
        let arguments = with_networks(&[&photos[..], more].concat());
        let Shown { stdout, .. } = run_in(&folder, &arguments);
        assert_eq!(stdout, "", "{more:?}");
        said(&arguments, expected);
    };
    let lost = (1, "cannot read the image \"nope.png\"");
    early(&["--image", "photos/a.png", "--several", "nope.png"], lost);
    write_picture(&folder.join("other.png"), 20, 20);
    let unknown = (2, "the class of \"other.png\" is not known");
    early(&["--class", "true", "--image", "other.png"], unknown);
    // A picture of the labelled folder has its class.
    let labelled = ["--class", "true", "--image", "photos/a.png", "--limit", "1"];
    let arguments = with_networks(&[&photos[..], &labelled, &["--out", "out"]].concat());
    let Shown { code, stdout, .. } = run_in(&folder, &arguments);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("networks/a/explain.png"), "{stdout}");
    assert!(!stdout.contains("NaN"), "{stdout}");
    // A picture that a header makes enormous is refused before it is decoded.
    fs::write(folder.join("photos/d.png"), enormous_png()).expect("written");
    let labels = "file,class\na.png,cat\nd.png,cat\n";
    fs::write(folder.join("photos/labels.csv"), labels).expect("written");
    said(
        &with_networks(&photos),
        (1, "photos/d.png\": it has 60000 x 60000 pixels"),
    );
    let skipped = run_in(
        &folder,
        &with_networks(&[&photos[..], &["--skip-bad"]].concat()),
    );
    assert_eq!(skipped.code, 0, "{}", skipped.stderr);
    assert!(
        skipped.stdout.contains("not read, and not counted: 1"),
        "{}",
        skipped.stdout
    );
}

/// A PNG of 60,000 x 60,000 pixels up to the first of them.
fn enormous_png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
    bytes.extend(60_000_u32.to_be_bytes());
    bytes.extend(60_000_u32.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..]);
    bytes.extend(crc.sum().to_be_bytes());
    bytes.extend(b"\x00\x00\x00\x01IDAT");
    bytes
}
