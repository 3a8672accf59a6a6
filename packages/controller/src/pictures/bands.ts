import type { PublicHop } from '../publications/public-result.ts';

/** Consecutive hops in one network. */
export interface Band {
  /** `undefined` where no network announces the addresses. */
  readonly asn: number | undefined;
  readonly asName: string | undefined;
  readonly hops: readonly PublicHop[];
}

/** Groups the hops of a path by network. An address that no network announces, for instance a private one, crosses no border by itself. */
export function toBands(hops: readonly PublicHop[]): readonly Band[] {
  const bands: { asn: number | undefined; asName: string | undefined; hops: PublicHop[] }[] = [];
  for (const [index, hop] of hops.entries()) {
    const last = bands.at(-1);
    const asn = hop.asn ?? hops.slice(index).find((later) => later.asn !== undefined)?.asn;
    if (last !== undefined && last.asn === asn) {
      last.hops.push(hop);
      last.asName ??= hop.asName;
    } else bands.push({ asn: hop.asn, asName: hop.asName, hops: [hop] });
  }
  return bands;
}
