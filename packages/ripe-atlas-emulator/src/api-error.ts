/** Body of an error response, as the API of RIPE Atlas sends it. */
export interface ApiErrorBody {
  readonly error: {
    /** HTTP status. */
    readonly status: number;
    /** Error code of RIPE Atlas. */
    readonly code: number;
    readonly title: string;
    readonly detail: string;
    /** Invalid fields of the request, as JSON pointers. */
    readonly errors?: readonly { readonly source: { readonly pointer: string }; readonly detail: string }[];
  };
}

/** An error response. The emulator sends its status and body to the client. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ApiErrorBody;
  /** Value of the header `Retry-After`. Default: the header is not sent. */
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

/** Error codes of RIPE Atlas, by HTTP status. */
const CODES: Readonly<Record<number, number>> = { 400: 102, 403: 104, 404: 105, 429: 106 };

/** Status 400 with a fault at `pointer`, a JSON pointer into the body. */
export const badRequest = (pointer: string, detail: string): ApiError =>
  new ApiError(400, 'Bad Request', 'There were problems with your request', [{ pointer, detail }]);
/** Status 403. */
export const forbidden = (detail: string): ApiError => new ApiError(403, 'Forbidden', detail);
/** Status 404. */
export const notFound = (): ApiError => new ApiError(404, 'Not Found', 'The requested object could not be found');
