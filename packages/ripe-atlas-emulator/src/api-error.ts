/** An answer with an error status, in the form of the real API. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    title: string,
    detail: string,
    errors: readonly { readonly pointer: string; readonly detail: string }[] = [],
    retryAfterSeconds?: number,
  ) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    const places = errors.map((error) => ({ source: { pointer: error.pointer }, detail: error.detail }));
    this.body = {
      error: { status, code: CODES[status] ?? 100, title, detail, ...(places.length > 0 && { errors: places }) },
    };
  }
}

const CODES: Readonly<Record<number, number>> = { 400: 102, 403: 104, 404: 105, 429: 106 };

export const badRequest = (pointer: string, detail: string): ApiError =>
  new ApiError(400, 'Bad Request', 'There were problems with your request', [{ pointer, detail }]);
export const forbidden = (detail: string): ApiError => new ApiError(403, 'Forbidden', detail);
export const notFound = (): ApiError => new ApiError(404, 'Not Found', 'The requested object could not be found');
