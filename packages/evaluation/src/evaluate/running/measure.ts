import { lookAt } from '../seeds/look.ts';
import { type Unit, unitName } from '../units/unit.ts';
import type { UnitResult } from '../units/unit-result.ts';
import { runUnits, storedResults } from './scheduler.ts';

/** Runs the units that the folder has no results of, after recording the look at their seeds. Returns the results of all units, in order. */
export async function measure(
  units: readonly Unit[],
  options: {
    readonly folder: string | undefined;
    /** Default: the ledger of the repository. */
    readonly ledger: string | undefined;
    readonly cores: number;
    /** The command that is run, for the ledger. */
    readonly command: string;
  },
): Promise<UnitResult[]> {
  const { folder, ledger, cores, command } = options;
  const stored = await storedResults(units, folder);
  const missing = units.filter((unit) => !stored.has(unitName(unit)));
  await lookAt(new Set(missing.map(({ seed }) => seed)), { ledger, command, warn: say });
  return runUnits(units, { stored, folder, cores, onProgress: say });
}

/** Writes a line to standard error. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
