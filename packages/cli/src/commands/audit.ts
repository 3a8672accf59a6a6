import type { AuditEventQuery } from '@revtr/client';
import { type Command, InvalidArgumentError } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { renderEvents, renderRecords } from '../render/audit.ts';
import { readCount, readTime } from './arguments.ts';

type EventKind = NonNullable<AuditEventQuery['kind']>;

/** A record and no list, because the compiler then insists on every kind that the API has. */
const EVENTS: Readonly<Record<EventKind, true>> = {
  login: true,
  unknownKey: true,
  pairRefused: true,
  probeRefused: true,
  replyForged: true,
  agentRefused: true,
  visitorBatch: true,
  operatorAction: true,
};
const EVENT_KINDS = Object.keys(EVENTS) as EventKind[];

interface AuditOptions extends ConnectionOptions {
  readonly at?: string;
  readonly window?: number;
  readonly from?: string;
  readonly to?: string;
  readonly agent?: string;
  readonly source?: string;
  readonly measurement?: number;
  readonly batch?: number;
  readonly user?: number;
  readonly limit?: number;
  readonly events?: boolean;
  readonly kind?: EventKind;
  readonly client?: string;
}

/** `revtr admin audit`. */
export function addAudit(admin: Command, context: Context): void {
  withConnection(addCommand(admin, 'audit', 'Show which probes were sent, for whom and by which agent'))
    .argument('[target]', 'IPv4 address or prefix that was probed')
    .option('--at <time>', 'time, for example 2026-11-20T10:00Z', readTime)
    .option('--window <minutes>', 'minutes before and after --at (default 10)', readCount)
    .option('--from <time>', 'oldest time', readTime)
    .option('--to <time>', 'newest time', readTime)
    .option('--agent <address>', 'agent that sent the probes')
    .option('--source <address>', 'source address of the packets')
    .option('--measurement <id>', 'number of a measurement', readCount)
    .option('--batch <id>', 'number of a batch', readCount)
    .option('--user <id>', 'number of a user', readCount)
    .option('--limit <number>', 'maximum number of lines, up to 1000 (default 100)', readCount)
    .option('--events', 'show refusals, logins and actions of operators instead of probes')
    .option('--kind <kind>', `with --events: kind of event (${EVENT_KINDS.join(', ')})`, readKind)
    .option('--client <address>', 'with --events: address of the API client or agent')
    .action(async (target: string | undefined, options: AuditOptions) => {
      const { fleet } = await context.connect(options);
      const { at, from, to, kind, client } = options;
      const { window, user, limit } = textsOf(options);
      const span = { at, window, from, to, user, limit };
      if (options.events === true) {
        const events = await fleet.auditEvents({ ...span, client, kind });
        context.output.print(options, events, renderEvents);
        return;
      }
      const { agent, source } = options;
      const { measurement, batch } = textsOf(options);
      const answer = await fleet.audit({ ...span, target, agent, source, measurement, batch });
      context.output.print(options, answer, renderRecords);
    });
}

/** Parses the kind of an event. */
function readKind(text: string): EventKind {
  const kind = EVENT_KINDS.find((known) => known === text);
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${EVENT_KINDS.join(', ')}.`);
  return kind;
}

/** The numbers among the options as the API takes them. */
function textsOf({ window, user, limit, measurement, batch }: AuditOptions) {
  const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  return {
    window: text(window),
    user: text(user),
    limit: text(limit),
    measurement: text(measurement),
    batch: text(batch),
  };
}
