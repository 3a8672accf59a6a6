import { describe, expect, it } from 'vitest';
import { type CountedPair, FIGURES, type Figure, figuresOf } from '../src/evaluate/summary/figures.ts';
import { sensitivityTable } from '../src/sensitivity/table.ts';
import { VARIATIONS } from '../src/sensitivity/variations.ts';
import type { Estimate } from '../src/statistics/bootstrap.ts';

const estimates = (changes: Partial<Record<Figure, number>>): Record<Figure, Estimate> => {
  const all = { ...figuresOf([] as CountedPair[]), ...changes };
  const names = Object.keys(FIGURES) as Figure[];
  return Object.fromEntries(
    names.map((name) => [name, { value: all[name], low: all[name], high: all[name] }]),
  ) as Record<Figure, Estimate>;
};

const summary = (plan: string, sharedPrivateStamps: number, hopsRight: number) => ({
  plan,
  profile: 'published' as const,
  family: 'grown' as const,
  size: 'small' as const,
  mostVantagePoints: 5,
  atlasProbes: 1,
  hours: 24,
  fleet: 5,
  atlas: 'usual' as const,
  changes: { sharedPrivateStamps },
  seeds: [1],
  pairs: 10,
  figures: estimates({ hopsRight }),
  silentShare: 0,
  byDestination: {},
  preparation: { surveyProbes: 0, tracerouteProbes: 0, atlasOptionProbes: 0 },
  preparationOptionProbesPerPair: 0,
  hopsByTechnique: {},
  firstWrongHop: {},
  errorBudget: {},
  kinds: {},
  calibration: { bins: [], error: sharedPrivateStamps / 2, chanceError: 0, brier: 0 },
  pathCalibration: { bins: [], error: 0, chanceError: 0, brier: 0 },
});

describe('the table of a varied parameter', () => {
  it('shows each value side by side, and the largest difference between them', () => {
    const summaries = [summary('default', 0, 0.97), summary('default', 0.02, 0.965), summary('default', 0.06, 0.9)];
    const { rows } = sensitivityTable(VARIATIONS.sharedPrivate, summaries);
    expect(rows[0].slice(1)).toEqual(['0 %', '2 %', '6 %', 'largest difference']);
    const row = (label: string) => rows.find(([name]) => name.startsWith(label))?.slice(1);
    expect(row('default: hops right by any flow')).toEqual([
      '97.0 % (97.0 to 97.0)',
      '96.5 % (96.5 to 96.5)',
      '90.0 % (90.0 to 90.0)',
      '7.0 %',
    ]);
    expect(row('default: calibration error')).toEqual(['0.0', '1.0', '3.0', '3.0']);
  });
});
