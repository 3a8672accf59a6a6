import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { loadOperations, type Operation } from '../docs/openapi.ts';
import { TryOut } from '../docs/try-out.tsx';

/** The reference of the API. Reading operations can be tried with the session of the browser. */
export function ReferencePage() {
  const { data, error } = useQuery({ queryKey: ['operations'], queryFn: loadOperations, staleTime: Infinity });
  return (
    <>
      <title>API reference · Reverse Traceroute</title>
      <p>
        <Link to="/docs">Documentation</Link>
      </p>
      <h1>API reference</h1>
      <p className="lead">
        From <a href="/openapi.json">/openapi.json</a>. The guide <Link to="/docs/api">The API</Link> explains keys,
        errors and formats. Requests that only read can be tried here with your session.
      </p>
      <Problem error={error} />
      {[...(data ?? [])].map(([tag, operations]) => (
        <section key={tag}>
          <h2>{tag}</h2>
          {operations.map((operation) => (
            <OperationDetails key={`${operation.method} ${operation.path}`} operation={operation} />
          ))}
        </section>
      ))}
    </>
  );
}

function OperationDetails({ operation }: { readonly operation: Operation }) {
  const { method, path, summary, description, parameters = [], requestBody, security = [] } = operation;
  return (
    <details className="operation">
      <summary>
        <code>
          {method} {path}
        </code>{' '}
        {summary}
      </summary>
      {description !== undefined && <p>{description}</p>}
      <p className="hint">{security.length === 0 ? 'Needs no key.' : 'Needs a key or a session.'}</p>
      {parameters.length > 0 && (
        <dl>
          {parameters.map(({ name, in: place, required, description: about }) => (
            <div key={`${place} ${name}`} className="pair">
              <dt>
                <code>{name}</code> ({place}
                {required ? ', required' : ''})
              </dt>
              <dd>{about}</dd>
            </div>
          ))}
        </dl>
      )}
      {requestBody !== undefined && (
        <details>
          <summary>Body</summary>
          <pre className="raw">{JSON.stringify(requestBody, null, 2)}</pre>
        </details>
      )}
      {method === 'GET' && !path.endsWith('/events') && <TryOut operation={operation} />}
    </details>
  );
}
