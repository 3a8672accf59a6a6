import { setTimeout } from 'node:timers/promises';
import { createRandom } from '@revtr/probing';
import { storedInputs, storeInput } from './engine/corpus.ts';
import { distil } from './engine/distil.ts';
import { type FuzzReport, fuzz } from './engine/fuzz.ts';
import { Watchdog } from './engine/watchdog.ts';
import type { CoverageMap } from './guidance/coverage-map.ts';
import { TARGETS } from './targets/index.ts';

export interface RunOptions {
  /** Ends the run after this time, milliseconds. Default: no limit. */
  readonly milliseconds?: number | undefined;
  /** Inputs to run. Default: no limit. */
  readonly runs?: number | undefined;
  readonly seed: number;
  /** Whether small inputs that reach different code are stored in the corpus. */
  readonly save: boolean;
}

/** Memory that may stay in use without being a finding: compiled code and caches of libraries, bytes. */
const MOST_GROWTH_BYTES = 32 * 2 ** 20;

/**
 * Fuzzes one target and prints the result. Stores inputs that violate the contract in the corpus. Returns whether the target has kept
 * its contract.
 */
export async function runTarget(name: string, options: RunOptions, coverage: CoverageMap): Promise<boolean> {
  const { milliseconds, runs, seed, save } = options;
  const target = await (await TARGETS[name]())();
  const watchdog = new Watchdog(name);
  const over = new AbortController();
  const stop = (): void => over.abort();
  process.once('SIGINT', stop);
  if (milliseconds !== undefined) setTimeout(milliseconds, undefined, { ref: false }).then(stop);
  const report = await fuzz(
    { signal: over.signal, ...(runs !== undefined && { runs }) },
    {
      target,
      seeds: [...target.seeds, ...storedInputs(name)],
      random: createRandom(seed),
      coverage,
      onInput: watchdog.watch,
    },
  );
  await watchdog.stop();
  process.off('SIGINT', stop);
  for (const { kind, message, input } of report.findings)
    print(`${name}: ${kind}: ${message}\n  input: ${storeInput(name, 'found', input)}\n`);
  if (report.grownBytes > MOST_GROWTH_BYTES) print(`${name}: ${mebibytes(report.grownBytes)} stay in use\n`);
  print(`${describe(name, report, coverage)}\n`);
  if (save) for (const input of await distil(target, report.corpus, coverage)) storeInput(name, 'seed', input);
  await target.close?.();
  return report.findings.length === 0 && report.grownBytes <= MOST_GROWTH_BYTES;
}

function describe(name: string, { runs, elapsedMs, findings, corpus, grownBytes }: FuzzReport, coverage: CoverageMap) {
  const { places, total } = coverage.reached;
  const perSecond = Math.round(runs / (elapsedMs / 1_000));
  return (
    `${name}: ${runs} inputs, ${perSecond} per second, ${findings.length} findings, ` +
    `${places} of ${total} places reached, ${corpus.size} inputs in the corpus, ${mebibytes(grownBytes)} growth`
  );
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const print = (text: string): void => void process.stdout.write(text);
