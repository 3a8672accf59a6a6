import type { Probe, ProbeSetProgress } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { table } from './layout/table.ts';
import { timeInSeconds } from './time.ts';

type Result = NonNullable<Probe['result']>;

/** Requests for probes as a table. */
export function renderProbeSets(sets: readonly ProbeSetProgress[], screen: Screen): string {
  return table<ProbeSetProgress>(
    [
      { head: 'REQUEST', align: 'right', cell: ({ id }) => String(id) },
      { head: 'SUBMITTED', cell: ({ createdAt }) => timeInSeconds(createdAt) },
      { head: 'DONE', align: 'right', cell: ({ done }) => String(done) },
      { head: 'OF', align: 'right', cell: ({ total }) => String(total) },
    ],
    sets,
    screen,
  );
}

/** A raw probe with its replies or hops. */
export function renderProbe({ type, from, to, as, result }: Probe): string {
  const name = as === undefined ? from : `${from} as ${as}`;
  if (result === undefined) return `${type} from ${name} to ${to}: not ended\n`;
  const { sent, replies = [], hops, stop, failure } = result;
  const outcome =
    hops === undefined ? `${replies.length} of ${sent} answered` : `${stop ?? 'not sent'}, ${sent} packets`;
  const lines = hops === undefined ? replies.map(renderReply) : hops.map(renderHop);
  return [
    `${type} from ${name} to ${to}: ${outcome}`,
    ...lines,
    ...(failure === undefined ? [] : [`  not sent: ${failure.message} (${failure.code})`]),
    '',
  ].join('\n');
}

function renderReply(reply: NonNullable<Result['replies']>[number]): string {
  const { sequence, from, icmpType, icmpCode, rttMs, ttl, recordRoute, timestamps } = reply;
  const kind = icmpType === 0 ? '' : `  ICMP ${icmpType}/${icmpCode}`;
  return [
    `  ${sequence}  ${from.padEnd(15)}  ${milliseconds(rttMs)}  TTL ${ttl}${kind}`,
    ...(recordRoute ?? []).map((address, i) => `     ${i + 1}  ${address}`),
    ...(timestamps ?? []).map(
      ({ address = '', milliseconds: stamp }) =>
        `     ${address.padEnd(15)}  ${stamp === undefined ? 'no stamp' : `${stamp} ms after midnight UTC`}`,
    ),
  ].join('\n');
}

function renderHop({ ttl, from = '*', rttMs, labels }: NonNullable<Result['hops']>[number]): string {
  const time = rttMs === undefined ? '' : `  ${milliseconds(rttMs)}`;
  const mpls = labels === undefined ? '' : `  MPLS ${labels.join(' ')}`;
  return `  ${String(ttl).padStart(2)}  ${from.padEnd(15)}${time}${mpls}`.trimEnd();
}

/** A round-trip time, aligned with others below a minute. */
const milliseconds = (ms: number): string => `${ms.toFixed(1).padStart(7)} ms`;
