import { useQuery } from '@tanstack/react-query';
import { Link, NavLink, Outlet, ScrollRestoration, useNavigation } from 'react-router';
import { mayOperate } from '../app/may-operate.ts';
import { accountQuery } from '../app/queries.ts';
import { ConnectionNotice } from './connection-notice.tsx';

/** What surrounds every page: navigation, the page, links for outsiders. */
export function Shell() {
  const isLoading = useNavigation().state !== 'idle';
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link className="brand" to="/">
          <img src="/icon.svg" alt="" width="20" height="20" /> Reverse Traceroute
        </Link>
        <nav aria-label="Pages">
          <NavLink to="/" end>
            Measure
          </NavLink>
          <NavLink to="/sources">Sources</NavLink>
          <NavLink to="/accuracy">Accuracy</NavLink>
          <NavLink to="/docs">Documentation</NavLink>
          <Person />
        </nav>
      </header>
      <ConnectionNotice />
      <main id="content" className="page" tabIndex={-1} aria-busy={isLoading}>
        <Outlet />
      </main>
      <footer className="bottom">
        <a href="/about-probes">About our probes</a>
        <a href="/opt-out">Stop probes to your network</a>
        <Link to="/docs/reference">API reference</Link>
      </footer>
      <ScrollRestoration />
    </>
  );
}

function Person() {
  const { data: account } = useQuery(accountQuery);
  if (account === undefined) return null;
  return account === null ? (
    <NavLink to="/log-in">Log in</NavLink>
  ) : (
    <>
      <NavLink to="/batches">Batches</NavLink>
      <NavLink to="/watches">Watches</NavLink>
      {mayOperate(account) && <NavLink to="/operate">Operate</NavLink>}
      <NavLink to="/account">{account.name}</NavLink>
    </>
  );
}
