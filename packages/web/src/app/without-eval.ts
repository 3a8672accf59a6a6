import { config } from 'zod';

// Otherwise zod compiles schemas when they are made, which the content security policy forbids. This module comes before those that make any.
config({ jitless: true });
