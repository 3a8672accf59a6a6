import { z } from 'zod';
import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, DatasetError, emptyFile } from '../errors.ts';
import { asnSchema, parseAsn } from './asn.ts';

/** The name of an AS and of the organisation that runs it. `country` is a code of ISO 3166. */
export interface NetworkName {
  readonly name: string;
  readonly organisation: string | undefined;
  readonly country: string | undefined;
}

/** Names by AS number. */
export interface NetworkNames {
  readonly names: ReadonlyMap<number, NetworkName>;
  readonly entries: number;
}

const jsonSchema = z.union([
  z.object({
    type: z.literal('ASN'),
    asn: asnSchema,
    name: z.string().default(''),
    organizationId: z.string(),
  }),
  z.object({
    type: z.literal('Organization'),
    organizationId: z.string(),
    name: z.string(),
    country: z.string().optional(),
  }),
]);

/**
 * Reads CAIDA as2org (https://www.caida.org/catalog/datasets/as-organizations): tables of organisations
 * (`org_id|changed|org_name|country|source`) and ASes (`aut|changed|aut_name|org_id|…`) after lines with `# format:`, or the same
 * as JSON lines. @throws {DatasetError}
 */
export async function readAs2org(content: Content, limits: ReadLimits): Promise<NetworkNames> {
  const organisations: Organisations = new Map();
  const networks: Networks = [];
  const counter = new EntryCounter(limits);
  let columns: string[] = [];
  for await (const { text, number } of linesOf(content, limits, '')) {
    if (!text.startsWith('#')) counter.add();
    if (text.startsWith('{')) readJsonLine(text, number, organisations, networks);
    else if (text.startsWith('#')) columns = /^#\s*format:\s*(.+)$/.exec(text)?.[1].trim().split('|') ?? columns;
    else readTableLine(text, columns, number, organisations, networks);
  }
  if (networks.length === 0) throw emptyFile('the file names no AS');
  const names = new Map<number, NetworkName>();
  for (const { asn, name, org } of networks) {
    const owner = organisations.get(org);
    names.set(asn, { name, organisation: owner?.name, country: owner?.country });
  }
  return { names, entries: names.size };
}

type Organisations = Map<string, { readonly name: string; readonly country: string | undefined }>;
type Networks = { readonly asn: number; readonly name: string; readonly org: string }[];

function readTableLine(
  text: string,
  columns: readonly string[],
  line: number,
  organisations: Organisations,
  networks: Networks,
): void {
  const cells = text.split('|');
  if (columns.length === 0 || cells.length < columns.length)
    throw badLine(line, 'expected as many cells as the line "# format:" names');
  const at = (name: string): string => cells[columns.indexOf(name)] ?? '';
  if (columns[0] === 'org_id')
    organisations.set(at('org_id'), { name: at('org_name'), country: at('country') || undefined });
  else {
    const asn = parseAsn(at('aut'));
    if (asn === undefined) throw badLine(line, 'expected an AS number');
    networks.push({ asn, name: at('aut_name'), org: at('org_id') });
  }
}

function readJsonLine(text: string, line: number, organisations: Organisations, networks: Networks): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DatasetError('truncated', `line ${line}: the line is not JSON, or ends early`, { line });
  }
  const parsed = jsonSchema.safeParse(json);
  if (!parsed.success) throw badLine(line, 'expected an ASN or an Organization');
  const entry = parsed.data;
  if (entry.type === 'ASN') networks.push({ asn: entry.asn, name: entry.name, org: entry.organizationId });
  else organisations.set(entry.organizationId, { name: entry.name, country: entry.country });
}
