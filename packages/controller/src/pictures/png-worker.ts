import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

/** A picture to convert. */
export interface PngRequest {
  readonly id: number;
  /** An SVG document with a fixed theme: the converter knows no media queries. */
  readonly svg: string;
  /** Pixels of the PNG for each pixel of the SVG. */
  readonly scale: number;
}
/** The converted picture, or why there is none. */
export type PngAnswer =
  | { readonly id: number; readonly png: Uint8Array }
  | { readonly id: number; readonly error: string };

const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf'];

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

const require = createRequire(import.meta.url);
const fontDirectory = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
await initWasm(await readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
const fontBuffers = await Promise.all(FONTS.map((name) => readFile(join(fontDirectory, name))));
const font = {
  fontBuffers,
  loadSystemFonts: false,
  defaultFontFamily: 'DejaVu Sans',
  sansSerifFamily: 'DejaVu Sans',
  monospaceFamily: 'DejaVu Sans Mono',
};

port.on('message', ({ id, svg, scale }: PngRequest) => {
  port.postMessage(answer(id, svg, scale));
});

function answer(id: number, svg: string, scale: number): PngAnswer {
  try {
    const picture = new Resvg(svg, { font, fitTo: { mode: 'zoom', value: scale } });
    const image = picture.render();
    const png = image.asPng();
    image.free();
    picture.free();
    return { id, png };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
