import type { KillSwitch } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';
import { killSwitchesQuery } from './queries.ts';

/** What each scope stops; those without a subject stop everything of their kind. */
const SCOPES: Readonly<Record<KillSwitch['scope'], { readonly title: string; readonly subject: string | undefined }>> =
  {
    probing: { title: 'all probing', subject: undefined },
    spoofing: { title: 'all spoofed probes', subject: undefined },
    target: { title: 'probes to a target', subject: 'address or prefix' },
    source: { title: 'a source', subject: 'address' },
    vantagePoint: { title: 'a vantage point', subject: 'address' },
    user: { title: 'a user', subject: 'number of the user' },
    batch: { title: 'a batch', subject: 'number of the batch' },
    key: { title: 'an API key', subject: 'number of the key' },
  };

/** What operators have stopped; they stop more, and lift it again. */
export function KillSwitches() {
  const { data, error } = useQuery(killSwitchesQuery);
  const lift = useChange([killSwitchesQuery.queryKey], ({ scope, subject }: KillSwitch) =>
    client.fleet.resumeProbes(scope, subject),
  );
  return (
    <>
      <p className="hint">
        A kill switch takes effect at once, in every agent within two seconds, and survives restarts. While all probing
        is stopped, measurements wait; measurements that another switch stops end as cancelled.{' '}
        <Link to="/docs/operating-safely">Operating safely</Link>
      </p>
      <Problem error={error} />
      <Problem error={lift.error} />
      {data?.length === 0 && <p>Nothing is stopped.</p>}
      <ul>
        {data?.map((set) => (
          <li key={`${set.scope} ${set.subject}`}>
            <strong>
              {SCOPES[set.scope].title} <span className="mono">{set.subject}</span>
            </strong>
            : <span className="breakable">{set.reason}</span>{' '}
            <span className="hint">
              since <Time at={set.setAt} />
            </span>{' '}
            <ConfirmButton
              label="Allow again"
              subject={`${SCOPES[set.scope].title} ${set.subject}`}
              isBusy={lift.isPending}
              onConfirm={() => lift.mutate(set)}
            />
          </li>
        ))}
      </ul>
      <StopForm />
    </>
  );
}

function StopForm() {
  const [scope, setScope] = useState<KillSwitch['scope']>('target');
  const [subject, setSubject] = useState('');
  const [reason, setReason] = useState('');
  const kind = SCOPES[scope].subject;
  const stop = useChange([killSwitchesQuery.queryKey], () =>
    client.fleet.stopProbes({ scope, subject: kind === undefined ? '' : subject.trim(), reason }),
  );
  const clear = (): void => {
    setSubject('');
    setReason('');
  };
  return (
    <form className="filters" onSubmit={submitting(() => stop.mutate(undefined, { onSuccess: clear }))}>
      <label>
        Stop
        <select value={scope} onChange={({ target }) => setScope(target.value as KillSwitch['scope'])}>
          {Object.entries(SCOPES).map(([name, { title }]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {kind !== undefined && (
        <label>
          Which ({kind})
          <input className="mono" required value={subject} onChange={({ target }) => setSubject(target.value)} />
        </label>
      )}
      <label>
        Reason
        <input required maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
      </label>
      <button type="submit" disabled={stop.isPending}>
        Stop
      </button>
      <Problem error={stop.error} />
    </form>
  );
}
