import type { Bus } from '@revtr/bus';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import { isUnanswered, unanswered } from '../../cluster/unanswered.ts';
import { ControllerError } from '../../foundation/errors.ts';
import type { AtlasService } from '../atlas-service.ts';
import type { AtlasRun } from '../run-record.ts';
import type { SourceAtlases } from '../source-atlases.ts';
import { answerAtlas } from './atlas-server.ts';
import { type AtlasRequest, type AtlasResponse, atlasService } from './contract.ts';

export interface SharedAtlasesCollaborators {
  readonly bus: Bus;
  /** Whether this process owns a source. */
  readonly owns: (source: Ipv4Address) => boolean;
  /** The atlases of the sources that this process owns. */
  readonly local: SourceAtlases;
  /** Reads the runs from the database. */
  readonly stored: Pick<AtlasService, 'runsOf' | 'onDemandOf'>;
  readonly clock: Clock;
}

type Answer<Type extends AtlasResponse['type']> = Extract<AtlasResponse, { readonly type: Type }>;

/** Pause before an engine is asked again that did not answer, milliseconds: another one owns the source within ten seconds. */
const RETRY_MS = 1_000;

/** The atlases of all sources, each kept by the engine that owns the source. */
export function sharedAtlases({ bus, owns, local, stored, clock }: SharedAtlasesCollaborators): SourceAtlases {
  async function ask<Type extends AtlasResponse['type']>(
    source: Ipv4Address,
    request: AtlasRequest,
    type: Type,
    signal?: AbortSignal,
  ): Promise<Answer<Type>> {
    const response = owns(source)
      ? await answerAtlas(request, source, local, signal)
      : await bus.ask(atlasService, formatIpv4(source), request, signal);
    if (response.type === 'refused') throw new ControllerError(response.code, response.message);
    if (isOf(response, type)) return response;
    throw new ControllerError('internal', `an engine answered ${request.type} with ${response.type}`);
  }
  /** For people, who can try again themselves. */
  const askOnce: typeof ask = async (...question) => {
    try {
      return await ask(...question);
    } catch (error) {
      const nobody = 'no engine keeps the atlas of this source';
      throw unanswered(error, { nobody, somebody: 'the engine that keeps the atlas of this source' });
    }
  };
  /** For work of the system, which waits until an engine owns the source. */
  const askUntilAnswered = async <Type extends AtlasResponse['type']>(
    source: Ipv4Address,
    request: AtlasRequest,
    type: Type,
    signal: AbortSignal,
  ): Promise<Answer<Type>> => {
    for (;;) {
      try {
        return await ask(source, request, type, signal);
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  };
  const runOf = async (source: Ipv4Address, id: number): Promise<AtlasRun> => {
    const run = (await stored.runsOf(source)).find((other) => other.id === id);
    if (run === undefined) throw new ControllerError('internal', `the atlas run ${id} is not stored`);
    return run;
  };
  return {
    runsOf: (source) => stored.runsOf(source),
    onDemandOf: (source) => stored.onDemandOf(source),
    overview: async (source) => (await askOnce(source, { type: 'overview' }, 'overview')).overview,
    size: async (source) => (await askOnce(source, { type: 'size' }, 'size')).size,
    estimate: async (source, asker) => {
      const { estimate } = await askOnce(source, { type: 'estimate', ...(asker && { asker }) }, 'estimate');
      const { note, ...rest } = estimate;
      return { ...rest, ...(note !== undefined && { note }) };
    },
    run: async (source, asker) => runOf(source, (await askOnce(source, { type: 'run', asker }, 'run')).id),
    collect: async (source, signal) =>
      runOf(source, (await askUntilAnswered(source, { type: 'collect' }, 'run', signal)).id),
    catchUp: async (source, signal) => {
      await askUntilAnswered(source, { type: 'catchUp' }, 'done', signal);
    },
    cancel: async (source) => (await askOnce(source, { type: 'cancel' }, 'done')).hadEffect,
    clean: async (source) => {
      await askOnce(source, { type: 'clean' }, 'done');
    },
  };
}

const isOf = <Type extends AtlasResponse['type']>(response: AtlasResponse, type: Type): response is Answer<Type> =>
  response.type === type;
