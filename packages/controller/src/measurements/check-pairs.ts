import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { NewMeasurement } from '@revtr/storage';
import { cutText } from '../foundation/cut-text.ts';
import type { ErrorDetail } from '../foundation/errors.ts';
import { ipv6Refusal, isIpv6 } from '../foundation/ipv6.ts';
import type { DestinationCheck } from './destination-check.ts';
import type { StoredOptions } from './options.ts';
import { isHostName, LONGEST_NAME, type ResolvedNames } from './resolve-names.ts';

/** One pair of a request. */
export interface RequestedPair {
  readonly source: string;
  /** Address or host name. */
  readonly destination: string;
  readonly label: string;
  readonly options: StoredOptions;
}

type RejectedPair = ErrorDetail & { readonly index: number };

/** Pairs that can be measured, and what is wrong with the others. */
export interface CheckedPairs {
  readonly accepted: readonly NewMeasurement[];
  readonly rejected: readonly RejectedPair[];
}

/** A pair that passed the checks that need no look-up. */
interface ScreenedPair {
  readonly index: number;
  readonly pair: RequestedPair;
  readonly source: Ipv4Address;
  /** `undefined` for a host name that is not resolved yet. */
  readonly destination: Ipv4Address | undefined;
}

/** What the checks that need no look-up say about a batch. */
export interface ScreenedPairs {
  readonly candidates: readonly ScreenedPair[];
  /** Distinct host names to resolve, in order of appearance. */
  readonly names: readonly string[];
  readonly rejected: readonly RejectedPair[];
}

interface Refusal {
  readonly field: 'src' | 'dst';
  readonly code: string;
  readonly message: string;
}

const rejection = (index: number, { field, code, message }: Refusal): RejectedPair => ({
  index,
  at: `revtrs[${index}].${field}`,
  code,
  message,
});

/**
 * Checks everything that needs no look-up: the source must be one of `sources`, and a destination that is an address must be one
 * that the target policy allows and that a network announces.
 */
export function screenPairs(
  pairs: readonly RequestedPair[],
  sources: readonly Ipv4Address[],
  destinationCheck: DestinationCheck,
): ScreenedPairs {
  const known = new Set(sources);
  const candidates: ScreenedPair[] = [];
  const names = new Set<string>();
  const rejected: RejectedPair[] = [];
  for (const [index, pair] of pairs.entries()) {
    const source = tryParseIpv4(pair.source);
    const destination = tryParseIpv4(pair.destination);
    const refusal =
      refuseSource(pair.source, source, known) ?? refuseDestination(pair.destination, destination, destinationCheck);
    if (refusal !== undefined) rejected.push(rejection(index, refusal));
    else if (source !== undefined) {
      candidates.push({ index, pair, source, destination });
      if (destination === undefined) names.add(pair.destination);
    }
  }
  return { candidates, names: [...names], rejected };
}

/** Completes the checks once the names are resolved: the address of a name must pass the same checks as any other. */
export function completePairs(
  { candidates, rejected }: ScreenedPairs,
  resolved: ResolvedNames,
  destinationCheck: DestinationCheck,
): CheckedPairs {
  const accepted: NewMeasurement[] = [];
  const late: RejectedPair[] = [];
  for (const { index, pair, source, destination } of candidates) {
    const found = destination ?? resolved.get(pair.destination) ?? 'unresolvedHost';
    const refusal = typeof found === 'number' ? destinationCheck.refuse(found) : unresolved(pair.destination, found);
    if (refusal !== undefined) late.push(rejection(index, { field: 'dst', ...refusal }));
    else if (typeof found === 'number') {
      const { label, options } = pair;
      accepted.push({ source: formatIpv4(source), destination: formatIpv4(found), label, options });
    }
  }
  return { accepted, rejected: [...rejected, ...late].sort((a, b) => a.index - b.index) };
}

function refuseSource(
  asked: string,
  source: Ipv4Address | undefined,
  known: ReadonlySet<Ipv4Address>,
): Refusal | undefined {
  if (isIpv6(asked)) return { field: 'src', ...ipv6Refusal(asked) };
  if (source === undefined)
    return { field: 'src', code: 'badAddress', message: `'${cutText(asked, LONGEST_NAME)}' is not an IPv4 address` };
  if (known.has(source)) return undefined;
  return {
    field: 'src',
    code: 'unknownSource',
    message: `${cutText(asked, LONGEST_NAME)} is not a source that is ready`,
  };
}

function refuseDestination(
  asked: string,
  address: Ipv4Address | undefined,
  check: DestinationCheck,
): Refusal | undefined {
  if (isIpv6(asked)) return { field: 'dst', ...ipv6Refusal(asked) };
  const refusal = address === undefined ? undefined : check.refuse(address);
  if (refusal !== undefined) return { field: 'dst', ...refusal };
  return address !== undefined || isHostName(asked)
    ? undefined
    : { field: 'dst', ...unresolved(asked, 'unresolvedHost') };
}

function unresolved(asked: string, code: 'unresolvedHost' | 'tooManyNames'): Omit<Refusal, 'field'> {
  const quoted = cutText(asked, LONGEST_NAME);
  const message =
    code === 'tooManyNames'
      ? `'${quoted}' is not resolved: the batch has too many host names; use addresses or smaller batches`
      : `'${quoted}' is neither an IPv4 address nor a host name that resolves to one`;
  return { code, message };
}
