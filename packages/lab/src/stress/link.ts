import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Admission,
  AgentHub,
  AgentIdentity,
  AgentWork,
  Authority,
  type Enrolment,
  Gateway,
  LinkClient,
  OptOutSet,
} from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { systemClock } from '@revtr/probing';

const AGENTS = 100;
const AT_ONCE = 20;
const MOST_CONNECTED_MS = 400;
const PROFILE = { software: 'stress', window: 4, senderOnly: false, selfTests: [] };

/** Lets every agent in with its newest certificate. */
class EveryAgent implements Admission {
  readonly #serials = new Map<Ipv4Address, string>();

  async mayEnrol(): Promise<undefined> {
    return undefined;
  }

  async enrolled(address: Ipv4Address, { serialNumber }: Enrolment): Promise<void> {
    this.#serials.set(address, serialNumber);
  }

  async renewed(address: Ipv4Address, serialNumber: string): Promise<void> {
    this.#serials.set(address, serialNumber);
  }

  async mayConnect(address: Ipv4Address, serial: string): Promise<string | undefined> {
    return this.#serials.get(address) === serial ? undefined : 'replaced';
  }
}

/** Enrols agents at a gateway on the loopback address and connects them; each disconnects at a random time. */
export async function connectAndCut(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-stress-'));
  try {
    const authority = await Authority.open(join(directory, 'authority'), new Date());
    const { rootCertificate, grantSigner } = authority;
    const hub = new AgentHub(
      { signerCertificate: grantSigner.certificate, resumeMs: 1_000 },
      { now: Date.now, optOut: () => ({ issuedAt: Date.now(), set: OptOutSet.EMPTY }), sources: () => [] },
    );
    const gateway = new Gateway(
      { host: '127.0.0.1', port: 0 },
      { authority, hub, admission: new EveryAgent(), onRefused: () => undefined },
    );
    const port = await gateway.start();
    const connect = async (agent: number): Promise<void> => {
      const localAddress = formatIpv4(0x7f000001 + agent);
      const client = new LinkClient(
        {
          endpoint: { host: '127.0.0.1', port, rootCertificate, localAddress },
          profile: PROFILE,
          retryMs: { least: 5, most: 20 },
        },
        {
          identity: new AgentIdentity({ directory: join(directory, `agent${agent}`), rootCertificate }),
          work: new AgentWork({ perform: async () => ({ kind: 'catch' }) }),
          clock: systemClock,
          random: Math.random,
          onWelcome: () => undefined,
          policy: { setOptedOut: () => undefined, setSwitches: () => undefined, setSources: () => undefined },
          onState: () => undefined,
        },
      );
      await client.run(AbortSignal.timeout(Math.floor(Math.random() * MOST_CONNECTED_MS)));
    };
    for (let first = 0; first < AGENTS; first += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => connect(first + i)));
    await sleep(1);
    await gateway.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
