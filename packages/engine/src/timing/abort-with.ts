/**
 * Lets a controller abort with a signal, as `AbortSignal.any` does, at a fraction of its cost.
 * @returns a function that ends this; it must be called when the controller is of no more use
 */
export function abortWith(controller: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
