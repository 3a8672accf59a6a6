import { startController } from './controller.ts';
import { endDuringOpen, openAndClose } from './database.ts';
import { decompressAndStop } from './decompression.ts';
import { connectAndCut } from './link.ts';
import { openAndCloseSockets } from './sockets.ts';

/** One native part of the system, which a process starts and stops. */
export interface Scenario {
  readonly title: string;
  /** Starts and stops the part several times. */
  readonly work: () => Promise<void>;
  /** Program before the command of the process. Default: none. */
  readonly wrapper?: readonly string[];
}

/** The scenarios by their names. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  database: { title: 'open, use and close six embedded databases, two at a time', work: openAndClose },
  'database-exit': { title: 'end the process while two embedded databases open', work: endDuringOpen },
  controller: { title: 'start the controller with a database in memory, and stop it', work: startController },
  link: { title: 'connect 100 agents over TLS, and cut each at a random time', work: connectAndCut },
  sockets: {
    title: 'open and close 200 sockets and 100 TUN devices (requires root)',
    work: openAndCloseSockets,
    // The interfaces and packets stay in a network namespace that ends with the process.
    wrapper: ['unshare', '--net'],
  },
  decompression: { title: 'stop 20 gzip and bzip2 readers before their ends', work: decompressAndStop },
};
