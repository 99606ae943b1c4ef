import type { ServiceHealthConfig } from './checker-config.js';
import { connectTimeoutKeyword, timingKeywords } from './keepalived-check-timing.js';
import { readCommand } from './keepalived-command.js';
import { virtualHostKeyword } from './keepalived-http-check.js';
import type { ServerScope } from './keepalived-real-server.js';
import type { ReadContext } from './read-context.js';
import type { ServiceDraft } from './service-draft.js';
import type { Keyword } from './statement-reader.js';

const QuorumRange = { minimum: 1, maximum: 4_294_967_295 };
const HysteresisRange = { minimum: 0, maximum: 4_294_967_295 };
const WeightRange = { minimum: 1, maximum: 65_535 };

/** The keywords of `virtual_server` about the health of its real servers. */
export function serviceHealthKeywords(
  draft: ServiceDraft,
  { owner }: ServerScope,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  const { health, timing } = draft;
  const command = (field: 'quorumUp' | 'quorumDown'): Keyword => ({
    read: (statement) => {
      health[field] = readCommand(statement, owner, context);
    },
  });
  return {
    ...timingKeywords(timing, 'virtual_server', context),
    connect_timeout: connectTimeoutKeyword(timing, context),
    virtualhost: virtualHostKeyword(draft, context),
    inhibit_on_failure: {
      read: (statement) => {
        draft.inhibitOnFailure = reader.mark(statement);
      },
    },
    weight: {
      read: (statement) => {
        draft.weight = reader.wholeNumber(reader.value(statement), WeightRange);
      },
    },
    omega: {
      read: (statement) => {
        health.omega = reader.mark(statement);
      },
    },
    ha_suspend: {
      read: (statement) => {
        health.haSuspend = reader.mark(statement);
      },
    },
    quorum: {
      read: (statement) => {
        health.quorum = reader.wholeNumber(reader.value(statement), QuorumRange);
      },
    },
    hysteresis: {
      read: (statement) => {
        health.hysteresis = reader.wholeNumber(reader.value(statement), HysteresisRange);
      },
    },
    quorum_up: command('quorumUp'),
    quorum_down: command('quorumDown'),
  };
}

/** Fills in what the block leaves out, and refuses what can never come true: keepalived would change it. */
export function completeHealth(
  { health, name, line, target }: ServiceDraft,
  weights: number,
  { problems }: ReadContext,
): ServiceHealthConfig {
  const { omega = false, quorumUp, quorumDown, haSuspend = false } = health;
  const { quorum = 1, hysteresis = 0 } = health;
  if (quorum > weights && health.quorum !== undefined) {
    const message = `quorum ${quorum} of ${name} is never reached: its real servers weigh ${weights} together`;
    problems.add(line, 'conflict', message);
  } else if (hysteresis > 0 && hysteresis >= quorum) {
    const message = `hysteresis ${hysteresis} of ${name} has to be less than its quorum ${quorum}`;
    problems.add(line, 'conflict', message);
  }
  const marks =
    target?.kind === 'mark' ||
    (target?.kind === 'group' && target.entries.some(({ kind }) => kind === 'mark'));
  if (haSuspend && marks) {
    const message = `ha_suspend of ${name} has no address to look at: it does not go with fwmark`;
    problems.add(line, 'conflict', message);
  }
  // Servers of weight 0 alone are enough for a quorum of 0, which is never lost.
  const reachable = Math.min(quorum, weights);
  return { omega, quorum: reachable, hysteresis, quorumUp, quorumDown, haSuspend };
}
