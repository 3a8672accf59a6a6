import { Bus, InProcessExchange, InProcessTransport } from '@revtr/bus';
import { systemClock } from '@revtr/probing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Members } from '../../src/cluster/members.ts';

it('reports a process whose version is too far away once, and takes the versions next to this one', async () => {
  const exchange = new InProcessExchange();
  const failed = (error: unknown): void => expect(error).toBeUndefined();
  const busOf = () =>
    new Bus({}, { transport: new InProcessTransport({ exchange }), clock: systemClock, onProblem: failed });
  const [here, there] = [busOf(), busOf()];
  const strangers: object[] = [];
  const members = new Members(
    { roles: new Set(['api']) },
    { bus: here, clock: systemClock, onError: failed, onStranger: (member) => strangers.push(member) },
  );
  members.start();
  const topic = { name: 'members', schema: z.looseObject({}), mostBytes: 1_024 };
  // A version before protocols had numbers, the next one, which says more, and one after that.
  const versions = [{}, { protocol: 2, region: 'x' }, { protocol: 3 }, { protocol: 3 }];
  for (const version of versions)
    there.publish(topic, { id: there.id, roles: ['engine'], isLeaving: false, ...version });
  await expect.poll(() => members.with('engine')).toEqual([there.id]);
  await expect.poll(() => strangers).toEqual([{ id: there.id, protocol: 3 }]);
  await members.stop();
  for (const bus of [here, there]) await bus.close();
});
