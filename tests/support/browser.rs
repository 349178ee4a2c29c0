//! Drives a headless Chromium, over its debugging pipe, for tests of pages.
//!
//! A test that uses it is ignored, since it needs the browser that `CAMTRAIL_BROWSER` names, and has
//! `in_a_browser` in its name, by which `.ci/run` skips it where there is no browser.
//!
//! # Source
//! The Chrome DevTools Protocol, version 1.3; `--remote-debugging-pipe` carries its messages over the
//! file descriptors 3 and 4, each ended by a zero byte.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How long an answer may take; a page of 15 MB on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);
/// Height of the viewport, in pixels.
const HEIGHT: u32 = 900;
/// Moves the pipe to the descriptors that the browser reads and writes, then becomes the browser.
const START: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >&2"#;
/// What ends a message.
const END: u8 = 0;

/// How a page is viewed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewing {
    /// Width of the viewport, in pixels.
    pub(crate) width: u32,
    /// Whether the system prefers dark pages.
    pub(crate) dark: bool,
    /// Whether JavaScript runs.
    pub(crate) scripts: bool,
}

impl Default for Viewing {
    fn default() -> Self {
        Self {
            width: 1280,
            dark: false,
            scripts: true,
        }
    }
}

/// A running browser. It ends when it is dropped.
pub(crate) struct Browser {
    child: Child,
    commands: Option<ChildStdin>,
    messages: Receiver<Value>,
    events: Vec<Value>,
    last_id: u64,
    folder: tempfile::TempDir,
}

impl Browser {
    /// Starts the browser with an empty profile.
    pub(crate) fn start() -> Self {
        let program = std::env::var_os("CAMTRAIL_BROWSER")
            .expect("set CAMTRAIL_BROWSER to a Chromium to run this test");
        let folder = tempfile::tempdir().expect("created");
        let messages_of_its_own = File::create(folder.path().join("stderr")).expect("created");
        let mut profile = std::ffi::OsString::from("--user-data-dir=");
        profile.push(folder.path().join("profile"));
        let mut child = Command::new("sh")
            .args(["-c", START])
            .arg(&program)
            .arg(profile)
            // Its sandbox does not start for root, as whom containers run the tests.
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox"])
            .args(["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-extensions"])
            .args(["--hide-scrollbars", "--force-color-profile=srgb"])
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(messages_of_its_own)
            .spawn()
            .expect("sh starts");
        let answers = child.stdout.take().expect("it is piped");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(END) {
                let Ok(message) = message else { return };
                let message = serde_json::from_slice(&message).expect("the browser sends JSON");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            commands: child.stdin.take(),
            child,
            messages,
            events: Vec::new(),
            last_id: 0,
            folder,
        }
    }

    /// Opens the page in the file at `path` and waits until it is loaded.
    pub(crate) fn open(&mut self, path: &Path, viewing: Viewing) -> Page<'_> {
        let created = self.command(None, "Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": created["targetId"], "flatten": true});
        let attached = self.command(None, "Target.attachToTarget", attach);
        let mut page = Page {
            browser: self,
            target: text(&created["targetId"]),
            session: text(&attached["sessionId"]),
            url: file_url(&path.canonicalize().expect("there is such a page")),
        };
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            page.command(&format!("{domain}.enable"), json!({}));
        }
        page.set_width(viewing.width);
        let scheme = if viewing.dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        let media = json!({"features": [feature]});
        page.command("Emulation.setEmulatedMedia", media);
        let scripts = json!({"value": !viewing.scripts});
        page.command("Emulation.setScriptExecutionDisabled", scripts);
        page.browser.events.clear();
        let url = json!({"url": page.url});
        let opened = page.command("Page.navigate", url);
        assert_eq!(opened.get("errorText"), None, "{path:?}");
        let start = Instant::now();
        while page.events("Page.loadEventFired").is_empty() {
            assert!(start.elapsed() < PATIENCE, "{path:?} is not loaded");
            page.browser.read(PAUSE);
        }
        page
    }

    /// Returns the browser's answer to a command, to the page of `session` or to itself.
    fn command(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(END);
        let commands = self.commands.as_mut().expect("open until it is dropped");
        if let Err(error) = commands.write_all(&bytes) {
            panic!("{method}: {error}\n{}", self.said());
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let Some(message) = self.read(PATIENCE) else {
                break;
            };
            if message["id"] == json!(id) {
                let error = message.get("error");
                assert!(error.is_none(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
        panic!("{method}: no answer\n{}", self.said());
    }

    /// Returns the next message, unless there is none within `patience`, and keeps it if it is an
    /// event.
    fn read(&mut self, patience: Duration) -> Option<Value> {
        match self.messages.recv_timeout(patience) {
            Ok(message) => {
                if message.get("method").is_some() {
                    self.events.push(message.clone());
                }
                Some(message)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the browser has ended\n{}", self.said())
            }
        }
    }

    /// Returns what the browser wrote to its standard error.
    fn said(&self) -> String {
        let said = fs::read(self.folder.path().join("stderr")).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when the pipe is closed.
        self.commands = None;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An open page. It is closed when it is dropped.
pub(crate) struct Page<'a> {
    browser: &'a mut Browser,
    target: String,
    session: String,
    url: String,
}

impl Page<'_> {
    /// Returns the value of a JavaScript expression, as JSON. A promise is waited for.
    ///
    /// # Panics
    /// If the expression throws.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({
            "expression": expression,
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
        });
        let answer = self.command("Runtime.evaluate", parameters);
        if let Some(thrown) = answer.get("exceptionDetails") {
            panic!("{expression}\n{}", exception(thrown));
        }
        answer["result"]["value"].clone()
    }

    /// Waits until a JavaScript condition holds.
    pub(crate) fn wait_until(&mut self, condition: &str) {
        let start = Instant::now();
        while self.evaluate(&format!("Boolean({condition})")) != json!(true) {
            let waited = start.elapsed();
            assert!(waited < PATIENCE, "it never holds that {condition}");
            std::thread::sleep(PAUSE);
        }
    }

    /// Returns all exceptions and errors on the console since the page was opened.
    pub(crate) fn errors(&mut self) -> Vec<String> {
        // What happened before is reported before the answer.
        self.evaluate("0");
        let thrown = self.events("Runtime.exceptionThrown");
        let thrown = thrown
            .iter()
            .map(|event| exception(&event["exceptionDetails"]));
        let called = self.events("Runtime.consoleAPICalled");
        let called = called
            .iter()
            .filter(|event| event["type"] == "error" || event["type"] == "assert")
            .map(|event| {
                let values = event["args"].as_array().into_iter().flatten();
                let words = values.map(|value| match value.get("value") {
                    Some(Value::String(word)) => word.clone(),
                    Some(value) => value.to_string(),
                    None => text(&value["description"]),
                });
                words.collect::<Vec<_>>().join(" ")
            });
        let logged = self.events("Log.entryAdded");
        let logged = logged
            .iter()
            .map(|event| &event["entry"])
            .filter(|entry| entry["level"] == "error")
            .map(|entry| format!("{} {}", text(&entry["text"]), text(&entry["url"])));
        thrown.chain(called).chain(logged).collect()
    }

    /// Returns the addresses of everything requested since the page was opened, besides the page and
    /// what it holds itself (`data:` and `blob:`).
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.evaluate("0");
        let sent = self.events("Network.requestWillBeSent");
        let sent = sent.iter().map(|event| text(&event["request"]["url"]));
        let sockets = self.events("Network.webSocketCreated");
        let sockets = sockets.iter().map(|event| text(&event["url"]));
        sent.chain(sockets)
            .filter(|url| {
                let own = url.split('#').next() == Some(&self.url);
                !own && !url.starts_with("data:") && !url.starts_with("blob:")
            })
            .collect()
    }

    /// Clicks on the middle of the first element that `selector` matches.
    ///
    /// # Panics
    /// If there is none, or if another element covers it.
    pub(crate) fn click(&mut self, selector: &str) {
        let [x, y] = self.middle(selector);
        for event in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let parameters = json!({
                "type": event, "x": x, "y": y, "button": "left", "clickCount": 1,
            });
            self.command("Input.dispatchMouseEvent", parameters);
        }
    }

    /// Presses a key, by its name in JavaScript, such as "ArrowRight", "Enter" or "a".
    pub(crate) fn press(&mut self, key: &str) {
        let (code, number, text) = key_code(key);
        let down = if text.is_some() {
            "keyDown"
        } else {
            "rawKeyDown"
        };
        for event in [down, "keyUp"] {
            let mut parameters = json!({
                "type": event, "key": key, "code": code, "windowsVirtualKeyCode": number,
            });
            if let (Some(text), "keyDown") = (text, event) {
                parameters["text"] = json!(text);
            }
            self.command("Input.dispatchKeyEvent", parameters);
        }
    }

    /// Sets a slider, a choice or a text field to `value`, as a user does.
    pub(crate) fn set_value(&mut self, selector: &str, value: &str) {
        let found = self.evaluate(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                if (!element) return false;
                element.value = {value:?};
                for (const event of ['input', 'change']) {{
                    element.dispatchEvent(new Event(event, {{bubbles: true}}));
                }}
                return element.value === {value:?};
            }})()"
        ));
        assert_eq!(found, json!(true), "{selector} does not take {value:?}");
    }

    /// Chooses the file at `path` in the file input that `selector` matches.
    pub(crate) fn choose_file(&mut self, selector: &str, path: &Path) {
        let document = self.command("DOM.getDocument", json!({}));
        let query = json!({"nodeId": document["root"]["nodeId"], "selector": selector});
        let found = self.command("DOM.querySelector", query);
        assert_ne!(found["nodeId"], json!(0), "no {selector}");
        let path = path.canonicalize().expect("there is such a file");
        let files = json!({"nodeId": found["nodeId"], "files": [path]});
        self.command("DOM.setFileInputFiles", files);
    }

    /// Drops the file at `path` on the first element that `selector` matches.
    pub(crate) fn drop_file(&mut self, selector: &str, path: &Path) {
        let [x, y] = self.middle(selector);
        let path = path.canonicalize().expect("there is such a file");
        let data = json!({"items": [], "files": [path], "dragOperationsMask": 1});
        for event in ["dragEnter", "dragOver", "drop"] {
            let parameters = json!({"type": event, "x": x, "y": y, "data": data});
            self.command("Input.dispatchDragEvent", parameters);
        }
    }

    /// Sets the width of the viewport, in pixels.
    pub(crate) fn set_width(&mut self, width: u32) {
        let metrics = json!({
            "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false,
        });
        self.command("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Writes a PNG of the whole page, as it is in a viewport of `width` pixels, to `path`.
    pub(crate) fn screenshot(&mut self, width: u32, path: &Path) {
        self.set_width(width);
        let metrics = self.command("Page.getLayoutMetrics", json!({}));
        let height = &metrics["cssContentSize"]["height"];
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.command("Page.captureScreenshot", parameters);
        let content = STANDARD.decode(text(&taken["data"])).expect("base64");
        fs::write(path, content).expect("written");
    }

    /// Returns the middle of an element in the viewport, after scrolling to it.
    fn middle(&mut self, selector: &str) -> [f64; 2] {
        let place = self.evaluate(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                if (!element) return 'no such element';
                element.scrollIntoView({{block: 'center', inline: 'center', behavior: 'instant'}});
                const box = element.getBoundingClientRect();
                const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
                const top = document.elementFromPoint(x, y);
                if (!top) return 'it is not visible';
                const own = element.contains(top) || top.closest('label')?.contains(element);
                return own ? [x, y] : 'covered by ' + top.outerHTML.slice(0, 200);
            }})()"
        ));
        match (place[0].as_f64(), place[1].as_f64()) {
            (Some(x), Some(y)) => [x, y],
            _ => panic!("{selector}: {place}"),
        }
    }

    fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.browser
            .command(Some(&self.session), method, parameters)
    }

    /// Returns the parameters of the page's events of one kind.
    fn events(&self, method: &str) -> Vec<Value> {
        let events = self.browser.events.iter();
        events
            .filter(|event| event["method"] == method && event["sessionId"] == *self.session)
            .map(|event| event["params"].clone())
            .collect()
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        // After a failed command another one would fail too, and end the test without a message.
        if !std::thread::panicking() {
            let target = json!({"targetId": self.target});
            self.browser.command(None, "Target.closeTarget", target);
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn exception(details: &Value) -> String {
    match details["exception"]["description"].as_str() {
        Some(description) => description.to_string(),
        None => format!(
            "{} {}",
            text(&details["text"]),
            details["exception"]["value"]
        ),
    }
}

/// Returns the address of the file at `path`, with everything escaped that may mean something.
fn file_url(path: &Path) -> String {
    let escaped = |byte: u8| match byte {
        b'/' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let path = path.to_str().expect("the tests' folders have UTF-8 names");
    let path: String = path.bytes().map(escaped).collect();
    format!("file://{path}")
}

/// Returns the code, the Windows key number and the text of a key.
fn key_code(key: &str) -> (String, u32, Option<&str>) {
    let named = |number| (key.to_string(), number, None);
    match key {
        "Backspace" => named(8),
        "Tab" => named(9),
        "Enter" => ("Enter".to_string(), 13, Some("\r")),
        "Escape" => named(27),
        " " => ("Space".to_string(), 32, Some(" ")),
        "PageUp" => named(33),
        "PageDown" => named(34),
        "End" => named(35),
        "Home" => named(36),
        "ArrowLeft" => named(37),
        "ArrowUp" => named(38),
        "ArrowRight" => named(39),
        "ArrowDown" => named(40),
        "Delete" => named(46),
        _ => {
            let upper = key.to_ascii_uppercase();
            let [letter] = upper.as_bytes() else {
                panic!("the key {key:?} is not in the table");
            };
            let kind = if letter.is_ascii_digit() {
                "Digit"
            } else {
                "Key"
            };
            (format!("{kind}{upper}"), u32::from(*letter), Some(key))
        }
    }
}
