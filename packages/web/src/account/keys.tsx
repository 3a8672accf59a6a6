import type { Account, ApiKey } from '@revtr/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { CopyButton } from '../app/copy-button.tsx';
import { Problem } from '../app/problem.tsx';
import { keysQuery } from '../app/queries.ts';
import { submitting } from '../app/submitting.ts';

/** The API keys of the account: listed, created and revoked. `scopes` are those of the session, which a new key cannot exceed. */
export function Keys({ scopes }: { readonly scopes: Account['scopes'] }) {
  const { data, error } = useQuery(keysQuery);
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: number) => client.accounts.revokeKey(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
  return (
    <section>
      <h2>API keys</h2>
      <Problem error={error} />
      <Problem error={revoke.error} />
      {data !== undefined && (
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Scopes</th>
              <th scope="col" className="wide">
                Last used
              </th>
              <th scope="col" className="wide">
                Expires
              </th>
              <th scope="col">
                <span className="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((key) => (
              <KeyRow key={key.id} apiKey={key} onRevoke={() => revoke.mutate(key.id)} />
            ))}
          </tbody>
        </table>
      )}
      <NewKey scopes={scopes} />
    </section>
  );
}

function KeyRow({ apiKey, onRevoke }: { readonly apiKey: ApiKey; readonly onRevoke: () => void }) {
  const { name, fingerprint, scopes, lastUsedAt, expiresAt, isCurrent } = apiKey;
  const [isSure, setSure] = useState(false);
  return (
    <tr>
      <td className="breakable">
        {name || '(no name)'} <span className="hint mono">{fingerprint}</span>
        {isCurrent && <span className="hint"> this session</span>}
      </td>
      <td>{scopes.join(', ')}</td>
      <td className="wide">{day(lastUsedAt) ?? 'never'}</td>
      <td className="wide">{day(expiresAt) ?? 'never'}</td>
      <td>
        <button
          type="button"
          className="quiet"
          aria-label={`Revoke ${name || fingerprint}`}
          onClick={isSure ? onRevoke : () => setSure(true)}
          onBlur={() => setSure(false)}
        >
          {isSure ? 'Press again to revoke' : 'Revoke'}
        </button>
      </td>
    </tr>
  );
}

const day = (time: string | undefined): string | undefined => time?.slice(0, 10);

function NewKey({ scopes }: { readonly scopes: Account['scopes'] }) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Account['scopes']>(scopes.filter((scope) => scope !== 'operate'));
  const queries = useQueryClient();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => client.accounts.createKey({ name: name.trim(), scopes: chosen }),
    onSuccess: async () => {
      setName('');
      await queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  return (
    <form className="narrow" onSubmit={submitting(mutate)}>
      <h3>New key</h3>
      <label>
        Name, to tell your keys apart
        <input required maxLength={100} value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <fieldset>
        <legend>Scopes</legend>
        {scopes.map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={({ target }) =>
                setChosen(target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
              }
            />{' '}
            {scope}
          </label>
        ))}
      </fieldset>
      <button type="submit" disabled={isPending || chosen.length === 0}>
        Create
      </button>
      <Problem error={error} />
      {data !== undefined && (
        <p className="caveat" role="status">
          Your new key, shown this once: <code>{data.key}</code> <CopyButton text={data.key} label="Copy the key" />
        </p>
      )}
    </form>
  );
}
