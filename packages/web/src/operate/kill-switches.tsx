import type { KillSwitch } from '@revtr/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { visibleValue } from '../app/visible-text.ts';

const QUERY_KEY = ['kill-switches'];
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
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: QUERY_KEY,
    queryFn: async () => visibleValue(await client.fleet.killSwitches()),
  });
  const lift = useMutation({
    mutationFn: ({ scope, subject }: KillSwitch) => client.fleet.resumeProbes(scope, subject),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY_KEY }),
  });
  return (
    <section>
      <h2>Kill switches</h2>
      <Problem error={error} />
      <Problem error={lift.error} />
      {data?.length === 0 && <p>Nothing is stopped.</p>}
      <ul>
        {data?.map((set) => (
          <li key={`${set.scope} ${set.subject}`}>
            <strong>
              {SCOPES[set.scope].title} <span className="mono">{set.subject}</span>
            </strong>
            : {set.reason} <span className="hint">since {set.setAt}</span>{' '}
            <button type="button" className="quiet" onClick={() => lift.mutate(set)}>
              Allow again
            </button>
          </li>
        ))}
      </ul>
      <StopForm onStopped={() => void queries.invalidateQueries({ queryKey: QUERY_KEY })} />
    </section>
  );
}

function StopForm({ onStopped }: { readonly onStopped: () => void }) {
  const [scope, setScope] = useState<KillSwitch['scope']>('target');
  const [subject, setSubject] = useState('');
  const [reason, setReason] = useState('');
  const kind = SCOPES[scope].subject;
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => client.fleet.stopProbes({ scope, subject: kind === undefined ? '' : subject.trim(), reason }),
    onSuccess: () => {
      setSubject('');
      setReason('');
      onStopped();
    },
  });
  return (
    <form className="filters" onSubmit={submitting(mutate)}>
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
      <button type="submit" disabled={isPending}>
        Stop
      </button>
      <Problem error={error} />
    </form>
  );
}
