import { InvalidArgumentError } from 'commander';

/** Parses the number of an application or batch. */
export function readCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Parses the seed of a simulated Internet. */
export function readSeed(text: string): number {
  const seed = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(seed)) throw new InvalidArgumentError('A seed is an integer.');
  return seed;
}

/** Parses a share. */
export function readShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1))
    throw new InvalidArgumentError('A share is a number from 0 to 1.');
  return share;
}

/** Parses the weight of a user. */
export function readWeight(text: string): number {
  const weight = Number(text);
  if (text.trim() === '' || !(weight >= 0.01 && weight <= 1_000))
    throw new InvalidArgumentError('A weight is a number from 0.01 to 1,000.');
  return weight;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Parses a length of time such as `90s`, `15m`, `6h` or `1d`, and returns seconds. */
export function readSeconds(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('It must be a length of time such as 90s, 15m, 6h or 1d.');
  return Number(count) * SECONDS[unit];
}

/** Parses an amount of time. */
export function readAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0 && amount <= 100_000))
    throw new InvalidArgumentError('It must be a number from 0 to 100,000.');
  return amount;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/** Parses a time such as `2026-11-20T10:00Z`. */
export function readTime(text: string): string {
  if (!TIME.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('A time looks like 2026-11-20T10:00Z.');
  return text;
}
