import type { Bus } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { SharedNews } from '../../cluster/shared-news.ts';
import type { CircuitBreaker, CircuitNews } from './circuit-breaker.ts';

const milliseconds = z.number().nonnegative();
const share = z.number().min(0).max(1);
const newsSchema = z.object({
  network: z.int(),
  at: milliseconds,
  pause: z
    .object({
      rise: z.object({ reason: z.enum(['prohibited', 'unreachable', 'silence']), share, usual: share }),
      since: milliseconds,
      until: milliseconds,
      openMs: milliseconds,
    })
    .optional()
    .transform((value) => value),
});

/** How long a circuit that has closed, or whose trial is due, is told to processes that ask, milliseconds. */
const COUNTS_MS = 600_000;

/** Tells the other processes which networks this one has suspended or resumed, and takes over what they have found out. */
export class SharedCircuits {
  readonly #news: SharedNews<CircuitNews>;

  constructor(collaborators: {
    readonly bus: Bus;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
    readonly circuits: () => CircuitBreaker;
  }) {
    const { circuits, clock } = collaborators;
    this.#news = new SharedNews<CircuitNews>(
      { name: 'circuits', item: newsSchema },
      {
        ...collaborators,
        take: (items) => {
          for (const item of items) circuits().adopt(item);
        },
        isCurrent: ({ at, pause }) => clock.now() < (pause?.until ?? at) + COUNTS_MS,
      },
    );
  }

  /** Notes what the circuit breaker of this process has found out. */
  note(news: CircuitNews): void {
    this.#news.note(String(news.network), news);
  }

  start(): void {
    this.#news.start();
  }

  stop(): Promise<void> {
    return this.#news.stop();
  }
}
