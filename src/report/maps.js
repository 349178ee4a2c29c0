// The maps of a folder: pictures across, networks down, and a slider over training.
"use strict";
(() => {
  const { data, bytes, element, choice, slider, pixels, paint, percent, enlarge } = page;
  const VIEWS = [["overlay", "map over the picture"], ["map", "map alone"], ["explanation", "what the map keeps"],
    ["picture", "picture alone"]];

  /** Returns the heat of a record, `{ values, size }` with values 0 to 1 at the picture's size. */
  function heatOf(set, record) {
    if (record.empty) return null;
    if (!record.heat) {
      set.bytes ??= bytes(set.values);
      const [height, width] = record.size;
      const raw = Float32Array.from(set.bytes.subarray(record.at, record.at + height * width));
      const picture = set.pictures[record.picture];
      const size = [picture.height, picture.width];
      record.heat = { values: page.normalised(page.resampled(raw, record.size, size)), size };
    }
    return record.heat;
  }

  const isRight = (set, record) => {
    const known = set.pictures[record.picture].class;
    return known === null ? "" : known === record.predicted ? "✓ " : "✗ ";
  };
  const stage = (record) => {
    if (record.checkpoint === "randomised") return "random weights";
    if (record.weights) return record.weights;
    if (record.epoch === 0) return "before training";
    return `epoch ${record.epoch}${record.checkpoint === "best" ? " (best)" : ""}`;
  };
  const order = (record) => (record.checkpoint === "randomised" ? Infinity : record.epoch);
  const unique = (values) => [...new Set(values)];

  /** Side of a cell in pixels: few pictures are shown larger. */
  const sides = (set) => (set.pictures.length <= 2 ? 224 : 112);

  function explorer(root, sets) {
    const state = { set: sets[0], method: "", layer: "", place: 0, view: "overlay", alpha: 0.5 };
    const grid = element("div", { class: "wide" });
    const rule = element("p", { class: "source" });
    const side = () => sides(state.set);
    const scale = () => data.scales[state.set.colours] ?? data.scales.turbo;

    const which = choice("Maps", sets.map((set, index) => [index, set.title]), (index) => {
      state.set = sets[index];
      refill();
    });
    const method = choice("Method", [], (value) => { state.method = value; draw(); });
    const layer = choice("Layer", [], (value) => { state.layer = value; draw(); });
    const view = choice("Show", VIEWS, (value) => { state.view = value; draw(); });
    const epochs = slider("Training", (place) => stageText(place), (place) => { state.place = place; draw(); });
    const alpha = slider("Opacity", (place) => `${10 * place} %`, (place) => { state.alpha = place / 10; draw(); });

    const stageText = (place) => {
      const at = state.stages?.[place];
      if (at === Infinity) return "random weights";
      return at === 0 ? "before training" : `epoch ${at}`;
    };

    /** Returns the layers of each network, the finest first. */
    const layersOf = (network) => {
      const own = state.set.records.filter((record) => record.network === network);
      const cells = new Map(own.map((record) => [record.layer, record.cells[0] * record.cells[1]]));
      return [...cells.keys()].sort((a, b) => cells.get(b) - cells.get(a));
    };

    function refill() {
      const { set } = state;
      const named = unique(set.records.map((record) => record.method));
      method.fill(named.map((name) => [name, set.records.find((record) => record.method === name).title || name]));
      state.method = method.select.value;
      const layers = set.networks.map((_, index) => layersOf(index));
      const most = Math.max(...layers.map((own) => own.length));
      const isAblation = set.networks.length > 1 && most <= 2;
      layer.fill(isAblation && most === 2
        ? [["first", "the deepest with 8 × 8 cells"], ["last", "the last block"]]
        : unique(layers.flat()).map((name) => [name, name]));
      if (isAblation && most < 2) layer.fill([["first", "the last block"]]);
      state.layer = layer.select.value;
      layer.label.hidden = layer.select.options.length < 2;
      state.stages = unique(set.records.map(order)).sort((a, b) => a - b);
      const perNetwork = set.networks.map((_, index) =>
        unique(set.records.filter((record) => record.network === index).map(order)).length);
      epochs.label.hidden = Math.max(...perNetwork) < 2;
      const last = state.stages.filter((at) => at !== Infinity).length - 1;
      state.place = Math.max(last, 0);
      epochs.set(state.place, state.stages.length);
      rule.textContent = `${set.rule}${set.omitted ? ` ${set.omitted} more pictures are in the folder.` : ""}`;
      draw();
    }

    /** Returns the record shown for a network and a picture, or its latest before the slider's stage. */
    function recordOf(network, picture, wantedMethod = state.method) {
      const layers = layersOf(network);
      const wanted = state.layer === "first" ? layers[0] : state.layer === "last" ? layers.at(-1) : state.layer;
      const own = state.set.records.filter((record) => record.network === network && record.picture === picture
        && record.method === wantedMethod && record.layer === wanted);
      if (epochs.label.hidden) return [own[0], own];
      const at = state.stages[state.place];
      const before = own.filter((record) => order(record) <= at && (order(record) !== Infinity || at === Infinity));
      before.sort((a, b) => order(a) - order(b));
      return [before.at(-1), own];
    }

    function caption(record) {
      return `${isRight(state.set, record)}${record.predicted} ${percent(record.predictedConfidence)}`;
    }

    function cell(network, picture) {
      const [record, own] = recordOf(network, picture);
      if (!record) return element("div", { class: "cell none" }, "no map here");
      const canvas = element("canvas", {});
      const name = state.set.networks[network].title;
      const image = state.set.pictures[picture];
      const label = `${name}, ${image.class ?? image.id}, ${stage(record)}: ${caption(record)}`;
      const button = element("button", {
        type: "button", class: "cell", "aria-label": label, title: label,
        onclick: () => detail(record, own),
      }, canvas, caption(record));
      if (record.empty) button.append(element("br"), "empty map");
      if (record.target !== record.predicted) button.append(element("br"), `map of: ${record.target}`);
      pixels(image.source).then((shown) => paint(canvas, shown, heatOf(state.set, record),
        { view: state.view, alpha: state.alpha, scale: scale(), longer: side() }));
      button.dataset.epoch = record.epoch;
      return button;
    }

    function draw() {
      const { set } = state;
      const heads = set.pictures.map((picture) => element("th", { scope: "col" },
        element("img", { class: "shot", src: picture.source, alt: `picture ${picture.id}` }), picture.class ?? picture.id));
      const rows = set.networks.map((network, index) => {
        const [first] = set.pictures.map((_, picture) => recordOf(index, picture)[0]).filter(Boolean);
        const about = first ? `${first.layer}, ${first.cells.join(" × ")} cells, ${stage(first)}` : "";
        return element("tr", {}, element("th", { scope: "row" }, network.title, element("small", {}, about)),
          ...set.pictures.map((_, picture) => element("td", {}, cell(index, picture))));
      });
      grid.replaceChildren(element("table", { class: "maps", style: `--side: ${side()}px` },
        element("thead", {}, element("tr", {}, element("th", {}, "Picture"), ...heads)),
        element("tbody", {}, ...rows)));
    }

    /** Shows one cell large, with every checkpoint and every method of it. */
    function detail(record, own) {
      const { set } = state;
      const image = set.pictures[record.picture];
      const small = (other, text) => {
        const canvas = element("canvas", {});
        pixels(image.source).then((shown) => paint(canvas, shown, heatOf(set, other),
          { view: state.view === "picture" ? "overlay" : state.view, alpha: state.alpha, scale: scale(), longer: 96 }));
        return element("figure", {}, canvas, element("figcaption", {}, text, element("br"),
          `${isRight(set, other)}${percent(other.confidence)}`));
      };
      const big = VIEWS.map(([name, text]) => {
        const canvas = element("canvas", {});
        pixels(image.source).then((shown) => paint(canvas, shown, heatOf(set, record),
          { view: name, alpha: state.alpha, scale: scale(), longer: 224 }));
        return element("figure", {}, canvas, element("figcaption", {}, text));
      });
      const along = [...own].sort((a, b) => order(a) - order(b)).map((other) => small(other, stage(other)));
      const methods = [...method.select.options].map((option) => {
        const [other] = recordOf(record.network, record.picture, option.value);
        return other && small(other, option.textContent);
      }).filter(Boolean);
      enlarge(`${set.networks[record.network].title}, ${image.class ?? image.id}`,
        element("p", {}, `${record.title || record.method} of ${record.layer} (${record.cells.join(" × ")} cells), ${stage(record)}, `
          + `for the class ${record.target}. Confidence in it: ${percent(record.confidence)} on the picture, `
          + `${percent(record.explanationConfidence)} on what the map keeps. Prediction: ${record.predicted} `
          + `(${percent(record.predictedConfidence)}). Picture ${image.id}.`),
        element("div", { class: "row" }, ...big),
        ...(along.length > 1 ? [element("p", {}, "Along training; below, the confidence in the class:"),
          element("div", { class: "strip" }, ...along)] : []),
        ...(methods.length > 1 ? [element("p", {}, "Every method:"), element("div", { class: "strip" }, ...methods)] : []));
    }

    const controls = element("div", { class: "controls" }, method.label, layer.label, view.label, epochs.label, alpha.label);
    if (sets.length > 1) controls.prepend(which.label);
    root.append(controls, grid, rule);
    root.hidden = false;
    alpha.set(5, 11);
    refill();
  }

  document.querySelectorAll(".explorer").forEach((root) => {
    explorer(root, root.dataset.maps.split(" ").map((index) => data.maps[index]));
  });
})();
