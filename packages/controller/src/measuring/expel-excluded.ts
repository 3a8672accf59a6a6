import type { Ipv4Address } from '@revtr/net';
import { refusalOf } from '../agents/admission.ts';
import type { AgentDirectory } from '../agents/directory.ts';

export interface ExpelExcludedCollaborators {
  readonly directory: Pick<AgentDirectory, 'refreshAll' | 'findRegistered'>;
  /** Agents that are connected to this process with a certificate, and those of revtr 2.0. */
  readonly connected: () => readonly Ipv4Address[];
  readonly connectedLegacy: () => readonly Ipv4Address[];
  readonly expel: (address: Ipv4Address) => void;
}

/**
 * Ends the sessions of agents that may not connect any more: they were withdrawn, their certificate was revoked, or an agent of the other kind is
 * allowed in their place. The message that said so may have been missed.
 */
export async function expelExcluded(collaborators: ExpelExcludedCollaborators): Promise<void> {
  const { directory, connected, connectedLegacy, expel } = collaborators;
  await directory.refreshAll();
  for (const address of connected())
    if (refusalOf(address, directory.findRegistered(address)) !== undefined) expel(address);
  for (const address of connectedLegacy()) if (directory.findRegistered(address)?.legacy !== true) expel(address);
}
