// Values as people read them.

/** Seconds between two blocks. */
const BLOCK_SECONDS = 3;
/** The smallest units of one NRN. */
const UNIT = 1_000_000_000_000n;

/** Returns an amount, a decimal string in the smallest unit, in NRN with as many decimals as matter. */
export function amount(text: string): string {
  let value: bigint;
  try {
    value = BigInt(text);
  } catch {
    return text;
  }
  const negative = value < 0n;
  if (negative) value = -value;
  const whole = value / UNIT;
  const digits = whole >= 1000n ? 0 : whole >= 1n ? 2 : 6;
  const scale = 10n ** BigInt(12 - digits);
  const rounded = (value + scale / 2n) / scale;
  const factor = 10n ** BigInt(digits);
  const fraction = digits === 0 ? "" : String(rounded % factor).padStart(digits, "0").replace(/0+$/, "");
  const grouped = String(rounded / factor).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${negative ? "-" : ""}${grouped}${fraction === "" ? "" : `.${fraction}`} NRN`;
}

/** Returns an amount as a number of NRN, for plots. */
export function toNumber(text: string): number {
  return Number(BigInt(text) / 1_000_000n) / 1e6;
}

/** Returns a score, a number in micro-units. */
export function score(micros: number | null | undefined): string {
  return micros === null || micros === undefined ? "–" : (micros / 1e6).toFixed(6);
}

/** Returns a part in millionths as a percentage. */
export function share(millionths: number): string {
  return `${Number((millionths / 1e4).toFixed(2))}%`;
}

/** Returns the part of an amount in another as a percentage. */
export function part(of: string, whole: string): string {
  const all = BigInt(whole);
  return all === 0n ? "0%" : share(Number((BigInt(of) * 1_000_000n) / all));
}

/** Returns an account or a hash with its middle left out. */
export function short(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-5)}`;
}

/** Returns a number of bytes. */
export function bytes(count: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let place = 0;
  let value = count;
  while (value >= 1024 && place < units.length - 1) {
    value /= 1024;
    place += 1;
  }
  return place === 0 ? `${value} bytes` : `${value.toFixed(1)} ${units[place]}`;
}

/** Returns a number of blocks as a duration. */
export function duration(blocks: number): string {
  const seconds = Math.max(0, blocks) * BLOCK_SECONDS;
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** Returns a count with the unit in the number that fits. */
export function count(number: number, unit: string): string {
  return `${number.toLocaleString("en")} ${unit}${number === 1 ? "" : "s"}`;
}

/** Returns the words of an identifier such as `not_better`. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}
