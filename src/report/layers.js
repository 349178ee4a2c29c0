// The layers of a plain CNN in inference mode, forwards and backwards, and its weights.
//
// Shapes: values are Float32Arrays of [channels, height, width]; a kernel is [outputs, inputs, side, side]. What
// a layer returns is its own array, valid until its next call.
"use strict";
const Layers = (() => {
  /** Added to a variance before its square root, as in training. */
  const VARIANCE_EPSILON = 1e-5;
  /** Side and stride of a max-pool, in pixels. */
  const POOL = 2;

  let known;
  /** Returns the float32 of every 16-bit float, by its bits. */
  function halfTable() {
    if (!known) {
      known = new Float32Array(1 << 16);
      for (let bits = 0; bits < known.length; bits++) {
        const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
        if (exponent === 0) known[bits] = sign * fraction * 2 ** -24;
        else if (exponent < 31) known[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
        else known[bits] = fraction ? NaN : sign * Infinity;
      }
    }
    return known;
  }

  /** Returns the values of a tensor, little-endian floats of 16 or 32 bits in base64. */
  function decoded({ dtype, values: text }) {
    const packed = atob(text);
    const bytes = new Uint8Array(packed.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = packed.charCodeAt(at);
    if (dtype === "F32") return new Float32Array(bytes.buffer);
    if (dtype !== "F16") throw new Error(`weights of type ${dtype} cannot be read`);
    const [table, halves] = [halfTable(), new Uint16Array(bytes.buffer)];
    const values = new Float32Array(halves.length);
    for (let at = 0; at < values.length; at++) values[at] = table[halves[at]];
    return values;
  }

  /** Multiplies the scale of a batch normalisation into `kernel`, and returns the bias that is left. */
  function folded(kernel, take) {
    const [scale, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(take);
    const each = kernel.length / scale.length;
    return shift.map((start, channel) => {
      const factor = scale[channel] / Math.sqrt(variance[channel] + VARIANCE_EPSILON);
      for (let at = channel * each; at < (channel + 1) * each; at++) kernel[at] *= factor;
      return start - mean[channel] * factor;
    });
  }

  /** The error function, to 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
  function erf(x) {
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return Math.sign(x) * (1 - sum * Math.exp(-x * x));
  }
  const normal = (z) => 0.5 * (1 + erf(z / Math.SQRT2));
  const logistic = (z) => 1 / (1 + Math.exp(-z));

  /** Each activation and its derivative. NaN stays NaN. */
  const ACTIVATIONS = {
    "relu": [(z) => (z < 0 ? 0 : z), (z) => (z > 0 ? 1 : 0)],
    "leaky-relu": [(z) => (z < 0 ? z / 100 : z), (z) => (z > 0 ? 1 : 0.01)],
    "gelu": [(z) => z * normal(z),
      (z) => normal(z) + (z * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)],
    "silu": [(z) => z * logistic(z), (z) => logistic(z) * (1 + z * (1 - logistic(z)))],
  };

  let margin = new Float32Array(0);
  /** Returns `values`, `[channels, height, width]`, within zeros `pad` wide; valid until the next call. */
  function padded(values, channels, height, width, pad) {
    const wide = width + 2 * pad;
    const area = (height + 2 * pad) * wide;
    if (margin.length < channels * area) margin = new Float32Array(channels * area);
    margin.fill(0, 0, channels * area);
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        const from = (channel * height + y) * width;
        margin.set(values.subarray(from, from + width), channel * area + (y + pad) * wide + pad);
      }
    }
    return margin;
  }

  /** Adds to the plane of `into` at `place` the plane of `from` at `origin`, weighted by a 3 x 3 kernel. */
  function addThree(into, place, from, origin, [a, b, c, d, e, f, g, h, i], height, width) {
    const wide = width + 2;
    for (let y = 0; y < height; y++, origin += wide, place += width) {
      let top = origin, middle = origin + wide, bottom = origin + 2 * wide;
      let a1 = from[top++], b1 = from[top++], a2 = from[middle++], b2 = from[middle++];
      let a3 = from[bottom++], b3 = from[bottom++];
      for (let x = 0; x < width; x++) {
        const c1 = from[top++], c2 = from[middle++], c3 = from[bottom++];
        into[place + x] += a * a1 + b * b1 + c * c1 + d * a2 + e * b2 + f * c2 + g * a3 + h * b3 + i * c3;
        a1 = b1; b1 = c1;
        a2 = b2; b2 = c2;
        a3 = b3; b3 = c3;
      }
    }
  }

  /** Does the same with a kernel of `side` x `side`. */
  function addAny(into, place, from, origin, taps, height, width, side) {
    const wide = width + side - 1;
    for (let y = 0; y < height; y++, place += width) {
      for (let tap = 0; tap < taps.length; tap++) {
        const [start, weight] = [origin + (y + Math.floor(tap / side)) * wide + (tap % side), taps[tap]];
        for (let x = 0; x < width; x++) into[place + x] += weight * from[start + x];
      }
    }
  }

  /** Convolution with zero padding that keeps the size, plus a bias, then an activation. */
  class Convolution {
    constructor(weights, bias, [inputs, outputs, height, width, side], activation) {
      Object.assign(this, { weights, bias, inputs, outputs, height, width, side });
      [this.activate, this.slope] = ACTIVATIONS[activation];
      this.before = new Float32Array(outputs * height * width);
      this.output = new Float32Array(outputs * height * width);
      this.gradient = new Float32Array(inputs * height * width);
    }

    forward(input) {
      const { before, output, bias, height, width } = this;
      const area = height * width;
      for (let channel = 0; channel < this.outputs; channel++) {
        before.fill(bias[channel], channel * area, (channel + 1) * area);
      }
      this.accumulate(before, this.outputs, input, this.inputs, false);
      for (let at = 0; at < output.length; at++) output[at] = this.activate(before[at]);
      return output;
    }

    /** Returns the gradient of the input for that of the output, which it overwrites. */
    backward(gradient) {
      const { before } = this;
      for (let at = 0; at < gradient.length; at++) gradient[at] *= this.slope(before[at]);
      this.gradient.fill(0);
      this.accumulate(this.gradient, this.inputs, gradient, this.outputs, true);
      return this.gradient;
    }

    /** Adds the convolution of `input`, or for `turned` its transpose: kernels turned, axes exchanged. */
    accumulate(into, outputs, input, inputs, turned) {
      const { weights, height, width, side } = this;
      const pad = (side - 1) / 2;
      const from = padded(input, inputs, height, width, pad);
      const [area, wide] = [height * width, (height + 2 * pad) * (width + 2 * pad)];
      const add = side === 3 ? addThree : addAny;
      const taps = new Array(side * side);
      for (let out = 0; out < outputs; out++) {
        for (let channel = 0; channel < inputs; channel++) {
          const kernel = (turned ? channel * outputs + out : out * inputs + channel) * taps.length;
          const last = kernel + taps.length - 1;
          for (let tap = 0; tap < taps.length; tap++) taps[tap] = weights[turned ? last - tap : kernel + tap];
          add(into, out * area, from, channel * wide, taps, height, width, side);
        }
      }
    }
  }

  /** The largest value of each 2 x 2 window; an odd last row or column is dropped. */
  class Pool {
    constructor([channels, height, width]) {
      Object.assign(this, { channels, height, width });
      [this.tall, this.wide] = [Math.floor(height / POOL), Math.floor(width / POOL)];
      this.output = new Float32Array(channels * this.tall * this.wide);
      this.chosen = new Int32Array(this.output.length);
      this.gradient = new Float32Array(channels * height * width);
    }

    forward(input) {
      const { channels, height, width, tall, wide, output, chosen } = this;
      let at = 0;
      for (let channel = 0; channel < channels; channel++) {
        for (let y = 0; y < tall; y++) {
          let first = (channel * height + POOL * y) * width;
          for (let x = 0; x < wide; x++, at++, first += POOL) {
            let best = first;
            if (input[first + 1] > input[best]) best = first + 1;
            if (input[first + width] > input[best]) best = first + width;
            if (input[first + width + 1] > input[best]) best = first + width + 1;
            chosen[at] = best;
            output[at] = input[best];
          }
        }
      }
      return output;
    }

    backward(gradient) {
      this.gradient.fill(0);
      for (let at = 0; at < gradient.length; at++) this.gradient[this.chosen[at]] = gradient[at];
      return this.gradient;
    }
  }

  /** A linear layer over all values or, for `averages`, over each channel's mean. */
  class Head {
    constructor(weights, bias, [channels, height, width], averages) {
      const area = height * width;
      Object.assign(this, { weights, bias, area, share: averages ? 1 / area : 1 });
      this.spread = averages ? area : 1;
      this.features = new Float32Array((channels * area) / this.spread);
      this.gradient = new Float32Array(channels * area);
    }

    /** Returns the logits. */
    forward(input) {
      const { features, weights, bias, spread, share } = this;
      for (let at = 0, from = 0; at < features.length; at++) {
        let sum = 0;
        for (let cell = 0; cell < spread; cell++) sum += input[from++];
        features[at] = sum * share;
      }
      return bias.map((start, row) => {
        let [sum, weight] = [start, row * features.length];
        for (let at = 0; at < features.length; at++) sum += weights[weight++] * features[at];
        return sum;
      });
    }

    /** Returns the gradient of the logit of class `target`. */
    backward(target) {
      const { gradient, weights, features, spread, share } = this;
      for (let at = 0; at < gradient.length; at++) {
        gradient[at] = share * weights[target * features.length + Math.floor(at / spread)];
      }
      return gradient;
    }
  }

  return { ACTIVATIONS, POOL, Convolution, Head, Pool, decoded, folded };
})();
