// Read by zod when it is loaded: it must not compile schemas, because the content security policy forbids to evaluate text. A module could
// not set this in time, because modules that it does not import may be loaded before it.
globalThis.__zod_globalConfig = { jitless: true };
