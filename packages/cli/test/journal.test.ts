import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CampaignPlan, Journal } from '../src/campaign/journal.ts';

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
});
