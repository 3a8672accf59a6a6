import { useMutation, useQueryClient } from '@tanstack/react-query';

/** A change on the server, after which the answers under `keys` are asked for again. */
export function useChange<Input = void, Output = unknown>(
  keys: readonly (readonly unknown[])[],
  act: (input: Input) => Promise<Output>,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      for (const queryKey of keys) await queries.invalidateQueries({ queryKey });
    },
  });
}
