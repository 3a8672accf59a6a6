/** The pages of the web interface, as patterns of their paths. The server answers other paths with status 404. */
export const PAGES = ['/', '/measurements/:id', '/log-in'] as const;
