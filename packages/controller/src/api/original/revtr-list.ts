import type { MeasurementOutline, MeasurementRow } from '@revtr/storage';
import type { z } from 'zod';
import type { LongList } from '../http/send-list.ts';
import { type getRevtrRespSchema, toReverseTraceroute } from './messages.ts';

type Revtr = z.infer<typeof getRevtrRespSchema>['revtrs'][number];

/** Measurements of an answer, which are read a page at a time: there can be 100,000. */
export interface RevtrList extends LongList<MeasurementRow> {
  readonly toElement: (row: MeasurementRow) => Revtr;
}

/** What is known of the measurements of a batch without their results. */
export type OutlineList = LongList<MeasurementOutline>;

/** The list `revtrs` of the measurements that `read` returns. */
export const revtrList = (now: Date, read: RevtrList['read']): RevtrList => ({
  name: 'revtrs',
  read,
  toElement: (row) => toReverseTraceroute(row, now),
});
