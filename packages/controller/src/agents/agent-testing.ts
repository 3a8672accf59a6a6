import type { Bus, Service } from '@revtr/bus';
import { addressSchema } from '@revtr/link';
import type { Ipv4Address } from '@revtr/net';
import { z } from 'zod';
import { unanswered } from '../cluster/unanswered.ts';
import { ControllerError } from '../foundation/errors.ts';
import type { AgentDirectory } from './directory.ts';
import type { LifeCycle } from './life-cycle.ts';

const requestSchema = z.object({ address: addressSchema, byOperator: z.boolean() });
const responseSchema = z.object({ /** Why the agent is not tested. */ conflict: z.string().max(1_000).optional() });
const testService: Service<z.infer<typeof requestSchema>, z.infer<typeof responseSchema>> = {
  name: 'agent-tests',
  request: requestSchema,
  response: responseSchema,
  mostBytes: 4_096,
};
const NAME = 'all';

/** What people may do with the life cycle of an agent. */
export type AgentTesting = Pick<LifeCycle, 'test' | 'quarantine'>;

/** Lets other processes have agents tested by this one. Returns how to stop. */
export const serveAgentTests = (bus: Bus, life: LifeCycle): (() => void) =>
  bus.serve(testService, NAME, {
    window: 100,
    handle: async ({ address, byOperator }) => {
      try {
        await life.test(address, 'asked', { byOperator });
        return {};
      } catch (error) {
        if (!(error instanceof ControllerError)) throw error;
        return { conflict: error.message };
      }
    },
  });

/** Has agents tested by the process that tests them all. */
export function sharedAgentTesting(collaborators: {
  readonly bus: Bus;
  readonly life: LifeCycle;
  /** Whether this process tests agents. */
  readonly isHere: () => boolean;
  readonly directory: AgentDirectory;
}): AgentTesting {
  const { bus, life, isHere, directory } = collaborators;
  const test = async (address: Ipv4Address, byOperator: boolean): Promise<void> => {
    const { conflict } = await bus.ask(testService, NAME, { address, byOperator }).catch((error: unknown) => {
      throw unanswered(error, { nobody: 'no process tests agents', somebody: 'the process that tests agents' });
    });
    if (conflict !== undefined) throw new ControllerError('conflict', conflict);
    await directory.refresh(address);
  };
  return {
    test: (address, cause, { byOperator = false } = {}) =>
      isHere() ? life.test(address, cause, { byOperator }) : test(address, byOperator),
    quarantine: (address, reason) => life.quarantine(address, reason),
  };
}
