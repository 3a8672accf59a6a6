import type { FastifyInstance } from 'fastify';

/** How slowly a body may arrive. */
export interface BodyDeadline {
  /** What every body may take, milliseconds. */
  readonly leastMs: number;
  /** A route gets the time in which a body of its size limit arrives at this rate, if that is longer. */
  readonly bytesPerSecond: number;
}

/** Timers that are longer fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Ends the connections of requests whose bodies do not arrive in time, on routes that are registered afterwards. */
export function installBodyDeadline(app: FastifyInstance, { leastMs, bytesPerSecond }: BodyDeadline): void {
  app.addHook('onRequest', async ({ raw, headers, routeOptions }) => {
    if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0') return;
    const { bodyLimit = 0 } = routeOptions;
    const timer = setTimeout(
      () => {
        if (!raw.complete) raw.socket.destroy();
      },
      Math.min(Math.max(leastMs, (bodyLimit / bytesPerSecond) * 1000), LONGEST_TIMER_MS),
    );
    raw.once('close', () => clearTimeout(timer));
  });
}
