// A picture as a network sees it.
"use strict";
const Picture = (() => {
  /** Fractional bits of a resampling weight: 32 minus 8 for a pixel and 2 for sums above 1, as in Pillow. */
  const WEIGHT_UNIT = 2 ** 22;
  /** Largest value of an 8-bit channel, and half of it, which rounds a division by it. */
  const [CHANNEL_MAX, HALF_CHANNEL] = [255, 127];

  /** Returns the first input pixel and the integer weights of every output pixel, as Pillow's triangle filter. */
  function taps(from, to) {
    const scale = from / to;
    const support = Math.max(scale, 1);
    return Array.from({ length: to }, (_, place) => {
      if (from === to) return { first: place, weights: [WEIGHT_UNIT] };
      const centre = (place + 0.5) * scale;
      const first = Math.floor(Math.max(centre - support + 0.5, 0));
      const last = Math.min(Math.floor(centre + support + 0.5), from);
      const weights = Array.from({ length: last - first }, (_, at) =>
        Math.max(1 - Math.abs((first + at - centre + 0.5) / support), 0));
      const sum = weights.reduce((sum, weight) => sum + weight, 0);
      return { first, weights: weights.map((weight) => Math.round((weight / sum) * WEIGHT_UNIT)) };
    });
  }

  /**
   * Returns `lines` lines of `from` RGB pixels, resized to `to` pixels and rounded to 8 bits. In `source`, line n
   * begins at `start(n)`, and the next pixel of a line is `step` further.
   */
  function resized(source, lines, [from, to], start, step) {
    const out = new Uint8ClampedArray(lines * to * 3);
    const all = taps(from, to);
    for (let line = 0, place = 0; line < lines; line++) {
      for (const { first, weights } of all) {
        let [red, green, blue] = [0, 0, 0];
        let at = start(line) + first * step;
        for (let tap = 0; tap < weights.length; tap++, at += step) {
          red += source[at] * weights[tap];
          green += source[at + 1] * weights[tap];
          blue += source[at + 2] * weights[tap];
        }
        out[place++] = Math.floor(red / WEIGHT_UNIT + 0.5);
        out[place++] = Math.floor(green / WEIGHT_UNIT + 0.5);
        out[place++] = Math.floor(blue / WEIGHT_UNIT + 0.5);
      }
    }
    return out;
  }

  /** Returns RGBA bytes as they look on white. */
  function onWhite(data) {
    let first = 3;
    while (first < data.length && data[first] === CHANNEL_MAX) first += 4;
    if (first >= data.length) return data;
    const shown = new Uint8ClampedArray(data.length);
    for (let at = 0; at < data.length; at++) {
      const alpha = data[at | 3];
      const mixed = data[at] * alpha + CHANNEL_MAX * (CHANNEL_MAX - alpha);
      shown[at] = Math.floor((mixed + HALF_CHANNEL) / CHANNEL_MAX);
    }
    return shown;
  }

  /**
   * Returns the largest centred square of `{ width, height, data }` (RGBA bytes) at `side` x `side` pixels, as
   * `[3, side, side]` of 0..1: shown on white, resized along the rows and then along the columns, with the
   * command line's filter and rounding.
   */
  function pixels({ width, height, data }, side) {
    const square = Math.min(width, height);
    const [left, top] = [Math.floor((width - square) / 2), Math.floor((height - square) / 2)];
    const lines = [square, side];
    const narrow = resized(onWhite(data), square, lines, (row) => 4 * ((top + row) * width + left), 4);
    const small = resized(narrow, side, lines, (column) => 3 * column, 3 * side);
    const area = side * side;
    return Float32Array.from({ length: 3 * area }, (_, index) => {
      const [channel, y, x] = [Math.floor(index / area), Math.floor((index % area) / side), index % side];
      return small[3 * (x * side + y) + channel] / CHANNEL_MAX;
    });
  }

  /** Returns the pixels of a picture file, upright and without its colour profile: a promise of ImageData. */
  async function read(file) {
    const options = { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" };
    const bitmap = await createImageBitmap(file, options);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }

  return { pixels, read };
})();
