/** Widths of characters in DejaVu Sans, in ems, rounded up. */
const WIDE = /[A-Z@%&mwMW—…]/;
const NARROW = /[\s.,:;|!'()[\]/ijltfrI-]/;

function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x1100) return 1.05;
  if (NARROW.test(character)) return 0.42;
  return WIDE.test(character) ? 0.82 : 0.64;
}

/** Width of a text in pixels, not less than it is. */
const estimatedWidth = (text: string, fontSize: number): number =>
  [...text].reduce((sum, character) => sum + widthOf(character), 0) * fontSize;

/** A text that fits into `width` pixels, cut with an ellipsis where it does not. */
export function fit(text: string, width: number, fontSize: number): string {
  if (estimatedWidth(text, fontSize) <= width) return text;
  let kept = '';
  let used = widthOf('…');
  for (const character of text) {
    used += widthOf(character);
    if (used * fontSize > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** Breaks a text into at most `most` lines that fit into `width` pixels; what does not fit into the last one is cut. */
export function wrap(text: string, width: number, fontSize: number, most: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && (estimatedWidth(longer, fontSize) <= width || lines.length === most))
      lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => fit(line, width, fontSize));
}
