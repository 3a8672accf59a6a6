import type { RequestedPair } from '@revtr/client';
import { useMutation } from '@tanstack/react-query';
import { client } from '../app/client.ts';

/** What a visitor asks for. */
export interface MeasureRequest {
  readonly source: string;
  readonly destination: string;
  /** Whether a hop may be assumed across a border between networks. */
  readonly allowAssumptions?: boolean;
  /** Whether earlier measurements may be reused. Default true. */
  readonly mayReuse?: boolean;
}

/** Submits one pair; resolves with the number of its measurement. */
export const useSubmit = (onSubmitted: (id: number, request: MeasureRequest) => void) =>
  useMutation({
    mutationFn: async (request: MeasureRequest) => {
      const { batchId } = await client.submit([toPair(request)]);
      const { measurements } = await client.batch(batchId);
      return measurements[0].id;
    },
    onSuccess: onSubmitted,
  });

function toPair({ source, destination, allowAssumptions = false, mayReuse = true }: MeasureRequest): RequestedPair {
  return {
    src: source,
    dst: destination,
    isRunRttPings: true,
    isRunForwardTraceroute: true,
    ...(allowAssumptions && { symmetryOptions: { isAllowInterdomainSymmetry: true } }),
    ...(!mayReuse && { useCache: false }),
  };
}
