// The columns that a model description names, as far as a page shows them.

export type Column = { column: string; dtype: string; shape: number[]; isTokens: boolean };
export type Columns = { inputs: Column[]; target: Column };
export type Picture = { channels: number; height: number; width: number };

/** The most pixels of a side. */
const SIDE = 1024;

function column(value: unknown): Column {
  const { column, dtype, shape, layers } = (value ?? {}) as Record<string, unknown>;
  const isShape = Array.isArray(shape) && shape.every((side) => Number.isSafeInteger(side) && side > 0);
  if (typeof column !== "string" || typeof dtype !== "string" || !isShape) {
    throw new Error("the group's model description is not one that this page knows");
  }
  return { column, dtype, shape: shape as number[], isTokens: isEmbedding(layers) };
}

function isEmbedding(layers: unknown): boolean {
  const first: unknown = Array.isArray(layers) ? layers[0] : undefined;
  return (first as { type?: unknown } | undefined)?.type === "embedding";
}

/** Reads a description, a JSON document. */
export function columns(json: string): Columns {
  const { inputs, target, layers } = JSON.parse(json) as Record<string, unknown>;
  if (!Array.isArray(inputs) || inputs.length < 1 || inputs.length > 16)
    throw new Error("the model description has no inputs");
  const found = inputs.map(column);
  const only = found[0];
  if (found.length === 1 && only !== undefined && isEmbedding(layers)) only.isTokens = true;
  return { inputs: found, target: column(target) };
}

/** Returns the form of the pictures in a column: `[1 or 3, height, width]` or `[height, width]`; null for something else. */
export function picture({ shape, isTokens }: Column): Picture | null {
  const [channels, height, width] = shape.length === 2 ? [1, ...shape] : shape;
  if (isTokens || (channels !== 1 && channels !== 3) || shape.length > 3) return null;
  if (
    height === undefined ||
    width === undefined ||
    Math.min(height, width) < 2 ||
    Math.max(height, width) > SIDE
  )
    return null;
  return { channels, height, width };
}

/**
 * Returns the pixels of a picture in red, green, blue and opacity. Bytes are taken as they are, other numbers from the record's
 * smallest as black to its largest as white.
 */
export function pixels(
  values: ArrayLike<number>,
  { dtype }: Column,
  { channels, height, width }: Picture,
): Uint8ClampedArray<ArrayBuffer> {
  const plane = height * width;
  if (values.length !== channels * plane)
    throw new Error("a record has another number of values than its shape");
  let [least, span] = [0, 255];
  if (dtype !== "u8") {
    let most = -Infinity;
    least = Infinity;
    for (let place = 0; place < values.length; place += 1) {
      least = Math.min(least, values[place] ?? 0);
      most = Math.max(most, values[place] ?? 0);
    }
    span = Math.max(most - least, Number.MIN_VALUE);
  }
  const drawn = new Uint8ClampedArray(4 * plane);
  for (let place = 0; place < plane; place += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = values[(channels === 3 ? channel : 0) * plane + place] ?? 0;
      drawn[4 * place + channel] = ((value - least) / span) * 255;
    }
    drawn[4 * place + 3] = 255;
  }
  return drawn;
}
