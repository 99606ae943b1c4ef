import type { CheckerView, PoolView } from '../node/api.js';
import { given, renderAbsent, type Answer } from './answers.js';

/** The checkers of every real server, a director after the other. */
export function renderHealth(answers: readonly Answer<'/health'>[]): string {
  const parts = given(answers).map(({ node, document }) => {
    const pools = document.pools.filter(({ servers }) =>
      servers.some(({ checkers }) => checkers.length > 0),
    );
    const lines = pools.length === 0 ? ['nothing is checked'] : pools.flatMap(renderPool);
    return [`${node}:`, ...lines, ''].join('\n');
  });
  return [...parts, ...[renderAbsent(answers)].filter((text) => text !== '')].join('\n');
}

function renderPool({ name, quorum, servers }: PoolView): string[] {
  const needed = `weight ${quorum.weight}, quorum ${quorum.quorum}, hysteresis ${quorum.hysteresis}`;
  const sorry = quorum.isSorry ? ', sorry server' : '';
  return [
    `${name}: quorum ${quorum.isUp ? 'up' : 'lost'} (${needed})${sorry}`,
    ...servers.flatMap(({ address, isUp, weight, checkers }) => [
      `  ${address} ${isUp ? 'up' : 'down'}, weight ${weight}`,
      ...checkers.map((checker) => `    ${renderChecker(checker)}`),
    ]),
  ];
}

function renderChecker(checker: CheckerView): string {
  const { kind, isUp, hasRun, isSuspended, reason, weightChange, checks, voids } = checker;
  const parts = [
    `${isUp ? 'up' : 'down'}${hasRun ? '' : ', not known yet'}`,
    ...(isSuspended ? ['suspended'] : []),
    ...(reason === undefined ? [] : [reason]),
    ...(weightChange === 0 ? [] : [`weight ${weightChange > 0 ? '+' : ''}${weightChange}`]),
    `${checks} checks`,
    ...(voids === 0 ? [] : [`${voids} without meaning: this node was cut off`]),
  ];
  return `${kind}: ${parts.join(', ')}`;
}
