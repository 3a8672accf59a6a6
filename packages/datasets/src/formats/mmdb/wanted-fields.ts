/** Which fields of the records of an MMDB file are read. */
export interface WantedFields {
  /** Names; those of nested maps are joined by dots, for example `location.latitude`. */
  readonly names: ReadonlySet<string>;
  /** The names of the maps that contain a wanted field. */
  readonly maps: ReadonlySet<string>;
}

/** Wants the fields with some names, which are joined by dots in nested maps. */
export function wantedFields(...names: readonly string[]): WantedFields {
  const maps = names.flatMap((name) => {
    const parts = name.split('.');
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('.'));
  });
  return { names: new Set(names), maps: new Set(maps) };
}
