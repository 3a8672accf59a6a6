import { SimProber, type SimulatedInternet } from '@revtr/sim';
import { shownRouters, type Truth } from '../../judging/truth.ts';
import type { EvaluatedPair } from './destinations.ts';

const TRACEROUTE = { timeoutMs: 2_000, attempts: 3, gapLimit: 8 };

/**
 * Routers that a traceroute from the destination of each pair to its source shows, at the time of the measurement: what one could see with
 * access to the destination. A router that is a destination sends no traceroute in the simulator; for it the result is `undefined`.
 *
 * @param internet an Internet for these traceroutes alone, because they use up the rate limits of routers
 */
export async function visibleRouters(
  pairs: readonly EvaluatedPair[],
  startsAt: (index: number) => number,
  { internet, truth }: { readonly internet: SimulatedInternet; readonly truth: Truth },
): Promise<(ReadonlySet<number> | undefined)[]> {
  const { clock } = internet;
  const visible: (ReadonlySet<number> | undefined)[] = new Array(pairs.length);
  const traceAll = async (): Promise<void> => {
    for (const [i, { source, destination, kind }] of pairs.entries()) {
      if (kind === 'router') continue;
      await clock.sleep(Math.max(0, startsAt(i) - clock.now()));
      const prober = new SimProber({ agents: [destination] }, internet);
      const result = await prober.traceroute({
        type: 'traceroute',
        sender: destination,
        target: source,
        ...TRACEROUTE,
      });
      const routes = [result.startedAt, clock.now()].map((at) => truth.route(destination, source, at));
      visible[i] = new Set(
        result.hops.flatMap(({ from }) => (from === undefined ? [] : shownRouters(from, routes, truth))),
      );
    }
  };
  await clock.drive(traceAll());
  return visible;
}
