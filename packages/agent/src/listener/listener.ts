import { PollLoop } from '@revtr/linux';
import { EmissionWatch } from './emission-watch.ts';
import { type AgentSockets, openSockets } from './open-sockets.ts';
import { ReplyMatcher } from './reply-matcher.ts';

export interface ListenerOptions {
  /** Interface to listen on. Default: all. */
  readonly interface?: string | undefined;
  /** Whether the agent never receives spoofed replies. */
  readonly senderOnly: boolean;
}

/** What an agent hears: replies to spoofed probes that claim it, and its own probes leaving. */
export class Listener {
  /** Absent where the system does not show what leaves. */
  readonly emissions: EmissionWatch | undefined;
  /** Absent for an agent that only sends. */
  readonly replies: ReplyMatcher | undefined;
  readonly #sockets: AgentSockets;
  readonly #loop: PollLoop;
  #dropped = 0;

  private constructor(sockets: AgentSockets) {
    this.#sockets = sockets;
    const { replies, requests } = sockets;
    const [matcher, emissions] = [new ReplyMatcher({ now: () => performance.now() }), new EmissionWatch()];
    this.replies = replies && matcher;
    this.emissions = requests && emissions;
    const heard = replies && {
      read: () => replies.drain((packet) => matcher.offer(packet)),
      isWanted: () => matcher.isWaiting,
    };
    const seen = requests && {
      read: () => requests.drain((packet) => emissions.offer(packet)),
      isWanted: () => emissions.isWaiting,
    };
    this.#loop = new PollLoop([heard, seen].filter((source) => source !== undefined));
  }

  /** Begins to listen. @throws {LinuxError} `notPermitted`, `noSuchInterface` */
  static start(options: ListenerOptions): Listener {
    const listener = new Listener(openSockets(options));
    listener.#loop.start();
    return listener;
  }

  /** Whether a stateful firewall may hide replies: there are no packet sockets here. */
  get isBehindFirewall(): boolean {
    return this.#sockets.kind === 'raw';
  }

  /** Packets that came faster than they were read. */
  get dropped(): number {
    this.#dropped += (this.#sockets.replies?.dropped() ?? 0) + (this.#sockets.requests?.dropped() ?? 0);
    return this.#dropped;
  }

  stop(): void {
    this.#loop.stop();
    this.#sockets.replies?.close();
    this.#sockets.requests?.close();
  }
}
