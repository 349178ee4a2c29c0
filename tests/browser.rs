//! The browser that tests pages reports what a page does, and does what a user does.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/folder.rs"]
mod folder;

use browser::{Browser, Viewing};
use folder::new_folder;

/// Writes a page with this body and returns its path.
fn page(folder: &Path, name: &str, body: &str) -> PathBuf {
    let path = folder.join(name);
    let head = "<!DOCTYPE html><meta charset=utf-8><title>Page</title>\
        <style>body { margin: 0 } @media (prefers-color-scheme: dark) { body { color: white } }</style>";
    fs::write(&path, format!("{head}<body>{body}")).expect("written");
    path
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn errors_and_requests_are_reported_in_a_browser() {
    let folder = new_folder("browser reports #1");
    fs::write(folder.join("dot.png"), "no picture").expect("written");
    let quiet = page(
        &folder,
        "quiet.html",
        "<img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>\
        <script>console.log('fine'); console.warn('well')</script>",
    );
    let loud = page(
        &folder,
        "loud.html",
        "<img alt='' src='dot.png'><img alt='' src='http://127.0.0.1:9/there.png'>\
        <script>console.error('wrong', 3); setTimeout(() => { throw new Error('thrown') }, 0)</script>",
    );
    let mut browser = Browser::start();
    let mut page = browser.open(&quiet, Viewing::default());
    assert_eq!(page.errors(), [""; 0]);
    assert_eq!(page.requests(), [""; 0]);
    drop(page);

    let mut page = browser.open(&loud, Viewing::default());
    let errors = page.errors().join("\n");
    for part in ["wrong 3", "Error: thrown", "net::ERR_"] {
        assert!(errors.contains(part), "{part}\n{errors}");
    }
    let requests = page.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(requests[0].ends_with("/browser%20reports%20%231/dot.png"));
    assert_eq!(requests[1], "http://127.0.0.1:9/there.png");
    drop(page);

    // What one page did is not reported of the next.
    let mut page = browser.open(&quiet, Viewing::default());
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn a_user_is_played_in_a_browser() {
    let folder = new_folder("browser-plays");
    fs::write(folder.join("seven.txt"), "7 bytes").expect("written");
    let body = r#"
        <div style="height: 3000px">high</div>
        <button id=button onclick="this.textContent = 'clicked'">go</button>
        <input id=slider type=range min=0 max=9 value=4>
        <input id=field>
        <input id=file type=file onchange="this.files[0].text().then((text) => window.text = text)">
        <div id=drop style="width: 50px; height: 50px"></div>
        <div style="position: relative"><b id=under>under</b>
        <div style="position: absolute; inset: 0"></div></div>
        <script>
            const drop = document.getElementById('drop');
            drop.ondragover = (event) => event.preventDefault();
            drop.ondrop = (event) => {
                event.preventDefault();
                event.dataTransfer.files[0].text().then((text) => { window.dropped = text });
            };
            slider.oninput = () => { window.moved = slider.value };
        </script>"#;
    let page = page(&folder, "page.html", body);
    let mut browser = Browser::start();
    let mut page = browser.open(&page, Viewing::default());
    assert_eq!(page.evaluate("1 + 1"), json!(2));
    assert_eq!(
        page.evaluate("Promise.resolve([1, 'b', null])"),
        json!([1, "b", null])
    );
    page.click("#button");
    assert_eq!(page.evaluate("button.textContent"), json!("clicked"));
    page.evaluate("slider.focus()");
    for key in ["ArrowRight", "ArrowRight", "Home", "ArrowRight"] {
        page.press(key);
    }
    assert_eq!(page.evaluate("window.moved"), json!("1"));
    page.set_value("#slider", "6");
    assert_eq!(page.evaluate("window.moved"), json!("6"));
    page.press("Tab");
    page.press("a");
    page.press("7");
    assert_eq!(page.evaluate("field.value"), json!("a7"));
    page.choose_file("#file", &folder.join("seven.txt"));
    page.wait_until("window.text");
    assert_eq!(page.evaluate("window.text"), json!("7 bytes"));
    page.drop_file("#drop", &folder.join("seven.txt"));
    page.wait_until("window.dropped");
    assert_eq!(page.evaluate("window.dropped"), json!("7 bytes"));
    assert_eq!(page.errors(), [""; 0]);

    let failure = |act: &mut dyn FnMut()| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        *caught
            .expect_err("it fails")
            .downcast::<String>()
            .expect("a text")
    };
    let covered = failure(&mut || page.click("#under"));
    assert!(
        covered.starts_with("#under: \"covered by <div style"),
        "{covered}"
    );
    let absent = failure(&mut || page.click("#absent"));
    assert_eq!(absent, "#absent: \"no such element\"");
    let thrown = failure(&mut || drop(page.evaluate("window.absent.field")));
    assert!(thrown.contains("TypeError"), "{thrown}");
}

#[test]
#[ignore = "needs a Chromium in CAMTRAIL_BROWSER"]
fn the_viewport_and_its_picture_are_chosen_in_a_browser() {
    let folder = new_folder("browser-viewport");
    let body = "<div style='height: 2000px; background: #f00'></div>\
        <noscript>plain</noscript><script>document.title = 'run'</script>";
    let page = page(&folder, "page.html", body);
    let picture = folder.join("page.png");
    let mut browser = Browser::start();
    let narrow = Viewing {
        width: 400,
        dark: true,
        ..Viewing::default()
    };
    let mut wide = browser.open(&page, narrow);
    assert_eq!(wide.evaluate("innerWidth"), json!(400));
    let colour = wide.evaluate("getComputedStyle(document.body).color");
    assert_eq!(colour, json!("rgb(255, 255, 255)"));
    wide.screenshot(700, &picture);
    let shown = image::open(&picture).expect("a picture").to_rgb8();
    assert_eq!(shown.dimensions(), (700, 2000));
    assert_eq!(shown.get_pixel(699, 1999).0, [255, 0, 0]);
    drop(wide);

    let without = Viewing {
        scripts: false,
        ..Viewing::default()
    };
    let mut plain = browser.open(&page, without);
    assert_eq!(plain.evaluate("document.title"), json!("Page"));
    let colour = plain.evaluate("getComputedStyle(document.body).color");
    assert_eq!(colour, json!("rgb(0, 0, 0)"));
    assert_eq!(
        plain.evaluate("document.body.innerText.trim()"),
        json!("plain")
    );
}
