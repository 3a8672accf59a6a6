import { z } from 'zod';
import type { SamePlace } from './compare.ts';
import { isUnusual, judgeReach, judgeRtt, median, reachStateSchema, rttStateSchema } from './level-detector.ts';
import type { Observation } from './observation.ts';
import { firstPath, judgePath, pathStateSchema } from './path-detector.ts';

/** What can change. A change of the networks is a change of the path, too. */
export const CHANGE_KINDS = ['path', 'asPath', 'reach', 'rtt'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];
/** Kinds of changes as they are stored: those of a change, and those that cause alerts about a watch. */
export const changeKindsSchema = z.array(z.enum(CHANGE_KINDS));

/** How a run relates to what was known: the first, in agreement, contradicting without confirmation, or confirming a change. */
export const VERDICTS = ['first', 'same', 'candidate', 'changed'] as const;
type Verdict = (typeof VERDICTS)[number];

/** What the detector remembers about a watch. */
export const detectorSchema = z.object({ path: pathStateSchema, reach: reachStateSchema, rtt: rttStateSchema });
export type DetectorState = z.infer<typeof detectorSchema>;

/** A confirmed change. */
export interface Change {
  readonly kinds: readonly ChangeKind[];
  /** The last run that showed the old state, with the usual round-trip time, and the run that confirmed the new one. */
  readonly before: Observation;
  readonly after: Observation;
  /** The first run that showed the new state. */
  readonly firstRun: number;
}

/** What a run shows, and what is remembered from now on. */
export interface Judgement {
  readonly state: DetectorState;
  readonly verdict: Verdict;
  /** Number of the path; absent while it is not confirmed. */
  readonly path?: number;
  /** Whether another run soon must show whether something has changed. */
  readonly needsConfirmation: boolean;
  readonly change?: Change;
}

/**
 * Judges a run of a watch by what earlier runs have shown.
 * @param state what the judgement of the run before says; `undefined` for the first run
 */
export function judgeRun(state: DetectorState | undefined, seen: Observation, samePlace: SamePlace): Judgement {
  if (state === undefined) return judgeFirst(seen);
  const reach = judgeReach(state.reach, seen.reach);
  const path = judgePath(state.path, seen, samePlace);
  const isNewPath = path.state.current.number !== state.path.current.number;
  const isOtherRtt = isNewPath && seen.rttMs !== undefined && isUnusual(state.rtt.usual, seen.rttMs);
  const rtt =
    isNewPath || seen.rttMs === undefined
      ? {
          state: isNewPath ? rttOf(seen) : state.rtt,
          hasChanged: isOtherRtt && path.change !== undefined,
          needsConfirmation: false,
        }
      : judgeRtt(state.rtt, seen.rttMs);
  const kinds: ChangeKind[] = [
    ...(path.change !== undefined ? (['path'] as const) : []),
    ...(path.change?.hasOtherNetworks === true ? (['asPath'] as const) : []),
    ...(reach.hasChanged ? (['reach'] as const) : []),
    ...(rtt.hasChanged ? (['rtt'] as const) : []),
  ];
  const needsConfirmation = path.needsConfirmation || reach.needsConfirmation || rtt.needsConfirmation;
  const next = { path: path.state, reach: reach.state, rtt: rtt.state };
  return {
    state: next,
    verdict: kinds.length > 0 ? 'changed' : needsConfirmation ? 'candidate' : 'same',
    ...(path.path !== undefined && { path: path.path }),
    needsConfirmation,
    ...(kinds.length > 0 && {
      change: { kinds, before: beforeOf(state), after: seen, firstRun: path.change?.firstRun ?? seen.run },
    }),
  };
}

function judgeFirst(seen: Observation): Judgement {
  const state = {
    path: firstPath(seen),
    reach: { isComplete: seen.reach !== 'notReached', recent: [seen.reach !== 'notReached'] },
    rtt: rttOf(seen),
  };
  return { state, verdict: 'first', path: 1, needsConfirmation: false };
}

const rttOf = ({ rttMs }: Observation): DetectorState['rtt'] => ({
  usual: rttMs === undefined ? [] : [rttMs],
  unusual: [],
});

/** The last run that showed the known path, with the known reach and the usual round-trip time. */
function beforeOf({ path, reach, rtt }: DetectorState): Observation {
  const { rttMs: _, ...last } = path.last;
  return {
    ...last,
    ...(!reach.isComplete && { reach: 'notReached' as const }),
    ...(rtt.usual.length > 0 && { rttMs: median(rtt.usual) }),
  };
}
