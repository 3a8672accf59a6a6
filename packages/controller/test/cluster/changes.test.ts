import { type Clock, systemClock } from '@revtr/probing';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { Changes } from '../../src/cluster/changes.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Process, processes } from './processes.ts';

describe('changes of other processes', () => {
  const stops: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    lines.length = 0;
  });
  const lines: string[] = [];
  const open = (process: Process, clock: Clock = systemClock): Changes => {
    const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
    const changes = new Changes({ bus: process.bus, log, clock });
    stops.push(
      () => process.stop(),
      () => changes.stop(),
    );
    return changes;
  };

  it('that were made before a process listened are read from the database', async () => {
    const start = processes();
    const [writer, reader] = [start('api'), start('engine')];
    stops.push(() => writer.stop());
    const changes = open(reader);
    const database = { optOuts: 0 };
    let known = database.optOuts;
    const read = (): void => {
      known = database.optOuts;
    };
    changes.on('optOuts', read, read);
    database.optOuts = 1;
    writer.changes.announce({ type: 'optOuts' });
    await changes.start();
    expect(known).toBe(1);
  });

  it('of which nobody was told are found within a minute', async () => {
    const clock = new ManualClock();
    const changes = open(processes()('engine'), clock);
    const reads: string[] = [];
    for (const type of ['agent', 'dataset', 'optOuts'] as const)
      changes.on(
        type,
        () => undefined,
        () => void reads.push(type),
      );
    await changes.start();
    expect(reads.splice(0)).toEqual(['agent', 'dataset', 'optOuts']);
    await clock.advance(59_000);
    expect(reads).toEqual([]);
    await clock.advance(1_000);
    expect(reads).toEqual(['agent', 'dataset', 'optOuts']);
  });

  it('are read although others cannot be read', async () => {
    const changes = open(processes()('engine'));
    let isRead = false;
    changes.on(
      'agent',
      () => undefined,
      () => Promise.reject(new Error('the database is away')),
    );
    changes.on(
      'optOuts',
      () => undefined,
      () => {
        isRead = true;
      },
    );
    await expect(changes.start()).rejects.toThrow('the database is away');
    expect([isRead, lines]).toEqual([true, []]);
  });

  it('are named in the log when they cannot be read, except those of the error that is thrown', async () => {
    const changes = open(processes()('engine'));
    for (const type of ['agent', 'killSwitches', 'optOuts'] as const)
      changes.on(
        type,
        () => undefined,
        () => Promise.reject(new Error(`no ${type}`)),
      );
    await expect(changes.start()).rejects.toThrow('no agent');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { change: 'killSwitches', err: { message: 'no killSwitches' } },
      { change: 'optOuts', err: { message: 'no optOuts' } },
    ]);
  });
});
