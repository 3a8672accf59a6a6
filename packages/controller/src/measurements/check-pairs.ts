import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { Agent, NewMeasurement } from '@revtr/storage';
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
 * Checks every pair before anything is stored: the source must be registered, the destination must be, after name
 * resolution, one that the target policy lets through.
 */
export async function checkPairs(
  pairs: readonly RequestedPair[],
  sources: readonly Agent[],
  { facts, destinationCheck }: { readonly facts: AddressFacts; readonly destinationCheck: DestinationCheck },
): Promise<CheckedPairs> {
  const known = new Set(sources.map(({ address }) => address));
  const names = new Set(pairs.map(({ destination }) => destination).filter((name) => tryParseIpv4(name) === undefined));
  const resolved = new Map<string, readonly Ipv4Address[]>();
  for (const name of names) if (HOST_NAME.test(name)) resolved.set(name, await facts.resolve(name));
  const accepted: NewMeasurement[] = [];
  const rejected: CheckedPairs['rejected'][number][] = [];
  for (const [index, pair] of pairs.entries()) {
    const destination = tryParseIpv4(pair.destination) ?? resolved.get(pair.destination)?.[0] ?? UNRESOLVED;
    const refusal =
      refuseSource(pair.source, known) ?? refuseDestination(pair.destination, destination, destinationCheck);
    if (refusal === undefined) {
      const { source, label, options } = pair;
      accepted.push({ source, destination: formatIpv4(destination), label, options });
    } else {
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

function refuseSource(source: string, known: ReadonlySet<string>): Refusal | undefined {
  if (known.has(source)) return undefined;
  const isAddress = tryParseIpv4(source) !== undefined;
  return isAddress
    ? { field: 'src', code: 'unknownSource', message: `${source} is not a source that is ready` }
    : { field: 'src', code: 'badAddress', message: `'${source}' is not an IPv4 address` };
}

function refuseDestination(asked: string, address: Ipv4Address, check: DestinationCheck): Refusal | undefined {
  if (address === UNRESOLVED) {
    return { field: 'dst', code: 'unresolvedHost', message: `'${asked}' is no IPv4 address and does not resolve` };
  }
  const refusal = check.refuse(address);
  return refusal && { field: 'dst', ...refusal };
}
