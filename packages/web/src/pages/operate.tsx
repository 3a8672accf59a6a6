import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { mayOperate } from '../app/may-operate.ts';
import { accountQuery } from '../app/queries.ts';
import { SECTIONS } from '../operate/sections.ts';
import { NotFoundPage } from './not-found.tsx';

/** What operators do. The section is in the URL. */
export function OperatePage() {
  const name = useParams().section ?? '';
  const { data: account } = useQuery(accountQuery);
  const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined;
  if (section === undefined) return <NotFoundPage />;
  const isOperator = mayOperate(account);
  const { title, Component } = section;
  return (
    <>
      <title>{`${title} · Operate · Reverse Traceroute`}</title>
      <h1>{name === '' ? 'Operate' : title}</h1>
      {account !== undefined && !isOperator && (
        <p>
          Only operators can use this page. Log in with a key that has the scope operate; a mailed link never has it.{' '}
          <Link to={`/log-in?next=${encodeURIComponent(`/operate/${name}`)}`}>Log in</Link>
        </p>
      )}
      {isOperator && (
        <>
          <nav className="tabs sections" aria-label="Parts of the operator pages">
            {Object.entries(SECTIONS).map(([path, part]) => (
              <Link
                key={path}
                to={path === '' ? '/operate' : `/operate/${path}`}
                aria-current={path === name ? 'page' : undefined}
              >
                {part.title}
              </Link>
            ))}
          </nav>
          <Component />
        </>
      )}
    </>
  );
}
