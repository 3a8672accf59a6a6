import type { Bus } from '@revtr/bus';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { RipeAtlasError } from '@revtr/ripe-atlas';
import { ControllerError } from '../../foundation/errors.ts';
import type { SourceAtlases } from '../source-atlases.ts';
import { type AtlasRequest, type AtlasResponse, atlasService } from './contract.ts';

/** Requests about one source that are answered at once for one process. */
const WINDOW = 100;

/** Answers what other processes ask about the atlas of a source that this one owns. Returns how to stop. */
export const serveAtlas = (bus: Bus, source: Ipv4Address, atlases: SourceAtlases): (() => void) =>
  bus.serve(atlasService, formatIpv4(source), {
    window: WINDOW,
    handle: (request, signal) => answerAtlas(request, source, atlases, signal),
  });

/** Answers a request about the atlas of a source of this process. */
export async function answerAtlas(
  request: AtlasRequest,
  source: Ipv4Address,
  atlases: SourceAtlases,
  signal = new AbortController().signal,
): Promise<AtlasResponse> {
  try {
    return await answer(request, source, atlases, signal);
  } catch (error) {
    if (error instanceof RipeAtlasError) return { type: 'refused', code: 'upstreamFailed', message: error.message };
    if (!(error instanceof ControllerError)) throw error;
    const { code, message } = error;
    return { type: 'refused', code: code === 'conflict' || code === 'notFound' ? code : 'upstreamFailed', message };
  }
}

async function answer(
  request: AtlasRequest,
  source: Ipv4Address,
  atlases: SourceAtlases,
  signal: AbortSignal,
): Promise<AtlasResponse> {
  switch (request.type) {
    case 'overview':
      return { type: 'overview', overview: await atlases.overview(source) };
    case 'size':
      return { type: 'size', size: await atlases.size(source) };
    case 'estimate':
      return { type: 'estimate', estimate: await atlases.estimate(source, request.asker) };
    case 'run':
      return { type: 'run', id: (await atlases.run(source, request.asker)).id };
    case 'collect':
      return { type: 'run', id: (await atlases.collect(source, signal)).id };
    case 'catchUp':
      await atlases.catchUp(source, signal);
      return { type: 'done', hadEffect: true };
    case 'cancel':
      return { type: 'done', hadEffect: await atlases.cancel(source) };
    case 'clean':
      await atlases.clean(source);
      return { type: 'done', hadEffect: true };
  }
}
