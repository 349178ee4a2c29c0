// The hidden states of a next-frame predictor: a slider over time, map over frame.
"use strict";
(() => {
  const { data, bytes, element, choice, slider, paint } = page;

  /** Returns a grey picture of `[height, width]` bytes. */
  function grey(values, [height, width]) {
    const rgba = new Uint8ClampedArray(4 * height * width);
    values.forEach((value, index) => rgba.set([value, value, value, 255], 4 * index));
    return { width, height, data: rgba };
  }

  function player(root, sets) {
    const state = { set: sets[0], clip: 0, method: "", layer: "", lag: 1, alpha: 0.9 };
    const stage = element("div", { class: "row" });
    const bars = element("div", { class: "bars", role: "group", "aria-label": "Size of the gradient at each state" });
    const words = element("p", { "aria-live": "polite" });
    let timer = null;

    const network = choice("Network", sets.map((set, index) => [index, set.title]), (index) => {
      state.set = sets[index];
      refill();
    });
    const clip = choice("Clip", [], (index) => { state.clip = Number(index); refill(); });
    const method = choice("Method", [], (value) => { state.method = value; draw(); });
    const layer = choice("Hidden layer", [], (value) => { state.layer = value; draw(); });
    const time = slider("Time", (place) => when(lags()[place]), (place) => { state.lag = lags()[place]; draw(); });
    const play = element("button", { type: "button", onclick: toggle }, "Play");

    const own = () => state.set.maps.filter((map) => map.clip === state.clip);
    const shown = () => own().filter((map) => map.method === state.method && String(map.layer) === state.layer);
    const lags = () => [...new Set(own().map((map) => map.lag))].sort((a, b) => b - a);
    const when = (lag) => {
      const watched = state.set.clips[state.clip].watched;
      return lag === 0 ? `frame ${watched}, the newest` : `frame ${watched - lag}, ${lag} before the newest`;
    };

    function toggle() {
      clearInterval(timer);
      if (timer) { timer = null; play.textContent = "Play"; return; }
      play.textContent = "Stop";
      timer = setInterval(() => {
        const all = lags();
        state.lag = all[(all.indexOf(state.lag) + 1) % all.length];
        draw();
      }, 500);
    }

    function refill() {
      const pairs = (key, text) => [...new Map(own().map((map) => [String(map[key]), text(map)])).entries()];
      clip.fill(state.set.clips.map((other, index) => [index, other.title]));
      clip.select.value = state.clip;
      method.fill(pairs("method", (map) => map.title || map.method));
      state.method = method.select.value;
      layer.fill(pairs("layer", (map) => `layer ${map.layer}`));
      state.layer = layer.select.value;
      if (!lags().includes(state.lag)) state.lag = lags()[0];
      draw();
    }

    function draw() {
      const { set } = state;
      const film = set.clips[state.clip];
      film.bytes ??= { frames: bytes(film.frames), prediction: bytes(film.prediction), region: bytes(film.region) };
      const [height, width] = film.size;
      const area = height * width;
      const frame = (number) => grey(film.bytes.frames.subarray(number * area, (number + 1) * area), film.size);
      const map = shown().find((other) => other.lag === state.lag);
      time.set(lags().indexOf(state.lag), lags().length);
      const panel = (text, picture, heat) => {
        const canvas = element("canvas", { role: "img", "aria-label": text });
        paint(canvas, picture, heat, { view: heat ? "overlay" : "picture", alpha: state.alpha, scale: data.scales.diverging,
          signed: true, longer: 224 });
        return element("figure", {}, canvas, element("figcaption", {}, text));
      };
      const panels = [];
      const newest = film.watched - 1;
      panels.push(panel(when(state.lag), frame(newest - state.lag), null));
      if (map) {
        map.bytes ??= bytes(map.values);
        const heat = { values: Float32Array.from(map.bytes, (value) => (value - 128) / 127), size: map.size };
        panels.push(panel(`what the prediction takes from the state at that time: red for it, blue against it`,
          frame(newest - state.lag), heat));
      }
      const prediction = grey(film.bytes.prediction, film.size);
      const outline = { values: Float32Array.from(film.bytes.region, (value) => value), size: film.size };
      panels.push(panel(`predicted frame ${film.watched + 1}`, prediction, null));
      panels.push(panel(`the explained part of it: ${film.target}`, prediction, outline));
      panels.push(panel(`true frame ${film.watched + 1}`, frame(film.watched), null));
      stage.replaceChildren(...panels);
      const norms = shown();
      const most = Math.max(...norms.map((other) => other.norm), Number.MIN_VALUE);
      bars.replaceChildren(...lags().map((lag) => {
        const found = norms.find((other) => other.lag === lag);
        const share = found ? found.norm / most : 0;
        return element("button", {
          type: "button", style: `height:${Math.max(2, 100 * share)}%`, "aria-current": String(lag === state.lag),
          "aria-label": `${when(lag)}: ${(100 * share).toFixed(0)} % of the largest gradient`,
          onclick: () => { state.lag = lag; draw(); },
        });
      }));
      words.textContent = map
        ? `Bars: size of the gradient at each time, the newest on the right. ${map.repeats
          ? "This map only repeats the predicted frame, so it says nothing about memory."
          : `Correlation of this map with the predicted frame: ${map.likeness === null ? "undefined" : map.likeness.toFixed(2)}.`}`
        : "No map of this state.";
    }

    const controls = element("div", { class: "controls" }, clip.label, method.label, layer.label, time.label, play);
    if (sets.length > 1) controls.prepend(network.label);
    root.append(controls, stage, bars, words);
    root.hidden = false;
    refill();
  }

  document.querySelectorAll(".player").forEach((root) => {
    player(root, root.dataset.clips.split(" ").map((index) => data.clips[index]));
  });
})();
