import { assert } from '../../director/base/invariant.js';
import { Prng } from '../../director/base/prng.js';
import { chance, pick } from './random.js';

/** What Debian's kernel is built with: all schedulers but twos. They take turns. */
const Schedulers = 'rr wrr lc wlc sed nq fo ovf lblc lblcr sh dh mh'.split(' ');

/** Schedulers that look at addresses: their runs name the clients. */
const Hashing: ReadonlySet<string> = new Set(['sh', 'dh', 'mh']);

/** Every run has a port of its own, so that the kernel's connections of one run mean nothing in the next. */
const FirstPort = 1_000;
export const MostRuns = 60_000;

/** Servers that edits may add are the next ones: r5, r6 … of a service with four. */
const MostAdded = 3;

/**
 * Random runs in the format of a recording, one line each, whose choices are still to be made: all of them say `none`.
 * The same seed gives the same text.
 */
export function generateRuns(seed: number, count: number): string {
  assert(count <= MostRuns, 'each run has a port of its own');
  const prng = new Prng(seed);
  const lines = Array.from({ length: count }, (_, index) =>
    runLine(prng.split(), FirstPort + index, Schedulers[index % Schedulers.length] ?? ''),
  );
  return `${lines.join('\n')}\n`;
}

function runLine(prng: Prng, port: number, scheduler: string): string {
  const isHashing = Hashing.has(scheduler);
  const network = networkOf(prng, isHashing);
  const protocol = chance(prng, isHashing ? 70 : 25) ? 'udp' : 'tcp';
  const kind = protocol === 'tcp' && chance(prng, 40) ? 'rst-even' : isHashing ? 'hash' : 'hold';
  const weights = randomWeights(prng);
  const connections = 12 + prng.below(isHashing ? 60 : 48);
  const commands = randomEdits(prng, { network, weights, connections });
  const head = [
    `${protocol} vport=${port} ${kind} sched=${scheduler} opt="${options(prng, scheduler)}"`,
    `weights=[${weights.join(', ')}] vip=${network}100 cmds={${commands.join(', ')}}`,
  ].join(' ');
  const choices = Array.from({ length: connections }, (_, number) =>
    isHashing ? `${randomClient(prng, network, number)}=none` : 'none',
  );
  return `${head} : ${choices.join(' ')}`;
}

/** What the addresses of a run begin with. dh goes by the virtual address, and needs many. */
function networkOf(prng: Prng, isHashing: boolean): string {
  if (chance(prng, isHashing ? 35 : 15)) return `${ipv6Groups(prng)}:`;
  return isHashing ? `10.${prng.below(200)}.${prng.below(256)}.` : '10.0.0.';
}

/** Seven groups of an address on the guest's link. */
const ipv6Groups = (prng: Prng): string =>
  ['fd00', ...Array.from({ length: 6 }, () => (1 + prng.below(0xffff)).toString(16))].join(':');

/** The range of weights decides what a run is about: ties, a few rounds, or shares that no table can hold. */
function randomWeights(prng: Prng): number[] {
  const count = 1 + prng.below(chance(prng, 20) ? 12 : 5);
  const most = pick(prng, [1, 2, 5, 10, 100, 1_000, 65_535, 1_000_000]);
  const unit = chance(prng, 25) ? 1 + prng.below(6) : 1;
  return Array.from({ length: count }, () => (chance(prng, 8) ? 0 : (1 + prng.below(most)) * unit));
}

interface Plan {
  readonly network: string;
  readonly weights: readonly number[];
  readonly connections: number;
}

/** Commands that are all possible where they stand: only servers that are there are changed or deleted. */
function randomEdits(prng: Prng, { network, weights, connections }: Plan): string[] {
  if (chance(prng, 35)) return [];
  const present = new Set(weights.keys());
  const moments = new Set<number>();
  const wanted = 1 + prng.below(5);
  while (moments.size < wanted) moments.add(prng.below(connections));
  const entries: string[] = [];
  for (const moment of [...moments].toSorted((left, right) => left - right)) {
    const commands = Array.from({ length: chance(prng, 25) ? 2 : 1 }, () =>
      randomEdit(prng, { network, present, count: weights.length }),
    );
    const quoted = commands.map((command) => `'${command}'`);
    entries.push(`${moment}: ${quoted.length === 1 ? quoted[0] : `[${quoted.join(', ')}]`}`);
  }
  return entries;
}

interface EditState {
  readonly network: string;
  /** Numbers of the servers that are there now, from 0. */
  readonly present: Set<number>;
  readonly count: number;
}

function randomEdit(prng: Prng, { network, present, count }: EditState): string {
  const server = (index: number): string => {
    const address = `${network}${21 + index}`;
    return `-r ${address.includes(':') ? `[${address}]` : address}:{p}`;
  };
  const settings = `-g -w ${randomWeight(prng)}${randomThresholds(prng)}`;
  const absent = Array.from({ length: count + MostAdded }, (_, index) => index).filter(
    (index) => !present.has(index),
  );
  if (present.size === 0 || (absent.length > 0 && chance(prng, 30))) {
    const added = pick(prng, absent);
    present.add(added);
    return `-a {vs} ${server(added)} ${settings}`;
  }
  const changed = pick(prng, [...present]);
  if (!chance(prng, 30)) return `-e {vs} ${server(changed)} ${settings}`;
  present.delete(changed);
  return `-d {vs} ${server(changed)}`;
}

const randomWeight = (prng: Prng): number =>
  chance(prng, 30) ? 0 : 1 + prng.below(pick(prng, [1, 10, 100, 65_535]));

function randomThresholds(prng: Prng): string {
  if (!chance(prng, 20)) return '';
  const upper = 1 + prng.below(12);
  return chance(prng, 50) ? ` -x ${upper}` : ` -x ${upper} -y ${prng.below(upper)}`;
}

function options(prng: Prng, scheduler: string): string {
  if (scheduler !== 'sh' && scheduler !== 'mh') return '';
  const flags = [`${scheduler}-fallback`, `${scheduler}-port`].filter(() => chance(prng, 40));
  return flags.length === 0 ? '' : `-b ${flags.join(',')}`;
}

/** Half of the clients are the servers' neighbours, and some of those come more than once. */
function randomClient(prng: Prng, network: string, number: number): string {
  const isNear = chance(prng, 50);
  const host = 120 + prng.below(isNear ? 20 : 120);
  const port = 20_000 + number;
  if (network.includes(':')) {
    return `[${isNear ? network : `${ipv6Groups(prng)}:`}${host}]:${port}`;
  }
  const beside = isNear ? network : `10.${200 + prng.below(50)}.${prng.below(256)}.`;
  return `${beside}${host}:${port}`;
}
