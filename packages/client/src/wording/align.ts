/** A hop of either path, in the order from the destination to the source. */
export interface ComparedHop {
  /** Absent where no router answered. */
  readonly address?: string;
  /** Of a forward hop: the address that the same router has on the reverse path, where it is known. */
  readonly sameRouterAs?: string;
  readonly asn?: number;
  readonly asName?: string;
  readonly name?: string;
  readonly rttMs?: number;
}

/** One line of the comparison: hops of both paths that stand side by side. */
export interface AlignedRow {
  /** From 0. */
  readonly position: number;
  readonly forward: ComparedHop | undefined;
  readonly reverse: ComparedHop | undefined;
  /** Whether both are the same router. */
  readonly isShared: boolean;
}

/** Consecutive lines in one network. */
export interface AlignedBand {
  /** `undefined` where the network is not known. */
  readonly asn: number | undefined;
  readonly asName: string | undefined;
  readonly rows: readonly AlignedRow[];
}

const SAME_ROUTER = 3;
const SAME_NETWORK = 1;

/**
 * Sets two paths side by side: the alignment with the most common routers and networks (Needleman and Wunsch, 1970, without penalties for
 * gaps). Hops in one line are the same router or in the same network.
 */
export function align(forward: readonly ComparedHop[], reverse: readonly ComparedHop[]): readonly AlignedRow[] {
  const best = Array.from({ length: forward.length + 1 }, () => new Float64Array(reverse.length + 1));
  for (let i = forward.length - 1; i >= 0; i--)
    for (let j = reverse.length - 1; j >= 0; j--) {
      const score = scoreOf(forward[i], reverse[j]);
      best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], score > 0 ? score + best[i + 1][j + 1] : 0);
    }
  const rows: AlignedRow[] = [];
  for (let i = 0, j = 0; i < forward.length || j < reverse.length; ) {
    const score = i < forward.length && j < reverse.length ? scoreOf(forward[i], reverse[j]) : 0;
    if (score > 0 && best[i][j] === score + best[i + 1][j + 1]) {
      rows.push({
        position: rows.length,
        forward: forward[i++],
        reverse: reverse[j++],
        isShared: score >= SAME_ROUTER,
      });
      continue;
    }
    const mayLeaveForward = i < forward.length && best[i][j] === best[i + 1][j];
    const mayLeaveReverse = j < reverse.length && best[i][j] === best[i][j + 1];
    const isForward =
      mayLeaveForward && (!mayLeaveReverse || isForwardFirst(rows.at(-1), forward[i], reverse.slice(j)));
    if (isForward) rows.push({ position: rows.length, forward: forward[i++], reverse: undefined, isShared: false });
    else rows.push({ position: rows.length, forward: undefined, reverse: reverse[j++], isShared: false });
  }
  return rows;
}

/**
 * Whether the next line shows a hop of the forward path, where both paths have one that stands alone: it continues the network of the line
 * before, or the reverse path does not pass its network later.
 */
function isForwardFirst(
  before: AlignedRow | undefined,
  forward: ComparedHop,
  reverse: readonly ComparedHop[],
): boolean {
  const network = (before?.reverse ?? before?.forward)?.asn;
  if (forward.asn === undefined || forward.asn === network) return true;
  return reverse[0]?.asn !== network && !reverse.some(({ asn }) => asn === forward.asn);
}

function scoreOf(a: ComparedHop, b: ComparedHop): number {
  if (a.address !== undefined && (a.sameRouterAs ?? a.address) === b.address) return SAME_ROUTER;
  return a.asn !== undefined && a.asn === b.asn ? SAME_NETWORK : 0;
}

/** Groups lines by network. Silent routers belong to the network before them. */
export function toAlignedBands(rows: readonly AlignedRow[]): readonly AlignedBand[] {
  const bands: { asn: number | undefined; asName: string | undefined; rows: AlignedRow[] }[] = [];
  for (const row of rows) {
    const hop = row.reverse ?? row.forward;
    const last = bands.at(-1);
    const isSilent = hop?.address === undefined;
    if (last !== undefined && (isSilent || last.asn === hop.asn)) last.rows.push(row);
    else bands.push({ asn: hop?.asn, asName: hop?.asName, rows: [row] });
  }
  return bands;
}
