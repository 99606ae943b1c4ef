/**
 * The arguments of `env` that run a script without what tap makes every Node.js process load, which TypeScript's compiler
 * does not bear. tap adds it to whatever environment a test gives to a program.
 */
export const withoutTap = (program: string, ...words: readonly string[]): string[] => [
  '--unset=NODE_OPTIONS',
  program,
  ...words,
];
