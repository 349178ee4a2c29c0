// A picture of the reader's own, classified and explained by the networks inside the page.
"use strict";
(() => {
  const { data, element, choice, slider, paint, percent } = page;
  const root = document.querySelector(".try");
  if (!root) return;
  /** Classes that are listed, the most probable first. */
  const LISTED = 3;
  const LAYERS = [["first", "the deepest with 8 × 8 cells"], ["last", "the last block"]];
  const state = { picture: null, layer: "first", target: "", alpha: 0.5 };

  let loaded = null;
  /** Returns the networks; decoding their weights waits until they are needed. */
  const networks = () => (loaded ??= data.networks.map(({ spec, tensors }) => Network.load(spec, tensors)));

  const input = element("input", { type: "file", accept: "image/*", "aria-label": "Picture", onchange: () => take(input.files[0]) });
  const drop = element("div", { class: "drop" }, "Drop or paste a picture here, or choose one: ", input);
  const status = element("p", { "aria-live": "polite" });
  const out = element("div", { class: "wide" });
  const layer = choice("Layer", LAYERS, (value) => { state.layer = value; draw(); });
  const classes = data.networks[0].spec.classes;
  const target = choice("Class", [["", "the predicted one"], ...classes.map((name, index) => [index, name])],
    (value) => { state.target = value; draw(); });
  const alpha = slider("Opacity", (place) => `${10 * place} %`, (place) => { state.alpha = place / 10; draw(); });
  const controls = element("div", { class: "controls" }, layer.label, target.label, alpha.label);
  controls.hidden = true;

  async function take(file) {
    if (!file) return;
    try {
      state.picture = await Picture.read(file);
    } catch {
      status.textContent = `${file.name || "This"} is not a picture that this browser can read.`;
      return;
    }
    controls.hidden = false;
    draw();
  }

  /** Returns `[3, side, side]` of 0..1 as `{ width, height, data }` with RGBA bytes. */
  function shown(pixels, side) {
    const area = side * side;
    const rgba = new Uint8ClampedArray(4 * area);
    for (let place = 0; place < area; place++) {
      rgba.set([0, 1, 2].map((channel) => Math.round(255 * pixels[channel * area + place])), 4 * place);
      rgba[4 * place + 3] = 255;
    }
    return { width: side, height: side, data: rgba };
  }

  function panel(text, picture, heat, view) {
    const canvas = element("canvas", { role: "img", "aria-label": text });
    paint(canvas, picture, heat, { view, alpha: state.alpha, scale: data.scales.turbo, longer: 160 });
    return element("td", {}, canvas, text);
  }

  function draw() {
    if (!state.picture) return;
    const start = performance.now();
    const explained = networks().map((network) => {
      const pixels = Picture.pixels(state.picture, network.side);
      const layers = network.ablationLayers();
      const wanted = state.layer === "first" ? layers[0] : layers.at(-1);
      const chosen = state.target === "" || !(state.target in network.classes) ? undefined : Number(state.target);
      return { network, pixels, found: network.explain(pixels, { layer: wanted, target: chosen }) };
    });
    const spent = performance.now() - start;
    const rows = explained.map(({ network, pixels, found }) => {
      const { side, classes: names, spec } = network;
      const picture = shown(pixels, side);
      const order = [...found.probabilities.keys()].sort((a, b) => found.probabilities[b] - found.probabilities[a]);
      const listed = order.slice(0, LISTED).map((place) => `${names[place]} ${percent(found.probabilities[place])}`);
      const [{ layer: name, cells, maps }] = found.found;
      const heading = element("th", { scope: "row" }, spec.title, element("small", {}, `${name}, ${cells.join(" × ")} cells`),
        ...listed.flatMap((text, place) => [place ? element("br") : "", place ? text : element("strong", {}, text)]));
      const panels = Object.entries(maps).map(([method, { values, empty }]) => panel(
        `${Network.METHODS[method].title}${empty ? ", empty map" : ""}`, picture,
        empty ? null : { values, size: [side, side] }, "overlay",
      ));
      const made = element("tr", {}, heading, panel("what the network sees", picture, null, "picture"), ...panels);
      made.dataset.predicted = names[found.predicted];
      return made;
    });
    out.replaceChildren(element("table", { class: "maps", style: "--side: 160px" }, element("tbody", {}, ...rows)));
    const named = state.target === "" ? "the predicted class of each network" : `the class ${classes[Number(state.target)]}`;
    status.textContent = `Maps of ${named}, ${networks().length} networks in ${spent.toFixed(0)} ms.`;
  }

  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); input.value = ""; take(event.dataTransfer.files[0]); });
  document.addEventListener("paste", (event) => {
    const [file] = [...event.clipboardData.files].filter(({ type }) => type.startsWith("image/"));
    if (file) take(file);
  });
  root.append(drop, controls, status, out);
  alpha.set(5, 11);
  root.hidden = false;
})();
