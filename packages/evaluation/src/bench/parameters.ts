import { PROFILES, PROVENANCE, type Provenance } from '@revtr/sim';

const HEADER = ['Parameters', 'Value', 'Basis', 'Published figure, or reason', 'Source'];

/** The parameters of profile `published`, what they rest on, and the sources, as a Markdown table for docs/simulator.md. */
export function parameterTable(): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const row = ({ parameters, basis, figure, source = '–' }: Provenance): string[] => [
    parameters.map((name) => `\`${name}\``).join(', '),
    parameters.map((name) => String(PROFILES.published[name])).join(', '),
    basis,
    figure,
    source,
  ];
  return `${line(HEADER)}|${'---|'.repeat(HEADER.length)}\n${PROVENANCE.map((entry) => line(row(entry))).join('')}`;
}
