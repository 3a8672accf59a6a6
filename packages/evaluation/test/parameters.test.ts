import { readFile } from 'node:fs/promises';
import { PROFILES, PROVENANCE } from '@revtr/sim';
import { expect, it } from 'vitest';
import { parameterTable } from '../src/bench/parameters.ts';

const DOCUMENT = new URL('../../../docs/simulator.md', import.meta.url);

it('every parameter of profile published has its provenance once', () => {
  const named = PROVENANCE.flatMap(({ parameters }) => parameters);
  expect(named.toSorted()).toEqual(Object.keys(PROFILES.published).toSorted());
});

it('what is published or fitted names a source or is how networks work', () => {
  const without = PROVENANCE.filter(({ basis, source }) => basis !== 'assumption' && source === undefined);
  expect(without.flatMap(({ parameters }) => parameters)).toEqual(['limitsByArrival']);
});

it('docs/simulator.md has the table of parameters as it is (else: npm run -s bench -- parameters)', async () => {
  expect(await readFile(DOCUMENT, 'utf8')).toContain(parameterTable());
});
