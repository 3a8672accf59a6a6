/** The distinct networks of a path, in order. */
export function networksOf(hops: readonly { readonly asn?: number | undefined }[]): readonly number[] {
  return [...new Set(hops.flatMap(({ asn }) => (asn === undefined ? [] : [asn])))];
}
