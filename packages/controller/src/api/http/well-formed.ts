/** Deepest nesting of arrays and objects in a body. No request needs more than ten. */
const MOST_DEPTH = 32;

/**
 * What makes a value unfit for storage, as a sentence; `undefined` when it is fit. PostgreSQL stores neither NUL characters nor lone
 * surrogates, and recursive code fails on deep nesting, so both are refused before anything else looks at the value.
 */
export function faultOf(value: unknown): string | undefined {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: current, depth } = next;
    if (typeof current === 'string') {
      const fault = textFaultOf(current);
      if (fault !== undefined) return fault;
    } else if (typeof current === 'object' && current !== null) {
      if (depth >= MOST_DEPTH) return `it is nested more than ${MOST_DEPTH} levels deep`;
      if (Array.isArray(current)) for (const value of current) open.push({ value, depth: depth + 1 });
      else
        for (const [name, value] of Object.entries(current))
          open.push({ value: name, depth: depth + 1 }, { value, depth: depth + 1 });
    }
  }
  return undefined;
}

function textFaultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'it contains a NUL character';
  return text.isWellFormed() ? undefined : 'it contains half of a surrogate pair, which is not valid Unicode';
}
