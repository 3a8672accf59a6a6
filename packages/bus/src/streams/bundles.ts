import type { BundleMark } from '../messages.ts';
import type { Transport } from '../transport/transport.ts';
import type { SentBundles } from './bundle-marks.ts';

export interface BundlesCollaborators {
  readonly transport: Pick<Transport, 'isConnected' | 'publish'>;
  /** Name of this process on the bus. */
  readonly from: string;
  readonly subjectOf: (peer: string) => string;
  readonly sent: SentBundles;
  /** Told of each stream with a process that has lost a frame, because the transport did not take its bundle. */
  readonly onLost: (peer: string, stream: string) => void;
}

interface Bundle {
  readonly frames: Uint8Array[];
  /** Streams that the frames belong to. */
  readonly streams: Set<string>;
  bytes: number;
}

/** A bundle that would gather more bytes leaves at once. A larger frame leaves alone. */
const GATHERED_BYTES = 256 * 1_024;
/** How long frames are gathered, milliseconds: little beside the time that a packet takes through the Internet. */
const GATHER_MS = 2;

/**
 * Gathers the frames for each process that leave within two milliseconds, because each message costs a system call here, work at the
 * server, and a wake-up there. The order of the frames for one process is kept.
 */
export class Bundles {
  readonly #collaborators: BundlesCollaborators;
  readonly #bundles = new Map<string, Bundle>();
  #timer: NodeJS.Timeout | undefined;

  constructor(collaborators: BundlesCollaborators) {
    this.#collaborators = collaborators;
  }

  /**
   * Takes the JSON of a frame of a stream for a process. Returns whether it was taken: it is not without a connection. When its bundle is not
   * taken later, {@link BundlesCollaborators.onLost} is called.
   */
  add(peer: string, stream: string, frame: Uint8Array): boolean {
    if (!this.#collaborators.transport.isConnected) return false;
    if ((this.#bundles.get(peer)?.bytes ?? 0) + frame.length > GATHERED_BYTES) this.#flushTo(peer);
    const bundle = this.#bundles.get(peer) ?? { frames: [], streams: new Set(), bytes: 0 };
    bundle.frames.push(frame);
    bundle.streams.add(stream);
    bundle.bytes += frame.length;
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
    this.#bundles.set(peer, bundle);
    return true;
  }

  /** Sends what has been gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const peer of [...this.#bundles.keys()]) this.#flushTo(peer);
  }

  #flushTo(peer: string): void {
    const bundle = this.#bundles.get(peer);
    if (bundle === undefined) return;
    this.#bundles.delete(peer);
    const { transport, from, subjectOf, sent, onLost } = this.#collaborators;
    const { frames, streams } = bundle;
    if (transport.publish(subjectOf(peer), bundled({ from, mark: sent.next(peer) }, frames))) sent.note(peer);
    else for (const stream of streams) onLost(peer, stream);
  }
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

function bundled(
  { from, mark: { series, number } }: { readonly from: string; readonly mark: BundleMark },
  frames: readonly Uint8Array[],
): Uint8Array {
  const mark = `{"series":${series},"number":${number}}`;
  const parts: Uint8Array[] = [
    Buffer.from(`{"type":"bundle","from":${JSON.stringify(from)},"mark":${mark},"frames":[`),
  ];
  for (const [i, frame] of frames.entries()) {
    if (i > 0) parts.push(COMMA);
    parts.push(frame);
  }
  return Buffer.concat([...parts, END]);
}
