/** Text of strangers that must stay text, and what the pages show of it. */
const CORPUS: readonly (readonly [text: string, shown: string])[] = [
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['</script><script>alert(2)</script>', '</script><script>alert(2)</script>'],
  ['"\'`><svg onload=alert(3)>', '"\'`><svg onload=alert(3)>'],
  ['javascript:alert(4)', 'javascript:alert(4)'],
  ['{{constructor.constructor("alert(5)")()}}', '{{constructor.constructor("alert(5)")()}}'],
  ['gnp\u202eexe.txt', 'gnp\\u{202e}exe.txt'],
  ['zero\u200bwidth\u2066', 'zero\\u{200b}width\\u{2066}'],
  ['esc\u001b[31m', 'esc\\u{1b}[31m'],
];

/** All texts in one line of at most 300 characters. */
const HOSTILE = CORPUS.map(([text]) => text).join(' ');
/** What the pages show of {@link HOSTILE}. */
export const HOSTILE_SHOWN = CORPUS.map(([, shown]) => shown).join(' ');

/** A copy of an answer of the API in which the texts of strangers are hostile. Other values, among them names of choices, stay. */
export function withHostileText(value: unknown, fields: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((entry) => withHostileText(entry, fields));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      typeof field === 'string' && fields.has(name) ? HOSTILE : withHostileText(field, fields),
    ]),
  );
}
