/** Deepest nesting of arrays and objects in a body. No request needs more than ten. */
const MOST_DEPTH = 32;

/**
 * What makes a value unfit for storage, as a sentence; `undefined` when it is fit. PostgreSQL stores neither NUL characters nor lone
 * surrogates, and recursive code fails on deep nesting, so both are refused before anything else looks at the value.
 */
export const faultOf = (value: unknown): string | undefined => faultAt(value, 0);

function faultAt(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return textFaultOf(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MOST_DEPTH) return `it is nested more than ${MOST_DEPTH} levels deep`;
  if (Array.isArray(value)) {
    for (const inner of value) {
      const fault = faultAt(inner, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  for (const [name, inner] of Object.entries(value)) {
    const fault = textFaultOf(name) ?? faultAt(inner, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function textFaultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'it contains a NUL character';
  return text.isWellFormed() ? undefined : 'it contains half of a surrogate pair, which is not valid Unicode';
}
