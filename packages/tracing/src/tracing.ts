/** What a span says about its work. Properties that are `undefined` are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** The role of this process in the work. Default `internal`: all of it happens here. */
  readonly kind?: 'internal' | 'server' | 'client';
  readonly attributes?: Attributes;
}

/** A span that has begun. */
export interface OpenSpan {
  /** Runs work whose spans are children of this one, however deep in it they begin. */
  run<T>(work: () => T): T;
  set(attributes: Attributes): void;
  /** Ends the span, with a message if its work failed. */
  end(error?: string): void;
}

/**
 * Records what the work on a request consists of, as spans of OpenTelemetry. Nothing here throws, waits or keeps more than a bounded number of
 * spans, whatever becomes of the collector that receives them. The context of a span in another process is a `traceparent` (W3C Trace Context).
 */
export interface Tracing {
  /** Whether spans are recorded at all. Code that runs for each probe asks first. */
  readonly isOn: boolean;
  /**
   * Begins a span: below `parent` if there is one, and as the root of a new trace otherwise. `link` names a span of another trace that asked for
   * the work. `undefined` when tracing is off.
   */
  begin(
    name: string,
    options?: SpanOptions & { readonly parent?: string | undefined; readonly link?: string | undefined },
  ): OpenSpan | undefined;
  /** Runs work in a span below the current one. Outside of a recorded span, it runs the work without one. */
  child<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T>;
  /** Runs work in a span below one of another process. If `parent` is not recorded, it runs the work without one. */
  continued<T>(parent: string | undefined, name: string, options: SpanOptions, work: () => Promise<T>): Promise<T>;
  /** Records what has happened below `parent`; times in milliseconds since the Unix epoch. */
  past(
    name: string,
    span: SpanOptions & { readonly parent: string; readonly startedAt: number; readonly endedAt: number },
  ): void;
  /** Context of the current span, to be stored with work; `undefined` outside of one. */
  current(): string | undefined;
  /** Context of the current span, to be sent with a message; `undefined` outside of a span that is recorded. */
  carried(): string | undefined;
  /** Sends what is recorded, for two seconds at most, and stops recording. */
  close(): Promise<void>;
}

/** Records nothing, and costs nothing. */
export const NO_TRACING: Tracing = {
  isOn: false,
  begin: () => undefined,
  child: (_name, _options, work) => work(),
  continued: (_parent, _name, _options, work) => work(),
  past: () => undefined,
  current: () => undefined,
  carried: () => undefined,
  close: async () => undefined,
};
