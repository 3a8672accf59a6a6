import type { AbuseReport, AuditEvent, AuditRecord } from '@revtr/client';

/** Probes, one in a line, newest first. */
export function renderRecords({
  records,
  since,
}: {
  readonly records: readonly AuditRecord[];
  readonly since: string;
}): string {
  const head = records.length === 0 ? 'no probe was found\n' : '';
  return `${head}${records.map(renderRecord).join('')}searched back to ${since}\n`;
}

function renderRecord({ at, kind, packets, agent, target, spoofed, user, key, ...rest }: AuditRecord): string {
  const count = packets === 1 ? '' : ` (up to ${packets} packets)`;
  const source = spoofed === undefined ? '' : ` as ${spoofed.source} (mark ${spoofed.identifier}/${spoofed.sequence})`;
  const causes = [
    rest.cause,
    rest.measurement,
    rest.atlasRun,
    rest.rawProbe,
    rest.batch === undefined ? undefined : `batch ${rest.batch}`,
    rest.technique === 'none' ? undefined : rest.technique,
    user === undefined ? undefined : `user ${nameOf(user)}`,
    key === undefined ? undefined : `key ${key}`,
  ];
  const cause = causes.filter((part) => part !== undefined).join(', ');
  return `${at}  ${kind}${count} from ${agent}${source} to ${target}: ${cause}\n`;
}

/** Events, one in a line, newest first. */
export function renderEvents(events: readonly AuditEvent[]): string {
  if (events.length === 0) return 'no event was found\n';
  return events
    .map(({ at, kind, user, client, subject, detail, count, status }) => {
      const parts = [
        kind,
        count === 1 ? '' : `${count} times`,
        user === undefined ? '' : `user ${nameOf(user)}`,
        client === '' ? '' : `from ${client}`,
        subject,
        detail,
        status === undefined ? '' : `status ${status}`,
      ];
      return `${at}  ${parts.filter((part) => part !== '').join('  ')}\n`;
    })
    .join('');
}

/** What was sent to a network, and that it is not probed any more. */
export function renderAbuseReport(report: AbuseReport): string {
  const { prefix, since, probes, packets, byAgent, byTarget, byUser, records } = report;
  const list = (title: string, entries: readonly (readonly [string, number])[]): string =>
    entries.length === 0 ? '' : `${title}:\n${entries.map(([name, count]) => `  ${count}  ${name}\n`).join('')}`;
  return [
    `${prefix} is not probed any more\n`,
    `since ${since}: ${probes} probes, at most ${packets} packets\n`,
    list(
      'probes by agent',
      byAgent.map(({ agent, probes: count }) => [agent, count] as const),
    ),
    list(
      'probes by target',
      byTarget.map(({ target, probes: count }) => [target, count] as const),
    ),
    list(
      'probes by user',
      byUser.map(({ user, probes: count }) => [user === undefined ? 'the system' : nameOf(user), count] as const),
    ),
    records.length === 0 ? '' : `newest probes:\n${records.map(renderRecord).join('')}`,
  ].join('');
}

const nameOf = ({ id, email }: { readonly id: number; readonly email?: string }): string =>
  email === undefined ? String(id) : `${id} (${email})`;
