/** The exit status of a command line that is wrong in itself. */
const mistakeStatus = 2;

/**
 * `ipvsadm -R`: carries out a command line for each line of `rules`, such as `-S` prints. A mistake in one of them ends it, a
 * refusal does not. Returns the worst exit status.
 */
export async function restoreRules(
  rules: string,
  carryOut: (argv: readonly string[]) => Promise<number>,
): Promise<number> {
  let worst = 0;
  for (const rule of rules.split('\n').map((line) => line.trim())) {
    if (rule === '' || rule.startsWith('#')) continue;
    const status = await carryOut(rule.split(/\s+/));
    worst = Math.max(worst, status);
    if (status === mistakeStatus) break;
  }
  return worst;
}
