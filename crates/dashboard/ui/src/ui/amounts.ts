// Amounts in words.

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** `96 MiB`, `1.5 GiB`: three digits at most. */
export function bytes(amount: number): string {
  const power = amount < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(amount) / 10));
  const scaled = amount / 1024 ** power;
  return `${scaled >= 100 || power === 0 ? Math.round(scaled) : Number(scaled.toPrecision(2))} ${UNITS[power]}`;
}

/** Cores as a part of one: `12 %`, `0.4 %`. */
export function percent(part: number): string {
  const value = part * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))} %`;
}

/** `1 instance`, `1,000 instances`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
