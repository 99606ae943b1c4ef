import { InvalidArgumentError } from 'commander';

import { isIpv6 } from '../../director/base/address.js';
import { UsageError } from '../../director/base/errors.js';
import type { LabConfig } from '../config/lab-config.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import { runInForeground } from './foreground.js';
import { chosenLab, type CommonOptions } from './lab-option.js';

/** The most flows that the traffic client takes. */
const flowLimit = 20_000;

/** What the user asked for. */
export interface TrafficOptions extends CommonOptions {
  readonly tcp: number;
  readonly udp: number;
  readonly duration: string;
}

/** `traffic`: checked flows from the lab's client to its virtual services. */
export function addTrafficCommand(line: CommandLine): void {
  addCommand(line, 'traffic')
    .summary('run checked traffic from the client')
    .description(
      "Open flows from the lab's client to its virtual services, check every byte\n" +
        'of every answer, and report each flow: what broke, when and why.\n' +
        'With --json: one event a line, the report last. Exit status 1: a flow broke.',
    )
    .option('--tcp <count>', 'TCP flows, spread over the TCP services', flowCount, 20)
    .option('--udp <count>', 'UDP flows, spread over the UDP services', flowCount, 10)
    .option('--duration <time>', 'how long, such as 30s or 2m', '10s')
    .addHelpText('after', examples('traffic', 'traffic --tcp 100 --udp 0 --duration 1m'))
    .action(async (options: TrafficOptions) => {
      const lab = await chosenLab(options);
      const client = lab.config.nodes.find(({ kind }) => kind === 'client');
      if (client === undefined) {
        throw new UsageError({ code: 'no-client' }, `lab '${lab.name}' has no client`);
      }
      const argv = [...lab.trafficProgram, ...trafficArguments(lab.config, options)];
      line.fail(await runInForeground(lab.execArgs(client.name, argv)));
    });
}

/**
 * The traffic client's command line. The flows of a protocol are spread evenly over its services, in the order of the
 * lab file. Throws a `UsageError` when nothing is left to do.
 */
export function trafficArguments(lab: LabConfig, options: TrafficOptions): string[] {
  const targets = [...targetsOf(lab, 'tcp', options.tcp), ...targetsOf(lab, 'udp', options.udp)];
  if (targets.length === 0) {
    throw new UsageError({ code: 'no-flows' }, `lab '${lab.name}' has no service for these flows`);
  }
  const json = options.json === true ? ['--json'] : [];
  return [...targets, `--duration=${options.duration}`, ...json];
}

function targetsOf(lab: LabConfig, protocol: 'tcp' | 'udp', count: number): string[] {
  const services = lab.services.filter((service) => service.protocol === protocol);
  return services.flatMap(({ address, port }, index) => {
    const share = Math.floor(count / services.length);
    const flows = share + (index < count % services.length ? 1 : 0);
    const host = isIpv6(address) ? `[${address}]` : address;
    return flows === 0 ? [] : [`--${protocol}=${host}:${String(port)}=${String(flows)}`];
  });
}

function flowCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= flowLimit) return count;
  throw new InvalidArgumentError(`Not a count from 0 to ${String(flowLimit)}.`);
}
