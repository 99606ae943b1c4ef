import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fetchDocument, isNoAnswer, sendCommand } from '../../cluster/lab/control-client.js';
import { directorProgram } from '../../cluster/lab/members.js';
import { enter } from '../../cluster/lab/namespaces.js';
import { exitOf, runHelper, searchPath } from '../../cluster/lab/subprocess.js';
import { until } from '../../cluster/lab/wait.js';
import type { VrrpState } from '../../cluster/vrrp/state.js';
import { isIpv6 } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { parseConnectionListing, type ListedConnection } from '../oracle/connection-listing.js';
import { parseServiceListing, type ListedService } from '../oracle/service-listing.js';
import { GuestAddresses, requirePrivateNamespace } from './bench.js';
import { Outside } from './outside.js';
import type { SyncOptions } from './sync-guest.js';
import { markRules, virtualAddresses, virtualServers } from './sync-scenario.js';

const Link = 'tap-ours';
const DirectorMac = '02:42:00:00:00:02';
const DirectorAddresses = { ipv4: literalAddress('10.0.0.2'), ipv6: literalAddress('fd00::2') };

const StartTimeoutMs = 20_000;
/** How long a message may wait in a socket. */
const HearTimeoutMs = 5_000;
const PollMs = 50;

/** How many of the log's last lines are told when something goes wrong. */
const ToldLines = 15;

export interface DirectorOptions extends SyncOptions {
  /** A master serves the addresses of the scenario from its start; a backup waits for longer than any run takes. */
  readonly role: 'master' | 'backup';
  /** A folder for its files. */
  readonly folder: string;
}

/**
 * One of our directors, as a process in a network namespace of its own, with the services of the scenario. The other end
 * of its one link is in this process's namespace, with `Outside` on it, as with a guest.
 */
export class OurDirector {
  readonly outside: Outside;
  readonly #control: string;

  constructor(outside: Outside, control: string) {
    this.outside = outside;
    this.#control = control;
  }

  /** Its connection table, as it lists it. */
  async readTable(): Promise<ListedConnection[]> {
    const listing = await this.ipvsadm(['-Lnc']);
    return parseConnectionListing(listing.split('\n'), (line) => {
      throw new IoError({ code: 'director' }, `cannot read this entry of our director: ${line}`);
    });
  }

  /** Its services, with the connections that it counts. */
  async readServices(): Promise<ListedService[]> {
    const listing = await this.ipvsadm(['-Ln']);
    return parseServiceListing(listing.split('\n'), (line) => {
      throw new IoError({ code: 'director' }, `cannot read this line of our director: ${line}`);
    });
  }

  /** Returns when it has read so many sync messages. */
  async hasHeard(datagrams: number): Promise<void> {
    let heard = 0;
    const hasHeard = async (): Promise<true | undefined> => {
      heard = (await fetchDocument(this.#control, '/sync')).received.datagrams;
      return heard >= datagrams || undefined;
    };
    if ((await until(hasHeard, { timeoutMs: HearTimeoutMs, everyMs: PollMs })) === true) return;
    const text = `our director has taken ${heard} of ${datagrams} sync messages`;
    throw new IoError({ code: 'director' }, text);
  }

  /** Of its instances, one a family. */
  async states(): Promise<VrrpState[]> {
    return (await fetchDocument(this.#control, '/vrrp')).instances.map(({ state }) => state);
  }

  /** Carries out an ipvsadm command line and returns what it wrote. One that fails is an `IoError`. */
  async ipvsadm(argv: readonly string[]): Promise<string> {
    const answer = await sendCommand(this.#control, '/ipvsadm', { argv });
    if (answer.exit === 0) return answer.stdout;
    const command = `ipvsadm ${argv.join(' ')}`;
    throw new IoError({ code: 'director' }, `our director: ${command}: ${answer.stderr.trim()}`);
  }
}

/**
 * Starts a director, lets `work` use it, and leaves nothing behind. As with `withBench` this process must be in a network
 * namespace of its own.
 */
export async function withDirector<T>(
  options: DirectorOptions,
  work: (director: OurDirector) => Promise<T>,
): Promise<T> {
  requirePrivateNamespace();
  const { folder, role } = options;
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const holder = await holdNamespace();
    closers.push(async () => end(holder));
    await runHelper(['sh', '-eu'], linkScript(holder.pid));
    await runHelper([...enter(holder.pid ?? 0), 'sh', '-eu'], addressScript());
    // The address is nobody's: libpcap complains when there is none.
    const [ipv4 = DirectorAddresses.ipv4] = virtualAddresses().filter((each) => !isIpv6(each));
    const [ipv6 = DirectorAddresses.ipv6] = virtualAddresses().filter(isIpv6);
    // A master answers pings for its virtual addresses in their turn, behind the packets that came before.
    const answering = role === 'master' ? { ipv4, ipv6 } : DirectorAddresses;
    const outside = await Outside.open({
      tap: Link,
      guestMac: DirectorMac,
      addresses: {
        ipv4: { ...GuestAddresses.ipv4, guest: answering.ipv4 },
        ipv6: { ...GuestAddresses.ipv6, guest: answering.ipv6 },
      },
    });
    closers.push(() => outside.close());
    const [configuration, control, log] = [
      join(folder, 'keepalived.conf'),
      join(folder, 'director.sock'),
      join(folder, 'director.log'),
    ];
    writeFileSync(configuration, configurationText(options));
    const output = openSync(log, 'w');
    const files = ['--config', configuration, '--control', control];
    const [program, ...rest] = [...enter(holder.pid ?? 0), process.execPath, directorProgram];
    const child = spawn(program ?? '', [...rest, ...files], {
      stdio: ['ignore', output, output],
      env: { ...process.env, PATH: searchPath },
    });
    closeSync(output);
    closers.push(async () => end(child));
    const director = new OurDirector(outside, control);
    await waitUntilReady(director, role, child, log);
    await outside.barrier();
    return await work(director);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

const namespaceOf = (pid: number | 'self'): string => readlinkSync(`/proc/${pid}/ns/net`);

async function holdNamespace(): Promise<ChildProcess> {
  const holder = spawn('unshare', ['--net', '--', 'sleep', 'infinity'], { stdio: 'ignore' });
  const isOwn = (): true | undefined =>
    (holder.pid !== undefined && namespaceOf(holder.pid) !== namespaceOf('self')) || undefined;
  if ((await until(isOwn, { timeoutMs: StartTimeoutMs, everyMs: 2 })) === undefined) {
    throw new IoError({ code: 'no-namespace' }, 'unshare --net has not made a network namespace');
  }
  return holder;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = exitOf(child);
  child.kill('SIGKILL');
  await ended;
}

/** Packets have whole checksums and are as long on the wire as they are at their end. */
const offloadsOff = (device: string): string =>
  `ethtool -K ${device} tx off rx off tso off gso off gro off >/dev/null`;

const linkScript = (holder: number | undefined): string =>
  [
    `ip link add name ${Link} type veth peer name eth0 address ${DirectorMac} netns ${holder}`,
    offloadsOff(Link),
    `ip address add 169.254.0.2/32 dev ${Link}`,
    `ip link set dev ${Link} addrgenmode none up`,
  ].join('\n');

const addressScript = (): string =>
  [
    'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad',
    'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra',
    offloadsOff('eth0'),
    'ip link set dev lo up',
    'ip link set dev eth0 up',
    `ip address add ${DirectorAddresses.ipv4}/8 dev eth0`,
    `ip address add ${DirectorAddresses.ipv6}/16 dev eth0 nodad`,
  ].join('\n');

/** A backup that hears no master waits for three of these. */
const BackupIntervalSeconds = 40;

function configurationText({ role, syncId, version }: DirectorOptions): string {
  const addresses = virtualAddresses();
  const instance = (name: string, router: number, lines: readonly string[]): string[] => [
    `vrrp_instance ${name} {`,
    'interface eth0',
    `virtual_router_id ${router}`,
    'version 3',
    ...(role === 'master'
      ? ['priority 200', 'advert_int 0.5']
      : ['priority 100', `advert_int ${BackupIntervalSeconds}`]),
    'virtual_ipaddress {',
    ...lines,
    '}',
    '}',
  ];
  return [
    'global_defs {',
    'router_id ours',
    `lvs_sync_daemon eth0 id ${syncId}`,
    '}',
    ...[
      'baton {',
      `sync_format ipvs-v${version}`,
      'death_notice off',
      ...markRules().map((rule) => `firewall_mark ${rule.mark} tcp ${rule.address} ${rule.port}`),
      '}',
    ].map((line) => `@baton ${line}`),
    ...instance(
      'v4',
      51,
      addresses.filter((each) => !isIpv6(each)),
    ),
    // The first address of an IPv6 instance is a link-local one (RFC 9568 §5.2.9).
    ...instance('v6', 52, ['fe80::100', ...addresses.filter(isIpv6)]),
    ...virtualServers(),
    '',
  ].join('\n');
}

async function waitUntilReady(
  director: OurDirector,
  role: DirectorOptions['role'],
  child: ChildProcess,
  log: string,
): Promise<void> {
  const isReady = async (): Promise<boolean | undefined> => {
    if (child.exitCode !== null) return false;
    try {
      return (await director.states()).every((state) => state === role) || undefined;
    } catch (error) {
      if (isNoAnswer(error)) return undefined;
      throw error;
    }
  };
  const wait = { timeoutMs: StartTimeoutMs, everyMs: PollMs };
  if ((await until(isReady, wait)) === true) return;
  const said = readFileSync(log, 'utf8').trim().split('\n').slice(-ToldLines).join('\n');
  throw new IoError(
    { code: 'director' },
    `our director does not become ${role}; it says:\n${said}`,
  );
}
