const SPACE = 32;
const NEWLINE = 10;

/**
 * Decodes uuencoded text (POSIX `uuencode`, without header): each line has a length character and groups of four characters for three
 * bytes. Text that ends early yields the bytes before that point.
 */
export function uudecode(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let at = 0;
  const sextet = (): number => ((text[at++] ?? SPACE) - SPACE) & 63;
  while (at < text.length) {
    let left = sextet();
    while (left > 0 && at < text.length) {
      const group = (sextet() << 18) | (sextet() << 12) | (sextet() << 6) | sextet();
      for (let shift = 16; shift >= 0 && left > 0; shift -= 8, left--) bytes[length++] = (group >>> shift) & 255;
    }
    while (at < text.length && text[at] !== NEWLINE) at++;
    at++;
  }
  return bytes.subarray(0, length);
}
