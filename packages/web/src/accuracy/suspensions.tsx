import type { Accuracy } from '@revtr/client';
import { client } from '../app/client.ts';
import { formatShare } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';

/** The kinds of hops that are suspended. Operators may lift a suspension. */
export function Suspensions(props: { readonly suspensions: Accuracy['suspensions']; readonly mayLift: boolean }) {
  const { suspensions, mayLift } = props;
  const lift = useChange([['accuracy']], (kind: string) => client.fleet.liftSuspension(kind));
  if (suspensions.length === 0) return <p>No kind of hop is suspended.</p>;
  return (
    <>
      <ul>
        {suspensions.map(({ kind, since, recent, floor }) => (
          <li key={kind}>
            <strong className="mono">{kind}</strong>: {formatShare(recent.share)} of its recent hops are right; below{' '}
            {formatShare(floor)} it is suspended. Since <Time at={since} />.{' '}
            {mayLift && (
              <ConfirmButton
                label="Lift"
                subject={`the suspension of ${kind}`}
                isBusy={lift.isPending}
                onConfirm={() => lift.mutate(kind)}
              />
            )}
          </li>
        ))}
      </ul>
      <Problem error={lift.error} />
    </>
  );
}
