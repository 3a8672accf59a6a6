import type { Bus } from '@revtr/bus';
import type { ReverseTracerouteEngine } from '@revtr/engine';
import { addressSchema } from '@revtr/link';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { SharedNews } from '../cluster/shared-news.ts';

const milliseconds = z.number().nonnegative();
const silenceSchema = z.object({
  target: addressSchema,
  source: addressSchema,
  at: milliseconds,
  /** Without it, the target has answered. */
  until: milliseconds.exactOptional(),
});

/** How long an answer is repeated to processes that ask: as long as a target is skipped at most, milliseconds. */
const ANSWER_COUNTS_MS = 3_600_000;

/** Tells the other engines which targets do not answer which sources, and takes over what they have found out. */
export function sharedSilences({
  engine,
  clock,
  ...collaborators
}: {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly engine: Pick<ReverseTracerouteEngine, 'silentTargets'>;
}): Pick<SharedNews<unknown>, 'start' | 'stop'> {
  const { silentTargets } = engine;
  const news = new SharedNews(
    { name: 'silences', item: silenceSchema },
    {
      ...collaborators,
      clock,
      take: (changes) => {
        for (const change of changes) silentTargets.adopt(change, clock.now());
      },
      isCurrent: ({ at, until }) => clock.now() < (until ?? at + ANSWER_COUNTS_MS),
    },
  );
  silentTargets.follow((change) => news.note(`${change.target} ${change.source}`, change));
  return news;
}
