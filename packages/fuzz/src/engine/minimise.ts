/** Makes an input smaller as long as it still fails: it removes parts, from half of the input down to single bytes. */
export async function minimise(
  input: Uint8Array,
  mostTries: number,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest = input;
  let tries = 0;
  for (let size = input.length >>> 1; size >= 1; size >>>= 1) {
    for (let at = 0; at < smallest.length; ) {
      if (tries++ >= mostTries) return smallest;
      const candidate = without(smallest, at, size);
      if (await fails(candidate)) smallest = candidate;
      else at += size;
    }
  }
  return smallest;
}

function without(bytes: Uint8Array, at: number, size: number): Uint8Array {
  const result = new Uint8Array(bytes.length - Math.min(size, bytes.length - at));
  result.set(bytes.subarray(0, at));
  result.set(bytes.subarray(at + size), at);
  return result;
}
