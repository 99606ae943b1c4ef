import { IoError, UsageError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import { SyncPorts } from '../config/keepalived-sync-daemon.js';
import type { LabConfig } from '../config/lab-config.js';
import { runHelper, runToEnd } from './subprocess.js';
import { labLinks, type Link } from './topology.js';

/** What a partition cuts: every frame, or only the election, or only session sync with its death notices. */
export const partitionPlanes = ['all', 'vrrp', 'sync'] as const;
export type PartitionPlane = (typeof partitionPlanes)[number];

/** Who does not hear whom any more. Nodes that no side names go on talking to everybody. */
export interface Partition {
  /** Two or more sides, each a list of nodes; no node is on two of them. */
  readonly sides: readonly (readonly string[])[];
  readonly plane: PartitionPlane;
  /** True: the first side is not heard by the others, but hears them. */
  readonly oneWay: boolean;
}

/** How a cable lets fewer frames through than come. */
export interface Thinning {
  readonly node: string;
  readonly network: string;
  /** As the node sees it. */
  readonly direction: 'out' | 'in' | 'both';
  /** Of a thousand frames so many are lost. */
  readonly lossPermille: number;
  /** What comes beyond so many frames a second is lost. */
  readonly framesPerSecond: number | undefined;
}

/** What the faults of a lab need of it. */
export interface Wires {
  readonly config: LabConfig;
  readonly name: string;
  readonly nodes: readonly string[];
  /** The command line that runs `argv` on a node, or, named `switch`, where the bridges are. */
  execArgs(node: string, argv: readonly string[]): string[];
}

/** The nftables table in the switch that holds all partitions of a lab. */
const tableName = 'baton_faults';

/** What comes before rules. */
const tableCommands = [
  `add table bridge ${tableName}`,
  `add chain bridge ${tableName} forward { type filter hook forward priority 0; policy accept; }`,
];

/** The ports of every format. */
const syncPorts = `{ ${[...new Set(Object.values(SyncPorts))].join(', ')} }`;

/** What is cut, in the words of nft; a plane may need several rules. */
export const planeMatches: Readonly<Record<PartitionPlane, readonly string[]>> = {
  all: [''],
  vrrp: ['ip protocol 112', 'ip6 nexthdr 112'],
  sync: ['udp', 'tcp'].flatMap((protocol) => [
    `${protocol} dport ${syncPorts}`,
    `${protocol} sport ${syncPorts}`,
  ]),
};

/**
 * The nft commands that add a partition to those that are there. Frames are dropped where the switch would hand them
 * from a port of one side to a port of another, so both ends keep their carrier and notice nothing but silence. Throws a
 * `UsageError` for sides that name an unknown node, or one node twice.
 */
export function partitionRules(lab: LabConfig, partition: Partition): string {
  checkSides({ name: lab.name, nodes: lab.nodes.map(({ name }) => name) }, partition);
  const links = labLinks(lab);
  const chain = `bridge ${tableName} forward`;
  const rules = partition.sides.flatMap((from, at) =>
    partition.sides.flatMap((to, position) => {
      if (at === position || (partition.oneWay && at !== 0)) return [];
      const ports = `iifname { ${portsOf(links, from)} } oifname { ${portsOf(links, to)} }`;
      return planeMatches[partition.plane].map(
        (match) => `add rule ${chain} ${ports} ${match} drop`,
      );
    }),
  );
  return [...tableCommands, ...rules, ''].join('\n');
}

/** Cuts nodes off from each other until `heal`; partitions add up. */
export async function partition(lab: Wires, cut: Partition): Promise<void> {
  await addRules(lab, partitionRules(lab.config, cut));
}

/** Lets fewer frames through a cable until `heal`. Throws a `UsageError` when there is no such cable. */
export async function thin(lab: Wires, thinning: Thinning): Promise<void> {
  await addRules(lab, thinningRules(lab.config, thinning));
}

/** The nft commands that thin a cable. */
export function thinningRules(lab: LabConfig, thinning: Thinning): string {
  const { node, network, direction } = thinning;
  const { port } = linksOf(lab, node, network)[0] ?? {};
  assert(port !== undefined, 'a cable that is there has a port');
  const ends = { out: ['iifname'], in: ['oifname'], both: ['iifname', 'oifname'] }[direction];
  const rules = ends.flatMap((end) =>
    thinningLimits(thinning).map(
      (limit) => `add rule bridge ${tableName} forward ${end} "${port}" ${limit} drop`,
    ),
  );
  return [...tableCommands, ...rules, ''].join('\n');
}

/** Which frames are not let through, in the words of nft. */
export const thinningLimits = ({ lossPermille, framesPerSecond }: Thinning): readonly string[] => [
  ...(lossPermille > 0 ? [`numgen random mod 1000 < ${lossPermille}`] : []),
  ...(framesPerSecond === undefined
    ? []
    : [`limit rate over ${Math.max(1, Math.round(framesPerSecond))}/second burst 1 packets`]),
];

async function addRules(lab: Wires, rules: string): Promise<void> {
  try {
    await runHelper(lab.execArgs('switch', ['nft', '-f', '-']), rules);
  } catch (cause) {
    throw new IoError(
      { code: 'partition' },
      'cutting nodes off needs nft (Debian package nftables) and the kernel’s bridge filter',
      { cause },
    );
  }
}

/** Pulls the cable of a node, out of one network or out of all, or plugs it in again: the carrier follows. */
export async function setLink(
  lab: Wires,
  node: string,
  network: string | undefined,
  isUp: boolean,
): Promise<void> {
  await moveLinks(lab, linksOf(lab.config, node, network), isUp);
}

/** The links of a node, to one network or to all. Throws a `UsageError` when there is none. */
function linksOf(lab: LabConfig, node: string, network: string | undefined): readonly Link[] {
  const links = labLinks(lab).filter(
    (link) => link.node === node && (network === undefined || link.network === network),
  );
  if (links.length > 0) return links;
  const nodes = lab.nodes.map(({ name }) => name).join(', ');
  throw new UsageError(
    { code: 'no-link' },
    network === undefined
      ? `no node '${node}' in lab '${lab.name}' (nodes: ${nodes})`
      : `node '${node}' has no link to a network '${network}'`,
  );
}

/** Ends every partition and thinning, and plugs every cable in again. */
export async function heal(lab: Wires): Promise<void> {
  await moveLinks(lab, labLinks(lab.config), true);
  // There is no table when nothing was cut, and then there may also be no nft.
  await runToEnd(lab.execArgs('switch', ['nft', 'delete', 'table', 'bridge', tableName]), {}).catch(
    () => {},
  );
}

async function moveLinks(lab: Wires, links: readonly Link[], isUp: boolean): Promise<void> {
  const commands = links.map(({ port }) => `link set dev ${port} ${isUp ? 'up' : 'down'}`);
  await runHelper(lab.execArgs('switch', ['ip', '-batch', '-']), `${commands.join('\n')}\n`);
}

/** Refuses sides that name an unknown node, or one node twice, and a single side. */
export function checkSides(
  lab: Pick<Wires, 'name' | 'nodes'>,
  { sides }: Pick<Partition, 'sides'>,
): void {
  if (sides.length < 2) {
    throw new UsageError({ code: 'partition-sides' }, 'a partition has two sides or more');
  }
  const seen = new Set<string>();
  for (const node of sides.flat()) {
    if (!lab.nodes.includes(node)) {
      const nodes = lab.nodes.join(', ');
      throw new UsageError(
        { code: 'no-node' },
        `no node '${node}' in lab '${lab.name}' (nodes: ${nodes})`,
      );
    }
    if (seen.has(node)) {
      throw new UsageError({ code: 'partition-sides' }, `node '${node}' is on two sides`);
    }
    seen.add(node);
  }
}

function portsOf(links: readonly Link[], nodes: readonly string[]): string {
  const ports = links.filter(({ node }) => nodes.includes(node)).map(({ port }) => `"${port}"`);
  assert(ports.length > 0, 'every node of a checked lab file has a link');
  return ports.join(', ');
}
