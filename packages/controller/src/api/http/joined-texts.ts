/**
 * V8 stores a text of more than 128 KiB in a place that only a full garbage collection frees. Shorter texts, which most answers need for
 * milliseconds only, cost nothing when they are no longer used.
 */
const PART_CHARACTERS = 32_768;

/** The texts one after the other, in parts of 32,768 characters or little more. A longer text is not cut. */
export function* joinedTexts(texts: Iterable<string>): Generator<string, void> {
  let waiting: string[] = [];
  let characters = 0;
  for (const text of texts) {
    waiting.push(text);
    characters += text.length;
    if (characters < PART_CHARACTERS) continue;
    yield waiting.join('');
    [waiting, characters] = [[], 0];
  }
  if (characters > 0) yield waiting.join('');
}
