import { AbuseContacts } from './abuse-contacts.tsx';
import { AbuseReportForm } from './abuse-report.tsx';
import { OptOutList } from './opt-out-list.tsx';
import { OptOutRequests } from './opt-out-requests.tsx';

/** Complaints, requests to opt out, and the list of networks that are not probed. */
export function OptOuts() {
  return (
    <>
      <AbuseReportForm />
      <OptOutRequests />
      <OptOutList />
      <AbuseContacts />
    </>
  );
}
