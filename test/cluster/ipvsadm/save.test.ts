import { test } from 'tap';

import type { IpvsadmAnswer } from '../../../cluster/ipvsadm/command.js';
import { noPortNames } from '../../../cluster/ipvsadm/port-names.js';
import { IpvsDaemons } from '../../../cluster/member/ipvs-daemons.js';
import { runIpvsadm } from '../../../cluster/node/ipvsadm.js';
import { Prng } from '../../../director/base/prng.js';
import { Director } from '../../../director/core/director.js';
import type { Interface } from '../../../director/core/interfaces.js';
import { SchedulerNames } from '../../../director/core/schedulers/scheduler.js';
import { at, prefix } from '../../base/values.js';

/** Tables that are drawn. */
const Tables = 300;
/** Command lines that a table is drawn with, some of which are refused. */
const Commands = 150;

const link = (index: number): Interface => ({
  index,
  name: `eth${index}`,
  mac: { high: 0x0200, low: index },
  mtu: 1_500,
  addresses: [prefix(`10.0.${index}.11/24`), prefix(`fd0${index}::11/64`)],
});

/** A director that takes command lines. */
class Table {
  readonly #director = new Director({
    interfaces: [link(0), link(1)],
    seed: 1,
    capacity: 64,
    output: { send: () => {} },
  });
  readonly #daemons = new IpvsDaemons(this.#director);

  run(line: string): IpvsadmAnswer {
    const target = { director: this.#director, daemons: this.#daemons, ownerOf: () => '' };
    return runIpvsadm(target, line.split(' '), noPortNames, at(0));
  }

  /** Carries saved lines out, as `-R` does; answers those that were refused. */
  restore(rules: string): string[] {
    const lines = rules.split('\n').filter((line) => line !== '');
    return lines.filter((line) => this.run(line).exit !== 0);
  }

  /** All that can be seen of the rules. */
  get listings(): string {
    const columns = [
      '',
      '--thresholds',
      '--tun-info',
      '--persistent-conn',
      '--timeout',
      '--daemon',
    ];
    return columns.map((which) => this.run(`-Ln ${which}`.trim()).stdout).join('\n');
  }
}

/** Draws command lines. */
class Dice {
  readonly #random: Prng;

  constructor(seed: number) {
    this.#random = new Prng(seed);
  }

  command(): string {
    return this.#one([
      () => `-A ${this.#service()} ${this.#serviceOptions()}`,
      () => `-E ${this.#service()} ${this.#serviceOptions()}`,
      () => `-a ${this.#service()} ${this.#serverOptions()}`,
      () => `-a ${this.#service()} ${this.#serverOptions()}`,
      () => `-a ${this.#service()} ${this.#serverOptions()}`,
      () => `-e ${this.#service()} ${this.#serverOptions()}`,
      () => `--set ${this.#below(9_999)} ${this.#below(999)} ${this.#below(999)}`,
      () => this.#daemon(),
    ])().replaceAll(/ +/g, ' ');
  }

  #service(): string {
    return this.#one([
      '-t 10.9.0.1:80',
      '-t 10.9.0.1:443',
      '-t 10.9.0.1:0',
      '-u 10.9.0.1:53',
      '--sctp-service 10.9.0.2:9',
      '-t [fd09::1]:80',
      '-u [fd09::1]:514',
      '-f 5',
      '-f 5 -6',
      '-f 4294967295',
    ]);
  }

  #serviceOptions(): string {
    const flags = ['', '-b sh-port', '-b mh-fallback,mh-port', '-b flag-1,flag-2'];
    const mask = this.#one(['', '-M 255.255.255.0', '-M 255.255.252.0', '-M 64', '-M 127']);
    const persistence = this.#one(['', '-p', `-p ${1 + this.#below(9_999)}`]);
    const ops = this.#one(['', '', '-o']);
    const words = [`-s ${this.#one([...SchedulerNames, 'sh', 'mh'])}`, persistence];
    if (persistence !== '') words.push(mask);
    return [...words, this.#one(flags), ops].join(' ');
  }

  #serverOptions(): string {
    const address = this.#one(['10.9.1.1', '10.9.1.2', '10.9.1.3', '[fd09::21]', '[fd09::22]']);
    const port = this.#one(['', ':80', ':8080']);
    const method = this.#one([
      '-g',
      '-m',
      '--fullnat',
      '-i',
      '-i --tun-type ipip',
      '-i --tun-type gre --tun-csum',
      '-i --tun-type gue --tun-port 6080 --tun-remcsum',
      '-i --tun-type gue --tun-port 1 --tun-nocsum',
    ]);
    const upper = this.#below(1_000);
    const thresholds = this.#one(['', `-x ${upper}`, `-x ${upper} -y ${this.#below(upper + 1)}`]);
    return `-r ${address}${port} ${method} -w ${this.#below(70_000)} ${thresholds}`;
  }

  #daemon(): string {
    const device = this.#one(['', '--mcast-interface eth1']);
    const place = this.#one([
      '',
      '--mcast-group 224.0.0.99 --mcast-port 7',
      '--mcast-group ff02::9',
    ]);
    const limits = this.#one(['', '--sync-maxlen 2000', '--mcast-ttl 9']);
    const syncId = this.#one(['', `--syncid ${this.#below(256)}`]);
    return `--start-daemon ${this.#one(['master', 'backup'])} ${device} ${syncId} ${place} ${limits}`;
  }

  #below(limit: number): number {
    return this.#random.below(limit);
  }

  #one<T>(choices: readonly T[]): T {
    const choice = choices[this.#below(choices.length)];
    if (choice === undefined) throw new Error('there is something to choose');
    return choice;
  }
}

test(`what -S saves, -R makes again, and -S says the same of it: ${Tables} tables`, async (t) => {
  let rules = 0;
  let differences = 0;
  for (let seed = 1; seed <= Tables; seed += 1) {
    const table = new Table();
    const dice = new Dice(seed);
    for (let drawn = 0; drawn < Commands; drawn += 1) table.run(dice.command());
    const [saved, seen] = [table.run('-S -n').stdout, table.listings];
    rules += saved.split('\n').length - 1;

    const fresh = new Table();
    const refused = fresh.restore(saved);
    table.run('-C');
    table.run('--stop-daemon master');
    table.run('--stop-daemon backup');
    refused.push(...table.restore(saved));
    for (const each of [fresh, table]) {
      if (each.run('-S -n').stdout !== saved || each.listings !== seen) differences += 1;
    }
    if (refused.length > 0 || differences > 0) {
      t.strictSame(refused, [], `seed ${seed}`);
      t.equal(table.run('-S -n').stdout, saved, `seed ${seed}`);
      t.equal(fresh.listings, seen, `seed ${seed}`);
      break;
    }
  }
  t.equal(differences, 0);
  t.ok(rules > Tables * 5, `${rules} rules were saved`);
});
