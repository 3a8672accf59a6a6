import type { Hop, Measurement } from '@revtr/client';
import { percentOf } from '@revtr/client/wording';
import type { Screen } from '../../terminal.ts';
import { renderAge } from '../age.ts';
import type { Column } from '../layout/table.ts';
import { networkOf } from './network.ts';
import { SHORT_TECHNIQUES, TECHNIQUES } from './techniques.ts';

/** A line of the table of hops. */
export type HopRow =
  | {
      readonly kind: 'hop';
      /** Position on the path, from 1. */
      readonly position: number;
      readonly hop: Hop;
      /** Whether it is the destination, in whose place another host was measured. */
      readonly isSilent: boolean;
    }
  | ({ readonly kind: 'hiddenNetwork' } & NonNullable<Hop['hiddenNetwork']>);

/** How the fields of hops are shown. */
export interface FieldOptions {
  readonly screen: Screen;
  /** Whether the number of a network is followed by its name. */
  readonly names: boolean;
  /** Whether texts have their short forms. */
  readonly isCompact: boolean;
}

/** The fields that `--fields` knows, in the order of the help. */
export const FIELDS = [
  ...(['hop', 'address', 'alternatives', 'name', 'as', 'asname', 'country', 'city'] as const),
  ...(['rtt', 'technique', 'trust', 'probability', 'type', 'age'] as const),
];
/** A field of a hop. */
export type Field = (typeof FIELDS)[number];

/** The fields that are shown unless others are chosen. */
export const DEFAULT_FIELDS: readonly Field[] = ['hop', 'address', 'name', 'as', 'rtt', 'technique', 'trust'];

const NOTHING = '-';
/** Fewest characters of a shortened name from which it can be recognised. */
export const LEAST_NAME = 8;

/** The rows of a path. */
export function hopRows({ hops, measuredThrough }: NonNullable<Measurement['result']>): readonly HopRow[] {
  return hops.flatMap((hop, i): HopRow[] => [
    { kind: 'hop', position: i + 1, hop, isSilent: i === 0 && measuredThrough !== undefined },
    ...(hop.hiddenNetwork === undefined ? [] : [{ kind: 'hiddenNetwork' as const, ...hop.hiddenNetwork }]),
  ]);
}

/** The column of a field. */
export function columnOf(field: Field, options: FieldOptions): Column<HopRow> {
  const { paint } = options.screen;
  const hidden = HIDDEN_NETWORK[field];
  const shown = SHOWN[field];
  const colour = ({ kind, ...row }: HopRow): ((text: string) => string) => {
    if (field === 'name') return paint.cyan;
    if (field !== 'trust' && field !== 'probability') return (text) => text;
    if (kind === 'hiddenNetwork') return paint.yellow;
    if ('isSilent' in row && row.isSilent) return paint.red;
    const { trust } = 'hop' in row ? row.hop : { trust: 'assumed' as const };
    return { measured: paint.green, inferred: paint.yellow, assumed: paint.red }[trust];
  };
  return {
    head: options.isCompact ? (shown.shortHead ?? shown.head) : shown.head,
    ...(shown.isNumber === true && { align: 'right' as const }),
    ...(shown.least !== undefined && { least: shown.least }),
    cell: (row) => (row.kind === 'hop' ? shown.cell(row, options) : (hidden?.(row) ?? '')),
    paint: colour,
  };
}

interface Shown {
  readonly head: string;
  readonly shortHead?: string;
  readonly isNumber?: boolean;
  readonly least?: number;
  cell(row: HopRow & { readonly kind: 'hop' }, options: FieldOptions): string;
}

const SHOWN: Readonly<Record<Field, Shown>> = {
  hop: { head: '#', isNumber: true, cell: ({ position }) => String(position) },
  address: {
    head: 'ADDRESS',
    cell: ({ hop: { address, alternatives = [] } }, { isCompact }) => {
      if (alternatives.length === 0) return address;
      return `${address} ${isCompact ? `(+${alternatives.length})` : `(or ${alternatives.join(', ')})`}`;
    },
  },
  alternatives: { head: 'OR', cell: ({ hop: { alternatives = [] } }) => alternatives.join(' ') || NOTHING },
  name: { head: 'NAME', least: LEAST_NAME, cell: ({ hop: { name } }) => name ?? NOTHING },
  as: {
    head: 'AS',
    cell: ({ hop }, { names, isCompact }) => networkOf(hop, names && !isCompact),
  },
  asname: { head: 'AS NAME', least: LEAST_NAME, cell: ({ hop: { asName } }) => asName ?? NOTHING },
  country: { head: 'COUNTRY', cell: ({ hop: { position } }) => position?.country ?? NOTHING },
  city: { head: 'CITY', least: LEAST_NAME, cell: ({ hop: { position } }) => position?.city ?? NOTHING },
  rtt: {
    head: 'RTT',
    shortHead: 'RTT ms',
    isNumber: true,
    cell: ({ hop: { rttMs } }, { isCompact }) =>
      rttMs === undefined ? NOTHING : `${rttMs.toFixed(1)}${isCompact ? '' : ' ms'}`,
  },
  technique: {
    head: 'TECHNIQUE',
    cell: ({ hop: { technique, reusedAgeMs } }, { isCompact }) => {
      const label = (isCompact ? SHORT_TECHNIQUES : TECHNIQUES)[technique];
      return reusedAgeMs === undefined ? label : `${label}${isCompact ? REUSED_MARK : ' (reused)'}`;
    },
  },
  trust: {
    head: 'TRUST',
    cell: ({ hop: { trust, confidence }, isSilent }) => (isSilent ? 'no answer' : `${trust} ${percentOf(confidence)}%`),
  },
  probability: {
    head: 'PROBABILITY',
    isNumber: true,
    cell: ({ hop: { confidence }, isSilent }) => (isSilent ? NOTHING : `${percentOf(confidence)}%`),
  },
  type: { head: 'TYPE', isNumber: true, cell: ({ hop: { type } }) => String(type) },
  age: {
    head: 'AGE',
    isNumber: true,
    cell: ({ hop: { reusedAgeMs } }) => (reusedAgeMs === undefined ? NOTHING : renderAge(reusedAgeMs)),
  },
};

/** Marks a hop that an earlier measurement found, in compact tables. */
export const REUSED_MARK = '*';

const HIDDEN_NETWORK: Partial<Readonly<Record<Field, (row: HopRow & { readonly kind: 'hiddenNetwork' }) => string>>> = {
  address: () => 'no router seen',
  as: ({ asn }) => String(asn),
  technique: () => 'AS relations',
  trust: ({ confidence }) => `inferred ${percentOf(confidence)}%`,
  probability: ({ confidence }) => `${percentOf(confidence)}%`,
};
