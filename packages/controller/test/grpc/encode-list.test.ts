import { fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import type { MeasurementRow } from '@revtr/storage';
import { describe, expect, it } from 'vitest';
import { AnswerBudget } from '../../src/api/original/grpc/answer-budget.ts';
import { withList } from '../../src/api/original/grpc/encode-list.ts';
import { revtrList } from '../../src/api/original/revtr-list.ts';
import { ControllerError } from '../../src/foundation/errors.ts';
import {
  GetRevtrBatchStatusRespSchema,
  GetRevtrRespSchema,
  RunRevtrRespSchema,
} from '../../src/grpc/generated/revtr_pb.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const rowOf = (id: number): MeasurementRow => ({
  ...{ id, batch_id: 1, user_id: 1, source: '1.0.0.1', destination: `2.0.${id >> 8}.${id & 255}` },
  ...{ label: id % 3 === 0 ? '' : 'ä'.repeat(id % 150), options: { uuid: `u-${id}` }, state: 'queued', result: null },
  ...{ created_at: NOW, ended_at: null, forward_traceroute_id: id % 7 === 0 ? id : null },
});
const codeOf = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    return error instanceof ControllerError ? error.code : String(error);
  }
  return 'none';
};

/** The measurements 1 to `count`, and the limits with which they were read. */
function listOf(count: number) {
  const limits: number[] = [];
  const all = Array.from({ length: count }, (_, i) => rowOf(i + 1));
  const list = revtrList(NOW, async (limit, after) => {
    limits.push(limit);
    const begin = after?.id ?? 0;
    return all.slice(begin, begin + limit);
  });
  return { list, limits, revtrs: all.map(list.toElement) };
}

describe('a message with a long list', () => {
  const memorySignal = () => new AbortController().signal;
  const memory = () => new AnswerBudget().for(1, memorySignal());

  it.each([0, 1, 250, 777])('has the bytes of one that is encoded as a whole, for %i measurements', async (count) => {
    const { list, limits, revtrs } = listOf(count);
    const whole = fromJson(GetRevtrRespSchema, JSON.parse(JSON.stringify({ revtrs })));
    const message = await withList(GetRevtrRespSchema, list, memory());
    expect(toBinary(GetRevtrRespSchema, message)).toEqual(toBinary(GetRevtrRespSchema, whole));
    expect(Math.max(...limits)).toBeLessThanOrEqual(250);

    const head = { batchId: 7, lastInsertId: count };
    const run = await withList(RunRevtrRespSchema, { ...list, head }, memory());
    const read = fromBinary(RunRevtrRespSchema, toBinary(RunRevtrRespSchema, run));
    expect(read).toEqual(fromJson(RunRevtrRespSchema, JSON.parse(JSON.stringify({ ...head, revtrs }))));
  });

  it('takes memory until it is sent, within the limits of its user and of all', async () => {
    const budget = new AnswerBudget({ perUser: 100, inAll: 150 });
    const [one, two, other] = Array.from({ length: 3 }, () => new AbortController());
    budget.for(1, one.signal).take(60);
    const second = budget.for(1, two.signal);
    expect(codeOf(() => second.take(60))).toBe('tooManyRequests');
    expect(codeOf(() => second.take(101))).toBe('bodyTooLarge');
    const third = budget.for(2, other.signal);
    expect(codeOf(() => third.take(95))).toBe('tooManyRequests');
    one.abort();
    expect(codeOf(() => second.take(60))).toBe('none');
    expect(codeOf(() => third.take(90))).toBe('none');

    const { list } = listOf(300);
    const few = new AnswerBudget({ perUser: 110_000, inAll: 200_000 }).for(1, memorySignal());
    await expect(withList(GetRevtrRespSchema, list, few)).rejects.toMatchObject({ code: 'bodyTooLarge' });
  });

  it('counts the objects of one page, the encoded pages, and their two copies', async () => {
    const whole = await withList(GetRevtrRespSchema, listOf(249).list, memory());
    const bytes = 250 * 400 + 3 * toBinary(GetRevtrRespSchema, whole).byteLength;
    const encode = (perUser: number) => {
      const budget = new AnswerBudget({ perUser, inAll: 2 * bytes });
      return withList(GetRevtrRespSchema, listOf(249).list, budget.for(1, memorySignal()));
    };
    await expect(encode(bytes)).resolves.toBeDefined();
    // The first byte of each page, a tag, is not counted.
    await expect(encode(bytes - 4)).rejects.toMatchObject({ code: 'bodyTooLarge' });
  });

  it('is not read any more when its call has ended', async () => {
    const { list, limits } = listOf(777);
    const left = new AbortController();
    const budget = new AnswerBudget({ perUser: 1_000_000, inAll: 1_000_000 });
    const read: typeof list.read = async (limit, after) => {
      if (after !== undefined) left.abort(new Error('left'));
      return list.read(limit, after);
    };
    const answer = withList(GetRevtrRespSchema, { ...list, read }, budget.for(1, left.signal));
    await expect(answer).rejects.toThrow('left');
    expect(limits).toHaveLength(2);
    // All memory is free again.
    expect(codeOf(() => budget.for(2, memorySignal()).take(1_000_000))).toBe('none');
  });

  it('has the statuses of a batch in pages of a packed list', async () => {
    const statuses = Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? 'RUNNING' : 'COMPLETED'));
    const list = {
      name: 'revtrsStatus',
      read: async (limit: number, after?: number) => {
        const begin = (after ?? -1) + 1;
        return statuses.slice(begin, begin + limit).map((_, i) => begin + i);
      },
      toElement: (i: number) => statuses[i],
    };
    const message = await withList(GetRevtrBatchStatusRespSchema, list, memory());
    expect(fromBinary(GetRevtrBatchStatusRespSchema, toBinary(GetRevtrBatchStatusRespSchema, message))).toEqual(
      fromJson(GetRevtrBatchStatusRespSchema, { revtrsStatus: statuses }),
    );
  });
});
