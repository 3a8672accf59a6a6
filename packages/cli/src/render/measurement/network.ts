import type { Hop } from '@revtr/client';

const NOTHING = '-';

/** The number of the network of a hop, with its name if that is known and wanted; `-` when the network is not known. */
export const networkOf = ({ asn, asName }: Pick<Hop, 'asn' | 'asName'>, isNamed: boolean): string =>
  asn === undefined ? NOTHING : isNamed && asName !== undefined ? `${asn} ${asName}` : String(asn);
