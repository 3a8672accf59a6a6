import type { Ipv4Address, TimestampEntry } from '@revtr/net';
import { type Clock, cancelled, type SpoofMark } from '@revtr/probing';
import type { ReportedReply } from '../agent-access.ts';

/** An echo reply as an agent of revtr 2.0 reports it: without the packet. */
export interface Report {
  /** Sender and receiver of the reply. */
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly identifier: number;
  readonly sequence: number;
  /** Bytes 4 to 7 of the payload: the first ones of the token. */
  readonly token: number;
  readonly recordRoute?: readonly Ipv4Address[];
  readonly timestamps?: readonly TimestampEntry[];
}

/** How long the mark of a probe whose time is over is remembered, milliseconds, and how many marks. */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 20_000;

/** Matches the replies that agents of revtr 2.0 report with the spoofed probes whose replies are expected there. */
export class ReportedReplies {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (report: Report) => void>();
  /** Marks that nobody waits for any longer, and since when. The oldest are first. */
  readonly #ended = new Map<string, number>();

  constructor(collaborators: { readonly clock: Clock }) {
    this.#clock = collaborators.clock;
  }

  /** Waits for the report of a reply; `undefined` when none came in time. @throws {ProbingError} `cancelled` */
  async expect(
    expected: { readonly receiver: Ipv4Address; readonly target: Ipv4Address; readonly mark: SpoofMark },
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ReportedReply | undefined> {
    if (signal.aborted) throw cancelled();
    const { receiver, target, mark } = expected;
    const token = Number.parseInt(mark.token.slice(0, 8), 16);
    const key = keyOf(receiver, { source: target, identifier: mark.identifier, sequence: mark.sequence, token });
    const over = new AbortController();
    let report: Report | undefined;
    this.#waiting.set(key, (taken) => {
      report = taken;
      over.abort();
    });
    await this.#clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    this.#waiting.delete(key);
    this.#remember(key);
    if (report !== undefined) return toReply(report);
    if (signal.aborted) throw cancelled();
    return undefined;
  }

  /** Takes what the agent of `receiver` reports. Returns the replies that answer no probe of this process; late ones are not among them. */
  take(receiver: Ipv4Address, reports: readonly Report[]): readonly Report[] {
    return reports.filter((report) => {
      const key = keyOf(receiver, report);
      const answer = this.#waiting.get(key);
      answer?.(report);
      return answer === undefined && !this.#ended.has(key);
    });
  }

  #remember(key: string): void {
    const now = this.#clock.now();
    this.#ended.set(key, now);
    for (const [oldest, at] of this.#ended) {
      if (this.#ended.size <= MOST_REMEMBERED && now - at < REMEMBERED_MS) return;
      this.#ended.delete(oldest);
    }
  }
}

const keyOf = (
  receiver: Ipv4Address,
  { source, identifier, sequence, token }: Pick<Report, 'source' | 'identifier' | 'sequence' | 'token'>,
): string => `${receiver} ${source} ${identifier} ${sequence} ${token}`;

function toReply({ source, recordRoute, timestamps }: Report): ReportedReply {
  return {
    from: source,
    icmpType: 0,
    icmpCode: 0,
    ttl: 0,
    ...(recordRoute && { recordRoute }),
    ...(timestamps && { timestamps }),
  };
}
