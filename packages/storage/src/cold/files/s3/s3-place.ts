/** A part of a bucket of an object store that has the API of Amazon S3. */
export interface S3Place {
  /** `https://HOST/BUCKET` or `https://HOST/BUCKET/PREFIX`; see {@link parseS3Url}. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Names of a bucket, and of parts of a prefix: characters that no server encodes in another way. */
const PATH = /^\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[A-Za-z0-9_.-]{1,100}){0,8})\/?$/;

/** The parts of the URL of a place. */
export interface S3Url {
  /** URL of the bucket, without a slash at its end. */
  readonly bucket: string;
  /** What all keys begin with: empty, or with a slash at its end. */
  readonly prefix: string;
}

/** Reads the URL of a place. @throws {RangeError} */
export function parseS3Url(text: string): S3Url {
  const url = URL.parse(text);
  const [, bucket, prefix] = PATH.exec(url?.pathname ?? '') ?? [];
  if (url === null || !/^https?:$/.test(url.protocol) || bucket === undefined)
    throw new RangeError('the URL must have the form https://HOST/BUCKET or https://HOST/BUCKET/PREFIX');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new RangeError('the URL must have no password, query or fragment');
  return { bucket: `${url.origin}/${bucket}`, prefix: prefix === '' ? '' : `${prefix.slice(1)}/` };
}
