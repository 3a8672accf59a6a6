import { z } from 'zod';
import { REPOSITORY } from './repository.ts';
import { runStep } from './run-step.ts';

const seconds = z.coerce.number().int().min(0).max(0xff_ff_ff_ff);

/**
 * The time that built files carry, seconds since 1970: `SOURCE_DATE_EPOCH` (https://reproducible-builds.org/specs/source-date-epoch/) if it
 * is set, or else the time of the last commit, or 0 outside a Git repository.
 */
export async function sourceTime(environment: Readonly<Record<string, string | undefined>>): Promise<number> {
  const { SOURCE_DATE_EPOCH: set } = environment;
  const commit = () => runStep('git', ['log', '-1', '--format=%ct'], { directory: REPOSITORY }).catch(() => '0');
  return seconds.parse(set ?? (await commit()).trim());
}
