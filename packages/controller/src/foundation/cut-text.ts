/** The beginning of a text, at most `bytes` bytes of UTF-8 and an ellipsis, to quote what a user has sent. */
export function cutText(text: string, bytes: number): string {
  const beginning = Buffer.from(text.slice(0, bytes));
  if (text.length <= bytes && beginning.byteLength <= bytes) return text;
  // The last character may be cut.
  return `${beginning
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD$/, '')}…`;
}
