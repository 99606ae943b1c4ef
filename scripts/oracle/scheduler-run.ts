import { ConfigError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import { Prng } from '../../director/base/prng.js';
import { instant } from '../../director/base/time.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { addressKey, findServer, ServiceTable } from '../../director/core/service-table.js';
import { Method, type RealServer, type VirtualService } from '../../director/core/services.js';
import { defaultSettings } from '../../director/core/settings.js';
import { toWords } from '../../director/wire/address-words.js';
import { Flow } from '../../director/wire/flow.js';
import { Protocol } from '../../director/wire/ipv4.js';
import { clientOf, serverAddress, serverName } from './scheduler-hosts.js';
import type { RecordedRun } from './scheduler-recording.js';
import type { ServerEdit } from './server-edit.js';

/** A recorded service, played again with our scheduler: connections come, count and go as in the kernel. */
class Replay {
  readonly #run: RecordedRun;
  readonly #file: string;
  readonly #table = new ServiceTable();
  readonly #service: VirtualService;
  /** Open connections by the client's address and port. */
  readonly #connections = new Map<string, RealServer>();
  readonly #flow = new Flow();

  constructor(run: RecordedRun, file: string) {
    this.#run = run;
    this.#file = file;
    const { scheduler: name, flags, virtualAddress, port } = run;
    const protocol = run.protocol === 'tcp' ? Protocol.tcp : Protocol.udp;
    const options = { flags, settings: defaultSettings(), prng: new Prng(1) };
    const key = addressKey(virtualAddress, port, protocol);
    const service = this.#table.addService(key, virtualAddress, createScheduler(name, options));
    assert(service !== undefined, 'the table was empty');
    this.#service = service;
    this.#flow.family = key.family;
    this.#flow.protocol = protocol;
    this.#flow.destination.set(key.words);
    this.#flow.destinationPort = port;
    for (const [index, weight] of run.weights.entries()) {
      const address = serverAddress(run, index);
      this.#table.addServer(service, { address, port, method: Method.route, weight });
    }
  }

  /** Opens the connection of a number and says who got it. */
  connect(number: number): string {
    for (const edit of this.#run.edits.get(number) ?? []) this.#apply(edit);
    const client = clientOf(this.#run, number);
    const known = this.#connections.get(`${client.address} ${client.port}`);
    // A packet of a connection whose real server is gone is dropped.
    if (known !== undefined) return known.isAvailable ? serverName(known.address) : 'none';
    this.#flow.source.set(toWords(client.address).words);
    this.#flow.sourcePort = client.port;
    const { scheduler } = this.#service;
    const server = scheduler.choose(this.#service, this.#flow, instant(number));
    if (server === undefined) return 'none';
    this.#connections.set(`${client.address} ${client.port}`, server);
    this.#count(server, number);
    return serverName(server.address);
  }

  /** A TCP connection is active until it is reset; one of UDP never is. */
  #count(server: RealServer, number: number): void {
    const isReset = this.#run.kind === 'rst-even' && number % 2 === 0;
    if (this.#run.protocol === 'tcp' && !isReset) server.active += 1;
    else server.inactive += 1;
    server.checkUpperThreshold();
  }

  #apply(edit: ServerEdit): void {
    const { verb, address, port = this.#run.port } = edit;
    const server = findServer(this.#service, { address, port });
    if (verb === 'add') {
      const added = this.#table.addServer(this.#service, { ...edit, port });
      if (added === undefined) this.#fail(`${address} is there already`);
    } else if (server === undefined) this.#fail(`there is no real server ${address} port ${port}`);
    else if (verb === 'edit') this.#table.editServer(server, edit);
    else this.#table.removeServer(server);
  }

  #fail(reason: string): never {
    const { line } = this.#run;
    const details = { code: 'bad-recording', file: this.#file, line };
    throw new ConfigError(details, `${this.#file}:${line}: ${reason}`);
  }
}

/** The servers that our scheduler chooses, one for each recorded choice. `file` is the recording's name for errors. */
export function replay(run: RecordedRun, file: string): string[] {
  const service = new Replay(run, file);
  return run.choices.map((_, number) => service.connect(number));
}
