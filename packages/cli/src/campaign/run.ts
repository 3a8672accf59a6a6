import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '@revtr/client';
import type { ConnectionOptions } from '../connection.ts';
import type { Context } from '../context.ts';
import { unreadableFile, unusableFile, unwritableFile } from '../errors.ts';
import { Campaign, type CampaignSummary } from './campaign.ts';
import { Journal } from './journal.ts';
import { OutputFile } from './output-file.ts';
import { type PairDefaults, pairGroups } from './pair-lines.ts';
import { ProgressLine } from './progress.ts';
import { keepHeapSmall } from './small-heap.ts';

/** What `revtr batch FILE --out OUTPUT` runs. */
export interface CampaignOptions extends ConnectionOptions, PairDefaults {
  readonly file: string;
  readonly out: string;
}

const LARGEST_BATCH = 1_000;

/** Measures all pairs of a file, or goes on with that. @throws {CliError} @throws {ClientError} */
export async function runCampaign(options: CampaignOptions, context: Context): Promise<CampaignSummary> {
  keepHeapSmall();
  const { file, out, to, label } = options;
  const client = await context.connect(options);
  const { perDay, perMinute, parallel } = (await client.accounts.account()).limits;
  const batchSize = Math.min(LARGEST_BATCH, perDay, perMinute, parallel);
  const journalFile = `${out}.journal`;
  try {
    const { pairs, sha256 } = await lookThrough(file, options);
    const wanted = {
      ...{ version: 1 as const, server: client.server, sha256, pairs, batchSize },
      ...(to !== undefined && { to }),
      ...(label !== undefined && { label }),
    };
    const { journal, plan } = await Journal.open(journalFile, wanted);
    const output = await OutputFile.open(out, journal.outputBytes);
    const progress = new ProgressLine({ total: pairs }, { terminal: context.terminal, now: Date.now });
    try {
      const signal = context.terminal.interruption?.();
      const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, signal && { signal }).catch(() => undefined);
      const campaign = new Campaign({ client, journal, output, progress, now: Date.now, sleep: pause, signal });
      return await campaign.run(pairGroups(file, plan.batchSize, options));
    } finally {
      await Promise.all([journal.close(), output.close()]);
    }
  } catch (error) {
    if (error instanceof ClientError && error.code === 'cancelled')
      context.output.note('interrupted; run the same command again to go on');
    const isOfSystem = error instanceof Error && 'syscall' in error && 'path' in error;
    if (!isOfSystem) throw error;
    throw error.path === file ? unreadableFile(file, error) : unwritableFile(String(error.path), error);
  }
}

/** Counts and checks all pairs before the first is measured. @throws {CliError} `unreadableFile` */
async function lookThrough(
  file: string,
  defaults: PairDefaults,
): Promise<{ readonly pairs: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  let pairs = 0;
  for await (const group of pairGroups(file, LARGEST_BATCH, defaults)) pairs += group.length;
  if (pairs > 0) return { pairs, sha256: hash.digest('hex') };
  throw unusableFile(file, 'the file has no pair');
}
