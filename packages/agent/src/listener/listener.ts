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

/** Captures replies to spoofed probes that claim this host, and sees the host's own probes leave. */
export class Listener {
  /** `undefined` where the system does not show outgoing packets. */
  readonly emissions: EmissionWatch | undefined;
  /** `undefined` for an agent that only sends. */
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

  /** Packets that the kernel dropped because they were read too slowly. */
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
