import { z } from 'zod';

const httpUrl = z.url({ protocol: /^https?$/ });
const count = z.coerce.number().int().min(1).max(1_000_000);
const milliseconds = z.coerce.number().int().min(1).max(600_000);
const ratio = z.coerce.number().min(0).max(1);

/** Reads `key=value` pairs, separated by commas, with percent encoding (W3C Baggage), as the variables of OpenTelemetry have them. */
const pairs = z
  .string()
  .default('')
  .transform((text, context) => {
    const entries = text.split(',').filter((entry) => entry.trim() !== '');
    try {
      return Object.fromEntries(
        entries.map((entry) => {
          const at = entry.indexOf('=');
          if (at < 1) throw new URIError();
          return [entry.slice(0, at).trim(), decodeURIComponent(entry.slice(at + 1).trim())] as const;
        }),
      );
    } catch {
      context.addIssue({ code: 'custom', message: 'must be key=value pairs, separated by commas' });
      return z.NEVER;
    }
  });

const SAMPLERS = [
  'parentbased_traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'traceidratio',
  'always_on',
  'always_off',
] as const;

/** Environment variables of the OpenTelemetry specification. An empty variable counts as one that is not set. */
const settingsSchema = z.object({
  OTEL_SDK_DISABLED: z.stringbool().default(false),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.literal('http/protobuf').optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.literal('http/protobuf').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds.default(10_000),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: milliseconds.optional(),
  OTEL_SERVICE_NAME: z.string().max(255).optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_traceidratio'),
  OTEL_TRACES_SAMPLER_ARG: ratio.default(1),
  OTEL_BSP_SCHEDULE_DELAY: milliseconds.default(5_000),
  OTEL_BSP_EXPORT_TIMEOUT: milliseconds.default(30_000),
  OTEL_BSP_MAX_QUEUE_SIZE: count.default(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: count.default(512),
});

/** Where traces are sent, and which. */
export interface TracingSettings {
  /** URL of the collector for OTLP over HTTP, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Longest time of one request to the collector, milliseconds. */
  readonly timeoutMs: number;
  /** What describes this process, as `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: (typeof SAMPLERS)[number];
  /** Share of traces that are recorded, for samplers with a ratio. */
  readonly ratio: number;
  /** Spans wait for each other for `delayMs`. At most `mostQueued` wait; others are dropped. */
  readonly batches: {
    readonly delayMs: number;
    readonly exportTimeoutMs: number;
    readonly mostQueued: number;
    readonly mostSent: number;
  };
}

/**
 * Reads the environment. `undefined` when traces are off: without an endpoint, they are. `service` is the name of the program, unless
 * `OTEL_SERVICE_NAME` says another one.
 * @throws {z.ZodError} naming each bad variable
 */
export function readTracingSettings(
  environment: Readonly<Record<string, string | undefined>>,
  service: string,
): TracingSettings | undefined {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('OTEL_') && value !== ''),
  );
  const read = settingsSchema.parse(set);
  const base = read.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = read.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
  if (url === undefined || read.OTEL_SDK_DISABLED || read.OTEL_TRACES_EXPORTER === 'none') return undefined;
  return {
    url,
    headers: { ...read.OTEL_EXPORTER_OTLP_HEADERS, ...read.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    timeoutMs: read.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? read.OTEL_EXPORTER_OTLP_TIMEOUT,
    resource: {
      'service.name': service,
      ...read.OTEL_RESOURCE_ATTRIBUTES,
      ...(read.OTEL_SERVICE_NAME !== undefined && { 'service.name': read.OTEL_SERVICE_NAME }),
    },
    sampler: read.OTEL_TRACES_SAMPLER,
    ratio: read.OTEL_TRACES_SAMPLER_ARG,
    batches: {
      delayMs: read.OTEL_BSP_SCHEDULE_DELAY,
      exportTimeoutMs: read.OTEL_BSP_EXPORT_TIMEOUT,
      mostQueued: read.OTEL_BSP_MAX_QUEUE_SIZE,
      mostSent: read.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    },
  };
}
