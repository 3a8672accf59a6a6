import type { Ipv4Address } from '@revtr/net';
import type { User } from '@revtr/storage';
import type { AgentDirectory, RegisteredAgent } from '../../agents/directory.ts';

/** An agent, for its owner or an operator; for everybody else there is none. */
export function ownAgent(directory: AgentDirectory, user: User, address: Ipv4Address): RegisteredAgent | undefined {
  const agent = directory.find(address);
  return agent !== undefined && (agent.user_id === user.id || user.role === 'operator') ? agent : undefined;
}
