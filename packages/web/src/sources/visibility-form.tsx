import type { SourceVisibility } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { visibleValue } from '../app/visible-text.ts';
import { useChange } from '../records/use-change.ts';

const MEANINGS = {
  private: 'private: only you and operators',
  shared: 'shared: you, operators, and the people below',
  public: 'public: everybody who may measure',
} as const;

/** Who may measure to a source. */
export function VisibilityForm({ source }: { readonly source: string }) {
  const { data, error } = useQuery({
    queryKey: ['visibility', source],
    queryFn: async () => visibleValue(await client.accounts.visibility(source)),
  });
  return (
    <section>
      <h2>Who may measure to it</h2>
      <Problem error={error} />
      {data !== undefined && <Form key={JSON.stringify(data)} current={data} />}
    </section>
  );
}

function Form({ current }: { readonly current: SourceVisibility }) {
  const [visibility, setVisibility] = useState(current.visibility);
  const [users, setUsers] = useState(current.users.join('\n'));
  const { mutate, error, isPending } = useChange([['visibility', current.address]], () =>
    client.accounts.setVisibility(current.address, visibility, visibility === 'shared' ? listOf(users) : []),
  );
  return (
    <form className="narrow" onSubmit={submitting(mutate)}>
      <fieldset>
        <legend className="visually-hidden">Visibility</legend>
        {(Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]).map((name) => (
          <label key={name}>
            <input type="radio" name="visibility" checked={visibility === name} onChange={() => setVisibility(name)} />{' '}
            {MEANINGS[name]}
          </label>
        ))}
      </fieldset>
      {visibility === 'shared' && (
        <label>
          E-mail addresses, one a line
          <textarea rows={4} value={users} onChange={({ target }) => setUsers(target.value)} />
        </label>
      )}
      <button type="submit" disabled={isPending}>
        Save
      </button>
      <Problem error={error} />
    </form>
  );
}

const listOf = (text: string): string[] => text.split(/[\s,;]+/).filter((entry) => entry !== '');
