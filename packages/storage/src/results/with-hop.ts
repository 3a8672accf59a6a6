import { fieldOf } from './result-columns.ts';

/** The result of a measurement that ends before it begins: the hop of its `failReason`, a dotted quad, is the destination. */
export function withHop(result: unknown, hop: string): unknown {
  const reason = fieldOf(result, 'failReason');
  return { ...Object(result), failReason: { ...Object(reason), hop } };
}
