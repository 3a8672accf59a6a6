import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ReportingExporter } from './exporter.ts';
import type { TracingSettings } from './settings.ts';
import { isSampled, parseTraceparent, toTraceparent } from './traceparent.ts';
import type { Attributes, OpenSpan, SpanOptions, Tracing } from './tracing.ts';

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;
/** Bounds of one span; texts may come from others. */
const LIMITS = { attributeValueLengthLimit: 1_000, attributeCountLimit: 32, eventCountLimit: 16, linkCountLimit: 4 };
/** A stop does not wait longer for a collector, milliseconds. */
const MOST_CLOSE_MS = 2_000;

/** Records spans with the OpenTelemetry SDK and sends them with OTLP over HTTP. */
export class OpenTelemetryTracing implements Tracing {
  readonly isOn = true;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #spans = new AsyncLocalStorage<Span>();

  constructor(settings: TracingSettings, { onProblem }: { readonly onProblem: (problem: string | undefined) => void }) {
    const { delayMs, exportTimeoutMs, mostQueued, mostSent } = settings.batches;
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes({ ...settings.resource })),
      sampler: samplerOf(settings),
      spanLimits: LIMITS,
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new ReportingExporter(settings, { onProblem }),
          scheduledDelayMillis: delayMs,
          exportTimeoutMillis: exportTimeoutMs,
          maxQueueSize: mostQueued,
          maxExportBatchSize: Math.min(mostSent, mostQueued),
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('revtr');
  }

  begin(name: string, { parent, link, ...options }: Parameters<Tracing['begin']>[1] = {}): OpenSpan {
    const linked = parseTraceparent(link);
    const links = linked === undefined ? [] : [{ context: linked }];
    return this.#opened(this.#start(name, options, parseTraceparent(parent), links));
  }

  child<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
    const parent = this.#spans.getStore()?.spanContext();
    return parent === undefined || !isSampled(parent) ? work() : this.#within(name, options, parent, work);
  }

  continued<T>(text: string | undefined, name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
    const parent = parseTraceparent(text);
    return parent === undefined || !isSampled(parent) ? work() : this.#within(name, options, parent, work);
  }

  past(name: string, { parent, startedAt, endedAt, ...options }: Parameters<Tracing['past']>[1]): void {
    const context = parseTraceparent(parent);
    if (context !== undefined) this.#start(name, options, context, [], startedAt).end(Math.max(startedAt, endedAt));
  }

  current(): string | undefined {
    const span = this.#spans.getStore();
    return span && toTraceparent(span.spanContext());
  }

  carried(): string | undefined {
    const context = this.#spans.getStore()?.spanContext();
    return context !== undefined && isSampled(context) ? toTraceparent(context) : undefined;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, MOST_CLOSE_MS);
    await Promise.race([promise, this.#provider.shutdown().catch(() => undefined)]);
    clearTimeout(timer);
  }

  #start(
    name: string,
    { kind = 'internal', attributes = {} }: SpanOptions,
    parent: SpanContext | undefined,
    links: Link[],
    startTime?: number,
  ): Span {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const options = { kind: KINDS[kind], attributes: { ...attributes }, links, ...(startTime && { startTime }) };
    return this.#tracer.startSpan(name, options, context);
  }

  async #within<T>(name: string, options: SpanOptions, parent: SpanContext, work: () => Promise<T>): Promise<T> {
    const span = this.#opened(this.#start(name, options, parent, []));
    let problem: string | undefined;
    try {
      return await span.run(work);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      span.end(problem);
    }
  }

  #opened(span: Span): OpenSpan {
    return {
      run: (work) => this.#spans.run(span, work),
      set: (attributes: Attributes) => void span.setAttributes({ ...attributes }),
      end: (error) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.slice(0, 1_000) });
        span.end();
      },
    };
  }
}

function samplerOf({ sampler, ratio }: Pick<TracingSettings, 'sampler' | 'ratio'>): Sampler {
  const root = sampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : sampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased') ? new ParentBasedSampler({ root }) : root;
}
