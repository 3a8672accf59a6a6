import { useSearchParams } from 'react-router';
import { AuditEvents } from './audit-events.tsx';
import { AuditProbes } from './audit-probes.tsx';

/** The search of the audit: probes that were sent, and events. What is searched for is in the URL. */
export function Audit() {
  const [search, setSearch] = useSearchParams();
  const isEvents = search.get('of') === 'events';
  return (
    <>
      <p className="filters">
        <button type="button" className="quiet" aria-pressed={!isEvents} onClick={() => setSearch({})}>
          Probes
        </button>
        <button type="button" className="quiet" aria-pressed={isEvents} onClick={() => setSearch({ of: 'events' })}>
          Refusals, logins and actions
        </button>
      </p>
      {isEvents ? <AuditEvents /> : <AuditProbes />}
    </>
  );
}
