import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { User } from '@revtr/storage';
import type { SourceAccess } from '../agents/source-access.ts';
import { ipv6Refusal, isIpv6 } from '../foundation/ipv6.ts';
import type { ProbeRequest } from './probe-request.ts';

/** What a user may send from, and in whose name. */
export interface SenderRules {
  readonly senders: ReadonlySet<Ipv4Address>;
  readonly claimable: ReadonlySet<Ipv4Address>;
  readonly spoofers: ReadonlySet<Ipv4Address>;
}

/** Why a probe must not be sent, and the field that is to blame. */
export interface SenderFault {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** The hosts that can send probes. */
export interface SendingHosts {
  readonly sources: Pick<SourceAccess, 'readySources'>;
  readonly vantagePoints: () => readonly Ipv4Address[];
  /** The vantage points that can send with the address of a source. */
  readonly spoofers: () => readonly Ipv4Address[];
}

/** Reads what a user may send from now. */
export async function senderRulesOf(
  user: User,
  { sources, vantagePoints, spoofers }: SendingHosts,
): Promise<SenderRules> {
  const claimable = new Set((await sources.readySources(user)).map(({ address }) => address));
  return { senders: new Set([...claimable, ...vantagePoints()]), claimable, spoofers: new Set(spoofers()) };
}

/** The sender of a probe, and the source in whose name it sends; or why the user may not use them. */
export function senderOf(
  probe: { readonly type: ProbeRequest['type']; readonly from: string; readonly as?: string | undefined },
  rules: SenderRules,
): Pick<ProbeRequest, 'from' | 'as'> | SenderFault {
  const { type } = probe;
  for (const field of ['from', 'as'] as const) {
    const text = probe[field];
    if (text !== undefined && isIpv6(text)) return { field, ...ipv6Refusal(text) };
  }
  const from = tryParseIpv4(probe.from);
  const as = probe.as === undefined ? undefined : tryParseIpv4(probe.as);
  if (from === undefined || !rules.senders.has(from)) {
    const message = `${probe.from} is neither a source that you may measure to nor a vantage point that can send`;
    return { field: 'from', code: 'unknownSender', message };
  }
  if (probe.as === undefined) return { from: formatIpv4(from) };
  if (as === undefined || !rules.claimable.has(as))
    return { field: 'as', code: 'unknownSource', message: `${probe.as} is not a source that is ready` };
  if (as === from) return { from: formatIpv4(from) };
  if (type === 'traceroute')
    return { field: 'as', code: 'cannotSpoof', message: 'a traceroute carries the address of its sender' };
  if (rules.spoofers.has(from)) return { from: formatIpv4(from), as: formatIpv4(as) };
  return { field: 'from', code: 'cannotSpoof', message: `${probe.from} cannot send with the address of another host` };
}
