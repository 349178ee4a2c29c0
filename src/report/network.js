// A plain CNN in inference mode: the classes that it sees in a picture, and its maps of them.
"use strict";
const Network = (() => {
  const { ACTIVATIONS, POOL, Convolution, Head, Pool, decoded, folded } = Layers;
  /** Cells per side of the finer of an ablation's two layers, at least. */
  const FINE_CELLS = 8;
  /** Largest spread of a constant map, relative to its largest magnitude: 16 float32 epsilons. */
  const CONSTANT_SPREAD = 16 * 2 ** -23;
  /** Smallest normal float32. */
  const LEAST_NORMAL = 2 ** -126;
  /** Factor of G^2 in the denominator of Grad-CAM++'s alpha. */
  const SECOND_ORDER = 2;

  const rectified = (values) => values.map((value) => (value < 0 ? 0 : value));

  /** Returns the rectified sum of the channels, each with its weight. */
  function weighted(activation, weights, area) {
    const sums = new Float64Array(area);
    for (let channel = 0, at = 0; channel < weights.length; channel++) {
      for (let cell = 0; cell < area; cell++) sums[cell] += weights[channel] * activation[at++];
    }
    return Float32Array.from(rectified(sums));
  }

  /** Returns one number per channel, of its activations and gradients. */
  const perChannel = (activation, gradient, area, weight) => Float64Array.from(
    { length: activation.length / area },
    (_, channel) => {
      const [start, end] = [channel * area, (channel + 1) * area];
      return weight(activation.subarray(start, end), gradient.subarray(start, end));
    },
  );
  const total = (values) => values.reduce((sum, value) => sum + value, 0);

  /** Each method: its title and its map, not yet resized, of `[channels, cells]` of A and G. */
  const METHODS = {
    /** Selvaraju et al. 2017, eq. 1 and 2: w = mean of G, map = ReLU(sum of w A). */
    "grad-cam": {
      title: "Grad-CAM",
      map: (activation, gradient, area) => weighted(
        activation, perChannel(activation, gradient, area, (_, own) => total(own) / area), area,
      ),
    },
    /**
     * Chattopadhyay et al. 2018, eq. 5 and 19: w = sum of alpha ReLU(G), alpha = 1 / (2 + sum(A) G) where
     * G > 0, with no epsilon; alpha is 0 where the denominator is, which needs negative activations.
     */
    "grad-cam++": {
      title: "Grad-CAM++",
      map: (activation, gradient, area) => weighted(
        activation,
        perChannel(activation, gradient, area, (values, own) => {
          const sum = total(values);
          return own.reduce((weight, value) => {
            const denominator = SECOND_ORDER + sum * value;
            return value > 0 && denominator !== 0 ? weight + value / denominator : weight;
          }, 0);
        }),
        area,
      ),
    },
    /** Draelos and Carin 2020: ReLU of the sum of G A over the channels, cell by cell. */
    "hires-cam": {
      title: "HiResCAM",
      map: (activation, gradient, area) => weighted(
        activation.map((value, at) => value * gradient[at]),
        new Float64Array(activation.length / area).fill(1),
        area,
      ),
    },
  };

  /**
   * Returns the map at `size` `[height, width]` by half-pixel bilinear interpolation, min-max normalised to
   * 0..1: `{ values, empty }`. A constant map is all 0 and empty.
   */
  function heat(raw, [height, width], [tall, wide]) {
    const places = (from, to) => Array.from({ length: to }, (_, index) => {
      const centre = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
      const low = Math.floor(centre);
      return [low, Math.min(low + 1, from - 1), centre - low];
    });
    const values = new Float32Array(tall * wide);
    const columns = places(width, wide);
    let [at, least, most] = [0, Infinity, -Infinity];
    for (const [top, bottom, down] of places(height, tall)) {
      for (const [left, right, along] of columns) {
        const [above, below] = [top * width, bottom * width];
        const upper = raw[above + left] * (1 - along) + raw[above + right] * along;
        const lower = raw[below + left] * (1 - along) + raw[below + right] * along;
        const value = Math.fround(upper * (1 - down) + lower * down);
        least = Math.min(least, value);
        most = Math.max(most, value);
        values[at++] = value;
      }
    }
    const spread = most - least;
    const empty = spread <= CONSTANT_SPREAD * Math.max(Math.abs(most), Math.abs(least)) || spread < LEAST_NORMAL;
    return { values: values.map((value) => (empty ? 0 : (value - least) / spread)), empty };
  }

  return class Network {
    /** The methods by name, in drawing order: `{ title, map }`. */
    static METHODS = METHODS;
    static heat = heat;

    /**
     * Returns the network of `spec`, `{ model, side, classes, mean, std }`, with the weights `tensors`, a list of
     * `{ name, shape, dtype, values }` with floats in base64.
     */
    static load(spec, tensors) {
      const { model } = spec;
      if (model.network !== "plain-cnn") throw new Error(`${model.network} does not run in the page`);
      if (model.shortcut) throw new Error("networks with shortcuts do not run in the page");
      if (!(model.activation in ACTIVATIONS)) throw new Error(`the page has no activation "${model.activation}"`);
      return new Network(spec, tensors);
    }

    constructor(spec, tensors) {
      const { model, side, classes } = spec;
      Object.assign(this, { spec, classes, side, steps: [], layers: [] });
      const named = new Map(tensors.map((tensor) => [tensor.name, tensor]));
      const take = (name, ...shape) => {
        const tensor = named.get(name);
        if (!tensor) throw new Error(`the weights have no tensor "${name}"`);
        if (String(tensor.shape) !== String(shape)) {
          throw new Error(`tensor "${name}" has shape [${tensor.shape}], expected [${shape}]`);
        }
        named.delete(name);
        return decoded(tensor);
      };
      let [channels, cells, place] = [3, side, 0];
      const tap = (name) => {
        this.layers.push({ name, cells: [cells, cells], step: this.steps.length - 1 });
      };
      model.filters.forEach((filters, index) => {
        for (let layer = 0; layer < model.convolutions_per_block; layer++) {
          const kernel = take(`features.${place}.weight`, filters, channels, model.kernel, model.kernel);
          let bias;
          if (model.normalisation === "batch") {
            bias = folded(kernel, (part) => take(`features.${place + 1}.${part}`, filters));
            place += 3;
          } else {
            bias = take(`features.${place}.bias`, filters);
            place += 2;
          }
          const shape = [channels, filters, cells, cells, model.kernel];
          this.steps.push(new Convolution(kernel, bias, shape, model.activation));
          channels = filters;
        }
        place += 1;
        tap(`block-${index + 1}`);
        if (index + 1 < model.filters.length || model.head === "flatten") {
          this.steps.push(new Pool([channels, cells, cells]));
          cells = Math.floor(cells / POOL);
          tap(`pool-${index + 1}`);
        }
      });
      const averages = model.head === "average-pool";
      const features = averages ? channels : channels * cells * cells;
      const weights = take("classifier.weight", classes.length, features);
      this.head = new Head(weights, take("classifier.bias", classes.length), [channels, cells, cells], averages);
      if (named.size) throw new Error(`tensor "${[...named.keys()][0]}" was not expected`);
    }

    /** Returns an ablation's layers: the deepest block with 8 x 8 cells, and the last block; they may be one. */
    ablationLayers() {
      const blocks = this.layers.filter(({ name }) => name.startsWith("block-"));
      const fine = blocks.filter(({ cells: [height] }) => height >= FINE_CELLS).slice(-1);
      return [...new Set([...fine, ...blocks.slice(-1)].map(({ name }) => name))];
    }

    /** Returns `{ logits, probabilities, predicted }` for pixels `[3, side, side]`, 0..1. */
    classify(pixels) {
      const { mean, std } = this.spec;
      const area = this.side * this.side;
      const shape = `[3, ${this.side}, ${this.side}]`;
      if (pixels.length !== 3 * area) throw new Error(`${pixels.length} values are not ${shape}`);
      let values = Float32Array.from(pixels, (value, at) => {
        const channel = Math.floor(at / area);
        return (value - mean[channel]) / std[channel];
      });
      for (const step of this.steps) values = step.forward(values);
      const logits = this.head.forward(values);
      const most = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
      const shares = Float64Array.from(logits, (logit) => Math.exp(logit - most));
      const sum = total(shares);
      const probabilities = Float32Array.from(shares, (share) => share / sum);
      if (!Number.isFinite(sum)) throw new Error("the network's output is not finite");
      return { logits, probabilities, predicted: logits.indexOf(most) };
    }

    /**
     * Returns what `classify` returns, the class `target` (a number; by default the predicted one) and `found`,
     * for every layer `{ layer, cells, maps }`. `maps` has for every method `{ raw, values, empty }`: the
     * rectified map of `cells` `[height, width]`, and the map as shown, `[side, side]` of 0..1. `layer` is a
     * name or a list of names, by default those of an ablation; `cells` and `maps` are those of the first.
     */
    explain(pixels, { layer = this.ablationLayers(), target } = {}) {
      const wanted = [layer].flat().map((name) => {
        const found = this.layers.find((other) => other.name === name);
        const known = this.layers.map((other) => other.name).join(", ");
        if (!found) throw new Error(`there is no layer "${name}", there are ${known}`);
        return found;
      });
      const seen = this.classify(pixels);
      const chosen = target ?? seen.predicted;
      if (!(chosen in this.classes)) throw new Error(`there is no class ${chosen}`);
      const first = Math.min(...wanted.map(({ step }) => step));
      const found = new Map();
      let gradient = this.head.backward(chosen);
      for (let step = this.steps.length - 1; step >= first; step--) {
        const here = wanted.find((other) => other.step === step);
        if (here) found.set(here, this.mapsAt(here, gradient));
        if (step > first) gradient = this.steps[step].backward(gradient);
      }
      const all = wanted.map((one) => found.get(one));
      return { ...seen, target: chosen, found: all, cells: all[0].cells, maps: all[0].maps };
    }

    /** Returns the maps of a layer for the gradient there. */
    mapsAt({ name, cells, step }, gradient) {
      const activation = this.steps[step].output;
      const maps = Object.entries(METHODS).map(([method, { map }]) => {
        const raw = map(activation, gradient, cells[0] * cells[1]);
        return [method, { raw, ...heat(raw, cells, [this.side, this.side]) }];
      });
      return { layer: name, cells, maps: Object.fromEntries(maps) };
    }
  };
})();
