interface HopOfNetwork {
  readonly asn?: number | undefined;
  readonly asName?: string | undefined;
}

/** Consecutive hops in one network. */
export interface Band<H extends HopOfNetwork> {
  /** `undefined` where no network announces the addresses. */
  readonly asn: number | undefined;
  readonly asName: string | undefined;
  readonly hops: readonly { readonly hop: H /** Position in the path, from 0. */; readonly index: number }[];
}

/** Groups the hops of a path by network. An address that no network announces, for instance a private one, crosses no border by itself. */
export function toBands<H extends HopOfNetwork>(hops: readonly H[]): readonly Band<H>[] {
  const bands: { asn: number | undefined; asName: string | undefined; hops: { hop: H; index: number }[] }[] = [];
  for (const [index, hop] of hops.entries()) {
    const last = bands.at(-1);
    const asn = hop.asn ?? hops.slice(index).find((later) => later.asn !== undefined)?.asn;
    if (last !== undefined && last.asn === asn) {
      last.hops.push({ hop, index });
      last.asName ??= hop.asName;
    } else bands.push({ asn: hop.asn, asName: hop.asName, hops: [{ hop, index }] });
  }
  return bands;
}
