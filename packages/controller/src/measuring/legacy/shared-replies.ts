import { type Bus, BusError, type Service } from '@revtr/bus';
import { addressSchema, replySchema } from '@revtr/link';
import type { Ipv4Address } from '@revtr/net';
import { type Clock, ProbingError } from '@revtr/probing';
import { z } from 'zod';
import type { Members } from '../../cluster/members.ts';
import { TokenBuckets } from '../../foundation/token-buckets.ts';
import type { Report } from './reported-replies.ts';

const MOST_REPORTS = 500;
const reportSchema = z.object({
  source: addressSchema,
  destination: addressSchema,
  identifier: addressSchema,
  sequence: addressSchema,
  token: addressSchema,
  ...replySchema.pick({ recordRoute: true, timestamps: true }).shape,
});
const requestSchema = z.object({ receiver: addressSchema, reports: z.array(reportSchema).max(MOST_REPORTS) });
/** `known`: places in the request of the replies that answer a probe. */
const responseSchema = z.object({ known: z.array(z.int().nonnegative()).max(MOST_REPORTS) });

/** Hands replies that an agent of revtr 2.0 has reported to another gateway, which may wait for them. */
const repliesService: Service<z.infer<typeof requestSchema>, z.infer<typeof responseSchema>> = {
  name: 'legacy-replies',
  request: requestSchema,
  response: responseSchema,
  mostBytes: 512 * 1_024,
};

export interface SharedRepliesCollaborators {
  readonly bus: Bus;
  readonly members: Pick<Members, 'with'>;
  readonly clock: Clock;
  /** Takes replies that the agent of `receiver` has reported to another gateway. Returns those that answer no probe of this one. */
  readonly take: (receiver: Ipv4Address, reports: readonly Report[]) => readonly Report[];
  /** Told when a gateway cannot be asked. */
  readonly onError: (error: unknown) => void;
}

/** Replies of one agent that are handed on: at once, and per second in the long run. A hostile agent must not fill the bus. */
const HANDED_ON = { burst: 5_000, perSecond: 1_000, mostBuckets: 1_000 };
const WINDOW = 20;
/** An agent waits two seconds until its report is accepted, milliseconds. */
const ASK_MS = 1_500;

/**
 * Shares the replies that agents of revtr 2.0 report. An agent reports them over gRPC to any gateway; the probes that they answer wait at the
 * gateway that its scamper is connected to.
 */
export class SharedReplies {
  readonly #collaborators: SharedRepliesCollaborators;
  readonly #mayHandOn: TokenBuckets<Ipv4Address>;
  #stop: () => void = () => undefined;

  constructor(collaborators: SharedRepliesCollaborators) {
    this.#collaborators = collaborators;
    this.#mayHandOn = new TokenBuckets(HANDED_ON, collaborators);
  }

  start(): void {
    const { bus, take } = this.#collaborators;
    this.#stop = bus.serve(repliesService, bus.id, {
      window: WINDOW,
      handle: async ({ receiver, reports }) => {
        const unknown = new Set<Report>(take(receiver, reports));
        return { known: [...reports.keys()].filter((place) => !unknown.has(reports[place])) };
      },
    });
  }

  stop(): void {
    this.#stop();
  }

  /**
   * Hands replies to the other gateways. Returns those that answer no probe of any gateway. Replies count as answers when a gateway cannot be
   * asked, because it may wait for them.
   */
  async handOn(receiver: Ipv4Address, reports: readonly Report[], signal: AbortSignal): Promise<readonly Report[]> {
    const { bus, members } = this.#collaborators;
    const others = members.with('gateway').filter((id) => id !== bus.id);
    if (others.length === 0) return reports;
    const [handed, tooMany]: [Report[], Report[]] = [[], []];
    for (const report of reports) (this.#mayHandOn.take(receiver) ? handed : tooMany).push(report);
    const known = new Set<Report>();
    for (let at = 0; at < handed.length; at += MOST_REPORTS) {
      const part = handed.slice(at, at + MOST_REPORTS);
      const answers = await Promise.all(others.map((gateway) => this.#ask(gateway, receiver, part, signal)));
      for (const report of answers.flat()) known.add(report);
    }
    return [...handed.filter((report) => !known.has(report)), ...tooMany];
  }

  /** The replies for which another gateway waits, or may wait. */
  async #ask(
    gateway: string,
    receiver: Ipv4Address,
    reports: readonly Report[],
    signal: AbortSignal,
  ): Promise<readonly Report[]> {
    const { bus, clock, onError } = this.#collaborators;
    const late = new AbortController();
    const answered = new AbortController();
    void clock.sleep(ASK_MS, answered.signal).then(
      () => late.abort(),
      () => undefined,
    );
    try {
      const request = { receiver, reports: [...reports] };
      const { known } = await bus.ask(repliesService, gateway, request, AbortSignal.any([signal, late.signal]));
      return known.flatMap((place) => reports[place] ?? []);
    } catch (error) {
      if (!(error instanceof BusError || error instanceof ProbingError)) throw error;
      onError(error);
      return reports;
    } finally {
      answered.abort();
    }
  }
}
