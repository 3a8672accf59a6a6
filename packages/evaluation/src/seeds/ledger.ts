import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Seeds for development. All other seeds are held out, and published figures come only from seeds that were not looked at before. */
const DEVELOPMENT_SEEDS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export const isDevelopmentSeed = (seed: number): boolean => DEVELOPMENT_SEEDS.includes(seed);

/** The ledger of held-out seeds that is kept in the repository. */
export const LEDGER = new URL('../../seed-ledger.jsonl', import.meta.url).pathname;

/** One look at held-out seeds: somebody saw figures of them. */
const lookSchema = z.strictObject({
  seeds: z.array(z.int().nonnegative()).min(1),
  /** Day of the look (ISO 8601). */
  date: z.iso.date(),
  /** What was run. */
  command: z.string().max(1_000),
  /** Commit that the figures come from. Early looks have none. */
  commit: z.string().max(100).optional(),
});
export type Look = z.infer<typeof lookSchema>;

/** Reads a ledger: one look in each line. A ledger that does not exist has none. @throws {Error} with the line that is malformed */
export async function readLedger(path: string): Promise<Look[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line, i): Look[] => {
    if (line.trim() === '') return [];
    const look = lookSchema.safeParse(parseJson(line));
    if (!look.success) throw new Error(`${path}, line ${i + 1}: ${z.prettifyError(look.error)}`);
    return [look.data];
  });
}

/** Adds a look to the ledger. */
export const recordLook = (path: string, look: Look): Promise<void> => appendFile(path, `${JSON.stringify(look)}\n`);

/** A warning for each held-out seed that was looked at before. */
export function warningsOf(seeds: readonly number[], looks: readonly Look[]): string[] {
  return seeds.flatMap((seed) => {
    const earlier = looks.filter((look) => look.seeds.includes(seed));
    const last = earlier.at(-1);
    if (last === undefined || isDevelopmentSeed(seed)) return [];
    const times = earlier.length === 1 ? 'once' : `${earlier.length} times`;
    return [`seed ${seed} was looked at ${times}, last on ${last.date}: its figures are not those of a fresh seed`];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
