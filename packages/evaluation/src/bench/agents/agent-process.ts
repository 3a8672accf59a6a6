import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { AgentIdentity, AgentWork, LinkClient } from '@revtr/link';
import { formatIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { type AgentReport, agentProcessSettingsSchema } from './agent-process-settings.ts';

/** Agents that measure nothing, in a separate process. Each agent has its own loopback address. */
const settings = agentProcessSettingsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const { port, addresses, directory, rootCertificate, answers } = settings;

const connected = new Set<number>();
const optOuts = new Map<number, number>(addresses.map((address) => [address, -1]));
let isReporting = false;

/** Reports once for all changes of one turn of the event loop. */
function report(): void {
  if (isReporting) return;
  isReporting = true;
  setImmediate(() => {
    isReporting = false;
    const leastOptOuts = optOuts.size === 0 ? 0 : [...optOuts.values()].reduce((a, b) => Math.min(a, b));
    process.send?.({ connected: connected.size, leastOptOuts } satisfies AgentReport);
  });
}

/**
 * Agents that begin at a time. Real agents have a processor each: if all of these began at once, they would wait for their own handshakes longer than
 * they wait for the controller.
 */
const BEGINNING = 100;
const everConnected = new Set<number>();
let next = 0;

function begin(address: number): void {
  const localAddress = formatIpv4(address);
  const client = new LinkClient(
    {
      endpoint: { host: '127.0.0.1', port, rootCertificate, localAddress },
      profile: { software: 'bench', window: 100, senderOnly: false, selfTests: [] },
    },
    {
      identity: new AgentIdentity({ directory: join(directory, localAddress), rootCertificate }),
      work: new AgentWork({
        perform: answers ? async () => ({ kind: 'catch' }) : () => new Promise(() => undefined),
      }),
      clock: systemClock,
      random: () => randomInt(1_000) / 1_000,
      onWelcome: () => undefined,
      policy: {
        setSwitches: () => undefined,
        setSources: () => undefined,
        setOptedOut: (list) => {
          optOuts.set(address, list?.set.size ?? -1);
          report();
        },
      },
      onState: ({ type }) => {
        if (type === 'connected') {
          connected.add(address);
          everConnected.add(address);
          beginMore();
        } else if (type === 'disconnected') connected.delete(address);
        report();
      },
    },
  );
  void client.run(new AbortController().signal);
}

function beginMore(): void {
  while (next < addresses.length && next - everConnected.size < BEGINNING) begin(addresses[next++]);
}
beginMore();
process.once('disconnect', () => process.exit());
