import { formatIpv4, type Ipv4Address, MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import {
  isHeldBack,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type TracerouteRequest,
} from '@revtr/probing';
import type { GuardedRequest } from '../safety/guarded-prober.ts';
import type { Evidence } from './report.ts';

/**
 * A probe of a test.
 *
 * * `answered`: the reply shows what the test is about.
 * * `silent`: the probe was sent, and no such reply arrived.
 * * `refused`: the probe was not sent, because an agent refused it or its prober does not work.
 * * `interrupted`: an agent could not be reached, an operator or an opt-out has stopped the probe, or it could not be recorded, which says nothing about
 *   what the tested agent can do.
 */
export interface Probed {
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
  readonly end: 'answered' | 'silent' | 'refused' | 'interrupted';
  readonly detail: string;
  /** Whether the sender itself refused the probe, and no other agent had to do with it. */
  readonly isOwnRefusal?: boolean;
}

/** A ping of a test. */
export type TestPing = Omit<PingRequest, 'type' | 'timeoutMs'>;

const TIMEOUT_MS = 2_000;

export const RECORD_ROUTE = { type: 'recordRoute', slots: MAX_RECORD_ROUTE_SLOTS } as const;

/** What the probes of tests are sent with. */
export interface TestProbing {
  readonly prober: Prober;
  /** Whether a kill switch or an opt-out forbids a probe that was refused. Agents may know of it before this process does. */
  readonly isForbidden: (request: GuardedRequest) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Sends the probes of tests. */
export class TestProbes {
  readonly #probing: TestProbing;

  constructor(probing: TestProbing) {
    this.#probing = probing;
  }

  ping(ping: TestPing): Promise<Probed> {
    const { prober, signal } = this.#probing;
    const request: PingRequest = { type: 'ping', timeoutMs: TIMEOUT_MS, ...ping };
    return this.#probe(request, async () => judge(await prober.ping(request, signal)));
  }

  traceroute(sender: Ipv4Address, target: Ipv4Address): Promise<Probed> {
    const { prober, signal } = this.#probing;
    const request: TracerouteRequest = { type: 'traceroute', sender, target, timeoutMs: TIMEOUT_MS, attempts: 1 };
    return this.#probe(request, async () => {
      const { hops, stop } = await prober.traceroute(request, signal);
      const answered = hops.filter(({ from }) => from !== undefined).length;
      return { ok: answered > 0, detail: `${answered} of ${hops.length} hops answered (${stop})` };
    });
  }

  async #probe(
    request: GuardedRequest,
    run: () => Promise<{ readonly ok: boolean; readonly detail: string }>,
  ): Promise<Probed> {
    const { sender, target } = request;
    try {
      const { ok, detail } = await run();
      return { sender, target, end: ok ? 'answered' : 'silent', detail };
    } catch (error) {
      // A probe that was held back says nothing about the agent: the whole test is repeated later.
      if (!(error instanceof ProbingError) || error.code === 'cancelled' || isHeldBack(error)) throw error;
      const { message: detail } = error;
      if (saysNothing(error) || (await this.#probing.isForbidden(request)))
        return { sender, target, end: 'interrupted', detail };
      return { sender, target, end: 'refused', detail, isOwnRefusal: refusedBy(error) === formatIpv4(sender) };
    }
  }
}

/** Writes a probe for a report. */
export const toEvidence = ({ sender, target, end, detail }: Probed): Evidence => ({
  ...{ sender: formatIpv4(sender), target: formatIpv4(target) },
  ...{ ok: end === 'answered', detail },
});

/** Whether the error is one of this system, and not of an agent. */
function saysNothing({ code, details }: ProbingError): boolean {
  const isUnreachable = 'isUnreachable' in details && details.isUnreachable === true;
  return isUnreachable || code === 'killSwitch' || code === 'auditUnavailable';
}

const refusedBy = ({ details }: ProbingError): string | undefined =>
  'refusedBy' in details ? details.refusedBy : undefined;

function judge({ request, reply }: PingResult): { readonly ok: boolean; readonly detail: string } {
  if (reply === undefined) return { ok: false, detail: 'no reply arrived' };
  if (reply.icmpType !== 0) return { ok: false, detail: `ICMP error ${reply.icmpType} from ${formatIpv4(reply.from)}` };
  if (request.option === undefined) return { ok: true, detail: `reply after ${reply.rttMs.toFixed(1)} ms` };
  if (reply.recordRoute === undefined)
    return { ok: false, detail: 'the reply arrived without its Record Route option' };
  return { ok: true, detail: `reply with ${reply.recordRoute.length} addresses recorded` };
}
