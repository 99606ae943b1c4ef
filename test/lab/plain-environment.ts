/**
 * The environment for a script that runs programs of its own on Node.js: without what tap makes Node.js load in every
 * process, which TypeScript's compiler does not bear.
 */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  delete environment['NODE_OPTIONS'];
  return environment;
}
