import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';

/** A span as a collector receives it. Identifiers are hexadecimal; times are milliseconds since the Unix epoch. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly service: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
  readonly error: string;
}

const hex = z.instanceof(Buffer).transform((bytes) => bytes.toString('hex'));
const attributesSchema = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((entries) => Object.fromEntries(entries.map(({ key, value }) => [key, Object.values(value)[0]])));
const nanoseconds = z.string().transform((text) => Number(BigInt(text) / 1_000n) / 1_000);
const requestSchema = z.object({
  resource_spans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scope_spans: z.array(
        z.object({
          spans: z.array(
            z.object({
              trace_id: hex,
              span_id: hex,
              parent_span_id: hex,
              name: z.string(),
              start_time_unix_nano: nanoseconds,
              end_time_unix_nano: nanoseconds,
              attributes: attributesSchema,
              links: z.array(z.object({ trace_id: hex })),
              status: z.object({ message: z.string() }).nullish(),
            }),
          ),
        }),
      ),
    }),
  ),
});
const methodSchema = z.object({
  Export: z.object({
    requestDeserialize: z.custom<(bytes: Buffer) => unknown>((value) => typeof value === 'function'),
  }),
});
const PROTO = fileURLToPath(new URL('./otlp.proto', import.meta.url));
const service = loadSync(PROTO, { keepCase: true, longs: String, defaults: true, oneofs: false })['otlp.TraceService'];
const { Export } = methodSchema.parse(service);

/** Decodes a request of OTLP over HTTP. */
function decode(body: Buffer): ReceivedSpan[] {
  const { resource_spans } = requestSchema.parse(Export.requestDeserialize(body));
  return resource_spans.flatMap(({ resource, scope_spans }) =>
    scope_spans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        traceId: span.trace_id,
        spanId: span.span_id,
        parentId: span.parent_span_id,
        name: span.name,
        service: String(resource.attributes['service.name']),
        startedAt: span.start_time_unix_nano,
        endedAt: span.end_time_unix_nano,
        attributes: span.attributes,
        links: span.links.map(({ trace_id }) => trace_id),
        error: span.status?.message ?? '',
      })),
  );
}

/** A collector that receives OTLP over HTTP on the loopback address. */
export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** Requests that were received. */
  requests = 0;
  /** What a request is answered with instead. */
  misbehaviour: ((response: ServerResponse) => void) | undefined;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  /** `enter` calls its argument where the server is to listen, for instance in a network namespace. Returns the URL. */
  async start(port = 0, enter: (listen: () => void) => void = (listen) => listen()): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    enter(() => this.#server.listen(port, resolve));
    await promise;
    const address: AddressInfo | string | null = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the collector does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    if (this.misbehaviour !== undefined) return this.misbehaviour(response);
    const isOtlp = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
    if (isOtlp) this.spans.push(...decode(Buffer.concat(chunks)));
    response.writeHead(isOtlp ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
  }
}
