/** The named sizes of a simulated Internet. */
export const SIZES = {
  small: { ases: 50, routers: 400 },
  medium: { ases: 1_000, routers: 8_000 },
  large: { ases: 10_000, routers: 60_000 },
} as const;
/** Name of a predefined size. */
export type Size = keyof typeof SIZES;

export const isSize = (text: string): text is Size => text in SIZES;
