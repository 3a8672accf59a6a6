import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';
import type { Metrics } from '../../foundation/metrics.ts';

/** Methods of the API; others share a label, because a client chooses them. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Measures how long requests take, by route, method and class of the status. A route is a pattern such as `/api/v2/batches/:id`, and all
 * requests without a route share one label, so that the number of time series is bounded by the API. Event streams count until they end.
 */
export function measureRequests(app: FastifyInstance, { registry }: Metrics): void {
  const seconds = new Histogram({
    name: 'revtr_http_request_duration_seconds',
    help: 'Time from the arrival of the headers of a request to the end of its answer, by route, method and class of status.',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    seconds.observe(
      {
        route: routeOptions.url ?? 'none',
        method: METHODS.has(method) ? method : 'other',
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1000,
    );
  });
}
