import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetStore } from '@revtr/datasets';
import { parseIpv4, parsePrefix } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InternetKnowledge } from '../src/facts/internet-knowledge.ts';

describe('the routers that addresses identify', () => {
  const [announced, unannounced, elsewhere] = ['10.1.0.1', '10.2.0.1', '192.168.0.1'].map(parseIpv4);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revtr-knowledge-'));
    await writeFile(join(directory, 'prefix2as'), '10.1.0.0\t16\t65001\n192.168.0.0\t16\t65002\n5.0.0.0\t8\t65003\n');
    await writeFile(join(directory, 'midarSets'), '# set\n10.1.0.1\n5.0.0.1\n# end\n');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('include the announced private addresses of a test network only', async () => {
    const store = new DatasetStore({ directory }, { clock: systemClock });
    await store.open();
    const open = new InternetKnowledge({ store }).aliases;
    expect(open.routerKey(parseIpv4('5.0.0.1'))).toBe(parseIpv4('5.0.0.1'));
    for (const address of [announced, unannounced, elsewhere]) expect(open.routerKey(address)).toBeUndefined();

    const lab = new InternetKnowledge({ store, testNetworks: [parsePrefix('10.0.0.0/8')] }).aliases;
    expect(lab.sameRouter(announced, parseIpv4('5.0.0.1'))).toBe(true);
    for (const address of [unannounced, elsewhere]) expect(lab.routerKey(address)).toBeUndefined();
  });
});
