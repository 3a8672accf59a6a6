/** Reads the body of an answer; `undefined` when it has more than `most` bytes. Rejects when it ends early. */
export async function bodyOf(answer: Response, most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the connection.
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  return joined(parts);
}

/** The bytes of all parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
