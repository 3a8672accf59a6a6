import type { Ipv4Address } from '@revtr/net';
import type { Measurement } from '../techniques/contract/measurement.ts';
import type { TargetAnswers } from '../techniques/contract/target-answers.ts';

/** The numbers of links that the answers of a hop with options have crossed, by their TTLs. */
export const distancesOf = (answers: TargetAnswers, target: Ipv4Address): number[] =>
  answers.answersOf(target).flatMap(({ distance }) => distance ?? []);

/** The distances by the answers of a hop with options, else by its answer to a plain ping; empty when it has answered neither. */
export function ownDistances({ targetAnswers, plainPings }: Measurement, address: Ipv4Address): number[] {
  const withOptions = distancesOf(targetAnswers, address);
  const plain = plainPings.distanceSoFar(address);
  return withOptions.length > 0 || plain === undefined ? withOptions : [plain];
}
