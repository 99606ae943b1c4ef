import { IoError, UsageError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import { writeKeepalived } from '../config/keepalived-writer.js';
import { directorsOf, type LabConfig } from '../config/lab-config.js';
import type { VagrantLabPlan } from '../config/vagrant-lab.js';
import type { IpvsadmAnswer } from '../ipvsadm/command.js';
import { callApi, fetchDocument, sendCommand } from '../lab/control-client.js';
import type { LabControl } from '../lab/lab-control.js';
import { checkSides, type Partition, type Thinning } from '../lab/network-faults.js';
import { runToEnd, type Finished } from '../lab/subprocess.js';
import { until } from '../lab/wait.js';
import type { Api, ReloadAnswer } from '../node/api.js';
import { directorConfig } from './guest-files.js';
import { powerCommand, type Machine, type PowerAction } from './machines.js';
import { runVagrant, type Shell } from './shell.js';
import { faultTable, vmPartitionRules, vmThinningRules, type VmLink } from './vm-partition.js';

/** How long a machine may take to boot where processors are emulated. */
const bootTimeoutMs = 600_000;

/** How long a director may take from its start to its first answer. */
const startTimeoutMs = 60_000;

const powerTimeoutMs = 60_000;

const noCables = "VMs have no cables to pull: 'partition' cuts nodes off, 'pause' halts one";

/** A lab of VMs. Directors are systemd units in them; everything goes over ssh, and power over the provider's own tool. */
export class VagrantLab implements LabControl {
  readonly config: LabConfig;
  readonly lacks = new Map([
    ['unplug', noCables],
    ['clock-step', 'the clocks of VMs may be that of their host'],
  ]);
  readonly means = { kill: 'power off', pause: 'the whole VM' };
  readonly trafficProgram = ['node', '/opt/baton/dist/cluster/lab/traffic/client-main.js'];
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #shell: Shell;
  readonly #ipvsDirectors: readonly string[];

  constructor(plan: VagrantLabPlan, machines: ReadonlyMap<string, Machine>, shell: Shell) {
    this.config = plan.lab;
    this.#ipvsDirectors = plan.ipvsDirectors;
    this.#machines = machines;
    this.#shell = shell;
  }

  get name(): string {
    return this.config.name;
  }

  get nodes(): readonly string[] {
    return this.config.nodes.map(({ name }) => name);
  }

  /** Those that can be asked: a director that is an IPVS kernel cannot, but the verbs that need no answer take it too. */
  get directors(): readonly string[] {
    return this.#allDirectors.filter((node) => !this.#ipvsDirectors.includes(node));
  }

  get #allDirectors(): readonly string[] {
    return directorsOf(this.config).map(({ name }) => name);
  }

  /** Cuts the power of a director's VM. */
  async killNode(node: string): Promise<number> {
    this.#checkDirector(node);
    const at = performance.timeOrigin + performance.now();
    await this.#power(node, 'kill');
    await this.#shell.disconnect(node);
    return at;
  }

  async pauseNode(node: string): Promise<void> {
    this.#checkDirector(node);
    await this.#power(node, 'pause');
  }

  async resumeNode(node: string): Promise<void> {
    this.#checkDirector(node);
    await this.#power(node, 'resume');
  }

  async stopNode(node: string): Promise<void> {
    this.#checkDirector(node);
    if (!(await this.isRunning(node))) {
      throw new UsageError({ code: 'node-not-running' }, `node '${node}' is not running`);
    }
    await this.#must(node, ['sudo', 'systemctl', 'stop', this.#unit(node)]);
  }

  /** Boots the VM when it is off, and starts the director when it is stopped. */
  async startNode(node: string, signal?: AbortSignal): Promise<void> {
    this.#checkDirector(node);
    if (await this.#shell.connect(node)) {
      if (await this.isRunning(node)) {
        throw new UsageError({ code: 'node-running' }, `node '${node}' is already running`);
      }
      await this.#must(node, ['sudo', 'systemctl', 'start', this.#unit(node)]);
    } else {
      await this.#boot(node);
    }
    const wait = { timeoutMs: startTimeoutMs, everyMs: 200, signal };
    const probe = async (): Promise<true | undefined> =>
      this.#ipvsDirectors.includes(node)
        ? (await this.isRunning(node)) || undefined
        : this.#answers(node);
    const answered = await until(probe, wait);
    if (answered !== undefined) return;
    throw new IoError({ code: 'member-silent' }, `the director of ${node} does not answer`);
  }

  async powerOff(node: string): Promise<void> {
    await this.#power(node, 'kill');
    await this.#shell.disconnect(node);
  }

  async powerOn(node: string): Promise<void> {
    if (this.#allDirectors.includes(node)) return this.startNode(node);
    await this.#boot(node);
    const unit = ['systemctl', 'is-active', '-q', 'baton-server'];
    const probe = async (): Promise<true | undefined> =>
      (await this.#shell.run(node, unit)).status === 0 || undefined;
    if ((await until(probe, { timeoutMs: startTimeoutMs, everyMs: 200 })) !== undefined) return;
    throw new IoError({ code: 'member-silent' }, `the real server of ${node} does not start`);
  }

  async configure(node: string, lab: LabConfig): Promise<void> {
    this.#checkDirector(node);
    const links = await this.#links(node);
    const text = writeKeepalived(lab, node, (network) => {
      const link = links.find((candidate) => candidate.network === network);
      assert(link !== undefined, 'a director has a link to every network of its configuration');
      return link.device;
    });
    await this.#must(node, ['sudo', 'tee', directorConfig], text);
    if (!(await this.isRunning(node))) return;
    const { refusal }: ReloadAnswer = JSON.parse(await this.call(node, 'POST', '/reload', '{}'));
    if (refusal === undefined) return;
    throw new IoError({ code: 'reload-refused' }, `${node} has changed nothing: ${refusal}`);
  }

  async isRunning(node: string): Promise<boolean> {
    this.#checkDirector(node);
    const asked = await this.#shell.run(node, ['systemctl', 'is-active', '-q', this.#unit(node)]);
    return asked.status === 0;
  }

  async request<P extends keyof Api>(node: string, path: P): Promise<Api[P]> {
    this.#checkDirector(node);
    return fetchDocument(await this.#shell.control(node), path);
  }

  async ipvsadm(node: string, argv: readonly string[]): Promise<IpvsadmAnswer> {
    this.#checkDirector(node);
    return sendCommand(await this.#shell.control(node), '/ipvsadm', { argv });
  }

  async preempt(node: string): Promise<boolean> {
    this.#checkDirector(node);
    return (await sendCommand(await this.#shell.control(node), '/preempt', {})).tableComplete;
  }

  async call(
    node: string,
    method: 'GET' | 'POST',
    path: string,
    document?: string,
  ): Promise<string> {
    this.#checkDirector(node);
    return callApi(await this.#shell.control(node), method, path, document);
  }

  async partition(cut: Partition): Promise<void> {
    checkSides(this, cut);
    const nodes = cut.sides.flat();
    const links = (await Promise.all(nodes.map((node) => this.#links(node)))).flat();
    await Promise.all(
      nodes.map((node) =>
        this.#must(node, ['sudo', 'nft', '-f', '-'], vmPartitionRules(node, links, cut)),
      ),
    );
  }

  async thin(thinning: Thinning): Promise<void> {
    const { node, network } = thinning;
    const device = (await this.#links(node)).find((link) => link.network === network)?.device;
    if (device === undefined) {
      throw new UsageError({ code: 'no-link' }, `node '${node}' has no link to '${network}'`);
    }
    await this.#must(node, ['sudo', 'nft', '-f', '-'], vmThinningRules(device, thinning));
  }

  setLink(): Promise<void> {
    return Promise.reject(new UsageError({ code: 'not-on-vms' }, noCables));
  }

  /** A VM that is off has nothing to heal: its part of a partition is not permanent. */
  async heal(): Promise<void> {
    await Promise.all(
      this.nodes.map((node) =>
        this.#shell.run(node, ['sudo', 'nft', 'delete', 'table', ...faultTable.split(' ')]),
      ),
    );
  }

  execArgs(node: string, argv: readonly string[]): string[] {
    if (!this.nodes.includes(node)) throw this.#noNode(node);
    return this.#shell.execArgs(node, argv);
  }

  async #answers(node: string): Promise<true | undefined> {
    try {
      await this.request(node, '/status');
      return true;
    } catch (error) {
      if (error instanceof IoError) return undefined;
      throw error;
    }
  }

  async #boot(node: string): Promise<void> {
    const { status, stdout, stderr } = await runVagrant(['up', node], bootTimeoutMs);
    if (status !== 0) {
      const said = `${stdout}${stderr}`.trim();
      throw new IoError({ code: 'vagrant' }, `vagrant up ${node} failed: ${said}`);
    }
    await this.#shell.renew(node);
  }

  #unit(node: string): string {
    return this.#ipvsDirectors.includes(node) ? 'keepalived' : 'baton-director';
  }

  async #power(node: string, action: PowerAction): Promise<void> {
    const machine = this.#machines.get(node);
    const command = machine && powerCommand(machine, action);
    if (command === undefined) {
      throw new UsageError({ code: 'no-machine' }, `node '${node}' has no VM: run vagrant up`);
    }
    const done = await runToEnd(command, { timeoutMs: powerTimeoutMs });
    if (done.status === 0) return;
    throw new IoError({ code: 'power' }, `${command.join(' ')} failed: ${done.stderr.trim()}`);
  }

  /** Where a node is attached, as its VM has it. */
  async #links(node: string): Promise<VmLink[]> {
    const links = this.config.nodes.find(({ name }) => name === node)?.links ?? [];
    const { stdout } = await this.#must(node, ['ip', '-o', 'address']);
    const { stdout: listing } = await this.#must(node, ['ip', '-o', 'link']);
    return links.map(({ network, address }) => {
      const device = new RegExp(`^\\d+: (\\S+) +inet ${address}/`, 'm').exec(stdout)?.[1] ?? '';
      const mac = new RegExp(`^\\d+: ${device}[@:].* link/ether (\\S+)`, 'm').exec(listing)?.[1];
      if (device !== '' && mac !== undefined) return { node, network, device, mac };
      throw new IoError({ code: 'no-address' }, `${node} has no interface with ${address}`);
    });
  }

  async #must(node: string, argv: readonly string[], input = ''): Promise<Finished> {
    const done = await this.#shell.run(node, argv, input);
    if (done.status === 0) return done;
    throw new IoError(
      { code: 'on-vm' },
      `${argv.join(' ')} on ${node} failed: ${done.stderr.trim()}`,
    );
  }

  #checkDirector(node: string): void {
    if (this.#allDirectors.includes(node)) return;
    if (!this.nodes.includes(node)) throw this.#noNode(node);
    throw new UsageError(
      { code: 'not-a-director' },
      `node '${node}' of lab '${this.name}' is not a director (directors: ${this.#allDirectors.join(', ')})`,
    );
  }

  #noNode(node: string): UsageError {
    return new UsageError(
      { code: 'no-node' },
      `no node '${node}' in lab '${this.name}' (nodes: ${this.nodes.join(', ')})`,
    );
  }
}
