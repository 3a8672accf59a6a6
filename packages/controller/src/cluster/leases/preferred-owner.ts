import { createHash } from 'node:crypto';

/**
 * Who of `members` should own a name: the one with the highest hash of both (rendezvous hashing, Thaler and Ravishankar 1998). When a
 * member comes or goes, only names that it owns or will own move. `undefined` without members.
 */
export function preferredOwner(name: string, members: readonly string[]): string | undefined {
  let best: { readonly member: string; readonly weight: string } | undefined;
  for (const member of members) {
    const weight = createHash('sha256').update(`${name} ${member}`).digest('hex');
    if (best === undefined || weight > best.weight) best = { member, weight };
  }
  return best?.member;
}
