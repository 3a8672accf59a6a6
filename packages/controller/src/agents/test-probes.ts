import { formatIpv4, type Ipv4Address, MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import { isHeldBack, type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import type { Evidence } from './report.ts';

/**
 * A probe of a test.
 *
 * * `answered`: the reply shows what the test is about.
 * * `silent`: the probe was sent, and no such reply arrived.
 * * `refused`: the probe was not sent, because an agent refused it or its prober does not work.
 * * `interrupted`: an agent could not be reached, an operator has stopped the probe, or it could not be recorded, which says nothing about what the tested agent can do.
 */
export interface Probed {
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
  readonly end: 'answered' | 'silent' | 'refused' | 'interrupted';
  readonly detail: string;
}

/** A ping of a test. */
export type TestPing = Omit<PingRequest, 'type' | 'timeoutMs'>;

const TIMEOUT_MS = 2_000;

export const RECORD_ROUTE = { type: 'recordRoute', slots: MAX_RECORD_ROUTE_SLOTS } as const;

/** Sends the probes of tests. */
export class TestProbes {
  readonly #prober: Prober;
  readonly #signal: AbortSignal;

  constructor(prober: Prober, signal: AbortSignal) {
    this.#prober = prober;
    this.#signal = signal;
  }

  ping(ping: TestPing): Promise<Probed> {
    return probe(ping, async () =>
      judge(await this.#prober.ping({ type: 'ping', timeoutMs: TIMEOUT_MS, ...ping }, this.#signal)),
    );
  }

  traceroute(sender: Ipv4Address, target: Ipv4Address): Promise<Probed> {
    return probe({ sender, target }, async () => {
      const { hops, stop } = await this.#prober.traceroute(
        { type: 'traceroute', sender, target, timeoutMs: TIMEOUT_MS, attempts: 1 },
        this.#signal,
      );
      const answered = hops.filter(({ from }) => from !== undefined).length;
      return { ok: answered > 0, detail: `${answered} of ${hops.length} hops answered (${stop})` };
    });
  }
}

/** Writes a probe for a report. */
export const toEvidence = ({ sender, target, end, detail }: Probed): Evidence => ({
  ...{ sender: formatIpv4(sender), target: formatIpv4(target) },
  ...{ ok: end === 'answered', detail },
});

async function probe(
  { sender, target }: Pick<TestPing, 'sender' | 'target'>,
  run: () => Promise<{ readonly ok: boolean; readonly detail: string }>,
): Promise<Probed> {
  try {
    const { ok, detail } = await run();
    return { sender, target, end: ok ? 'answered' : 'silent', detail };
  } catch (error) {
    // A probe that was held back says nothing about the agent: the whole test is repeated later.
    if (!(error instanceof ProbingError) || error.code === 'cancelled' || isHeldBack(error)) throw error;
    const isUnreachable = 'isUnreachable' in error.details && error.details.isUnreachable === true;
    const isOwnFault = error.code === 'killSwitch' || error.code === 'auditUnavailable';
    const end = isUnreachable || isOwnFault ? 'interrupted' : 'refused';
    return { sender, target, end, detail: error.message };
  }
}

function judge({ request, reply }: PingResult): { readonly ok: boolean; readonly detail: string } {
  if (reply === undefined) return { ok: false, detail: 'no reply arrived' };
  if (reply.icmpType !== 0) return { ok: false, detail: `ICMP error ${reply.icmpType} from ${formatIpv4(reply.from)}` };
  if (request.option === undefined) return { ok: true, detail: `reply after ${reply.rttMs.toFixed(1)} ms` };
  if (reply.recordRoute === undefined)
    return { ok: false, detail: 'the reply arrived without its Record Route option' };
  return { ok: true, detail: `reply with ${reply.recordRoute.length} addresses recorded` };
}
