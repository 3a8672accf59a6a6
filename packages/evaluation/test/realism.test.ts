import { describe, expect, it } from 'vitest';
import { realismOf } from '../src/bench/realism/realism.ts';

/** Figures that the profile is calibrated on, measured on an Internet that it was not calibrated on. */
const KEY_FIGURES = [
  'of these, prefixes that answer Record Route',
  'closest of all vantage points within 6 hops',
  'closest of all vantage points within 8 hops',
  'closest of all vantage points within 9 hops',
  'reached by the best 10 of what all vantage points reach',
  'reverse paths with the same networks as the forward path',
  'hops of a forward path, quantile 0.5',
  'networks with a RIPE Atlas probe',
  'networks that let spoofed packets out',
];

describe('realism of profile published', async () => {
  const rows = await realismOf('medium', 5, 'published');

  it.each(KEY_FIGURES)('%s is inside its tolerance', (figure) => {
    const row = rows.find((candidate) => candidate.figure === figure);
    expect(row).toMatchObject({ isInside: true });
  });

  it('is far from profile kind, in which vantage points are closer and data is better', async () => {
    const kind = await realismOf('small', 5, 'kind', 'flat');
    expect(kind.map(({ figure }) => figure)).toEqual(rows.map(({ figure }) => figure));
    const inside = (list: typeof rows): number => list.filter(({ isInside }) => isInside).length / list.length;
    expect(inside(rows)).toBeGreaterThan(inside(kind) + 0.2);
  });
});
