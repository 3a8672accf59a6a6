import type { Bus } from '@revtr/bus';
import { addressSchema } from '@revtr/link';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { SharedNews } from '../cluster/shared-news.ts';
import { AgentProofs, type AgentProofsCollaborators, PROVEN_TESTS, type Proof } from './agent-proofs.ts';

const proofSchema = z.object({
  ...{ address: addressSchema, test: z.enum(PROVEN_TESTS), sender: addressSchema, target: addressSchema },
  at: z.number().nonnegative(),
});
/** How long a proof that cannot be told is kept, milliseconds: as long as a test may take. */
const COUNTS_MS = 60_000;

/** What answers have shown about agents, in this process and in the others: engines measure, and another process tests the agents. */
export function sharedProofs(collaborators: {
  /** Whether this process tests agents. */
  readonly testsAgents: boolean;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ownerOf: AgentProofsCollaborators['ownerOf'];
  readonly onError: (error: unknown) => void;
}): { readonly proofs: AgentProofs; readonly news: Pick<SharedNews<unknown>, 'start' | 'stop'> } {
  const { clock, ownerOf } = collaborators;
  const news = new SharedNews<Proof>(
    // A test asks only for what is shown while it is under way.
    { name: 'proofs', item: proofSchema, fleeting: { follows: collaborators.testsAgents } },
    {
      ...collaborators,
      take: (items) => {
        for (const proof of items) proofs.adopt(proof);
      },
      isCurrent: ({ at }) => clock.now() < at + COUNTS_MS,
    },
  );
  const proofs = new AgentProofs({
    clock,
    ownerOf,
    onProof: (proof) => news.note(`${proof.address} ${proof.test}`, proof),
  });
  return { proofs, news };
}
