import { median } from '../../statistics/quantiles.ts';

/** Medians of a figure at two versions, and how they compare. */
export interface ComparedFigure {
  readonly base: number;
  readonly here: number;
  /** `here / base`; left out where the base is 0. */
  readonly ratio?: number;
}

/** Shares of a profile are no figures: the places that they belong to differ from run to run. */
const NO_FIGURES = 'costs';

/**
 * Compares the figures of several answers of a benchmark at two versions: all numbers, under their names, as `idle.shareOfACore`. Figures that only
 * one version reports are left out.
 */
export function compareFigures(base: readonly unknown[], here: readonly unknown[]): Record<string, ComparedFigure> {
  const [before, after] = [figuresOf(base), figuresOf(here)];
  const shared = [...after].flatMap(([name, values]): [string, ComparedFigure][] => {
    const others = before.get(name);
    if (others === undefined) return [];
    const [a, b] = [median(others), median(values)];
    return [[name, { base: a, here: b, ...(a !== 0 && { ratio: Math.round((1000 * b) / a) / 1000 }) }]];
  });
  return Object.fromEntries(shared);
}

/** The numbers in all answers by their names. */
function figuresOf(answers: readonly unknown[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  const collect = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'number') {
      const name = path.join('.');
      found.set(name, [...(found.get(name) ?? []), value]);
    } else if (typeof value === 'object' && value !== null)
      for (const [key, part] of Object.entries(value)) if (key !== NO_FIGURES) collect(part, [...path, key]);
  };
  for (const answer of answers) collect(answer, []);
  return found;
}
