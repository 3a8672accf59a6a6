import { say } from '../../say.ts';
import { lookAt } from '../../seeds/look.ts';
import { type Unit, unitName } from '../units/unit.ts';
import type { UnitResult } from '../units/unit-result.ts';
import { runUnits, storedResults } from './scheduler.ts';

/** Runs the units that the folder has no results of this commit of, after recording the look at their seeds. Returns the results of all units, in order. */
export async function measure(
  units: readonly Unit[],
  options: {
    readonly folder: string | undefined;
    /** Default: the ledger of the repository. */
    readonly ledger: string | undefined;
    /** Commit that the figures come from (`currentCommit`). */
    readonly commit: string;
    readonly cores: number;
    /** The command that is run, for the ledger. */
    readonly command: string;
  },
): Promise<UnitResult[]> {
  const { folder, ledger, commit, cores, command } = options;
  const stored = await storedResults(units, { folder, commit, warn: say });
  const missing = units.filter((unit) => !stored.has(unitName(unit)));
  await lookAt(new Set(missing.map(({ seed }) => seed)), { ledger, command, commit, warn: say });
  return runUnits(units, { stored, folder, commit, cores, onProgress: say });
}
