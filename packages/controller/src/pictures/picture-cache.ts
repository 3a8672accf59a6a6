import type { Clock } from '@revtr/probing';

/** A picture as it is sent. */
export interface Picture {
  readonly content: Buffer;
  /** Quoted, as in the header `ETag` (RFC 9110, section 8.8.3). */
  readonly etag: string;
}

export interface PictureCacheOptions {
  /** Most bytes that are kept. */
  readonly mostBytes: number;
  /** How long a picture is kept, milliseconds: reverse names and names of networks change. */
  readonly keepMs: number;
}

/** Pictures that were drawn, the least recently used ones forgotten first. A picture that is being drawn is not drawn twice. */
export class PictureCache {
  readonly #options: PictureCacheOptions;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly picture: Picture; readonly until: number }>();
  readonly #underWay = new Map<string, Promise<Picture>>();
  #bytes = 0;

  constructor(options: PictureCacheOptions, collaborators: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = collaborators.clock;
  }

  /** The picture with a key; `draw` draws it when it is not kept. */
  async get(key: string, draw: () => Promise<Picture>): Promise<Picture> {
    const known = this.#kept.get(key);
    this.#forget(key);
    if (known !== undefined && known.until > this.#clock.now()) {
      this.#keep(key, known.picture, known.until);
      return known.picture;
    }
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const drawing = draw();
    this.#underWay.set(key, drawing);
    try {
      const picture = await drawing;
      this.#keep(key, picture, this.#clock.now() + this.#options.keepMs);
      return picture;
    } finally {
      this.#underWay.delete(key);
    }
  }

  #keep(key: string, picture: Picture, until: number): void {
    this.#kept.set(key, { picture, until });
    this.#bytes += picture.content.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#options.mostBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#kept.get(key);
    if (known === undefined) return;
    this.#bytes -= known.picture.content.length;
    this.#kept.delete(key);
  }
}
