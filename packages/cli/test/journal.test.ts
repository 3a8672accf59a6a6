import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CampaignPlan, Journal } from '../src/campaign/journal.ts';
import { OutputFile } from '../src/campaign/output-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'revtr-journal-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the journal of a campaign', () => {
  const plan: CampaignPlan = {
    version: 1,
    server: 'http://127.0.0.1:1',
    sha256: '0'.repeat(64),
    pairs: 3,
    batchSize: 2,
    to: '192.0.2.1',
    label: 'a',
  };

  it.each(['to', 'label'] as const)('goes on with the same %s only', async (name) => {
    const path = join(directory, name);
    const begun = await Journal.open(path, plan);
    await begun.journal.close();
    const { [name]: _, ...without } = plan;
    await expect(Journal.open(path, without)).rejects.toThrow(`another ${name}`);
    await expect(Journal.open(path, { ...plan, [name]: 'b' })).rejects.toThrow(`another ${name}`);
    const again = await Journal.open(path, { ...plan, batchSize: 7 });
    await again.journal.close();
    expect(again.plan).toEqual(plan);
  });

  it('keeps entries that are added at the same time', async () => {
    const path = join(directory, 'together');
    const { journal } = await Journal.open(path, plan);
    await Promise.all(Array.from({ length: 20 }, (_, group) => journal.add({ group, key: `key-${group}` })));
    await journal.close();
    const again = await Journal.open(path, plan);
    expect(Array.from({ length: 20 }, (_, group) => again.journal.group(group).key)).toEqual(
      Array.from({ length: 20 }, (_, group) => `key-${group}`),
    );
    await again.journal.close();
  });
});

describe('the output of a campaign', () => {
  async function* lines(count: number, isBroken = false): AsyncGenerator<string> {
    for (let i = 0; i < count; i++) yield `${i}`.padEnd(1_000, 'x');
    if (isBroken) throw new Error('the server is away');
  }

  it('has nothing of a batch that could not be read completely', async () => {
    const path = join(directory, 'output');
    const output = await OutputFile.open(path, 0);
    const length = await output.append(lines(3));
    await expect(output.append(lines(1_000, true))).rejects.toThrow('away');
    expect(statSync(path).size).toBe(length);
    await output.append(lines(2));
    await output.close();
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(6);
  });
});
