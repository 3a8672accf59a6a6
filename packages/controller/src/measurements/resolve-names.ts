import type { Ipv4Address } from '@revtr/net';
import { type Clock, inParallel } from '@revtr/probing';
import type { AddressFacts } from '../facts/address-facts.ts';

export interface NameLimits {
  /** Most distinct host names in one batch. Further names are not resolved. */
  readonly mostNames: number;
  /** Names that are resolved at once. */
  readonly concurrency: number;
  /** Time for all names of a batch together, milliseconds. Names that are not resolved by then count as unresolved. */
  readonly totalMs: number;
}

export const DEFAULT_NAME_LIMITS: NameLimits = { mostNames: 1_000, concurrency: 32, totalMs: 10_000 };

/** The address of each name, or why there is none. Names without an entry do not resolve. */
export type ResolvedNames = ReadonlyMap<string, Ipv4Address | 'tooManyNames'>;

/** Most characters of a host name (RFC 1035, section 2.3.4). */
export const LONGEST_NAME = 253;
/** At most {@link LONGEST_NAME} characters, in labels of at most 63. */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/** Whether a text has the form of a host name. */
export const isHostName = (text: string): boolean => HOST_NAME.test(text);

/** Resolves the names of one batch. The number of names, the queries at once and the total time are limited. */
export async function resolveNames(
  names: readonly string[],
  limits: NameLimits,
  { facts, clock }: { readonly facts: Pick<AddressFacts, 'resolve'>; readonly clock: Clock },
): Promise<ResolvedNames> {
  const { mostNames, concurrency, totalMs } = limits;
  const resolved = new Map<string, Ipv4Address | 'tooManyNames'>();
  for (const name of names.slice(mostNames)) resolved.set(name, 'tooManyNames');
  const accepted = names.slice(0, mostNames);
  if (accepted.length === 0) return resolved;
  const over = new AbortController();
  let isLate = false;
  const late = clock.sleep(totalMs, over.signal).then(
    () => {
      isLate = true;
    },
    () => undefined,
  );
  const resolving = inParallel(accepted.length, concurrency, async (i) => {
    if (isLate) return;
    const [address] = await facts.resolve(accepted[i]);
    if (address !== undefined && !isLate) resolved.set(accepted[i], address);
  });
  try {
    await Promise.race([resolving, late]);
  } finally {
    over.abort();
    resolving.catch(() => undefined);
  }
  return resolved;
}
