import { describe, expect, it } from 'vitest';
import { type ComparedResult, compareResults } from '../src/cluster/compared-result.ts';

const result = (label: string, ...hops: string[]): ComparedResult => ({
  ...{ source: '192.0.2.1', destination: '198.51.100.1', label, stopReason: 'reaches', failCode: undefined },
  ...{ confidence: 0.9, measuredThrough: undefined, hops },
});

describe('the comparison of two systems', () => {
  it('reports what is the same in all runs of a system, and differs between the systems', () => {
    const steady = result('steady', 'a');
    const embedded = [
      [steady, result('varies', 'a'), result('differs', 'a', 'b')],
      [steady, result('varies', 'b'), result('differs', 'a', 'b')],
    ];
    const cluster = [0, 1].map(() => [steady, result('varies', 'c'), result('differs', 'a')]);
    expect(compareResults(embedded, cluster)).toEqual({
      ...{ pairs: 3, hops: 4, reached: 3, identical: 1, varying: 1 },
      differences: [{ label: 'differs', field: 'hop 2', embedded: 'b', cluster: undefined }],
    });
  });
});
