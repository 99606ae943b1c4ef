import { BatonError } from '../director/base/errors.js';
import { runSchedulersOracle } from './oracle-schedulers.js';
import { oracleMessages } from './oracle/messages.js';
import { oraclePackets } from './oracle/packets-main.js';
import { syncMessages } from './oracle/sync-messages.js';
import { vrrpMessages } from './oracle/vrrp-messages.js';

/**
 * Compares what we do with recordings of what a Linux kernel, or keepalived, did. Exits with 0 when all is equal, with 1
 * when something differs, and with 2 when the question was wrong.
 */
interface Oracle {
  readonly argument: string;
  /** True when all is equal. */
  readonly run: (argument: string) => boolean;
}

const oracles: ReadonlyMap<string, Oracle> = new Map([
  ['schedulers', { argument: 'FILE', run: runSchedulersOracle }],
  ['vrrp', { argument: 'FILE.pcap', run: (file) => oracleMessages(file, vrrpMessages) }],
  ['sync', { argument: 'FILE.pcap', run: (file) => oracleMessages(file, syncMessages) }],
  ['packets', { argument: 'DIR', run: (directory) => oraclePackets(directory) === 0 }],
]);

const usage = [...oracles]
  .map(([name, { argument }]) => `usage: oracle ${name} ${argument}`)
  .join('\n');

function main(words: readonly string[]): number {
  const [name = '', argument, ...rest] = words;
  const oracle = oracles.get(name);
  if (oracle === undefined || argument === undefined || rest.length > 0) {
    console.error(usage);
    return 2;
  }
  try {
    return oracle.run(argument) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    console.error(`error: ${error.message}`);
    return 2;
  }
}

process.exitCode = main(process.argv.slice(2));
