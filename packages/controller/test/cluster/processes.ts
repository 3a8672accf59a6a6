import { Bus, InProcessExchange, InProcessTransport } from '@revtr/bus';
import { type Clock, systemClock } from '@revtr/probing';
import { pino } from 'pino';
import { Changes } from '../../src/cluster/changes.ts';
import { Members } from '../../src/cluster/members.ts';
import type { Role } from '../../src/cluster/roles.ts';

/** One process of a controller, as far as the bus knows. */
export interface Process {
  readonly bus: Bus;
  readonly transport: InProcessTransport;
  readonly members: Members;
  readonly changes: Changes;
  stop(): Promise<void>;
}

/** Starts processes that hear each other. `clock`: what each goes by; default: that of the machine. */
export function processes(clock: Clock = systemClock): (...roles: Role[]) => Process {
  const exchange = new InProcessExchange();
  return (...roles) => {
    const transport = new InProcessTransport({ exchange });
    const onProblem = (problem: unknown): void => {
      throw problem;
    };
    const bus = new Bus({ aliveMs: 100, lostMs: 500, openMs: 500 }, { transport, clock, onProblem });
    const members = new Members({ roles: new Set(roles) }, { bus, clock, onError: onProblem, onStranger: onProblem });
    const changes = new Changes({ bus, log: pino({ enabled: false }), clock });
    changes.start().catch(onProblem);
    members.start();
    const stop = async (): Promise<void> => {
      await members.stop();
      await changes.stop();
      await bus.close();
    };
    return { bus, transport, members, changes, stop };
  };
}
