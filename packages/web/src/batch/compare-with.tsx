import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { batchesQuery } from '../app/queries.ts';
import { submitting } from '../app/submitting.ts';
import { formatTime } from '../app/time.ts';

/** Opens the comparison of a batch with another one of the account. */
export function CompareWith({ id }: { readonly id: number }) {
  const { data = [] } = useQuery(batchesQuery);
  const [chosen, setChosen] = useState('');
  const navigate = useNavigate();
  const others = data.filter((batch) => batch.id !== id);
  if (others.length === 0) return null;
  const other = Number(chosen === '' ? others[0].id : chosen);
  return (
    <form
      className="filters"
      onSubmit={submitting(() => void navigate(`/batches/${Math.min(id, other)}/compare/${Math.max(id, other)}`))}
    >
      <label className="long">
        Compare with
        <select value={other} onChange={({ target }) => setChosen(target.value)}>
          {others.map((batch) => (
            <option key={batch.id} value={batch.id}>
              {`Batch ${batch.id}, ${batch.total.toLocaleString('en')} ${batch.total === 1 ? 'measurement' : 'measurements'}, ${formatTime(Date.parse(batch.createdAt))}`}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="plain">
        Compare
      </button>
    </form>
  );
}
