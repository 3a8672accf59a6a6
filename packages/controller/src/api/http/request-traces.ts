import type { OpenSpan, Tracing } from '@revtr/tracing';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Records each request as the root of a trace. A client may name its own trace in the header `traceparent`, to which the new one is linked: it must not
 * decide what this system records.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  if (!tracing.isOn) return;
  const spans = new WeakMap<FastifyRequest, OpenSpan>();
  app.addHook('onRequest', async (request) => {
    const { method, headers, routeOptions } = request;
    const link = typeof headers.traceparent === 'string' ? headers.traceparent : undefined;
    const route = routeOptions.url ?? 'none';
    const attributes = { 'http.request.method': method, 'http.route': route };
    const span = tracing.begin(`${method} ${route}`, { kind: 'server', link, attributes });
    if (span !== undefined) spans.set(request, span);
  });
  // Not earlier: a body is read in the context of its connection.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(() => done());
  });
  app.addHook('onResponse', async (request, { statusCode }) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': statusCode });
    span?.end(statusCode >= 500 ? `status ${statusCode}` : undefined);
  });
}
