import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkCampaign } from '../src/campaign/check.ts';

const directory = mkdtempSync(join(tmpdir(), 'revtr-check-'));
afterAll(() => rmSync(directory, { recursive: true }));

const SOURCE = '192.0.2.1';
const result = (destination: string, state = 'done', stopReason?: string): string =>
  JSON.stringify({ source: SOURCE, destination, state, ...(stopReason && { result: { stopReason } }) });

async function check(destinations: readonly string[], lines: readonly string[]) {
  const [pairs, output] = [join(directory, 'pairs'), join(directory, 'output')];
  writeFileSync(pairs, ['# destination source', ...destinations.map((one) => `${one} ${SOURCE}`), ''].join('\n'));
  writeFileSync(output, lines.map((line) => `${line}\n`).join(''));
  return checkCampaign(pairs, output);
}

it('accepts an output with one result for each pair', async () => {
  const lines = [result('203.0.113.1', 'done', 'reaches'), result('10.0.0.1', 'rejected')];
  const report = await check(['203.0.113.1', '10.0.0.1'], lines);
  expect(report).toMatchObject({ isGood: true, pairs: 2, results: 2, outcomes: { reaches: 1, rejected: 1 } });
});

it('counts missing, repeated and foreign results, results that have not ended, and damaged lines', async () => {
  const lines = [
    ...[result('203.0.113.1', 'done', 'failed'), result('203.0.113.1', 'done', 'failed')],
    ...[result('203.0.113.2', 'running'), result('203.0.113.9', 'done', 'reaches')],
    ...['{"source":"192.0', 'null', '7', '{"state":"done"}'],
  ];
  const report = await check(['203.0.113.1', '203.0.113.2', '203.0.113.3'], lines);
  expect(report).toMatchObject({ isGood: false, missing: 1, repeated: 1, foreign: 1, unended: 1, damaged: 4 });
});
