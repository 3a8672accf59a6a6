import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/**
 * Whether the output of a campaign has every pair of its file once. This module judges the output independently: it knows the two file
 * formats, and nothing else of the project.
 */
export interface CampaignReport {
  /** Pairs in the file of pairs. */
  readonly pairs: number;
  /** Lines of the output. */
  readonly results: number;
  /** Pairs without a result, pairs with more than one, and results of pairs that are not in the file. */
  readonly missing: number;
  readonly repeated: number;
  readonly foreign: number;
  /** Lines that are not a result in JSON. */
  readonly damaged: number;
  /** Results that have not ended. */
  readonly unended: number;
  /** Results by outcome: the stop reason, or `rejected`. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly isGood: boolean;
}

/** Compares a file of pairs, one `DESTINATION SOURCE` in a line, with the results of a campaign. */
export async function checkCampaign(pairsFile: string, outputFile: string): Promise<CampaignReport> {
  /** Results of each pair. */
  const found = new Map<string, number>();
  for await (const line of linesOf(pairsFile)) {
    const [destination, source] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (source !== undefined) found.set(`${destination} ${source}`, 0);
  }
  let [results, foreign, damaged, unended] = [0, 0, 0, 0];
  const outcomes: Record<string, number> = {};
  for await (const line of linesOf(outputFile)) {
    results++;
    const result = parse(line);
    if (result === undefined) {
      damaged++;
      continue;
    }
    const pair = `${result.destination} ${result.source}`;
    const before = found.get(pair);
    if (before === undefined) foreign++;
    else found.set(pair, before + 1);
    const outcome = result.state === 'rejected' ? 'rejected' : result.result?.stopReason;
    if (outcome === undefined) unended++;
    else outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  let [missing, repeated] = [0, 0];
  for (const times of found.values()) {
    if (times === 0) missing++;
    if (times > 1) repeated++;
  }
  const isGood = missing + repeated + foreign + damaged + unended === 0;
  return { pairs: found.size, results, missing, repeated, foreign, damaged, unended, outcomes, isGood };
}

const rowSchema = z.object({
  source: z.string(),
  destination: z.string(),
  state: z.string(),
  result: z.object({ stopReason: z.string() }).optional(),
});

function parse(line: string): z.infer<typeof rowSchema> | undefined {
  try {
    return rowSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const linesOf = (file: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
