export { logProblems } from './log-problems.ts';
export { openTracing } from './open.ts';
export { readTracingSettings, type TracingSettings } from './settings.ts';
export { traceparentSchema } from './traceparent.ts';
export { type Attributes, NO_TRACING, type OpenSpan, type SpanOptions, type Tracing } from './tracing.ts';
