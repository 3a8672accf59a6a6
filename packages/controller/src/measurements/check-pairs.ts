import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { NewMeasurement } from '@revtr/storage';
import type { AddressFacts } from '../facts/address-facts.ts';
import type { ErrorDetail } from '../foundation/errors.ts';
import type { DestinationCheck } from './destination-check.ts';
import type { StoredOptions } from './options.ts';

/** One pair as a user asks for it. */
export interface RequestedPair {
  readonly source: string;
  /** Address or host name. */
  readonly destination: string;
  readonly label: string;
  readonly options: StoredOptions;
}

/** Pairs that can be measured, and what is wrong with the others. */
export interface CheckedPairs {
  readonly accepted: readonly NewMeasurement[];
  readonly rejected: readonly (ErrorDetail & { readonly index: number })[];
}

/** In place of an address: the name does not resolve. */
const UNRESOLVED = -1;

const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/**
 * Checks every pair before anything is stored. The source must be one of `sources`. The destination, after name resolution, must be
 * an address that the target policy allows and that a network announces.
 */
export async function checkPairs(
  pairs: readonly RequestedPair[],
  sources: readonly Ipv4Address[],
  { facts, destinationCheck }: { readonly facts: AddressFacts; readonly destinationCheck: DestinationCheck },
): Promise<CheckedPairs> {
  const known = new Set(sources);
  const names = new Set(pairs.map(({ destination }) => destination).filter((name) => tryParseIpv4(name) === undefined));
  const resolved = new Map<string, readonly Ipv4Address[]>();
  for (const name of names) if (HOST_NAME.test(name)) resolved.set(name, await facts.resolve(name));
  const accepted: NewMeasurement[] = [];
  const rejected: CheckedPairs['rejected'][number][] = [];
  for (const [index, pair] of pairs.entries()) {
    const destination = tryParseIpv4(pair.destination) ?? resolved.get(pair.destination)?.[0] ?? UNRESOLVED;
    const source = tryParseIpv4(pair.source);
    const refusal =
      refuseSource(pair.source, source, known) ?? refuseDestination(pair.destination, destination, destinationCheck);
    if (refusal === undefined && source !== undefined) {
      const { label, options } = pair;
      accepted.push({ source: formatIpv4(source), destination: formatIpv4(destination), label, options });
    } else if (refusal !== undefined) {
      const { field, code, message } = refusal;
      rejected.push({ index, at: `revtrs[${index}].${field}`, code, message });
    }
  }
  return { accepted, rejected };
}

interface Refusal {
  readonly field: 'src' | 'dst';
  readonly code: string;
  readonly message: string;
}

function refuseSource(
  asked: string,
  source: Ipv4Address | undefined,
  known: ReadonlySet<Ipv4Address>,
): Refusal | undefined {
  if (source === undefined) return { field: 'src', code: 'badAddress', message: `'${asked}' is not an IPv4 address` };
  if (known.has(source)) return undefined;
  return { field: 'src', code: 'unknownSource', message: `${asked} is not a source that is ready` };
}

function refuseDestination(asked: string, address: Ipv4Address, check: DestinationCheck): Refusal | undefined {
  if (address === UNRESOLVED) {
    return {
      field: 'dst',
      code: 'unresolvedHost',
      message: `'${asked}' is neither an IPv4 address nor a host name that resolves to one`,
    };
  }
  const refusal = check.refuse(address);
  return refusal && { field: 'dst', ...refusal };
}
