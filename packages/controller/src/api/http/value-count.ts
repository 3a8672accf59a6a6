const [QUOTE, BACKSLASH, COMMA, ARRAY, OBJECT] = Array.from('"\\,[{', (sign) => sign.charCodeAt(0));

/**
 * Whether a JSON text has more than `most` arrays, objects and other values; empty arrays and objects count twice. An empty object takes three bytes of text, and a hundred times
 * that once it is parsed and checked, so the text is counted before it is parsed.
 */
export function hasMoreValues(text: string, most: number): boolean {
  let count = 1;
  let isQuoted = false;
  for (let i = 0; i < text.length && count <= most; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) {
      if (code === BACKSLASH) i++;
    } else if (code === COMMA || code === ARRAY || code === OBJECT) count++;
  }
  return count > most;
}
