import { judgedHops, shareRight } from '../../judging/accuracy.ts';
import type { JudgedHop, JudgedPair } from '../../judging/judged-pair.ts';
import { share } from '../../statistics/quantiles.ts';

/** Share of the hops that one technique found, and how many of them are right. */
export interface TechniqueFigures {
  readonly share: number;
  readonly right: number;
}

/** Accuracy by technique. */
export function byTechnique(hops: readonly JudgedHop[]): Record<string, TechniqueFigures> {
  const groups = Map.groupBy(hops, ({ technique }) => technique);
  return Object.fromEntries(
    [...groups].map(([name, list]) => [name, { share: share(list.length, hops.length), right: shareRight(list) }]),
  );
}

/** Accuracy of one kind of hop. The confidence of hops is calibrated with it. */
export interface KindFigures {
  readonly hops: number;
  /** Share of right hops after a right hop, and after a wrong hop. */
  readonly rightBehindRight: number;
  readonly rightBehindWrong: number;
}

/** Accuracy of each kind of hop after a right and after a wrong hop. */
export function kindFigures(pairs: readonly Pick<JudgedPair, 'hops'>[]): Record<string, KindFigures> {
  const behind = { right: new Map<string, JudgedHop[]>(), wrong: new Map<string, JudgedHop[]>() };
  for (const { hops } of pairs) {
    let before: 'right' | 'wrong' = 'right';
    for (const hop of judgedHops(hops)) {
      const list = behind[before].get(hop.kind);
      if (list === undefined) behind[before].set(hop.kind, [hop]);
      else list.push(hop);
      before = hop.verdict === 'right' ? 'right' : 'wrong';
    }
  }
  const names = [...new Set([...behind.right.keys(), ...behind.wrong.keys()])].sort();
  return Object.fromEntries(
    names.map((name) => {
      const [right, wrong] = [behind.right.get(name) ?? [], behind.wrong.get(name) ?? []];
      const hops = right.length + wrong.length;
      return [name, { hops, rightBehindRight: shareRight(right), rightBehindWrong: shareRight(wrong) }];
    }),
  );
}
