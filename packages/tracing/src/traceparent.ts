import type { SpanContext } from '@opentelemetry/api';
import { z } from 'zod';

/** Version 00 of the header `traceparent`: identifiers of trace and span, and whether the span is recorded (W3C Trace Context, section 3.2). */
const FORM = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

/** The context of a span in a message. A context that cannot be read is left out: the work counts, not its trace. */
export const traceparentSchema = z.string().regex(FORM).optional().catch(undefined);

/** @returns the context of the span as text */
export function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Reads the context of a span in another process; `undefined` if it is not one. */
export function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = FORM.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED, isRemote: true };
}

/** Whether a span is recorded. */
export const isSampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & SAMPLED) !== 0;
