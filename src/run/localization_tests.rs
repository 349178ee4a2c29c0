//! Written values are read back, and an undefined score is an empty cell.

use super::super::{Array, Cell, write_wide};
use super::*;

#[test]
fn a_row_of_scores_has_its_names_and_an_empty_cell_for_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("localization.csv");
    let row = LocalizationRow {
        image: "shapes/test/7".into(),
        instances: 2,
        trial: "trial-d".into(),
        seed: 1,
        layer: "block-5".into(),
        method: "grad-cam".into(),
        target_class: "ring".into(),
        predicted_class: "disc, half".into(),
        empty: false,
        tied: true,
    };
    let cells = ["0.25", ""].map(|text| Cell::Text(text.to_string()));
    let columns = ["box_iou_0.15", "mask_iou_0.15"];
    write_wide(&path, &columns, [(row, cells.to_vec())]).expect("written");
    assert_eq!(
        std::fs::read_to_string(&path).expect("read"),
        "image,instances,trial,seed,layer,method,target_class,predicted_class,empty,tied,\
         box_iou_0.15,mask_iou_0.15\n\
         shapes/test/7,2,trial-d,1,block-5,grad-cam,ring,\"disc, half\",false,true,0.25,\n"
    );
}

#[test]
fn summaries_and_curves_survive_the_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.csv");
    let row = LocalizationSummaryRow {
        dataset: "shapes".into(),
        generated: true,
        split: "test".into(),
        trial: "trial-d".into(),
        network_title: String::new(),
        seeds: "0 1".into(),
        layer: "block-5".into(),
        layer_rule: "last block".into(),
        native_height: 2,
        native_width: 3,
        target_rule: "true".into(),
        method: "random".into(),
        title: "random map".into(),
        caveat: String::new(),
        baseline: true,
        instances: "all".into(),
        pictures: 12,
        maps: 24,
        empty: 1,
        ties: 2,
        score: "pointing_box".into(),
        delta: None,
        mean: 0.1,
        low: 0.05,
        high: 0.2,
        seed_means: SeedValues(vec![0.09, 0.11]),
        seeds_low: Some(0.01),
        seeds_high: Some(0.19),
        difference: Some(-0.5),
        difference_low: Some(-0.6),
        difference_high: Some(-0.4),
    };
    let rows = [row];
    LocalizationSummaryRow::write(&path, &rows).expect("written");
    assert_eq!(LocalizationSummaryRow::read(&path).expect("read"), rows);
    let [row] = rows;
    let rows = [LocalizationCurveRow {
        dataset: row.dataset,
        generated: true,
        split: row.split,
        trial: row.trial,
        network_title: "VGG-16".into(),
        seeds: row.seeds,
        layer: row.layer,
        native_height: 2,
        native_width: 3,
        method: row.method,
        title: row.title,
        baseline: true,
        region: "box".into(),
        delta: 0.15,
        mean: 0.25,
        low: 0.2,
        high: 0.3,
        pictures: 12,
        seed_means: SeedValues(vec![0.2, 0.3]),
        seeds_low: Some(-0.4),
        seeds_high: Some(0.9),
    }];
    LocalizationCurveRow::write(&path, &rows).expect("written");
    assert_eq!(LocalizationCurveRow::read(&path).expect("read"), rows);
}

#[test]
fn pictures_survive_the_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let array = Array {
        shape: vec![1, 2],
        values: vec![0.0, 1.0],
    };
    let pictures = LocalizedPictures {
        dataset: "shapes".into(),
        generated: true,
        split: "test".into(),
        selection_rule: "The first.".into(),
        trial: "trial-d".into(),
        network_title: "VGG-16".into(),
        seed: 0,
        epoch: 6,
        pretrained: None,
        layer: "block-5".into(),
        native_size: [2, 2],
        target_rule: "true".into(),
        delta: 0.15,
        pictures: vec![LocalizedPicture {
            image: "shapes/test/7".into(),
            true_class: "ring".into(),
            predicted_class: "disc".into(),
            pixels: "image/0".into(),
            boxes: vec![[0, 1, 2, 3]],
            objects: None,
            maps: vec![LocalizedMap {
                method: "grad-cam".into(),
                title: "Grad-CAM".into(),
                heat: "heat/0".into(),
                empty: false,
                box_iou: 0.25,
                implied: Some([0, 0, 1, 1]),
                implied_iou: 0.5,
            }],
        }],
        set: ExplanationSet {
            arrays: [("heat/0".to_string(), array)].into(),
            ..ExplanationSet::default()
        },
    };
    pictures.write(folder.path()).expect("written");
    assert_eq!(
        LocalizedPictures::read(folder.path()).expect("read"),
        pictures
    );
}
