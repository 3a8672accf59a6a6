import { Bus, InProcessExchange, InProcessTransport } from '@revtr/bus';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { afterEach, describe, expect, it } from 'vitest';
import { type AtlasResponse, atlasService } from '../../src/atlas/remote/contract.ts';
import { sharedAtlases } from '../../src/atlas/remote/shared-atlases.ts';
import type { SourceAtlases } from '../../src/atlas/source-atlases.ts';
import { ManualClock } from '../manual-clock.ts';

const SOURCE = parseIpv4('192.0.2.1');

describe('the atlas of a source that another process owns', () => {
  const buses: Bus[] = [];
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close();
  });
  const open = () => {
    const exchange = new InProcessExchange();
    const problems: unknown[] = [];
    const [here, engine] = [0, 1].map(() => {
      const transport = new InProcessTransport({ exchange });
      const onProblem = (problem: unknown): void => void problems.push(problem);
      return new Bus({ openMs: 100 }, { transport, clock: systemClock, onProblem });
    });
    buses.push(here, engine);
    const unused = async (): Promise<never> => {
      throw new Error('the source is not here');
    };
    const local: SourceAtlases = {
      ...{ runsOf: unused, onDemandOf: unused, overview: unused, size: unused, estimate: unused },
      ...{ run: unused, collect: unused, catchUp: unused, cancel: unused, clean: unused },
    };
    const clock = new ManualClock();
    const stored = { runsOf: unused, onDemandOf: unused };
    const atlases = sharedAtlases({ bus: here, owns: () => false, local, stored, clock });
    return { atlases, engine, clock, problems };
  };

  it('is asked for again until an engine owns the source', async () => {
    const { atlases, engine, clock } = open();
    const caughtUp = atlases.catchUp(SOURCE, new AbortController().signal);
    await expect.poll(() => clock.sleeping).toBe(1);
    engine.serve(atlasService, formatIpv4(SOURCE), {
      window: 1,
      handle: async (): Promise<AtlasResponse> => ({ type: 'done', hadEffect: true }),
    });
    await clock.advance(1_000);
    await caughtUp;
  });

  it('is not asked for again when the engine fails, which says why', async () => {
    const { atlases, engine, problems } = open();
    const cause = new Error('the database is away');
    engine.serve(atlasService, formatIpv4(SOURCE), {
      window: 1,
      handle: async () => {
        throw cause;
      },
    });
    const caughtUp = atlases.catchUp(SOURCE, new AbortController().signal);
    await expect(caughtUp).rejects.toMatchObject({ code: 'failed' });
    await expect(atlases.size(SOURCE)).rejects.toMatchObject({ code: 'failed' });
    expect(problems).toEqual([cause, cause]);
  });
});
