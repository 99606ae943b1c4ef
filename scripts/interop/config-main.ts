import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { parseKeepalived } from '../../cluster/config/keepalived.js';
import { describeProblem } from '../../cluster/config/problem.js';
import { NoSurroundings } from '../../cluster/config/source-text.js';
import { UsageError } from '../../director/base/errors.js';
import { type Bench, withBench } from './bench.js';
import { linesOfDump } from './config-dump.js';
import { linesOfConfig } from './config-lines.js';
import { showProgress } from './output.js';

/** Interfaces that a configuration may name. */
const Devices = ['eth0', 'eth1', 'eth2', 'eth3', 'eth0.1'];

/** A loaded machine takes its time for what is done in a tenth of a second. */
const DumpTimeoutMs = 90_000;

/** What keepalived says when its children have read, and written down, their parts. */
const Done = 'Activating BFD|Reset promote_secondaries|Terminating|permanent error';

export interface JudgeOptions {
  /** A folder with configurations whose names begin with `keepalived.conf`. */
  readonly folder: string;
  /** `-i ID`. */
  readonly configId: string;
}

/**
 * `config`: lets real keepalived read configurations inside the guest, where there is IPVS, and compares what it says it has
 * read with what we read; true when all is equal.
 */
export async function judgeConfigs({ folder, configId }: JudgeOptions): Promise<boolean> {
  const names = readdirSync(folder)
    .filter((name) => name.startsWith('keepalived.conf'))
    .toSorted();
  if (names.length === 0) {
    throw new UsageError({ code: 'usage' }, `${folder} has no file keepalived.conf*`);
  }
  const verdicts = await withBench(async (bench) => {
    await prepareGuest(bench);
    const found: boolean[] = [];
    for (const name of names) {
      const text = readFileSync(path.join(folder, name), 'latin1');
      found.push(await judge(bench, { name, text: inGuest(text), configId }));
      showProgress(found.length, names.length);
    }
    return found;
  });
  const equal = verdicts.filter(Boolean).length;
  process.stdout.write(`${equal} of ${verdicts.length} configurations equal\n`);
  return equal === verdicts.length;
}

/**
 * The guest has one namespace, and no programs and certificates but its own: keepalived removes a check whose program is not
 * there, and does not start without the files of SSL.
 */
const inGuest = (text: string): string =>
  text
    .replaceAll(/^.*\bnet_namespace\b.*$/gm, '')
    .replaceAll(/^SSL \{[^}]*\}/gm, '')
    .replaceAll(/(misc_path\s+["']?)\/\S*?(?=["'\s])/g, '$1/bin/true');

interface Sample {
  readonly name: string;
  readonly text: string;
  readonly configId: string;
}

async function judge(bench: Bench, { name, text, configId }: Sample): Promise<boolean> {
  const result = parseKeepalived(text, name, { ...NoSurroundings, configId });
  if (!('config' in result)) {
    for (const problem of result.problems) process.stdout.write(`${describeProblem(problem)}\n`);
    return false;
  }
  const ours = linesOfConfig(result.config);
  const theirs = linesOfDump(await dumpOf(bench, text, configId));
  const surplus = [...ours];
  // Exact ones first: a line without a timeout is like several of ours.
  const missing = theirs
    .toSorted((left, right) => Number(left.includes(Loose)) - Number(right.includes(Loose)))
    .filter((line) => !take(surplus, line));
  for (const line of missing) process.stdout.write(`${name}: only keepalived: ${line}\n`);
  for (const line of surplus) process.stdout.write(`${name}: only baton: ${line}\n`);
  return missing.length + surplus.length === 0;
}

/** Takes a line like this one out of the others; false when there is none. */
function take(others: string[], line: string): boolean {
  const index = others.findIndex(
    (other) => other === line || other.replace(/ timeout \S+ /, Loose) === line,
  );
  if (index >= 0) others.splice(index, 1);
  return index >= 0;
}

/** In a `host` of SMTP_CHECK keepalived has a timeout of zero. */
const Loose = ' timeout any ';

async function prepareGuest({ guest, folder }: Bench): Promise<void> {
  const devices = Devices.map(
    (device) => `ip link add ${device} type dummy && ip link set dev ${device} up`,
  );
  await guest.run(`modprobe -d ${folder} dummy\n${devices.join('\n')}`);
}

/** What the children for elections and for checks write, one after the other. */
async function dumpOf({ guest }: Bench, text: string, configId: string): Promise<string> {
  const dumps: string[] = [];
  const children = [
    ...(/^\s*vrrp_instance\s/m.test(text) ? ['--vrrp'] : []),
    ...(/^\s*virtual_server\s/m.test(text) ? ['--check'] : []),
  ];
  for (const child of children) {
    dumps.push(
      await guest.run(
        `cat >/run/keepalived.conf <<'END OF THE FILE'
${text}
END OF THE FILE
: >/run/dump
keepalived -n -l -d ${child} -i ${configId} -f /run/keepalived.conf >/run/dump 2>&1 &
pid=$!
tries=0
until grep -qE '${Done}' /run/dump || [ $tries -ge 200 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -9 $pid $(pidof keepalived) 2>/run/kill
wait $pid 2>/run/kill
while pidof keepalived >/run/kill; do sleep 0.1; done
rm -rf /run/keepalived /run/keepalived*.pid /run/checkers.pid /run/vrrp*.pid /run/bfd.pid
cat /run/dump
ipvsadm -C
true`,
        DumpTimeoutMs,
      ),
    );
  }
  return dumps.join('\n');
}
