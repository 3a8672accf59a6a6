import type { Readable } from 'node:stream';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import { linesOf } from './lines.ts';

/** What a network is called, and who runs it. */
export interface NetworkName {
  readonly name: string;
  readonly organisation: string | undefined;
  readonly country: string | undefined;
}

export interface NetworkNames {
  readonly names: ReadonlyMap<number, NetworkName>;
  readonly entries: number;
}

const jsonSchema = z.union([
  z.object({
    type: z.literal('ASN'),
    asn: z.coerce.number(),
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
 * Reads CAIDA as2org: tables of organisations (`org_id|changed|org_name|country|source`) and networks
 * (`aut|changed|aut_name|org_id|…`) under `# format:` lines, or the same as JSON lines. @throws {DatasetError}
 */
export async function readAs2org(input: Readable): Promise<NetworkNames> {
  const organisations: Organisations = new Map();
  const networks: Networks = [];
  let columns: string[] = [];
  for await (const { text, number } of linesOf(input, '')) {
    if (text.startsWith('{')) readJsonLine(text, number, organisations, networks);
    else if (text.startsWith('#')) columns = /^#\s*format:\s*(.+)$/.exec(text)?.[1].trim().split('|') ?? columns;
    else readTableLine(text, columns, number, organisations, networks);
  }
  if (networks.length === 0) throw new DatasetError('empty', 'the file names no network');
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
    throw new DatasetError('badLine', 'expected as many cells as the line "# format:" names', line);
  const at = (name: string): string => cells[columns.indexOf(name)] ?? '';
  if (columns[0] === 'org_id')
    organisations.set(at('org_id'), { name: at('org_name'), country: at('country') || undefined });
  else if (/^\d+$/.test(at('aut'))) networks.push({ asn: Number(at('aut')), name: at('aut_name'), org: at('org_id') });
  else throw new DatasetError('badLine', 'expected the number of a network', line);
}

function readJsonLine(text: string, line: number, organisations: Organisations, networks: Networks): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DatasetError('truncated', 'the line is no JSON, or is cut', line);
  }
  const parsed = jsonSchema.safeParse(json);
  if (!parsed.success) throw new DatasetError('badLine', 'expected an ASN or an Organization', line);
  const entry = parsed.data;
  if (entry.type === 'ASN') networks.push({ asn: entry.asn, name: entry.name, org: entry.organizationId });
  else organisations.set(entry.organizationId, { name: entry.name, country: entry.country });
}

/** How networks stand to each other. */
export interface Relationships {
  /** Whether `a` is the provider or the customer of `b`, or its peer; `undefined` when they are not known to be neighbours. */
  relationOf(a: number, b: number): 'provider' | 'customer' | 'peer' | undefined;
  readonly entries: number;
}

/** Reads CAIDA AS relationships: `provider|customer|-1` or `peer|peer|0`, further cells left aside. @throws {DatasetError} */
export async function readRelationships(input: Readable): Promise<Relationships> {
  const relations = new Map<string, 'provider' | 'peer'>();
  for await (const { text, number } of linesOf(input)) {
    const found = /^(\d+)\|(\d+)\|(-1|0)(\||$)/.exec(text.trim());
    if (found === null) throw new DatasetError('badLine', 'expected network|network|-1 or 0', number);
    relations.set(`${found[1]} ${found[2]}`, found[3] === '0' ? 'peer' : 'provider');
  }
  if (relations.size === 0) throw new DatasetError('empty', 'the file holds no relationship');
  return relationshipsOf(relations);
}

/**
 * Relationships between networks, from those that are known.
 *
 * @param known what the first network of a pair is to the second, by the two AS numbers: `"64500 64501"`
 */
export function relationshipsOf(known: ReadonlyMap<string, 'provider' | 'peer'>): Relationships {
  return {
    relationOf: (a, b) => {
      const forwards = known.get(`${a} ${b}`);
      if (forwards !== undefined) return forwards;
      const backwards = known.get(`${b} ${a}`);
      return backwards === 'provider' ? 'customer' : backwards;
    },
    entries: known.size,
  };
}
