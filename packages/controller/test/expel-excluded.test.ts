import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { Agents } from '@revtr/storage';
import { expect, it } from 'vitest';
import { AgentDirectory } from '../src/index.ts';
import { expelExcluded } from '../src/measuring/expel-excluded.ts';
import { useDatabase } from './test-database.ts';

const database = useDatabase();
const address = (last: number): Ipv4Address => parseIpv4(`192.88.99.${last}`);

it('ends the sessions of agents that another process has excluded meanwhile, and no others', async () => {
  const [here, elsewhere] = await Promise.all([1, 2].map(() => AgentDirectory.open(new Agents(database().db))));
  const [welcome, withdrawn, revoked, replaced, legacy, formerLegacy] = [1, 2, 3, 4, 5, 6].map(address);
  for (const one of [welcome, withdrawn, revoked, replaced, legacy, formerLegacy]) {
    await elsewhere.put({
      ...{ kind: 'source', hostname: formatIpv4(one), site: '', user_id: null, state: 'ready', address: one },
    });
    const isLegacy = [legacy, formerLegacy].includes(one);
    await elsewhere.change(one, { certificate_serial: isLegacy ? null : 'AB', legacy: isLegacy });
  }
  await here.refreshAll();
  await elsewhere.enter(withdrawn, 'withdrawn');
  await elsewhere.change(revoked, { certificate_serial: null });
  await elsewhere.change(replaced, { certificate_serial: null, legacy: true });
  await elsewhere.change(formerLegacy, { legacy: false });
  const expelled: Ipv4Address[] = [];
  await expelExcluded({
    directory: here,
    connected: () => [welcome, withdrawn, revoked, replaced],
    connectedLegacy: () => [legacy, formerLegacy],
    expel: (one) => void expelled.push(one),
  });
  expect(expelled).toEqual([withdrawn, revoked, replaced, formerLegacy]);
});
