import type { Probe } from '@revtr/client';

type Result = NonNullable<Probe['result']>;

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
    `  ${sequence}  ${from.padEnd(15)}  ${rttMs.toFixed(1)} ms  TTL ${ttl}${kind}`,
    ...(recordRoute ?? []).map((address, i) => `     ${i + 1}  ${address}`),
    ...(timestamps ?? []).map(
      ({ address = '', milliseconds }) =>
        `     ${address.padEnd(15)}  ${milliseconds === undefined ? 'no stamp' : `${milliseconds} ms after midnight UTC`}`,
    ),
  ].join('\n');
}

function renderHop({ ttl, from = '*', rttMs, labels }: NonNullable<Result['hops']>[number]): string {
  const time = rttMs === undefined ? '' : `  ${rttMs.toFixed(1)} ms`;
  const mpls = labels === undefined ? '' : `  MPLS ${labels.join(' ')}`;
  return `  ${String(ttl).padStart(2)}  ${from.padEnd(15)}${time}${mpls}`.trimEnd();
}
