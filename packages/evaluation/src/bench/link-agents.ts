import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { AgentIdentity, AgentWork, LinkClient } from '@revtr/link';
import { systemClock } from '@revtr/probing';

/** The agents of the link benchmark, in a separate process. Each agent has its own loopback address. */
const [port, count, directory, rootCertificate] = process.argv.slice(2);

for (let i = 0; i < Number(count); i++) {
  const address = `127.1.${i >> 8}.${i & 255}`;
  const endpoint = { host: '127.0.0.1', port: Number(port), rootCertificate, localAddress: address };
  const profile = { software: 'bench', window: 100, senderOnly: false, selfTests: [] };
  const client = new LinkClient(
    { endpoint, profile },
    {
      identity: new AgentIdentity({ directory: join(directory, address), rootCertificate }),
      work: new AgentWork({ perform: async () => ({ kind: 'catch' }) }),
      clock: systemClock,
      random: () => randomInt(1_000) / 1_000,
      onWelcome: () => undefined,
      policy: { setSwitches: () => undefined, setSources: () => undefined, setOptedOut: () => undefined },
      onState: () => undefined,
    },
  );
  void client.run(new AbortController().signal);
}
