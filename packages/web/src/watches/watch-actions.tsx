import type { Watch } from '@revtr/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { useChange } from '../records/use-change.ts';
import { watchesQuery } from './queries.ts';

/** Buttons that pause, resume and delete a watch. */
export function WatchActions(props: { readonly watch: Watch; readonly onDeleted?: () => void }) {
  const { watch, onDeleted } = props;
  const { id, name, state } = watch;
  const [isSure, setSure] = useState(false);
  const queries = useQueryClient();
  const pause = useChange([watchesQuery.queryKey], (isPaused: boolean) => client.watches.change(id, { isPaused }));
  const remove = useMutation({
    mutationFn: () => client.watches.delete(id),
    onSuccess: async () => {
      onDeleted?.();
      await queries.invalidateQueries({ queryKey: watchesQuery.queryKey, exact: onDeleted === undefined });
    },
  });
  const isActive = state === 'active';
  return (
    <>
      <button
        type="button"
        className="quiet"
        aria-label={`${isActive ? 'Pause' : 'Resume'} ${name}`}
        disabled={pause.isPending}
        onClick={() => pause.mutate(isActive)}
      >
        {isActive ? 'Pause' : 'Resume'}
      </button>{' '}
      <button
        type="button"
        className="quiet"
        aria-label={`Delete ${name}`}
        disabled={remove.isPending}
        onClick={isSure ? () => remove.mutate() : () => setSure(true)}
        onBlur={() => setSure(false)}
      >
        {isSure ? 'Press again to delete' : 'Delete'}
      </button>
      <Problem error={pause.error ?? remove.error} />
    </>
  );
}
