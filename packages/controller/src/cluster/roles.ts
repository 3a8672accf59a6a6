/**
 * What a process of the controller does:
 *
 * - `api` serves users,
 * - `engine` owns sources: it measures to them, and keeps their atlases,
 * - `gateway` accepts agents,
 * - `atlas` tests agents, has the atlases of new sources collected, surveys, audits and watches,
 * - `mail` sends mails.
 */
export const ROLES = ['api', 'engine', 'gateway', 'atlas', 'mail'] as const;
/** What a process of the controller does: one of {@link ROLES}. */
export type Role = (typeof ROLES)[number];
