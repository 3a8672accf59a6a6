import { PROFILES, PROVENANCE, type Provenance } from '@revtr/sim';
import { markdownTable } from '../statistics/table.ts';

const HEADER = ['Parameters', 'Value', 'Basis', 'Published figure, or reason', 'Source'];

/** The parameters of profile `published`, what they rest on, and the sources, as a Markdown table for docs/simulator.md. */
export function parameterTable(): string {
  const row = ({ parameters, basis, figure, source = '–' }: Provenance): string[] => [
    parameters.map((name) => `\`${name}\``).join(', '),
    parameters.map((name) => String(PROFILES.published[name])).join(', '),
    basis,
    figure,
    source,
  ];
  return markdownTable([HEADER, ...PROVENANCE.map(row)]);
}
