import type { AlertOutcome, WatchAlertRow, WatchChangeRow, WatchRow, WatchRunRow } from '@revtr/storage';
import { z } from 'zod';
import { sideOf } from '../../watches/alerts/alert.ts';
import { isPauseReason, PAUSE_REASONS } from '../../watches/alerts/pause-reasons.ts';
import { CHANGE_KINDS, changeKindsSchema, VERDICTS } from '../../watches/detection/detector.ts';
import { observationSchema, REACHES } from '../../watches/detection/observation.ts';
import { LEAST_INTERVAL_S, MOST_INTERVAL_S } from '../../watches/settings.ts';
import { lineOf } from '../http/route-parts.ts';

const webhookUrlSchema = z.string().max(2_000);
const alertsSchema = z.object({
  on: changeKindsSchema.max(CHANGE_KINDS.length).describe('Kinds of changes that cause alerts'),
  mail: z.boolean().describe('Whether the owner receives mails'),
  webhook: webhookUrlSchema.nullable().describe('URL that receives signed messages, or null'),
});
const intervalSchema = z
  .int()
  .min(LEAST_INTERVAL_S)
  .max(MOST_INTERVAL_S)
  .describe('Time between two runs, seconds; it varies by 10 % in either direction');

/** The body that creates a watch. */
export const newWatchSchema = z.strictObject({
  name: lineOf(100).optional().describe('Default: the destination'),
  source: z.string().max(100).describe('Address of a source that is ready'),
  destination: z.string().max(300).describe('Address or host name, which is resolved once'),
  intervalSeconds: intervalSchema
    .optional()
    .describe('Time between two runs, seconds; it varies by 10 % in either direction. Default 900'),
  alerts: z
    .strictObject({
      on: alertsSchema.shape.on.optional().describe('Default: all'),
      mail: alertsSchema.shape.mail.optional().describe('Default: false'),
      webhook: alertsSchema.shape.webhook.optional().describe('Default: null'),
    })
    .optional(),
});
z.globalRegistry.add(newWatchSchema, { id: 'NewWatch' });

/** The body that changes a watch. */
export const watchChangeSchema = z.strictObject({
  name: lineOf(100).optional(),
  intervalSeconds: intervalSchema.optional(),
  isPaused: z.boolean().optional().describe('False resumes the watch with the credential of the request'),
  alerts: z.strictObject(alertsSchema.partial().shape).optional(),
});
z.globalRegistry.add(watchChangeSchema, { id: 'WatchUpdate' });

const reasons = Object.keys(PAUSE_REASONS) as [keyof typeof PAUSE_REASONS, ...(keyof typeof PAUSE_REASONS)[]];
export const watchSchema = z.object({
  id: z.int(),
  name: z.string(),
  source: z.string(),
  destination: z.string().describe('IPv4 address'),
  intervalSeconds: z.int(),
  state: z.enum(['active', 'paused']),
  pauseReason: z.enum(reasons).optional(),
  createdAt: z.iso.datetime(),
  nextRunAt: z.iso.datetime().optional().describe('Absent while it is paused'),
  alerts: alertsSchema.extend({
    webhookDisabledAt: z.iso
      .datetime()
      .optional()
      .describe('Since when nothing is sent to the webhook, because it failed'),
  }),
  webhookSecret: z.string().optional().describe('Only in the answer that sets a webhook'),
});
z.globalRegistry.add(watchSchema, { id: 'Watch' });

export const watchRunSchema = z.object({
  id: z.int(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  measurementId: z.int().optional(),
  isConfirmation: z.boolean().describe('Whether it was added to confirm what the run before showed'),
  outcome: z.enum(['running', 'measured', 'notMeasured']),
  detail: z.string().describe('Why it was not measured: a stable code'),
  verdict: z.enum(VERDICTS).optional(),
  path: z.int().optional().describe('Number of the path within the watch; absent while a new path is not confirmed'),
  reach: z.enum(REACHES).optional(),
  rttMs: z.number().optional(),
  hops: z.int().optional().describe('Compared hops: those that are not assumed'),
  asPath: z.array(z.int()).optional().describe('From the destination to the source'),
});
z.globalRegistry.add(watchRunSchema, { id: 'WatchRun' });

const sideSchema = z.object({
  at: z.iso.datetime(),
  reach: z.enum(REACHES),
  through: z.string().optional().describe('The neighbour that was measured in place of the destination'),
  rttMs: z.number().optional(),
  asPath: z.array(z.int()),
  hops: z.array(
    z.object({ address: z.string(), alternatives: z.array(z.string()).optional(), asn: z.int().optional() }),
  ),
});

export const watchChangeRecordSchema = z.object({
  id: z.int(),
  runId: z.int(),
  at: z.iso.datetime(),
  kinds: changeKindsSchema,
  before: sideSchema,
  after: sideSchema,
});
z.globalRegistry.add(watchChangeRecordSchema, { id: 'WatchChange' });

export const watchAlertSchema = z.object({
  id: z.int(),
  changeId: z.int().optional(),
  channel: z.enum(['mail', 'webhook']),
  type: z.string(),
  messageId: z.string().describe('Header `webhook-id` of a delivery'),
  state: z.enum(['pending', 'delivered', 'dead']).describe('`delivered`: the webhook or the outbox of mails took it'),
  attempts: z.int(),
  nextAttemptAt: z.iso.datetime().optional(),
  status: z.int().optional().describe('HTTP status of the last answer'),
  error: z.string().optional(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
});
z.globalRegistry.add(watchAlertSchema, { id: 'WatchAlert' });

export const deliverySchema = z.object({
  delivered: z.boolean(),
  status: z.int().optional().describe('HTTP status of the answer'),
  error: z.string().optional(),
});

/** Writes a watch. */
export function toWatch(row: WatchRow, secret?: string): z.input<typeof watchSchema> {
  const { id, name, source, destination, state, pause_reason, webhook_disabled_at } = row;
  return {
    ...{ id, name, source, destination, state },
    intervalSeconds: row.interval_seconds,
    ...(pause_reason !== null && isPauseReason(pause_reason) && { pauseReason: pause_reason }),
    createdAt: row.created_at.toISOString(),
    ...(state === 'active' && { nextRunAt: row.next_run_at.toISOString() }),
    alerts: {
      on: changeKindsSchema.parse(row.alert_on),
      mail: row.alert_mail,
      webhook: row.webhook_url,
      ...(webhook_disabled_at && { webhookDisabledAt: webhook_disabled_at.toISOString() }),
    },
    ...(secret !== undefined && { webhookSecret: secret }),
  };
}

const asPathSchema = z.array(z.int());
const verdictSchema = z.enum(VERDICTS);
const reachSchema = z.enum(REACHES);

/** Writes a run. @throws {z.ZodError} when it is not what the controller writes */
export function toWatchRun(row: WatchRunRow): z.input<typeof watchRunSchema> {
  const { id, outcome, detail, verdict, path, reach, rtt_ms, hops, as_path, ended_at, measurement_id } = row;
  return {
    ...{ id, outcome, detail },
    startedAt: row.started_at.toISOString(),
    isConfirmation: row.is_confirmation,
    ...(ended_at && { endedAt: ended_at.toISOString() }),
    ...(measurement_id !== null && { measurementId: measurement_id }),
    ...(verdict !== null && { verdict: verdictSchema.parse(verdict) }),
    ...(path !== null && { path }),
    ...(reach !== null && { reach: reachSchema.parse(reach) }),
    ...(rtt_ms !== null && { rttMs: rtt_ms }),
    ...(hops !== null && { hops }),
    ...(as_path !== null && { asPath: asPathSchema.parse(as_path) }),
  };
}

/** Writes a change. @throws {z.ZodError} when it is not what the controller writes */
export function toWatchChange(row: WatchChangeRow): z.input<typeof watchChangeRecordSchema> {
  const { id, run_id, at, kinds, before, after } = row;
  return {
    id,
    runId: run_id,
    at: at.toISOString(),
    kinds: changeKindsSchema.parse(kinds),
    before: sideOf(observationSchema.parse(before)),
    after: sideOf(observationSchema.parse(after)),
  };
}

/** Writes an alert. */
export function toWatchAlert(row: WatchAlertRow): z.input<typeof watchAlertSchema> {
  const { id, change_id, channel, type, message_id, state, attempts, status, error, ended_at } = row;
  return {
    ...{ id, channel, type, state, attempts },
    messageId: message_id,
    createdAt: row.created_at.toISOString(),
    ...(change_id !== null && { changeId: change_id }),
    ...(state === 'pending' && { nextAttemptAt: row.next_attempt_at.toISOString() }),
    ...(status !== null && { status }),
    ...(error !== null && { error }),
    ...(ended_at && { endedAt: ended_at.toISOString() }),
  };
}

/** Writes how a delivery ended. */
export const toDelivery = ({ state, status, error }: AlertOutcome): z.input<typeof deliverySchema> => ({
  delivered: state === 'delivered',
  ...(status !== undefined && { status }),
  ...(error !== undefined && { error }),
});
