const SETTINGS = '.\\" @SETTINGS@';

/** Puts the settings that a page of the documentation describes in tables below `heading` into a manual page (`man(7)`). */
export function withSettings(manual: string, page: string, heading: string): string {
  const [, below = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = below.split('\n## ');
  return manual.replace(SETTINGS, () => toSettings(section));
}

function toSettings(section: string): string {
  const lines: string[] = [];
  for (const line of section.split('\n')) {
    const title = /^### (.+)/.exec(line)?.[1];
    if (title !== undefined) lines.push(`.SS ${toRoff(title)}`);
    const cells = /^\| (`.*) \|$/.exec(line)?.[1]?.split(' | ');
    if (cells === undefined) continue;
    const [names = '', standard = '', ...meaning] = cells;
    const hasDefault = standard !== '–' && standard !== '';
    lines.push('.TP', toRoff(names), ...(hasDefault ? [`Default: ${toRoff(standard)}.`, '.br'] : []));
    lines.push(toRoff(meaning.join(' | ')));
  }
  return lines.join('\n');
}

/** Markdown within one line as text of `man(7)`. */
function toRoff(markdown: string): string {
  const text = markdown
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replaceAll('\\', '\\e')
    .replaceAll(/`([^`]*)`/g, (_, code: string) => `\\fB${code.replaceAll('-', '\\-')}\\fR`)
    .replaceAll('–', '\\(en')
    .replaceAll('…', '...');
  return /^[.']/.test(text) ? `\\&${text}` : text;
}
