// What every part of the page uses: its data, pixels, elements and sorting.
"use strict";
const page = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);

  /** Returns the bytes of a base64 text. */
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  /** Returns a new element with attributes and children; text is never read as HTML. */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** Returns a labelled choice among `[value, text]` pairs. */
  function choice(label, options, change) {
    const select = element("select", { "data-name": label, onchange: () => change(select.value) });
    const fill = (pairs) => {
      const before = select.value;
      select.replaceChildren(...pairs.map(([value, text]) => element("option", { value }, text)));
      if (pairs.some(([value]) => String(value) === before)) select.value = before;
    };
    fill(options);
    return { select, fill, label: element("label", {}, label, select) };
  }

  /** Returns a labelled slider over `0..count - 1`, whose position `text` puts into words. */
  function slider(label, text, change) {
    const output = element("output", {});
    const input = element("input", { type: "range", min: 0, step: 1, "aria-label": label });
    const show = () => {
      output.textContent = text(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => { show(); change(Number(input.value)); });
    const set = (value, count) => {
      if (count !== undefined) input.max = count - 1;
      input.value = value;
      show();
    };
    const made = element("label", { class: "long" }, element("span", {}, `${label}: `, output), input);
    return { input, set, label: made };
  }

  /** Half-pixel bilinear interpolation of `[height, width]` values, edges clamped. */
  function resampled(values, [height, width], [tall, wide]) {
    const places = (from, to) => Array.from({ length: to }, (_, index) => {
      const centre = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
      const low = Math.floor(centre);
      return [low, Math.min(low + 1, from - 1), centre - low];
    });
    const [rows, columns] = [places(height, tall), places(width, wide)];
    const out = new Float32Array(tall * wide);
    let at = 0;
    for (const [top, bottom, down] of rows) {
      for (const [left, right, along] of columns) {
        const mix = (row) => {
          const [a, b] = [values[row * width + left], values[row * width + right]];
          return a + along * (b - a);
        };
        const above = mix(top);
        out[at++] = above + down * (mix(bottom) - above);
      }
    }
    return out;
  }

  /** Min-max to 0..1; a constant map is all 0. */
  function normalised(values) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return high > low ? values.map((value) => (value - low) / (high - low)) : values.map(() => 0);
  }

  /** Returns the colour of `value` from 0 to 1 on a scale of 256 colours. */
  const colour = (scale, value) => scale[Math.round(Math.min(Math.max(value, 0), 1) * 255)];

  const pictures = new Map();
  /** Returns the pixels of an embedded PNG, `{ width, height, data }` with RGBA bytes. */
  function pixels(source) {
    if (!pictures.has(source)) {
      pictures.set(source, new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => {
          const { width, height } = image;
          const context = element("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
          context.drawImage(image, 0, 0);
          resolve(context.getImageData(0, 0, width, height));
        };
        image.onerror = () => reject(new Error("a picture of this page is damaged"));
        image.src = source;
      }));
    }
    return pictures.get(source);
  }

  /** Returns the size of a panel for a picture, its longer side `longer`. */
  function fitted({ width, height }, longer) {
    const scale = longer / Math.max(width, height);
    return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  }

  /**
   * Draws on `canvas` at `longer` pixels: `view` "overlay" blends the heat over the picture, "map" shows
   * it alone, "explanation" is E = L * I, "picture" is the picture. `heat` is `{ values, size }`, 0 to 1,
   * or null where there is none. A `signed` heat is -1 to 1: the ends of the scale, as opaque as it is large.
   */
  function paint(canvas, picture, heat, { view, alpha = 0.5, scale, signed = false, longer = 112 }) {
    const [height, width] = fitted(picture, longer);
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const out = context.createImageData(width, height);
    const shown = heat && view !== "picture" ? resampled(heat.values, heat.size, [height, width]) : null;
    for (let y = 0, at = 0; y < height; y++) {
      const row = Math.min(picture.height - 1, Math.floor((y * picture.height) / height)) * picture.width;
      for (let x = 0; x < width; x++, at++) {
        const from = 4 * (row + Math.min(picture.width - 1, Math.floor((x * picture.width) / width)));
        const value = shown?.[at];
        const painted = shown && view !== "explanation" ? colour(scale, signed ? Number(value > 0) : value) : null;
        const opacity = signed ? alpha * Math.min(Math.abs(value), 1) : alpha;
        for (let channel = 0; channel < 3; channel++) {
          let level = picture.data[from + channel];
          if (painted && view === "map") level = painted[channel];
          else if (painted) level += opacity * (painted[channel] - level);
          else if (shown) level *= Math.max(value, 0);
          out.data[4 * at + channel] = level;
        }
        out.data[4 * at + 3] = 255;
      }
    }
    context.putImageData(out, 0, 0);
    canvas.dataset.painted = "true";
  }

  const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}\u00a0%`;

  /** Makes the header cells of a table sort its rows. */
  function sortable(table) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const text = head.textContent;
      const sort = () => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const key = (row) => {
          const cell = row.cells[column];
          const given = cell.dataset.sort;
          return given === undefined ? cell.textContent.trim() : given === "" ? NaN : Number(given);
        };
        const compare = (a, b) => {
          const [left, right] = [key(a), key(b)];
          if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right);
          const order = typeof left === "number" ? left - right : left.localeCompare(right, "en", { numeric: true });
          return falls ? -order : order;
        };
        body.append(...[...body.rows].sort(compare));
      };
      head.replaceChildren(element("button", { type: "button", onclick: sort, title: `Sort by ${text}` }, text));
    });
  }

  const dialog = document.getElementById("large");
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  /** Shows `children` in the page's dialog. */
  function enlarge(title, ...children) {
    const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
    dialog.replaceChildren(element("p", {}, element("strong", {}, title), " ", close), ...children);
    dialog.showModal();
  }

  document.querySelectorAll("table.sortable").forEach(sortable);
  return { data, bytes, element, choice, slider, resampled, normalised, pixels, paint, percent, enlarge };
})();
