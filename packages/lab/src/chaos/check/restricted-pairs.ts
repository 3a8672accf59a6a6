import { parseIpv4 } from '@revtr/net';
import type { ClientEvent } from './history.ts';
import type { Restrictions } from './restrictions.ts';

/** What became of the pairs to the network of a restriction. */
export interface RestrictedPairs {
  /** Pairs that the server left out because of it. */
  readonly leftOut: number;
  /** Measurements to its network, by the code of their failure or their stop reason. */
  readonly ends: Readonly<Record<string, number>>;
}

/** Finds out what became of the pairs to the network of a restriction, by its number. */
export function pairsOf(
  restrictions: Restrictions,
  restriction: number,
  history: readonly ClientEvent[],
): RestrictedPairs {
  const { kind } = restrictions.planned[restriction];
  if (kind !== 'optOut' && kind !== 'target') return { leftOut: 0, ends: {} };
  const isTo = (dst: string): boolean => restrictions.find(kind, parseIpv4(dst)) === restriction;
  const pairs = new Map(
    history.flatMap((event) => (event.type === 'submitting' ? [[event.key, event.pairs] as const] : [])),
  );
  const left = new Set<string>();
  const ends: Record<string, number> = {};
  for (const event of history) {
    for (const { key, index } of leftOut(event, pairs)) {
      const pair = pairs.get(key)?.at(index);
      if (pair !== undefined && isTo(pair.dst)) left.add(`${key} ${index}`);
    }
    if (event.type !== 'read' || !event.isFinal) continue;
    for (const { dst, failCode, stopReason } of event.measurements) {
      const end = failCode ?? stopReason;
      if (end !== undefined && isTo(dst)) ends[end] = (ends[end] ?? 0) + 1;
    }
  }
  return { leftOut: left.size, ends };
}

/** The pairs that an answer leaves out, by key and place. */
function leftOut(
  event: ClientEvent,
  pairs: ReadonlyMap<string, readonly unknown[]>,
): { readonly key: string; readonly index: number }[] {
  if (event.type === 'accepted') return event.rejected.map(({ index }) => ({ key: event.key, index }));
  if (event.type !== 'refused' || event.key === undefined) return [];
  const { key } = event;
  return (pairs.get(key) ?? []).map((_, index) => ({ key, index }));
}
