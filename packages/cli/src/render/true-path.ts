/** The path that packets take in a simulated Internet. */
export interface TruePath {
  readonly from: string;
  readonly to: string;
  readonly seed: number;
  readonly size: string;
  /** Whether the packets arrive. */
  readonly reached: boolean;
  readonly asPath: readonly number[];
  readonly hops: readonly {
    readonly router: number;
    readonly asn: number;
    readonly name: string;
    readonly addresses: readonly string[];
  }[];
}

/** A true path, one router per line. */
export function renderTruth({ from, to, reached, hops }: TruePath): string {
  const lines = hops.map(({ name, asn, addresses }, i) => {
    const number = String(i + 1).padStart(3);
    return `${number}  AS${String(asn).padEnd(6)} ${name.padEnd(32)} ${addresses.join(' ')}\n`;
  });
  return `True path from ${from} to ${to}${reached ? '' : ' (does not arrive)'}\n${lines.join('')}`;
}
