import { useQuery } from '@tanstack/react-query';
import { mayOperate } from '../app/may-operate.ts';
import { accountQuery } from '../app/queries.ts';
import { Agents } from '../operate/agents.tsx';
import { Applications } from '../operate/applications.tsx';
import { KillSwitches } from '../operate/kill-switches.tsx';

/** What operators do every day. The command line does the rest. */
export function OperatePage() {
  const { data: account } = useQuery(accountQuery);
  const isOperator = account !== undefined && account !== null && mayOperate(account);
  return (
    <>
      <title>Operate · Reverse Traceroute</title>
      <h1>Operate</h1>
      {account !== undefined && !isOperator && (
        <p>
          Only operators can use this page. Log in with a key that has the scope operate; a mailed link never has it.
        </p>
      )}
      {isOperator && (
        <>
          <KillSwitches />
          <Applications />
          <Agents />
        </>
      )}
    </>
  );
}
