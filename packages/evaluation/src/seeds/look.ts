import { isDevelopmentSeed, LEDGER, readLedger, recordLook, warningsOf } from './ledger.ts';

/** Options that say where and how to work; they name files of one machine and change no figure. */
const PLACES = / --(?:out|ledger|cores)[ =]\S+/g;

/**
 * Warns about those of `seeds` that are held out and were looked at before, and records the look at the held-out ones.
 * @throws {Error} if the ledger is malformed
 */
export async function lookAt(
  seeds: Iterable<number>,
  options: {
    readonly ledger: string | undefined;
    readonly command: string;
    /** Commit that the figures come from (`currentCommit`). */
    readonly commit: string;
    readonly warn: (message: string) => void;
  },
): Promise<void> {
  const path = options.ledger ?? LEDGER;
  const heldOut = [...seeds].filter((seed) => !isDevelopmentSeed(seed));
  if (heldOut.length === 0) return;
  for (const warning of warningsOf(heldOut, await readLedger(path))) options.warn(`warning: ${warning}`);
  const date = new Date().toISOString().slice(0, 10);
  const command = options.command.replace(PLACES, '').slice(0, 1_000);
  const look = { seeds: heldOut, date, command, commit: options.commit };
  await recordLook(path, look).catch((error: unknown) => {
    options.warn(`warning: the look is not recorded: ${error instanceof Error ? error.message : String(error)}`);
  });
}
