import type { Clock } from '@revtr/probing';
import { etagOf } from '../foundation/etag.ts';
import type { PublicationService, Published } from '../publications/publication-service.ts';
import { drawCard } from './card-picture.ts';
import { drawPath } from './path-picture.ts';
import type { Layout } from './path-rows.ts';
import { type Picture, PictureCache } from './picture-cache.ts';
import { PngRenderer } from './png-renderer.ts';
import { svgDocument } from './svg.ts';
import type { FixedTheme, Theme } from './theme.ts';

const CACHE = { mostBytes: 32 * 2 ** 20, keepMs: 3_600_000 };
/** Pixels of a PNG for each pixel of the SVG. */
const PATH_SCALE = 2;
const CARD_SCALE = 1;

/** How a path is drawn. */
export interface Look {
  readonly theme: Theme;
  readonly layout: Layout;
}

/** Pictures of published results. Whether a result is still public is asked for each picture, also for kept ones. */
export class PictureService {
  readonly #publications: Pick<PublicationService, 'measurementBy' | 'resultBy'>;
  readonly #renderer: PngRenderer;
  readonly #cache: PictureCache;

  constructor(collaborators: {
    readonly publications: Pick<PublicationService, 'measurementBy' | 'resultBy'>;
    readonly clock: Clock;
  }) {
    this.#publications = collaborators.publications;
    this.#renderer = new PngRenderer(collaborators);
    this.#cache = new PictureCache(CACHE, collaborators);
  }

  /** The path as SVG. @throws {ControllerError} `notFound` */
  async svg(token: string, { theme, layout }: Look): Promise<Picture> {
    return this.#picture(token, `svg ${layout} ${theme}`, async ({ result }) =>
      Buffer.from(svgDocument(drawPath(result, layout), result, theme)),
    );
  }

  /** The path as PNG, with twice as many pixels as the SVG has. @throws {ControllerError} `notFound`, `tooManyRequests`, `internal` */
  async png(token: string, theme: FixedTheme, layout: Layout): Promise<Picture> {
    return this.#picture(token, `png ${layout} ${theme}`, async ({ result }) =>
      this.#toPng(svgDocument(drawPath(result, layout), result, theme), PATH_SCALE),
    );
  }

  /** The picture for previews of links, 1200 × 630 pixels, PNG. @throws {ControllerError} `notFound`, `tooManyRequests`, `internal` */
  async card(token: string): Promise<Picture> {
    return this.#picture(token, 'card', async ({ result }) =>
      this.#toPng(svgDocument(drawCard(result), result, 'light'), CARD_SCALE),
    );
  }

  /** Ends the work on pictures. */
  stop(): void {
    this.#renderer.stop();
  }

  async #picture(token: string, kind: string, draw: (published: Published) => Promise<Buffer>): Promise<Picture> {
    const { id } = await this.#publications.measurementBy(token);
    return this.#cache.get(`${id} ${kind}`, async () => {
      const content = await draw(await this.#publications.resultBy(token));
      return { content, etag: etagOf(content) };
    });
  }

  async #toPng(svg: string, scale: number): Promise<Buffer> {
    return Buffer.from(await this.#renderer.render(svg, scale));
  }
}
