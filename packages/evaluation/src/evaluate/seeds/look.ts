import { storedResults } from '../running/scheduler.ts';
import { type Unit, unitName } from '../units/unit.ts';
import { isDevelopmentSeed, LEDGER, readLedger, recordLook, warningsOf } from './ledger.ts';

/**
 * Warns about held-out seeds that were looked at before, and records the look that these units are. Results that are stored already are no
 * new look. @throws {Error} if the ledger is malformed
 */
export async function lookAt(
  units: readonly Unit[],
  options: {
    readonly folder?: string | undefined;
    readonly ledger?: string | undefined;
    readonly command: string;
    readonly warn: (message: string) => void;
  },
): Promise<void> {
  const path = options.ledger ?? LEDGER;
  const stored = await storedResults(units, options.folder);
  const missing = units.filter((unit) => !stored.has(unitName(unit)));
  const seeds = [...new Set(missing.map(({ seed }) => seed))].filter((seed) => !isDevelopmentSeed(seed));
  if (seeds.length === 0) return;
  for (const warning of warningsOf(seeds, await readLedger(path))) options.warn(`warning: ${warning}`);
  const date = new Date().toISOString().slice(0, 10);
  await recordLook(path, { seeds, date, command: options.command.slice(0, 1_000) }).catch((error: unknown) => {
    options.warn(`warning: the look is not recorded: ${error instanceof Error ? error.message : String(error)}`);
  });
}
